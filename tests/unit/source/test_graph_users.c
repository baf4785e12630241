/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "fixture.h"

#define USERS "GET /v1.0/users?"
#define PLAN(service, status, id)                                                              \
	"{\"service\":\"" service "\",\"capabilityStatus\":\"" status                          \
	"\",\"servicePlanId\":\"" id "\"}"
#define EXCHANGE PLAN("exchange", "Enabled", "efb87545-963c-4e0d-99df-69c6916d9eb0")
#define FOUNDATION PLAN("exchange", "Enabled", "113feb6c-3fe4-4440-bddc-54d774bf0318")
#define SHAREPOINT PLAN("SharePoint", "Enabled", "5dbe027f-2339-4123-9542-606e4d348a72")
#define FLOW_FREE PLAN("ProcessSimple", "Enabled", "50e68c76-46c6-4674-81f9-75456511b170")

static void has_user(struct fixture *fixture, const char *plans)
{
	AUTO_TEXT body =
		mem_printf("{\"value\":[{\"id\":\"u1\",\"mail\":\"Ada@contoso.example\","
			   "\"userPrincipalName\":\"ada@contoso.onmicrosoft.com\","
			   "\"userType\":\"Member\",\"assignedPlans\":[%s]}]}",
			plans);

	fake_says(fixture->fake, USERS, 200, body);
}

static void has_purpose(struct fixture *fixture, const char *purpose)
{
	AUTO_TEXT body = mem_printf("{\"@odata.context\":\"…\",\"value\":\"%s\"}", purpose);

	fake_says(fixture->fake, "/u1/mailboxSettings/userPurpose", 200, body);
}

static void lacks_mailbox(struct fixture *fixture)
{
	fake_says(fixture->fake, "/u1/mailboxSettings", 404,
		"{\"error\":{\"code\":\"MailboxNotEnabledForRESTAPI\",\"message\":\"…\"}}");
}

static void assert_listed(struct fixture *fixture, const char *expected)
{
	assert_int_equal(source_objects(fixture->source, fixture_object, fixture), 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_string_equal(seen, expected);
}

static void a_licensed_user_is_a_mailbox_named_by_its_address(void **state)
{
	has_user(*state, SHAREPOINT "," EXCHANGE);
	has_purpose(*state, "user");
	assert_listed(*state,
		"mailbox Ada@contoso.example purpose=user m365=1 exchange=1 mailbox=1\n");
}

static void a_user_with_another_license_has_no_mailbox(void **state)
{
	has_user(*state, SHAREPOINT);
	lacks_mailbox(*state);
	assert_listed(*state,
		"mailbox Ada@contoso.example purpose=user m365=1 exchange=0 mailbox=0\n");
}

static void a_mailbox_without_an_exchange_license_does_not_count_as_one(void **state)
{
	has_user(*state, SHAREPOINT);
	has_purpose(*state, "user");
	assert_listed(*state,
		"mailbox Ada@contoso.example purpose=user m365=1 exchange=0 mailbox=0\n");
}

static void a_user_without_any_license_is_no_object(void **state)
{
	has_user(*state, "");
	has_purpose(*state, "user");
	assert_listed(*state, "");
}

static void free_plans_and_the_foundation_in_each_product_are_no_license(void **state)
{
	has_user(*state, FOUNDATION "," FLOW_FREE);
	lacks_mailbox(*state);
	assert_listed(*state, "");
}

static void a_plan_that_is_suspended_is_no_license(void **state)
{
	has_user(*state, PLAN("exchange", "Suspended", "efb87545-963c-4e0d-99df-69c6916d9eb0"));
	has_purpose(*state, "user");
	assert_listed(*state, "");
}

static void a_plan_in_its_time_of_grace_is_one(void **state)
{
	has_user(*state, PLAN("exchange", "Warning", "efb87545-963c-4e0d-99df-69c6916d9eb0"));
	has_purpose(*state, "user");
	assert_listed(*state,
		"mailbox Ada@contoso.example purpose=user m365=1 exchange=1 mailbox=1\n");
}

static void shared_and_resource_mailboxes_need_no_license_to_be_objects(void **state)
{
	static const char *const cases[][2] = {{"shared", "shared_mailbox"},
		{"room", "resource_mailbox"}, {"equipment", "resource_mailbox"},
		{"site", "site_mailbox"}};
	struct fixture *fixture = *state;

	has_user(fixture, "");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		has_purpose(fixture, cases[i][0]);
		AUTO_TEXT expected = mem_printf(
			"%s Ada@contoso.example purpose=%s m365=0 exchange=0 mailbox=1\n",
			cases[i][1], cases[i][0]);
		assert_listed(fixture, expected);
	}
}

