/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/tenant.h"

static struct tenant *tenant;

static int set_up(void **state)
{
	(void)state;
	if (scratch_make(state) != 0)
		return -1;
	scratch_write("mail/m1", "Subject: 1\n\n");
	scratch_write("s.json",
		"{\"tenant_id\":\"T-1\",\"domain\":\"Contoso.example\",\"users\":["
		"{\"upn\":\"Ada@contoso.example\",\"mail\":\"mail\"},"
		"{\"upn\":\"bob@contoso.example\",\"mail\":4},"
		"{\"upn\":\"room@contoso.example\",\"purpose\":\"room\",\"m365_license\":false}"
		","
		"{\"upn\":\"g@partner.example\",\"guest\":true}],"
		"\"groups\":[{\"name\":\"g\",\"members\":[\"bob@contoso.example\"]}]}");
	AUTO_TEXT path = io_join(scratch, "s.json");
	return tenant_new(path, &tenant);
}

static int tear_down(void **state)
{
	tenant_free(tenant);
	return scratch_remove(state);
}

static int change(const char *text, size_t *applied)
{
	AUTO_JSON patch = parse_json(text);

	return tenant_change(tenant, patch, &(struct scenario_base){scratch, scratch}, applied);
}

static size_t inbox_count(const char *upn)
{
	return mailbox_well_known(tenant_user(tenant, upn)->mailbox, "inbox")->count;
}

static void users_are_found_by_name_and_id(void **state)
{
	(void)state;
	const struct user *ada = tenant_user(tenant, "ADA@contoso.example");

	assert_non_null(ada);
	assert_ptr_equal(tenant_user(tenant, ada->id), ada);
	assert_null(tenant_user(tenant, "nobody@contoso.example"));
	assert_string_equal(tenant->id, "T-1");
	assert_string_equal(tenant->domain, "contoso.example");
	assert_int_equal(inbox_count("ada@contoso.example"), 1);
}

static void who_has_a_mailbox_follows_license_and_purpose(void **state)
{
	(void)state;
	size_t applied;

	assert_true(user_has_mailbox(tenant_user(tenant, "room@contoso.example")));
	assert_false(user_has_mailbox(tenant_user(tenant, "g@partner.example")));
	assert_int_equal(change("{\"users\":[{\"upn\":\"bob@contoso.example\","
				"\"exchange_license\":false}]}",
				 &applied),
		0);
	assert_int_equal(applied, 1);
	assert_false(user_has_mailbox(tenant_user(tenant, "bob@contoso.example")));
	assert_true(tenant_user(tenant, "bob@contoso.example")->facts.m365_license);
}

static void a_change_that_is_wrong_changes_nothing(void **state)
{
	(void)state;
	size_t applied;

	assert_int_equal(
		change("{\"users\":{\"bob@contoso.example\":null},\"groups\":[{\"name\":"
		       "\"g\",\"members\":[\"bob@contoso.example\"]}]}",
			&applied),
		ERR_INVALID); /* a group that is changed names him */
	assert_non_null(tenant_user(tenant, "bob@contoso.example"));
	assert_int_equal(change("{\"users\":[{\"upn\":\"ada@contoso.example\",\"guest\":true},"
				"{\"upn\":\"bob@contoso.example\",\"mail\":\"none\"}]}",
				 &applied),
		ERR_NOTFOUND);
	assert_false(tenant_user(tenant, "ada@contoso.example")->facts.guest);
	assert_int_equal(applied, 0);
}

static void a_user_that_was_removed_can_come_back(void **state)
{
	(void)state;
	size_t applied;
	char id[IDS_GUID_SIZE];

	strcpy(id, tenant_user(tenant, "ada@contoso.example")->id);
	assert_int_equal(change("{\"users\":{\"ada@contoso.example\":null}}", &applied), 0);
	assert_null(tenant_user(tenant, "ada@contoso.example"));
	assert_null(tenant_user(tenant, id));
	assert_int_equal(change("{\"users\":[{\"upn\":\"ada@contoso.example\"},"
				"{\"upn\":\"new@contoso.example\",\"mail\":3}]}",
				 &applied),
		0);
	assert_int_equal(applied, 2);
	assert_string_equal(tenant_user(tenant, "ada@contoso.example")->id, id);
	assert_int_equal(inbox_count("ada@contoso.example"), 0);
	assert_int_equal(inbox_count("new@contoso.example"), 3);
}

static void mail_that_is_named_again_is_read_again(void **state)
{
	(void)state;
	size_t applied;

	scratch_write("mail/m2", "Subject: 2\n\n");
	assert_int_equal(
		change("{\"users\":[{\"upn\":\"ada@contoso.example\"}]}", &applied), 0);
	assert_int_equal(inbox_count("ada@contoso.example"), 1);
	assert_int_equal(
		change("{\"users\":[{\"upn\":\"ada@contoso.example\",\"mail\":\"mail\"}]}",
			&applied),
		0);
	assert_int_equal(inbox_count("ada@contoso.example"), 2);
}

static void operations_are_done_in_order_until_one_fails(void **state)
{
	(void)state;
	size_t applied;

	assert_int_equal(
		change("{\"items\":[{\"op\":\"delete\",\"upn\":\"ada@contoso.example\","
		       "\"item\":\"m1\"},{\"op\":\"delete\",\"upn\":"
		       "\"ada@contoso.example\",\"item\":\"m1\"}]}",
			&applied),
		ERR_NOTFOUND);
	assert_int_equal(applied, 1);
	assert_string_equal(err_message(), "items[1]: there is no item \"m1\"");
	assert_int_equal(inbox_count("ada@contoso.example"), 0);
	assert_int_equal(
		change("{\"items\":[{\"op\":\"delete\",\"upn\":\"x@y\",\"item\":\"a\"}]}",
			&applied),
		ERR_NOTFOUND);
}

static void a_scenario_that_cannot_be_read_says_which(void **state)
{
	(void)state;
	struct tenant *none = NULL;
	AUTO_TEXT path = io_join(scratch, "bad.json");

	scratch_write("bad.json", "{\"users\":[{\"upn\":\"a@x\",\"mail\":\"gone\"}]}");
	assert_int_equal(tenant_new(path, &none), ERR_NOTFOUND);
	assert_null(none);
	assert_non_null(
		strstr(err_message(), "bad.json: users[0].mail: \"gone\" is not there"));
	assert_int_equal(tenant_new("/no/such.json", &none), ERR_NOTFOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(users_are_found_by_name_and_id),
		CASE(who_has_a_mailbox_follows_license_and_purpose),
		CASE(a_change_that_is_wrong_changes_nothing),
		CASE(a_user_that_was_removed_can_come_back),
		CASE(mail_that_is_named_again_is_read_again),
		CASE(operations_are_done_in_order_until_one_fails),
		CASE(a_scenario_that_cannot_be_read_says_which),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
