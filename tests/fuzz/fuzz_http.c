/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "net/http_call.h"
#include "net/http_client.h"

/* What comes in by HTTP beside a body: "TARGET", a line feed, then the headers of an answer. A
 * parameter is what it was before it was encoded; a header's value is one line; Retry-After is
 * never more than a day, and never below 0. */

enum { TEXT_MAX = 1 << 16, DAY_S = 86400, OTHERWISE = -1 };

static const int64_t now_s = 1800000000;

static void try_decode(const char *text)
{
	for (int form = 0; form <= 1; form++) {
		AUTO_TEXT decoded = text_percent_decode(text, form);
		if (!decoded)
			continue;
		ASSERT(strlen(decoded) <= strlen(text));
		AUTO_TEXT encoded = text_percent_encode(decoded);
		AUTO_TEXT again = text_percent_decode(encoded, form);
		ASSERT(again && strcmp(again, decoded) == 0);
		ASSERT(strpbrk(encoded, "&=+?# \r\n\"<>") == NULL);
	}
}

/* Whatever a value is, it comes back as it was, and nothing else of the query changes it. */
static void try_encoded(const char *value)
{
	AUTO_TEXT encoded = text_percent_encode(value);
	AUTO_TEXT target = mem_printf("/x?before=1&value=%s&value=2", encoded);
	struct http_call *call = http_call_new(NULL, target, TEXT_MAX);
	AUTO_TEXT back = http_call_parameter(call, "value");
	AUTO_TEXT before = http_call_parameter(call, "before");

	ASSERT(back && strcmp(back, value) == 0);
	ASSERT(before && strcmp(before, "1") == 0);
	http_call_free(call);
}

static void try_target(const char *target)
{
	static const char *const names[] = {"a", "t", "limit", "after", ""};
	struct http_call *call = http_call_new(NULL, target, TEXT_MAX);

	ASSERT(!strchr(http_call_path(call), '?'));
	ASSERT(strlen(http_call_path(call)) + strlen(http_call_query(call)) <= strlen(target));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_TEXT value = http_call_parameter(call, names[i]);
		ASSERT(!value || strlen(value) < strlen(target));
	}
	http_call_free(call);
}

static void try_headers(const uint8_t *data, size_t size)
{
	static const char *const names[] = {"Retry-After", "Content-Type", "a"};
	AUTO_RESPONSE response = {.header_text = buf_init(TEXT_MAX)};

	ASSERT(size == 0 || buf_append(&response.header_text, data, size) == 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = http_header(&response, names[i]);
		size_t length = value ? strlen(value) : 0;

		ASSERT(!value || !strpbrk(value, "\r\n"));
		ASSERT(length == 0 || !strchr(" \t", value[length - 1]));
		ASSERT(length == 0 || !strchr(" \t", value[0]));
	}
	int64_t wait_s = http_retry_after_s(&response, now_s, OTHERWISE);
	ASSERT(wait_s >= OTHERWISE && wait_s <= DAY_S);
	ASSERT(http_retry_after_s(&response, now_s, OTHERWISE) == wait_s);
	ASSERT(http_header(&response, "Retry-After") || wait_s == OTHERWISE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = size ? memchr(data, '\n', size) : NULL;
	size_t target_size = line ? (size_t)(line - data) : size;
	AUTO_TEXT target = fuzz_text(data, target_size);

	try_decode(target);
	try_encoded(target);
	try_target(target);
	if (line)
		try_headers(line + 1, size - target_size - 1);
	return 0;
}
