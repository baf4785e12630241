/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <string.h>

#include "base/mem.h"
#include "job/selection.h"
#include "script.h"

static const struct source_object objects[] = {
	{.id = "1", .kind = "mailbox", .name = "bob@contoso.example"},
	{.id = "2", .kind = "shared_mailbox", .name = "Ada@contoso.example"},
	{.id = "3", .kind = "mailbox", .name = "ada@contoso.example"},
	{.id = "4", .kind = "resource_mailbox", .name = "ada@contoso.example"},
	{.id = "5", .kind = "mailbox", .name = "Carl@contoso.example"},
	{.id = "6", .kind = "folder", .name = "all things"},
};

static void write_script(size_t count)
{
	script_clear();
	script.objects = objects;
	script.object_count = count;
}

/* What the job would back up, as ids in order, and what is missing. */
static void assert_selects(const char *text, const char *ids, const char *missing)
{
	struct source *source = script_source();
	struct selection selection;
	AUTO_TEXT found = mem_strdup("");
	AUTO_TEXT absent = mem_strdup("");

	assert_int_equal(selection_check(text), 0);
	assert_int_equal(selection_read(source, text, &selection), 0);
	for (size_t i = 0; i < selection.count; i++)
		mem_replace(&found, mem_printf("%s%s", found, selection.objects[i].id));
	for (size_t i = 0; i < selection.missing_count; i++)
		mem_replace(&absent, mem_printf("%s%s ", absent, selection.missing[i]));
	selection_free(&selection);
	source_close(source);
	assert_string_equal(found, ids);
	assert_string_equal(absent, missing);
}

static void all_is_everything_by_name_without_regard_to_case_then_by_kind(void **state)
{
	(void)state;
	write_script(SCRIPT_COUNT(objects));
	assert_selects("all", "234615", "");
}

static void a_kind_and_a_name_choose_without_regard_to_the_case_of_the_name(void **state)
{
	(void)state;
	write_script(SCRIPT_COUNT(objects));
	assert_selects("mailbox:all", "315", "");
	assert_selects("mailbox:ADA@contoso.example", "3", "");
	assert_selects("resource_mailbox:all,mailbox:carl@contoso.example", "45", "");
	assert_selects("folder:all things", "6", "");
}

static void an_object_that_is_named_twice_is_backed_up_once(void **state)
{
	(void)state;
	write_script(SCRIPT_COUNT(objects));
	assert_selects("mailbox:all,mailbox:bob@contoso.example,mailbox:all", "315", "");
}

static void what_the_source_does_not_have_is_missing_and_a_whole_kind_never_is(void **state)
{
	(void)state;
	write_script(SCRIPT_COUNT(objects));
	assert_selects("mailbox:eve@contoso.example,mailbox:bob@contoso.example,site:all", "1",
		"mailbox:eve@contoso.example ");
	assert_selects("shared_mailbox:bob@contoso.example", "",
		"shared_mailbox:bob@contoso.example ");
	assert_selects("folder:x,folder:x", "", "folder:x ");
	write_script(0);
	assert_selects("all", "", "");
	assert_selects("mailbox:all", "", "");
}

static void what_is_no_selection_is_refused_with_the_forms(void **state)
{
	(void)state;
	static const char *const bad[] = {"", "ALL", "mailbox", "mailbox:", ":x", ":",
		"mailboxes:all", "Mailbox:all", "mailbox:a,", ",mailbox:a",
		"mailbox:a,,mailbox:b", "all,mailbox:a", "mailbox:a,all", "mail box:a",
		"mailbox,x:a"};

	for (size_t i = 0; i < SCRIPT_COUNT(bad); i++) {
		if (selection_check(bad[i]) != ERR_INVALID)
			fail_msg("\"%s\" was taken", bad[i]);
		assert_non_null(strstr(err_message(), "KIND:NAME"));
	}
	assert_int_equal(selection_check("site:/sites/a:b"), 0);
}

static void a_source_that_cannot_be_listed_says_so(void **state)
{
	(void)state;
	struct source *source = script_source();
	struct selection selection;

	write_script(SCRIPT_COUNT(objects));
	script.objects_fault = (struct script_fault){
		.error = ERR_AUTH, .scope = SOURCE_TENANT, .retry = SOURCE_RETRY_NEVER};
	assert_int_equal(selection_read(source, "all", &selection), ERR_AUTH);
	selection_free(&selection);
	source_close(source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_is_everything_by_name_without_regard_to_case_then_by_kind),
		cmocka_unit_test(
			a_kind_and_a_name_choose_without_regard_to_the_case_of_the_name),
		cmocka_unit_test(an_object_that_is_named_twice_is_backed_up_once),
		cmocka_unit_test(
			what_the_source_does_not_have_is_missing_and_a_whole_kind_never_is),
		cmocka_unit_test(what_is_no_selection_is_refused_with_the_forms),
		cmocka_unit_test(a_source_that_cannot_be_listed_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
