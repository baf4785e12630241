/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/scenario.h"

static void check(const char *text, const char *expected)
{
	AUTO_JSON document = parse_json(text);
	int r = scenario_check(document);

	if (!expected) {
		assert_int_equal(r, 0);
		return;
	}
	assert_int_equal(r, ERR_INVALID);
	assert_string_equal(err_message(), expected);
}

#define USERS "\"users\":[{\"upn\":\"a@x\"},{\"upn\":\"b@x\"}]"

static void users_alone_are_a_scenario(void **state)
{
	(void)state;
	check("{" USERS "}", NULL);
	check("{}", "users: is missing");
	check("[]", "document: must be an object");
	check("{" USERS ",\"sites\":[{\"path\":\"/sites/hr\",\"parent\":null}]}", NULL);
}

static void mistakes_are_named_by_their_place(void **state)
{
	(void)state;
	check("{\"users\":[{\"upn\":\"a@x\",\"colour\":1}]}", "users[0].colour: unknown key");
	check("{" USERS ",\"user\":[]}", "user: unknown key");
	check("{\"users\":[{\"name\":\"a\"}]}", "users[0].upn: is missing");
	check("{\"users\":[{\"upn\":\"a\"}]}",
		"users[0].upn: \"a\" is no user principal name (name@domain)");
	check("{\"users\":[{\"upn\":\"a@x\",\"enabled\":1}]}",
		"users[0].enabled: must be true or false");
	check("{\"users\":[{\"upn\":\"a@x\",\"mail\":-1}]}",
		"users[0].mail: must be a number from 0 to 1000000");
	check("{\"users\":[{\"upn\":\"a@x\",\"mail\":[]}]}",
		"users[0].mail: must be a number or the name of a folder");
	check("{\"users\":[{\"upn\":\"a@x\",\"purpose\":\"boss\"}]}",
		"users[0].purpose: must be user, shared, room, equipment or site, not "
		"\"boss\"");
	check("{" USERS ",\"sites\":[{\"path\":\"hr\"}]}",
		"sites[0].path: \"hr\" is no path such as /Name");
	check("{\"tenant_id\":\"a/b\"," USERS "}",
		"tenant_id: \"a/b\" may hold letters, digits, \".\", \"-\" and \"_\"");
}

static void references_must_lead_somewhere(void **state)
{
	(void)state;
	check("{\"users\":[{\"upn\":\"a@x\"},{\"upn\":\"A@X\"}]}",
		"users[1].upn: \"A@X\" is there twice");
	check("{" USERS ",\"groups\":[{\"name\":\"g\",\"members\":[\"c@x\"]}]}",
		"groups[0].members[0]: \"c@x\" is no user");
	check("{" USERS ",\"groups\":[{\"name\":\"g\",\"members\":[\"h\"]},{\"name\":\"h\"}]}",
		"groups[0].members[0]: \"h\" is no user; only security groups hold groups");
	check("{" USERS
	      ",\"groups\":[{\"name\":\"g\",\"kind\":\"security\",\"members\":[\"h\"]},"
	      "{\"name\":\"h\",\"kind\":\"security\",\"members\":[\"g\",\"a@x\"]}]}",
		NULL);
	check("{" USERS ",\"sites\":[{\"path\":\"/sites/a\",\"parent\":\"/sites/b\"}]}",
		"sites[0].parent: there is no site \"/sites/b\"");
	check("{" USERS ",\"sites\":[{\"path\":\"/sites/a\",\"permissions\":"
	      "[{\"who\":\"everyone\",\"role\":\"read\"},{\"who\":\"c\",\"role\":\"full\"}]}]}",
		"sites[0].permissions[1].who: \"c\" is no user, no group and not \"everyone\"");
	check("{" USERS ",\"public_folders\":[{\"path\":\"/A\",\"permissions\":"
	      "[{\"who\":\"default\",\"rights\":[\"read\",\"write\"]}]}]}",
		"public_folders[0].permissions[0].rights[1]: must be read, create, edit or "
		"delete, "
		"not \"write\"");
}

static struct scenario_user read_user(const char *text)
{
	AUTO_JSON object = parse_json(text);
	struct scenario_user user;

	assert_int_equal(
		scenario_user_read(object, &(struct scenario_base){"/", "/"}, &user), 0);
	return user;
}

static void what_is_left_out_has_its_default(void **state)
{
	(void)state;
	struct scenario_user user = read_user("{\"upn\":\"Ada@X.example\"}");

	assert_string_equal(user.upn, "ada@x.example");
	assert_string_equal(user.name, "Ada");
	assert_int_equal(user.purpose, PURPOSE_USER);
	assert_true(user.enabled && user.m365_license && user.exchange_license);
	assert_false(user.guest);
	assert_true(user.mail.count == 0 && !user.mail.folder);
	scenario_user_free(&user);
}

static void licenses_imply_each_other(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		bool m365, exchange;
	} cases[] = {
		{"{\"upn\":\"a@x\",\"exchange_license\":false}", true, false},
		{"{\"upn\":\"a@x\",\"m365_license\":false}", false, false},
		{"{\"upn\":\"a@x\",\"m365_license\":false,\"exchange_license\":true}", true,
			true},
		{"{\"upn\":\"a@x\",\"m365_license\":false,\"exchange_license\":false}", false,
			false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scenario_user user = read_user(cases[i].text);
		assert_int_equal(user.m365_license, cases[i].m365);
		assert_int_equal(user.exchange_license, cases[i].exchange);
		scenario_user_free(&user);
	}
}

