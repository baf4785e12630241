/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/odata.h"

static void paths_are_taken_apart_in_both_forms(void **state)
{
	(void)state;
	struct odata_path path;

	assert_int_equal(
		odata_path_parse("/v1.0/users('a%40b')//mailFolders/x%2Fy%3D/delta()", &path),
		0);
	assert_int_equal(path.count, 6);
	assert_string_equal(path.segments[1], "users");
	assert_string_equal(path.segments[2], "a@b");
	assert_string_equal(path.segments[4], "x/y=");
	assert_string_equal(path.segments[5], "delta");
	odata_path_free(&path);
	assert_int_equal(odata_path_parse("/users('x", &path), 0);
	assert_string_equal(path.segments[0], "users('x");
	odata_path_free(&path);
	assert_int_equal(odata_path_parse("/users(x)", &path), ERR_INVALID);
	odata_path_free(&path);
	assert_int_equal(odata_path_parse("/%zz", &path), ERR_INVALID);
	odata_path_free(&path);
	assert_int_equal(
		odata_path_parse("/1/2/3/4/5/6/7/8/9/10/11/12/13", &path), ERR_INVALID);
	odata_path_free(&path);
}

static void queries_know_options_with_and_without_dollar(void **state)
{
	(void)state;
	struct odata_query query;

	assert_int_equal(odata_query_parse("select=a,b&%24top=5&x=1+2&&flag", &query), 0);
	assert_string_equal(odata_query_get(&query, "$select"), "a,b");
	assert_string_equal(odata_query_get(&query, "$top"), "5");
	assert_string_equal(odata_query_get(&query, "x"), "1 2");
	assert_string_equal(odata_query_get(&query, "flag"), "");
	assert_null(odata_query_get(&query, "$skip"));
	AUTO_TEXT text = odata_query_text(&query, "$top");
	assert_string_equal(text, "$select=a%2Cb&x=1%202&flag=");
	odata_query_free(&query);
}

static void an_option_given_twice_is_refused(void **state)
{
	(void)state;
	struct odata_query query;

	assert_int_equal(odata_query_parse("$top=1&top=2", &query), ERR_INVALID);
	odata_query_free(&query);
	assert_int_equal(odata_query_parse("$top=%f", &query), ERR_INVALID);
	odata_query_free(&query);
}

static void numbers_stay_within_their_bounds(void **state)
{
	(void)state;
	struct odata_query query;
	const int64_t bounds[] = {1, 999};
	int64_t value;

	assert_int_equal(odata_query_parse("$top=1000&$skip=0x1", &query), 0);
	assert_int_equal(odata_query_number(&query, "$top", bounds, 100, &value), ERR_INVALID);
	assert_int_equal(odata_query_number(&query, "$skip", bounds, 100, &value), ERR_INVALID);
	assert_int_equal(odata_query_number(&query, "$count", bounds, 100, &value), 0);
	assert_int_equal(value, 100);
	odata_query_free(&query);
}

static void select_knows_the_properties_of_a_type(void **state)
{
	(void)state;
	assert_int_equal(odata_select_check(NULL, &graph_type_user), 0);
	assert_int_equal(odata_select_check("id, mail,assignedPlans", &graph_type_user), 0);
	assert_int_equal(odata_select_check("*", &graph_type_user), 0);
	assert_int_equal(odata_select_check("id,Mail", &graph_type_user), ERR_INVALID);
	assert_string_equal(err_message(), "Parsing OData Select and Expand failed: Could not "
					   "find a property named 'Mail' on "
					   "type 'microsoft.graph.user'.");
	assert_int_equal(odata_select_check("size", &graph_type_message), ERR_INVALID);
	assert_int_equal(odata_select_check("changeKey,id", &graph_type_message), 0);
}

static void select_leaves_what_was_chosen(void **state)
{
	(void)state;
	struct json *object = json_new_object();

	json_put_text(object, "@odata.etag", "e");
	json_put_text(object, "id", "1");
	json_put_text(object, "mail", "m");
	json_put_text(object, "surname", "s");
	object = odata_select_apply(object, "mail,city,skills", &graph_type_user);
	AUTO_TEXT text = json_text(object, false);
	assert_string_equal(text, "{\"@odata.etag\":\"e\",\"id\":\"1\",\"mail\":\"m\",\"city\":"
				  "null,\"skills\":[]}");
	json_free(object);
	assert_true(odata_select_has("a, isRead", "isRead"));
	assert_false(odata_select_has("a,isReads", "isRead"));
	assert_true(odata_select_has("", "isRead"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_taken_apart_in_both_forms),
		cmocka_unit_test(queries_know_options_with_and_without_dollar),
		cmocka_unit_test(an_option_given_twice_is_refused),
		cmocka_unit_test(numbers_stay_within_their_bounds),
		cmocka_unit_test(select_knows_the_properties_of_a_type),
		cmocka_unit_test(select_leaves_what_was_chosen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