static void a_shared_mailbox_with_a_license_stays_one(void **state)
{
	has_user(*state, EXCHANGE);
	has_purpose(*state, "shared");
	assert_listed(*state, "shared_mailbox Ada@contoso.example purpose=shared m365=1 "
			      "exchange=1 mailbox=1\n");
}

static void a_linked_mailbox_is_one_of_a_user(void **state)
{
	has_user(*state, EXCHANGE);
	has_purpose(*state, "linked");
	assert_listed(*state,
		"mailbox Ada@contoso.example purpose=linked m365=1 exchange=1 mailbox=1\n");
}

static void guests_are_passed_over_without_a_question(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200,
		"{\"value\":[{\"id\":\"u1\",\"mail\":\"g@x.example\",\"userType\":\"Guest\","
		"\"assignedPlans\":[" EXCHANGE "]}]}");
	assert_listed(fixture, "");
	assert_int_equal(fake_count(fixture->fake, "mailboxSettings"), 0);
}

static void a_mailbox_that_a_policy_excludes_is_named_with_the_reason(void **state)
{
	struct fixture *fixture = *state;

	has_user(fixture, EXCHANGE);
	fake_says(fixture->fake, "/u1/mailboxSettings", 403,
		"{\"error\":{\"code\":\"ErrorAccessDenied\",\"message\":\"…\"}}");
	assert_listed(fixture,
		"mailbox Ada@contoso.example purpose=user m365=1 exchange=1 mailbox=0 "
		"unsupported=not in the scope of the access policy\n");
}

static void a_missing_permission_is_not_taken_for_a_policy(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT token = fake_token("{\"roles\":[\"User.Read.All\",\"Mail.Read\"]}");
	AUTO_TEXT answer = mem_printf("{\"expires_in\":3599,\"access_token\":\"%s\"}", token);

	fake_says(fixture->fake, TOKEN, 200, answer);
	has_user(fixture, EXCHANGE);
	fake_says(fixture->fake, "/u1/mailboxSettings", 403,
		"{\"error\":{\"code\":\"ErrorAccessDenied\"}}");
	assert_int_equal(source_objects(fixture->source, fixture_object, fixture), ERR_AUTH);
	assert_non_null(strstr(err_message(), "MailboxSettings.Read"));
	assert_int_equal(source_fault()->scope, SOURCE_TENANT);
}

static void a_mailbox_that_cannot_be_asked_does_not_stop_the_others(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200,
		"{\"value\":[{\"id\":\"u1\",\"mail\":\"ada@x.example\",\"assignedPlans\":"
		"[" EXCHANGE
		"]},{\"id\":\"u2\",\"mail\":\"bob@x.example\",\"assignedPlans\":[" EXCHANGE
		"]}]}");
	fake_says(fixture->fake, "/u1/mailboxSettings", 500, "{\"error\":{\"code\":\"x\"}}");
	fake_says(fixture->fake, "/u2/mailboxSettings", 200, "{\"value\":\"user\"}");
	assert_int_equal(source_objects(fixture->source, fixture_object, fixture), 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_non_null(strstr(seen, "ada@x.example purpose=user m365=1 exchange=1 mailbox=0 "
				     "unsupported=its kind cannot be found out"));
	assert_non_null(strstr(seen, "mailbox bob@x.example purpose=user"));
}

