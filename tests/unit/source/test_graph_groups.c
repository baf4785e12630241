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
#define GROUPS "GET /v1.0/groups?"
#define MEMBERS "GET /v1.0/groups/g1/members?"
#define APPS                                                                                   \
	"{\"service\":\"SharePoint\",\"capabilityStatus\":\"Enabled\",\"servicePlanId\":"      \
	"\"5dbe027f-2339-4123-9542-606e4d348a72\"}"

static int see_user(void *context, const struct source_user *user)
{
	struct fixture *fixture = context;

	return buf_printf(&fixture->seen, "%s %s guest=%d m365=%d\n", user->id, user->name,
		user->guest, user->m365_license);
}

static int see_member(void *context, const struct source_principal *member)
{
	struct fixture *fixture = context;

	return buf_printf(&fixture->seen, "%s %s\n",
		member->kind == SOURCE_PRINCIPAL_GROUP ? "group" : "user", member->id);
}

static int see_group(void *context, const struct source_object *object)
{
	struct fixture *fixture = context;

	if (!text_equal(object->kind, "group_mailbox"))
		return 0;
	assert_int_equal(object->grant_count, 1);
	const struct source_grant *grant = &object->grants[0];
	return buf_printf(&fixture->seen, "%s %s tenant=%s %s members-of=%s/%d/%d%s%s\n",
		object->id, object->name, object->owner.tenant_id, object->display_name,
		grant->who.id, grant->who.kind, grant->member,
		object->unsupported ? " unsupported=" : "",
		object->unsupported ? object->unsupported : "");
}

static int see_gap(void *context, const struct source_gap *gap)
{
	struct fixture *fixture = context;

	assert_non_null(strstr(gap->text, gap->permission));
	return buf_printf(&fixture->seen, "%s for want of %s\n", gap->kind, gap->permission);
}

static void assert_seen(struct fixture *fixture, const char *expected)
{
	AUTO_TEXT seen = fixture_seen(fixture);

	assert_string_equal(seen, expected);
}

static void has_token(struct fixture *fixture, const char *roles)
{
	AUTO_TEXT claims = mem_printf("{\"roles\":[%s]}", roles);
	AUTO_TEXT token = fake_token(claims);
	AUTO_TEXT answer = mem_printf("{\"expires_in\":3599,\"access_token\":\"%s\"}", token);

	fake_says(fixture->fake, TOKEN, 200, answer);
}

static void users_are_told_with_guests_and_licenses(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200,
		"{\"value\":[{\"id\":\"u1\",\"mail\":\"ada@x.example\",\"userType\":\"Member\","
		"\"assignedPlans\":[" APPS "]},{\"id\":\"u2\",\"userPrincipalName\":"
		"\"bob_y.example#EXT#@x.example\",\"userType\":\"Guest\",\"assignedPlans\":[]}]"
		"}");
	assert_int_equal(source_users(fixture->source, see_user, fixture), 0);
	assert_seen(fixture, "u1 ada@x.example guest=0 m365=1\n"
			     "u2 bob_y.example#EXT#@x.example guest=1 m365=0\n");
}

static void users_are_asked_for_once_with_the_objects(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200,
		"{\"value\":[{\"id\":\"u1\",\"mail\":\"ada@x.example\",\"assignedPlans\":[]}]"
		"}");
	fake_says(fixture->fake, "/u1/mailboxSettings", 404,
		"{\"error\":{\"code\":\"ResourceNotFound\"}}");
	assert_int_equal(source_objects(fixture->source, fixture_object, fixture), 0);
	assert_int_equal(source_users(fixture->source, see_user, fixture), 0);
	assert_int_equal(source_users(fixture->source, see_user, fixture), 0);
	assert_int_equal(fake_count(fixture->fake, USERS), 1);
	/* A new listing of objects is a new look at the organization. */
	assert_int_equal(source_objects(fixture->source, fixture_object, fixture), 0);
	assert_int_equal(fake_count(fixture->fake, USERS), 2);
}

static void a_failed_listing_of_users_is_none(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 403,
		"{\"error\":{\"code\":\"Authorization_RequestDenied\"}}");
	fake_says(fixture->fake, USERS, 200, "{\"value\":[]}");
	assert_int_equal(source_users(fixture->source, see_user, fixture), ERR_AUTH);
	assert_int_equal(source_users(fixture->source, see_user, fixture), 0);
	assert_seen(fixture, "");
}

static void B15_members_are_users_and_groups_of_all_pages(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, "members?$select=id&$top=999", 200,
		"{\"@odata.nextLink\":\"%URL%/v1.0/groups/g1/members?$skiptoken=x\",\"value\":["
		"{\"@odata.type\":\"#microsoft.graph.user\",\"id\":\"u1\"},"
		"{\"@odata.type\":\"#microsoft.graph.device\",\"id\":\"d1\"}]}");
	fake_says(fixture->fake, "members?$skiptoken=x", 200,
		"{\"value\":[{\"@odata.type\":\"#microsoft.graph.group\",\"id\":\"g2\"},"
		"{\"@odata.type\":\"#microsoft.graph.servicePrincipal\",\"id\":\"s1\"}]}");
	assert_int_equal(source_members(fixture->source, "g1", see_member, fixture), 0);
	assert_seen(fixture, "user u1\ngroup g2\n");
	assert_int_equal(fake_count(fixture->fake, "/members"), 2);
}

