/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "fixture.h"

#define TOP "/u1/mailFolders?"
#define QUERY "includeHiddenFolders=true&$top=100"

static void assert_folders(struct fixture *fixture, const char *expected)
{
	int r = source_folders(fixture->source, &fixture_ada, fixture_folder, fixture);

	assert_int_equal(r, 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_string_equal(seen, expected);
}

static void folders_come_with_their_children_and_parents_first(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200,
		"{\"@odata.nextLink\":\"%URL%/v1.0/next?p=1\",\"value\":[{\"id\":\"a=\","
		"\"displayName\":\"Inbox\",\"parentFolderId\":\"root\",\"childFolderCount\":1}]"
		"}");
	fake_says(fixture->fake, "/v1.0/next?p=1", 200,
		"{\"value\":[{\"id\":\"b\",\"displayName\":\"Sent/ "
		"Items\",\"childFolderCount\":0}]}");
	fake_says(fixture->fake, "/mailFolders/a%3D/childFolders?" QUERY, 200,
		"{\"value\":[{\"id\":\"c\",\"displayName\":\"Projekte\",\"childFolderCount\":1}"
		"]}");
	fake_says(fixture->fake, "/mailFolders/c/childFolders?" QUERY, 200,
		"{\"value\":[{\"id\":\"d\",\"displayName\":\"\",\"childFolderCount\":0}]}");
	assert_folders(fixture, "a=<:Inbox\nb<:Sent/ Items\nc<a=:Projekte\nd<c:\n");
	assert_int_equal(fake_count(fixture->fake, "/mailFolders/b/"), 0);
	assert_int_equal(fake_count(fixture->fake, QUERY), 3);
}

static void search_folders_are_left_out(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200,
		"{\"value\":[{\"@odata.type\":\"#microsoft.graph.mailSearchFolder\",\"id\":"
		"\"s\","
		"\"displayName\":\"Unread\",\"childFolderCount\":0}]}");
	assert_folders(fixture, "");
}

static void a_folder_removed_before_its_children_were_asked_for_is_no_failure(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200,
		"{\"value\":[{\"id\":\"a\",\"displayName\":\"A\",\"childFolderCount\":1},"
		"{\"id\":\"b\",\"displayName\":\"B\",\"childFolderCount\":1}]}");
	fake_says(fixture->fake, "/mailFolders/a/childFolders", 404,
		"{\"error\":{\"code\":\"ErrorItemNotFound\"}}");
	fake_says(fixture->fake, "/mailFolders/b/childFolders", 200,
		"{\"value\":[{\"id\":\"c\",\"displayName\":\"C\",\"childFolderCount\":0}]}");
	assert_folders(fixture, "a<:A\nb<:B\nc<b:C\n");
}

static void a_mailbox_out_of_reach_is_the_failure_of_this_object(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 403, "{\"error\":{\"code\":\"ErrorAccessDenied\"}}");
	assert_int_equal(source_folders(fixture->source, &fixture_ada, fixture_folder, fixture),
		ERR_AUTH);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
	assert_string_equal(source_fault()->code, "ErrorAccessDenied");
	assert_non_null(strstr(err_message(), "ada@contoso.example"));
}

static void a_folder_without_an_id_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200, "{\"value\":[{\"displayName\":\"A\"}]}");
	assert_int_equal(source_folders(fixture->source, &fixture_ada, fixture_folder, fixture),
		ERR_PROTOCOL);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
}

static void a_page_without_values_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200, "{\"value\":{}}");
	assert_int_equal(source_folders(fixture->source, &fixture_ada, fixture_folder, fixture),
		ERR_PROTOCOL);
}

static void a_page_that_is_no_json_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200, "{\"value\":[");
	assert_int_equal(source_folders(fixture->source, &fixture_ada, fixture_folder, fixture),
		ERR_PROTOCOL);
	assert_string_equal(source_fault()->code, "bad_json");
}

static void a_page_that_follows_itself_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200,
		"{\"@odata.nextLink\":\"%URL%/v1.0/loop\",\"value\":[]}");
	fake_says(fixture->fake, "/v1.0/loop", 200,
		"{\"@odata.nextLink\":\"%URL%/v1.0/loop\",\"value\":[]}");
	assert_int_equal(source_folders(fixture->source, &fixture_ada, fixture_folder, fixture),
		ERR_PROTOCOL);
	assert_non_null(strstr(err_message(), "followed by itself"));
}

static void control_characters_in_a_name_do_not_spoil_the_page(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, TOP, 200,
		"{\"value\":[{\"id\":\"a\",\"displayName\":\"A\x01\x0b"
		"B\",\"childFolderCount\":0}]}\n");
	assert_folders(fixture, "a<:A  B\n");
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(folders_come_with_their_children_and_parents_first),
		WITH_TOKEN(search_folders_are_left_out),
		WITH_TOKEN(a_folder_removed_before_its_children_were_asked_for_is_no_failure),
		WITH_TOKEN(a_mailbox_out_of_reach_is_the_failure_of_this_object),
		WITH_TOKEN(a_folder_without_an_id_is_refused),
		WITH_TOKEN(a_page_without_values_is_refused),
		WITH_TOKEN(a_page_that_is_no_json_is_refused),
		WITH_TOKEN(a_page_that_follows_itself_is_refused),
		WITH_TOKEN(control_characters_in_a_name_do_not_spoil_the_page),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