static void a_user_removed_meanwhile_is_no_object(void **state)
{
	struct fixture *fixture = *state;

	has_user(fixture, EXCHANGE);
	fake_says(fixture->fake, "/u1/mailboxSettings", 404,
		"{\"error\":{\"code\":\"Request_ResourceNotFound\"}}");
	assert_listed(fixture, "");
}

static void users_come_from_all_pages(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, "GET /v1.0/users?$select", 200,
		"{\"@odata.nextLink\":\"%URL%/v1.0/users?$skiptoken=a%2Fb\",\"value\":[]}");
	fake_says(fixture->fake, "GET /v1.0/users?$skiptoken=a%2Fb", 200,
		"{\"value\":[{\"id\":\"u1\",\"userPrincipalName\":\"ada@x.example\","
		"\"assignedPlans\":[" EXCHANGE "]}]}");
	has_purpose(fixture, "user");
	assert_listed(
		fixture, "mailbox ada@x.example purpose=user m365=1 exchange=1 mailbox=1\n");
}

static void a_page_at_another_server_is_not_followed(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200,
		"{\"@odata.nextLink\":\"https://evil.example/v1.0/users\",\"value\":[]}");
	assert_int_equal(
		source_objects(fixture->source, fixture_object, fixture), ERR_PROTOCOL);
	assert_non_null(strstr(err_message(), "another server"));
}

static int keep_tenant(void *context, const struct source_object *object)
{
	mem_replace(context, mem_strdup(object->owner.tenant_id));
	return 0;
}

static void the_tenant_is_the_tokens_id_even_if_configured_by_its_domain(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT token = fake_token("{\"tid\":\"9F0C1A52-0000-4000-8000-0123456789AB\"}");
	AUTO_TEXT answer = mem_printf("{\"expires_in\":3599,\"access_token\":\"%s\"}", token);
	AUTO_TEXT tenant = NULL;

	fake_says(fixture->fake, TOKEN, 200, answer);
	has_user(fixture, EXCHANGE);
	has_purpose(fixture, "user");
	assert_int_equal(source_objects(fixture->source, keep_tenant, &tenant), 0);
	assert_string_equal(tenant, "9f0c1a52-0000-4000-8000-0123456789ab");
}

static void F1_the_tenant_is_told_by_the_sign_in_alone(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT token = fake_token("{\"tid\":\"9F0C1A52-0000-4000-8000-0123456789AB\"}");
	AUTO_TEXT answer = mem_printf("{\"expires_in\":3599,\"access_token\":\"%s\"}", token);
	AUTO_TEXT tenant = NULL;

	fake_says(fixture->fake, TOKEN, 200, answer);
	assert_int_equal(source_tenant(fixture->source, &tenant), 0);
	assert_string_equal(tenant, "9f0c1a52-0000-4000-8000-0123456789ab");
}

static int give_up(void *context, const struct source_object *object)
{
	(void)context;
	(void)object;
	return 7;
}

static void a_callback_ends_the_listing_with_its_own_result(void **state)
{
	struct fixture *fixture = *state;

	has_user(fixture, SHAREPOINT);
	lacks_mailbox(fixture);
	assert_int_equal(source_objects(fixture->source, give_up, NULL), 7);
	assert_string_equal(source_fault()->code, "");
}

static int probe(struct fixture *fixture, char **text)
{
	AUTO_JSON report = json_new_object();
	int r = source_test(fixture->source, report);

	mem_replace(text, json_text(report, false));
	return r;
}

