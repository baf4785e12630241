/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/text.h"
#include "repo/recipe.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * Messages that are taken apart and made again: whatever they are, they come back byte for
 * byte.
 */

enum { MESSAGE_MAX = 64 << 20, ATTACHMENT = 40000, LARGE = 20 << 20 };

static void put(struct buf *out, const char *text)
{
	assert_int_equal(buf_append_text(out, text), 0);
}

static void put_base64(struct buf *out, const uint8_t *data, size_t size)
{
	for (size_t at = 0; at < size; at += 57) {
		size_t piece = size - at < 57 ? size - at : 57;
		AUTO_TEXT line = text_to_base64(data + at, piece);
		put(out, line);
		put(out, "\r\n");
	}
}

static void begin_message(struct buf *out, const char *subject)
{
	put(out, "From: ada@contoso.example\r\nTo: bob@contoso.example\r\nSubject: ");
	put(out, subject);
	put(out, "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
		 "boundary=\"b0\"\r\n\r\n"
		 "--b0\r\nContent-Type: text/plain\r\n\r\n");
	for (int i = 0; i < 30; i++)
		put(out, "A line of the text of this message.\r\n");
}

static void attach(struct buf *out, const uint8_t *data, size_t size)
{
	put(out, "--b0\r\nContent-Type: application/octet-stream\r\n"
		 "Content-Transfer-Encoding: base64\r\n\r\n");
	put_base64(out, data, size);
}

static void end_message(struct buf *out)
{
	put(out, "--b0--\r\n");
}

static struct repo_content store(struct repo_writer *writer, const struct buf *message,
	enum content_kind kind, uint64_t *seed)
{
	struct content_writer *content = NULL;
	struct repo_content out;

	assert_int_equal(content_begin(writer, kind, &content), 0);
	for (size_t at = 0, piece; at < message->size; at += piece) {
		piece = 1 + fixture_random(seed) % 300000;
		piece = piece < message->size - at ? piece : message->size - at;
		assert_int_equal(content_add(content, message->data + at, piece), 0);
	}
	assert_int_equal(content_finish(content, &out), 0);
	return out;
}

static void assert_comes_back(struct fixture *fixture, const struct buf *message,
	enum content_kind kind, struct repo_content *out)
{
	uint64_t seed = message->size;
	struct repo_content content = store(fixture->writer, message, kind, &seed);

	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	assert_true(repo_has(fixture->repo, &content));
	fixture_assert_content(fixture->repo, &content, message->data, message->size);
	if (out)
		*out = content;
}

static uint64_t stored_bytes(struct fixture *fixture)
{
	struct repo_stats stats;

	assert_int_equal(repo_stats(fixture->repo, &stats), 0);
	return stats.stored_bytes;
}

static void an_attachment_of_two_messages_is_stored_once(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *data = mem_alloc(ATTACHMENT);
	AUTO_BUF first = buf_init(MESSAGE_MAX);
	AUTO_BUF second = buf_init(MESSAGE_MAX);
	struct repo_content content;

	fixture_fill(data, ATTACHMENT, 5);
	begin_message(&first, "one");
	attach(&first, data, ATTACHMENT);
	end_message(&first);
	begin_message(&second, "two");
	attach(&second, data, ATTACHMENT);
	end_message(&second);
	assert_comes_back(fixture, &first, CONTENT_MESSAGE, &content);
	assert_int_equal(content.kind, REPO_MESSAGE);
	uint64_t before = stored_bytes(fixture);
	assert_in_range(before, ATTACHMENT, ATTACHMENT + 10000);
	assert_comes_back(fixture, &second, CONTENT_MESSAGE, &content);
	assert_in_range(stored_bytes(fixture) - before, 1, 5000);
	fixture_reopen(fixture);
	fixture_assert_content(fixture->repo, &content, second.data, second.size);
	mem_free(data);
}

static void a_file_that_looks_like_a_message_is_one(void **state)
{
	struct fixture *fixture = *state;
	uint8_t data[2000];
	AUTO_BUF message = buf_init(MESSAGE_MAX);
	AUTO_BUF other = buf_init(MESSAGE_MAX);
	struct repo_content content;

	fixture_fill(data, sizeof(data), 6);
	begin_message(&message, "a file");
	attach(&message, data, sizeof(data));
	end_message(&message);
	assert_comes_back(fixture, &message, CONTENT_FILE, &content);
	assert_int_equal(content.kind, REPO_MESSAGE);
	put(&other, "int main(void)\n{\n\treturn 0;\n}\n");
	assert_comes_back(fixture, &other, CONTENT_FILE, &content);
	assert_int_equal(content.kind, REPO_CHUNK);
}

static void what_is_no_message_is_kept_as_it_is(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *data = mem_alloc(3 << 20);

	fixture_fill(data, 3 << 20, 7);
	for (size_t size = 0; size <= 3 << 20; size = size * 5 + 1) {
		AUTO_BUF message = buf_init(MESSAGE_MAX);
		assert_int_equal(buf_append(&message, data, size), 0);
		assert_comes_back(fixture, &message, CONTENT_MESSAGE, NULL);
	}
	mem_free(data);
}

