/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"

static int parse(const char *text, struct json **out)
{
	return json_parse(text, strlen(text), out);
}

static void members_come_back_by_type(void **state)
{
	(void)state;
	AUTO_JSON json = NULL;

	assert_int_equal(parse("{\"t\":\"x\",\"n\":9007199254740993,\"b\":true,\"z\":null,"
			       "\"a\":[1,2]}",
				 &json),
		0);
	assert_string_equal(json_get_text(json, "t"), "x");
	assert_true(json_get_int(json, "n", 0) == 9007199254740993);
	assert_true(json_get_bool(json, "b", false));
	assert_true(json_is_null(json, "z"));
	assert_false(json_is_null(json, "absent"));
	assert_int_equal(json_count(json_get(json, "a")), 2);
	assert_null(json_get_text(json, "n"));
	assert_int_equal(json_get_int(json, "t", 7), 7);
	assert_null(json_get_text(NULL, "t"));
}

static void what_is_no_json_is_refused(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"", "{", "{}x", "{a:1}", "[1,]", "nul", "\"\xff\"", "{\"a\":1,}", "01"};
	struct json *json;

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_int_equal(parse(bad[i], &json), ERR_INVALID);
		assert_null(json);
	}
}

static void depth_is_bounded(void **state)
{
	(void)state;
	char text[201];
	struct json *json;

	memset(text, '[', 100);
	memset(text + 100, ']', 100);
	text[200] = 0;
	assert_int_equal(parse(text, &json), ERR_LIMIT);
}

static void a_text_with_a_nul_within_counts_as_none(void **state)
{
	(void)state;
	AUTO_JSON json = NULL;

	assert_int_equal(parse("{\"a\":\"x\\u0000y\"}", &json), 0);
	assert_null(json_get_text(json, "a"));
}

static void walking_gives_the_members_in_order(void **state)
{
	(void)state;
	AUTO_JSON json = json_new_object();
	size_t position = 0;
	const char *key;
	struct json *value;

	assert_false(json_next(json, &position, &key, &value));
	json_put_int(json, "b", 1);
	json_put_text(json, "a", NULL);
	position = 0;
	assert_true(json_next(json, &position, &key, &value));
	assert_string_equal(key, "b");
	assert_int_equal(json_as_int(value, 0), 1);
	assert_true(json_next(json, &position, &key, &value));
	assert_string_equal(key, "a");
	assert_null(value);
	assert_false(json_next(json, &position, &key, &value));
	AUTO_TEXT text = json_text(json, false);
	assert_string_equal(text, "{\"b\":1,\"a\":null}");
}

static void what_is_no_utf8_is_replaced(void **state)
{
	(void)state;
	AUTO_JSON json = json_new_text("a\xff"
				       "\xc3\xbc\xe2\x82");

	assert_string_equal(
		json_as_text(json), "a\xef\xbf\xbd\xc3\xbc\xef\xbf\xbd\xef\xbf\xbd");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_come_back_by_type),
		cmocka_unit_test(what_is_no_json_is_refused),
		cmocka_unit_test(depth_is_bounded),
		cmocka_unit_test(a_text_with_a_nul_within_counts_as_none),
		cmocka_unit_test(walking_gives_the_members_in_order),
		cmocka_unit_test(what_is_no_utf8_is_replaced),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