static void the_test_names_each_permission_that_is_missing(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT token = fake_token("{\"roles\":[\"Mail.ReadWrite\",\"User.Read.All\"]}");
	AUTO_TEXT answer = mem_printf("{\"expires_in\":3599,\"access_token\":\"%s\"}", token);
	AUTO_TEXT text = NULL;

	fake_says(fixture->fake, TOKEN, 200, answer);
	assert_int_equal(probe(fixture, &text), ERR_AUTH);
	assert_string_equal(source_fault()->code, "MailboxSettings.Read");
	AUTO_JSON report = NULL;
	assert_int_equal(json_parse(text, strlen(text), &report), 0);
	const struct json *checks = json_get(report, "checks");
	static const struct {
		const char *name;
		bool ok;
	} expected[] = {{"sign_in", true}, {"User.Read.All", true}, {"Mail.Read", true},
		{"MailboxSettings.Read", false}, {"GroupMember.Read.All", false},
		{"Group.Read.All", false}, {"Member.Read.Hidden", false},
		{"Files.Read.All", false}};
	assert_int_equal(json_count(checks), 8);
	for (size_t i = 0; i < 8; i++) {
		const struct json *check = json_at(checks, i);
		assert_string_equal(json_get_text(check, "name"), expected[i].name);
		assert_int_equal(json_get_bool(check, "ok", !expected[i].ok), expected[i].ok);
		assert_non_null(json_get_text(check, "text"));
	}
}

static void the_test_probes_where_the_token_tells_nothing(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT text = NULL;

	fake_says(fixture->fake, TOKEN, 200, GOOD_TOKEN);
	has_user(fixture, EXCHANGE);
	has_purpose(fixture, "user");
	fake_says(fixture->fake, "/u1/mailFolders", 403,
		"{\"error\":{\"code\":\"Authorization_RequestDenied\"}}");
	assert_int_equal(probe(fixture, &text), ERR_AUTH);
	assert_non_null(strstr(text, "\"mail_folders\",\"ok\":false"));
	fake_says(fixture->fake, "/u1/mailFolders", 200, NULL);
	fake_says(fixture->fake, "/u1/mailFolders", 200, "{\"value\":[]}");
	assert_int_equal(probe(fixture, &text), 0);
	assert_null(strstr(text, "false"));
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
#define WITHOUT_TOKEN(test)                                                                    \
	cmocka_unit_test_setup_teardown(test, fixture_begin_without_token, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(a_licensed_user_is_a_mailbox_named_by_its_address),
		WITH_TOKEN(a_user_with_another_license_has_no_mailbox),
		WITH_TOKEN(a_mailbox_without_an_exchange_license_does_not_count_as_one),
		WITH_TOKEN(a_user_without_any_license_is_no_object),
		WITH_TOKEN(free_plans_and_the_foundation_in_each_product_are_no_license),
		WITH_TOKEN(a_plan_that_is_suspended_is_no_license),
		WITH_TOKEN(a_plan_in_its_time_of_grace_is_one),
		WITH_TOKEN(shared_and_resource_mailboxes_need_no_license_to_be_objects),
		WITH_TOKEN(a_shared_mailbox_with_a_license_stays_one),
		WITH_TOKEN(a_linked_mailbox_is_one_of_a_user),
		WITH_TOKEN(guests_are_passed_over_without_a_question),
		WITH_TOKEN(a_mailbox_that_a_policy_excludes_is_named_with_the_reason),
		WITHOUT_TOKEN(a_missing_permission_is_not_taken_for_a_policy),
		WITH_TOKEN(a_mailbox_that_cannot_be_asked_does_not_stop_the_others),
		WITH_TOKEN(a_user_removed_meanwhile_is_no_object),
		WITH_TOKEN(users_come_from_all_pages),
		WITH_TOKEN(a_page_at_another_server_is_not_followed),
		WITHOUT_TOKEN(the_tenant_is_the_tokens_id_even_if_configured_by_its_domain),
		WITHOUT_TOKEN(F1_the_tenant_is_told_by_the_sign_in_alone),
		WITH_TOKEN(a_callback_ends_the_listing_with_its_own_result),
		WITHOUT_TOKEN(the_test_names_each_permission_that_is_missing),
		WITHOUT_TOKEN(the_test_probes_where_the_token_tells_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
