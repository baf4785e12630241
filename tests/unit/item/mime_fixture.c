/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_fixture.h"

struct mime_round result;

int fixture_begin(void **state)
{
	(void)state;
	mime_round_init(&result);
	result.wants_text = true;
	return 0;
}

int fixture_end(void **state)
{
	(void)state;
	mime_round_free(&result);
	return 0;
}

void pass(const struct buf *message)
{
	assert_true(mime_round_check(&result, message->data, message->size, 1, 1));
	uint64_t events = result.events;
	result.literal = 0;
	memset(result.bodies, 0, sizeof(result.bodies));
	result.count = 0;
	assert_true(mime_round_check(&result, message->data, message->size, 0, 0));
	assert_int_equal(result.events, events);
}

void put(struct buf *out, const char *text)
{
	assert_int_equal(buf_append_text(out, text), 0);
}

void pass_text(const char *text)
{
	AUTO_BUF message = buf_init(TEXT_MAX);

	put(&message, text);
	pass(&message);
}

char *repeated(const char *text, size_t count)
{
	AUTO_BUF out = buf_init(TEXT_MAX);

	for (size_t i = 0; i < count; i++)
		put(&out, text);
	return mem_strdup(buf_text(&out));
}

void assert_body(const char *expected)
{
	assert_int_equal(result.body.size, strlen(expected));
	assert_memory_equal(result.body.data, expected, result.body.size);
}
