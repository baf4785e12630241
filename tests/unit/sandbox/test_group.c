/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/tenant.h"

static struct tenant *tenant;

static int set_up(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	scratch_write("s.json",
		"{\"domain\":\"contoso.example\",\"users\":["
		"{\"upn\":\"ada@contoso.example\"},{\"upn\":\"bob@contoso.example\"},"
		"{\"upn\":\"g@partner.example\",\"guest\":true}],\"groups\":["
		"{\"name\":\"R & D, 2026\",\"members\":[\"Ada@contoso.example\","
		"\"g@partner.example\"],\"owners\":[\"bob@contoso.example\"],\"mail\":3},"
		"{\"name\":\"All\",\"kind\":\"security\",\"members\":[\"Some\","
		"\"ada@contoso.example\",\"ada@contoso.example\"]},"
		"{\"name\":\"Some\",\"kind\":\"security\",\"members\":[\"All\","
		"\"bob@contoso.example\",\"Some\"]}]}");
	AUTO_TEXT path = io_join(scratch, "s.json");
	return tenant_new(path, &tenant);
}

static int tear_down(void **state)
{
	tenant_free(tenant);
	return scratch_remove(state);
}

static int change(const char *text)
{
	AUTO_JSON patch = parse_json(text);
	size_t applied;

	return tenant_change(
		tenant, patch, &(struct scenario_base){scratch, scratch}, &applied);
}

static struct group *group(const char *name)
{
	return groups_find(&tenant->groups, name);
}

/* The members as "ada bob Some". */
static void assert_members(struct member *members, size_t count, const char *expected)
{
	AUTO_TEXT text = mem_strdup("");

	for (size_t i = 0; i < count; i++) {
		const char *name =
			members[i].user ? members[i].user->facts.upn : members[i].group->name;
		mem_replace(&text, mem_printf("%s%s%.*s", text, i ? " " : "",
					   (int)strcspn(name, "@"), name));
	}
	mem_free(members);
	assert_string_equal(text, expected);
}

static void a_group_has_its_name_as_address_without_what_is_no_letter_or_digit(void **state)
{
	(void)state;
	const struct group *found = group("r & d, 2026");

	assert_non_null(found);
	assert_string_equal(found->address, "rd2026@contoso.example");
	assert_ptr_equal(group("RD2026@contoso.example"), found);
	assert_ptr_equal(group(found->id), found);
	assert_non_null(found->mailbox);
	assert_null(group("All")->address);
	assert_null(group("All")->mailbox);
	assert_null(group("nobody"));
}

static void members_are_those_that_are_named_each_once(void **state)
{
	(void)state;
	struct member *members;
	size_t count = group_list(tenant, group("All")->members, &members);

	assert_members(members, count, "Some ada");
	count = group_list(tenant, group("R & D, 2026")->owners, &members);
	assert_members(members, count, "bob");
}

static void members_of_members_end_in_a_cycle(void **state)
{
	(void)state;
	struct member *members;
	size_t count = group_all(tenant, group("All"), &members);

	assert_members(members, count, "Some ada bob");
	count = group_all(tenant, group("Some"), &members);
	assert_members(members, count, "All bob ada");
}

static void a_patch_changes_members_and_makes_and_removes_groups(void **state)
{
	(void)state;
	struct member *members;
	const struct group *some = group("Some");

	assert_int_equal(change("{\"groups\":{\"All\":{\"members\":[\"bob@contoso.example\"]},"
				"\"Some\":null,\"New\":{\"members\":[]}}}"),
		0);
	size_t count = group_list(tenant, group("All")->members, &members);
	assert_members(members, count, "bob");
	assert_null(group("Some"));
	assert_string_equal(group("New")->address, "new@contoso.example");
	assert_int_equal(change("{\"groups\":[{\"name\":\"Some\",\"kind\":\"security\"}]}"), 0);
	assert_ptr_equal(group("Some"), some);
}

static void who_leaves_the_organization_leaves_its_groups(void **state)
{
	(void)state;
	struct member *members;

	assert_int_equal(change("{\"users\":{\"ADA@contoso.example\":null}}"), 0);
	size_t count = group_list(tenant, group("R & D, 2026")->members, &members);
	assert_members(members, count, "g");
	count = group_all(tenant, group("All"), &members);
	assert_members(members, count, "Some bob");
}

static void two_groups_of_one_address_are_refused(void **state)
{
	(void)state;

	assert_int_equal(change("{\"groups\":[{\"name\":\"RD 2026\"}]}"), ERR_INVALID);
	assert_non_null(strstr(err_message(), "same address as groups[0]"));
	assert_int_equal(change("{\"groups\":[{\"name\":\"…\"}]}"), ERR_INVALID);
	assert_int_equal(
		change("{\"groups\":[{\"name\":\"RD 2026\",\"kind\":\"security\"}]}"), 0);
}

static void items_of_a_group_are_changed_by_its_address(void **state)
{
	(void)state;
	const struct folder *inbox = mailbox_well_known(group("R & D, 2026")->mailbox, "inbox");
	size_t before = inbox->count;

	assert_int_equal(
		change("{\"items\":[{\"op\":\"add\",\"upn\":\"rd2026@contoso.example\","
		       "\"folder\":\"Inbox\",\"content\":\"Subject: x\\n\\n\"}]}"),
		0);
	assert_int_equal(inbox->count, before + 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_group_has_its_name_as_address_without_what_is_no_letter_or_digit),
		TEST(members_are_those_that_are_named_each_once),
		TEST(members_of_members_end_in_a_cycle),
		TEST(a_patch_changes_members_and_makes_and_removes_groups),
		TEST(who_leaves_the_organization_leaves_its_groups),
		TEST(two_groups_of_one_address_are_refused),
		TEST(items_of_a_group_are_changed_by_its_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