static void B2_a_member_of_no_kind_is_not_passed_over(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, MEMBERS, 200, "{\"value\":[{\"id\":\"u1\"}]}");
	assert_int_equal(
		source_members(fixture->source, "g1", see_member, fixture), ERR_PROTOCOL);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
}

static void a_group_that_is_gone_is_not_found(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, MEMBERS, 404,
		"{\"error\":{\"code\":\"Request_ResourceNotFound\"}}");
	assert_int_equal(
		source_members(fixture->source, "g1", see_member, fixture), ERR_NOTFOUND);
}

static void B2_groups_of_microsoft_365_are_objects_that_their_members_share(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200, "{\"value\":[]}");
	fake_says(fixture->fake, GROUPS, 200,
		"{\"value\":[{\"id\":\"g1\",\"displayName\":\"Sales\",\"mail\":"
		"\"sales@x.example\"},{\"id\":\"g2\",\"displayName\":\"Secret\",\"mail\":"
		"\"secret@x.example\",\"visibility\":\"HiddenMembership\"}]}");
	assert_int_equal(source_objects(fixture->source, see_group, fixture), 0);
	assert_seen(fixture,
		"g1 sales@x.example tenant=contoso.example Sales members-of=g1/1/1\n"
		"g2 secret@x.example tenant=contoso.example Secret members-of=g2/1/1\n");
	assert_int_equal(fake_count(fixture->fake, "groupTypes/any(c:c"), 1);
	assert_int_equal(source_gaps(fixture->source, see_gap, fixture), 0);
	assert_seen(fixture, "");
}

static void B2_hidden_members_that_we_may_not_see_are_not_taken_for_none(void **state)
{
	struct fixture *fixture = *state;

	has_token(fixture, "\"User.Read.All\",\"Group.Read.All\",\"Files.Read.All\"");
	fake_says(fixture->fake, USERS, 200, "{\"value\":[]}");
	fake_says(fixture->fake, GROUPS, 200,
		"{\"value\":[{\"id\":\"g1\",\"displayName\":\"Sales\",\"mail\":"
		"\"sales@x.example\",\"visibility\":\"HiddenMembership\"}]}");
	assert_int_equal(source_objects(fixture->source, see_group, fixture), 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_non_null(strstr(seen, "unsupported=its members are hidden"));
}

static void a_kind_without_permission_is_left_out_and_told(void **state)
{
	static const char *const cases[][2] = {
		{"\"User.Read.All\",\"Files.Read.All\"",
			"group_mailbox for want of GroupMember.Read.All\n"},
		{"\"User.Read.All\",\"Files.Read.All\",\"GroupMember.Read.All\"",
			"group_mailbox for want of Group.Read.All\n"},
	};

	for (size_t i = 0; i < 2; i++) {
		fixture_begin_without_token(state);
		struct fixture *fixture = *state;
		has_token(fixture, cases[i][0]);
		fake_says(fixture->fake, USERS, 200, "{\"value\":[]}");
		assert_int_equal(source_objects(fixture->source, see_group, fixture), 0);
		assert_int_equal(fake_count(fixture->fake, GROUPS), 0);
		assert_int_equal(source_gaps(fixture->source, see_gap, fixture), 0);
		assert_seen(fixture, cases[i][1]);
		fixture_end(state);
	}
}

static void where_the_token_tells_nothing_the_refusal_does(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, USERS, 200, "{\"value\":[]}");
	fake_says(fixture->fake, GROUPS, 403,
		"{\"error\":{\"code\":\"Authorization_RequestDenied\"}}");
	assert_int_equal(source_objects(fixture->source, see_group, fixture), 0);
	assert_int_equal(source_gaps(fixture->source, see_gap, fixture), 0);
	assert_seen(fixture, "group_mailbox for want of GroupMember.Read.All\n");
	/* What is there again is told again. */
	fake_says(fixture->fake, GROUPS, 200, "{\"value\":[]}");
	assert_int_equal(source_objects(fixture->source, see_group, fixture), 0);
	assert_int_equal(source_gaps(fixture->source, see_gap, fixture), 0);
	assert_seen(fixture, "");
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)
#define WITHOUT_TOKEN(test)                                                                    \
	cmocka_unit_test_setup_teardown(test, fixture_begin_without_token, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(users_are_told_with_guests_and_licenses),
		WITH_TOKEN(users_are_asked_for_once_with_the_objects),
		WITH_TOKEN(a_failed_listing_of_users_is_none),
		WITH_TOKEN(B15_members_are_users_and_groups_of_all_pages),
		WITH_TOKEN(B2_a_member_of_no_kind_is_not_passed_over),
		WITH_TOKEN(a_group_that_is_gone_is_not_found),
		WITH_TOKEN(B2_groups_of_microsoft_365_are_objects_that_their_members_share),
		WITHOUT_TOKEN(B2_hidden_members_that_we_may_not_see_are_not_taken_for_none),
		cmocka_unit_test(a_kind_without_permission_is_left_out_and_told),
		WITH_TOKEN(where_the_token_tells_nothing_the_refusal_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