static void paths_are_looked_for_beside_the_document_first(void **state)
{
	(void)state;
	AUTO_TEXT one = io_join(scratch, "one");
	AUTO_TEXT two = io_join(scratch, "two");
	const struct scenario_base base = {one, two};
	AUTO_TEXT first = NULL;
	AUTO_TEXT second = NULL;
	AUTO_TEXT none = NULL;

	scratch_write("one/a", "");
	scratch_write("two/a", "");
	scratch_write("two/b", "");
	assert_int_equal(scenario_path("a", &base, &first), 0);
	assert_non_null(strstr(first, "/one/a"));
	assert_int_equal(scenario_path("b", &base, &second), 0);
	assert_non_null(strstr(second, "/two/b"));
	assert_int_equal(scenario_path("c", &base, &none), ERR_NOTFOUND);
	assert_int_equal(scenario_path("/no/such", &base, &none), ERR_NOTFOUND);
}

static void check_patch(const char *text, const char *expected)
{
	AUTO_JSON patch = parse_json(text);

	assert_int_equal(scenario_check_patch(patch), expected ? ERR_INVALID : 0);
	if (expected)
		assert_string_equal(err_message(), expected);
}

static void patches_are_checked_like_scenarios(void **state)
{
	(void)state;
	check_patch("{\"users\":[{\"upn\":\"a@x\",\"mail\":null}]}", NULL);
	check_patch("{\"users\":{\"a@x\":null,\"b@x\":{\"guest\":true}}}", NULL);
	check_patch(
		"{\"users\":{\"b@x\":{\"gast\":true}}}", "users[\"b@x\"].gast: unknown key");
	check_patch("{\"users\":[{\"mail\":1}]}", "users[0].upn: is missing");
	check_patch("{\"user\":[]}", "user: unknown key");
	check_patch("{\"domain\":\"y\"}", "domain: cannot be changed while it runs");
	check_patch("{\"on_premises\":1}", "on_premises: must be true or false");
	check_patch("{\"users\":1}", "users: must be a list, or an object by upn");
}

static void operations_are_checked_by_what_they_need(void **state)
{
	(void)state;
#define ITEM(rest) "{\"items\":[{\"upn\":\"a@x\"," rest "}]}"
	check_patch(ITEM("\"op\":\"delete\",\"item\":\"i\""), NULL);
	check_patch(ITEM("\"op\":\"delete\",\"item\":3,\"folder\":\"Inbox\""), NULL);
	check_patch(ITEM("\"op\":\"add\",\"folder\":\"f\",\"content\":\"\""), NULL);
	check_patch(ITEM("\"op\":\"delete\""), "items[0].item: is missing");
	check_patch(ITEM("\"op\":\"delete\",\"item\":true"),
		"items[0].item: must be a name or a number");
	check_patch(ITEM("\"op\":\"add\",\"item\":\"i\",\"content\":\"\""),
		"items[0].folder: is missing");
	check_patch(ITEM("\"op\":\"replace\",\"item\":\"i\""),
		"items[0]: replace needs either \"file\" or \"content\"");
	check_patch(ITEM("\"op\":\"delete\",\"item\":\"i\",\"content\":\"x\""),
		"items[0]: delete takes no file and no content");
	check_patch(ITEM("\"op\":\"move\",\"item\":\"i\""),
		"items[0].to: the folder to move to, for move alone");
	check_patch(ITEM("\"op\":\"delete\",\"item\":\"i\",\"read\":true"),
		"items[0].read: is for mark_read alone");
}

static void a_patch_is_merged_by_names(void **state)
{
	(void)state;
	AUTO_JSON document =
		parse_json("{\"users\":[{\"upn\":\"a@x\",\"mail\":1,\"name\":\"A\"},"
			   "{\"upn\":\"b@x\"}],\"on_premises\":true}");
	AUTO_JSON list =
		parse_json("{\"users\":[{\"upn\":\"A@x\",\"mail\":null,\"guest\":true},"
			   "{\"upn\":\"c@x\"}],\"on_premises\":null}");
	AUTO_JSON map = parse_json("{\"users\":{\"b@x\":null,\"d@x\":{\"mail\":2}}}");
	AUTO_JSON once = NULL;
	AUTO_JSON twice = NULL;

	assert_int_equal(scenario_merge(document, list, &once), 0);
	assert_int_equal(scenario_merge(once, map, &twice), 0);
	AUTO_TEXT text = json_text(twice, false);
	assert_string_equal(text, "{\"users\":[{\"upn\":\"A@x\",\"name\":\"A\",\"guest\":true},"
				  "{\"upn\":\"c@x\"},{\"mail\":2,\"upn\":\"d@x\"}]}");
	assert_int_equal(json_count(json_get(document, "users")), 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(users_alone_are_a_scenario),
		cmocka_unit_test(mistakes_are_named_by_their_place),
		cmocka_unit_test(references_must_lead_somewhere),
		cmocka_unit_test(what_is_left_out_has_its_default),
		cmocka_unit_test(licenses_imply_each_other),
		cmocka_unit_test(paths_are_looked_for_beside_the_document_first),
		cmocka_unit_test(patches_are_checked_like_scenarios),
		cmocka_unit_test(operations_are_checked_by_what_they_need),
		cmocka_unit_test(a_patch_is_merged_by_names),
	};

	return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