static void a_large_attachment_streams_through(void **state)
{
	struct fixture *fixture = *state;
	uint8_t *data = mem_alloc(LARGE);
	struct repo_content content;

	fixture_fill(data, LARGE, 8);
	for (int line_end = 0; line_end < 2; line_end++) {
		AUTO_BUF message = buf_init(MESSAGE_MAX);
		begin_message(&message, "large");
		attach(&message, data, LARGE);
		message.size -= line_end ? 0 : 2; /* the last line of base64 without its end */
		if (line_end)
			end_message(&message);
		assert_comes_back(fixture, &message, CONTENT_MESSAGE, &content);
		assert_int_equal(content.kind, REPO_MESSAGE);
		assert_in_range(stored_bytes(fixture), LARGE, LARGE / 10 * 11);
	}
	mem_free(data);
}

static void a_message_of_very_many_parts_comes_back(void **state)
{
	struct fixture *fixture = *state;
	uint8_t data[600];
	AUTO_BUF message = buf_init(MESSAGE_MAX);

	begin_message(&message, "many");
	for (uint64_t i = 0; i < 12000; i++) {
		fixture_fill(data, sizeof(data), i);
		attach(&message, data, sizeof(data));
	}
	end_message(&message);
	assert_comes_back(fixture, &message, CONTENT_MESSAGE, NULL);
}

/* Small messages with anything changed in them. */
static void changed_messages_come_back(void **state)
{
	struct fixture *fixture = *state;
	uint64_t seed = 9;
	uint8_t data[3000];

	for (int i = 0; i < 400; i++) {
		AUTO_BUF message = buf_init(MESSAGE_MAX);
		fixture_fill(data, sizeof(data), fixture_random(&seed) % 3);
		begin_message(&message, "changed");
		attach(&message, data, fixture_random(&seed) % sizeof(data));
		put(&message, "--b0\r\nContent-Type: text/plain\r\n"
			      "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
		for (uint64_t j = fixture_random(&seed) % 60; j > 0; j--)
			put(&message, "caf=C3=A9 is a line that is not very long=20\r\n");
		end_message(&message);
		for (uint64_t j = fixture_random(&seed) % 4; j > 0; j--)
			message.data[fixture_random(&seed) % message.size] =
				(uint8_t) "\r\n=-: ab\0Z"[fixture_random(&seed) % 10];
		struct repo_content content =
			store(fixture->writer, &message, CONTENT_MESSAGE, &seed);
		if (i % 20 == 0)
			assert_int_equal(repo_writer_commit(fixture->writer), 0);
		if (i % 20 == 0)
			fixture_assert_content(
				fixture->repo, &content, message.data, message.size);
	}
}

static int drop(void *context, const void *data, size_t size)
{
	(void)context;
	(void)data;
	(void)size;
	return 0;
}

/* A recipe that no writer has written, under an id that is right. */
static void a_recipe_that_makes_no_sense_is_corrupt(void **state)
{
	struct fixture *fixture = *state;
	static const struct {
		const char *text;
		size_t size;
		uint64_t message;
		int result;
	} cases[] = {
		{"GRNRCPE2\0\2ab", 12, 2, 0},
		{"GRNRCPE2\0\2ab", 12, 3, ERR_CORRUPT},
		{"GRNRCPE2\0\2ab", 12, 1, ERR_CORRUPT},
		{"GRNRCPE2\0\3ab", 12, 3, ERR_CORRUPT},
		{"GRNRCPE2\3", 9, 0, ERR_CORRUPT},
		{"GRNRCPE2\0", 9, 0, ERR_CORRUPT},
		{"GRNRCPE3", 8, 0, ERR_CORRUPT},
		{"GRNRCPE2", 8, 0, 0},
		{"GRNRCPE2\2\0\0\0\0\0\1a", 16, 1, 0},
		{"GRNRCPE2\2\1\0\0\0\4\3abc", 18, 4, ERR_CORRUPT},
		{"GRNRCPE2\2\1\2\0\0\4\3abc", 18, 4, 0},
		{"GRNRCPE2\2\7\0\0\0\0\1a", 16, 1, ERR_CORRUPT},
		{"GRNRCPE2\1\0\0\0\0\0\0", 15, 1, ERR_CORRUPT},
		{"GRNRCPE2\1\0\0\0\0\0\2iiiiiiiiiiiiiiii\1\0\0\0\0\0\0\0", 39, 1, ERR_CORRUPT},
		{"GRNRCPE2\1\0\0\0\0\0\0iiiiiiiiiiiiiiii\1\0\0\0\0\0\0\0", 39, 1, ERR_CORRUPT},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct chunk_put chunk = {
			.piece = PIECE_TEXT, .data = cases[i].text, .size = cases[i].size};
		struct repo_content content = {.kind = REPO_MESSAGE, .size = cases[i].message};
		assert_int_equal(writer_put_chunk(fixture->writer, &chunk, content.id), 0);
		assert_int_equal(repo_writer_commit(fixture->writer), 0);
		assert_int_equal(
			repo_read(fixture->repo, &content, drop, NULL), cases[i].result);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(an_attachment_of_two_messages_is_stored_once),
		WITH(a_file_that_looks_like_a_message_is_one),
		WITH(what_is_no_message_is_kept_as_it_is),
		WITH(a_large_attachment_streams_through),
		WITH(a_message_of_very_many_parts_comes_back),
		WITH(changed_messages_come_back),
		WITH(a_recipe_that_makes_no_sense_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
