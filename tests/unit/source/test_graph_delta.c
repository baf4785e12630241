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

#define FIRST "/u1/mailFolders/f%3D1/messages/delta?"
#define HASH_M1 "ca0df2c9" /* of SHA-256 over "m1" */
#define HASH_M2 "29c1b289"
#define FACTS(id, key, subject)                                                                \
	"{\"id\":\"" id "\",\"changeKey\":\"" key "\",\"subject\":" subject                    \
	",\"receivedDateTime\":\"2026-11-25T01:22:33Z\",\"isRead\":false}"
#define M1 FACTS("m1", "k1", "\"Hello\"")
#define M2 FACTS("m2", "k1", "null")
#define SEEN_M1 "+m1 message k1|2026-11-25 0122 Hello " HASH_M1 ".eml 1795569753\n"
#define SEEN_M2 "+m2 message k1|2026-11-25 0122 no subject " HASH_M2 ".eml 1795569753\n"
#define PAGE(link, path, values)                                                               \
	"{\"@odata." link "\":\"%URL%/v1.0" path "\",\"value\":[" values "]}"

struct result {
	int code;
	bool complete;
	char *cursor;
};

static struct result changes(struct fixture *fixture, const char *cursor)
{
	struct result result;

	struct source_listing listing = {
		.cursor = cursor, .visit = fixture_item, .context = fixture};

	result.code = source_changes(fixture->source, &fixture_ada, &fixture_inbox, &listing);
	result.complete = listing.complete;
	result.cursor = listing.next_cursor;
	return result;
}

/* Gives the cursor on. */
static char *assert_changes(
	struct fixture *fixture, const char *cursor, bool complete, const char *expected)
{
	struct result result = changes(fixture, cursor);

	assert_int_equal(result.code, 0);
	assert_int_equal(result.complete, complete);
	assert_non_null(result.cursor);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_string_equal(seen, expected);
	return result.cursor;
}

/* A cursor after M1 was listed; the next question goes to /d?t=1. */
static char *first_cursor(struct fixture *fixture)
{
	fake_says(fixture->fake, FIRST, 200, PAGE("deltaLink", "/d?t=1", M1));
	return assert_changes(fixture, NULL, true, SEEN_M1);
}

static void a_first_listing_is_whole_and_names_what_it_selects(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = first_cursor(fixture);

	assert_int_equal(fake_count(fixture->fake, FIRST "$select=id,changeKey,subject,"
							 "receivedDateTime,sentDateTime,isRead,"
							 "parentFolderId,lastModifiedDateTime"),
		1);
}

static void links_are_followed_as_they_are_and_empty_pages_are_no_end(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 200, PAGE("nextLink", "/x?$skiptoken=a%2b%3D", M1));
	fake_says(fixture->fake, "/v1.0/x?$skiptoken=a%2b%3D", 200, PAGE("nextLink", "/y", ""));
	fake_says(fixture->fake, "/v1.0/y", 200, PAGE("deltaLink", "/d?t=1", M2));
	AUTO_TEXT cursor = assert_changes(fixture, "", true, SEEN_M1 SEEN_M2);
	assert_non_null(strstr(fake_request(fixture->fake, "/v1.0/y", 0),
		"IdType=\"ImmutableId\", odata.maxpagesize=500"));
}

static void a_cursor_brings_only_what_changed(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = first_cursor(fixture);

	fake_says(fixture->fake, "/v1.0/d?t=1", 200, PAGE("deltaLink", "/d?t=2", M2));
	fake_says(fixture->fake, "/v1.0/d?t=2", 200, PAGE("deltaLink", "/d?t=2", ""));
	AUTO_TEXT second = assert_changes(fixture, cursor, false, SEEN_M2);
	AUTO_TEXT third = assert_changes(fixture, second, false, "");
	assert_string_equal(second, third);
	assert_int_equal(fake_count(fixture->fake, FIRST), 1);
}

static void what_left_the_folder_is_told_by_its_id(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = first_cursor(fixture);

	fake_says(fixture->fake, "/v1.0/d?t=1", 200,
		PAGE("deltaLink", "/d?t=2",
			"{\"@removed\":{\"reason\":\"deleted\"},\"id\":\"m1\"}"));
	AUTO_TEXT second = assert_changes(fixture, cursor, false, "-m1\n");
}

static void a_read_flag_alone_is_no_change(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = first_cursor(fixture);

	fake_says(fixture->fake, "/v1.0/d?t=1", 200,
		PAGE("deltaLink", "/d?t=2",
			"{\"id\":\"m1\",\"isRead\":true,\"parentFolderId\":\"f=1\"}"));
	AUTO_TEXT second = assert_changes(fixture, cursor, false, "");
	assert_int_equal(fake_count(fixture->fake, "/messages/m1"), 0);
}

static void a_partial_message_in_a_whole_listing_is_asked_for(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 200,
		PAGE("deltaLink", "/d?t=1",
			"{\"id\":\"m1\",\"isRead\":true},{\"id\":\"m2\",\"isRead\":true}"));
	fake_says(fixture->fake, "/messages/m1?$select=", 200, M1);
	fake_says(fixture->fake, "/messages/m2?$select=", 404,
		"{\"error\":{\"code\":\"ErrorItemNotFound\"}}");
	AUTO_TEXT cursor = assert_changes(fixture, NULL, true, SEEN_M1);
}

static void lists_anew_after(struct fixture *fixture, int status, const char *body)
{
	AUTO_TEXT cursor = first_cursor(fixture);

	fake_says(fixture->fake, "/v1.0/d?t=1", status, body);
	AUTO_TEXT second = assert_changes(fixture, cursor, true, SEEN_M1);
	assert_int_equal(fake_count(fixture->fake, "/v1.0/d?t=1"), 1);
	assert_int_equal(fake_count(fixture->fake, FIRST), 2);
}

static void status_410_lists_anew(void **state)
{
	lists_anew_after(*state, 410, "");
}

static void a_sync_state_not_found_lists_anew(void **state)
{
	lists_anew_after(*state, 404,
		"{\"error\":{\"code\":\"UnknownError\",\"innererror\":{\"code\":"
		"\"SyncStateNotFound\"}}}");
}

static void an_invalid_sync_state_lists_anew(void **state)
{
	lists_anew_after(*state, 403,
		"{\"error\":{\"code\":\"x\",\"innerError\":{\"code\":\"y\",\"innererror\":"
		"{\"code\":\"SyncStateInvalid\"}}}}");
}

static void a_required_resync_lists_anew(void **state)
{
	lists_anew_after(*state, 409, "{\"error\":{\"code\":\"resyncRequired\"}}");
}

static void a_token_that_is_no_longer_well_formed_lists_anew(void **state)
{
	lists_anew_after(
		*state, 400, "{\"error\":{\"code\":\"BadRequest\",\"message\":\"token\"}}");
}

static void a_reset_in_the_middle_begins_again(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 200, PAGE("nextLink", "/x?p=1", M1));
	fake_says(fixture->fake, "/v1.0/x?p=1", 410,
		"{\"error\":{\"code\":\"SyncStateNotFound\"}}");
	fake_says(fixture->fake, FIRST, 200, PAGE("deltaLink", "/d?t=1", M1 "," M2));
	AUTO_TEXT cursor = assert_changes(fixture, NULL, true, SEEN_M1 SEEN_M1 SEEN_M2);
}

static void resets_without_end_are_a_failure_of_the_folder(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 410, "{\"error\":{\"code\":\"SyncStateNotFound\"}}");
	struct result result = changes(fixture, NULL);
	assert_int_equal(result.code, ERR_NOTFOUND);
	assert_null(result.cursor);
	assert_false(result.complete);
	assert_int_equal(source_fault()->scope, SOURCE_FOLDER);
	assert_int_equal(fake_count(fixture->fake, FIRST), 4);
}

static void a_failure_in_the_middle_gives_no_cursor(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 200, PAGE("nextLink", "/x?p=1", M1));
	fake_says(fixture->fake, "/v1.0/x?p=1", 403,
		"{\"error\":{\"code\":\"ErrorAccessDenied\"}}");
	struct result result = changes(fixture, NULL);
	assert_int_equal(result.code, ERR_AUTH);
	assert_null(result.cursor);
	assert_false(result.complete);
	assert_int_equal(source_fault()->scope, SOURCE_FOLDER);
}

static void a_listing_without_an_end_is_refused(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, FIRST, 200, "{\"value\":[]}");
	struct result result = changes(fixture, NULL);
	assert_int_equal(result.code, ERR_PROTOCOL);
	assert_null(result.cursor);
}

static void a_cursor_of_another_server_or_make_is_dropped(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT cursor = first_cursor(fixture);

	AUTO_TEXT second =
		assert_changes(fixture, "mail1 https://other.example/d?t=1", true, SEEN_M1);
	AUTO_TEXT third = assert_changes(fixture, "https://other.example/", true, SEEN_M1);
	assert_int_equal(fake_count(fixture->fake, FIRST), 3);
}

static void an_id_without_end_is_refused(void **state)
{
	struct fixture *fixture = *state;
	char id[5001];

	memset(id, 'a', sizeof(id) - 1);
	id[sizeof(id) - 1] = '\0';
	AUTO_TEXT body = mem_printf("{\"@odata.deltaLink\":\"%s\",\"value\":[{\"id\":\"%s\"}]}",
		fake_url(fixture->fake), id);
	fake_says(fixture->fake, FIRST, 200, body);
	struct result result = changes(fixture, NULL);
	assert_int_equal(result.code, ERR_PROTOCOL);
}

static void assert_named(struct fixture *fixture, const char *subject, const char *expected)
{
	AUTO_TEXT body =
		mem_printf("{\"@odata.deltaLink\":\"%s/d\",\"value\":[{\"id\":\"m1\","
			   "\"changeKey\":\"k\",\"subject\":\"%s\",\"receivedDateTime\":"
			   "\"2026-01-02T03:04:05Z\"}]}",
			fake_url(fixture->fake), subject);
	AUTO_TEXT name = mem_printf("|2026-01-02 0304 %s " HASH_M1 ".eml ", expected);

	fake_says(fixture->fake, FIRST, 200, body);
	struct result result = changes(fixture, NULL);
	assert_int_equal(result.code, 0);
	AUTO_TEXT seen = fixture_seen(fixture);
	assert_non_null(strstr(seen, name));
	mem_free(result.cursor);
}

static void a_name_is_the_subject_without_what_no_name_can_have(void **state)
{
	struct fixture *fixture = *state;
	char long_subject[400] = "";

	assert_named(fixture, "Re:\\r\\n\\tlong \\u0085\\u202egnp.exe  ", "Re:long gnp.exe");
	assert_named(fixture, "  a   b  ", "a b");
	assert_named(fixture, "\\u0001\\u2028 ", "no subject");
	assert_named(fixture, "Gr\\u00fc\\u00dfe \\ud83d\\ude00",
		"Gr\xc3\xbc\xc3\x9f"
		"e \xf0\x9f\x98\x80");
	for (int i = 0; i < 90; i++)
		strcat(long_subject, "\xe2\x82\xac");
	AUTO_TEXT cut = mem_strndup(long_subject, (size_t)80 * 3);
	assert_named(fixture, long_subject, cut);
}

#define WITH_TOKEN(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_TOKEN(a_first_listing_is_whole_and_names_what_it_selects),
		WITH_TOKEN(links_are_followed_as_they_are_and_empty_pages_are_no_end),
		WITH_TOKEN(a_cursor_brings_only_what_changed),
		WITH_TOKEN(what_left_the_folder_is_told_by_its_id),
		WITH_TOKEN(a_read_flag_alone_is_no_change),
		WITH_TOKEN(a_partial_message_in_a_whole_listing_is_asked_for),
		WITH_TOKEN(status_410_lists_anew),
		WITH_TOKEN(a_sync_state_not_found_lists_anew),
		WITH_TOKEN(an_invalid_sync_state_lists_anew),
		WITH_TOKEN(a_required_resync_lists_anew),
		WITH_TOKEN(a_token_that_is_no_longer_well_formed_lists_anew),
		WITH_TOKEN(a_reset_in_the_middle_begins_again),
		WITH_TOKEN(resets_without_end_are_a_failure_of_the_folder),
		WITH_TOKEN(a_failure_in_the_middle_gives_no_cursor),
		WITH_TOKEN(a_listing_without_an_end_is_refused),
		WITH_TOKEN(a_cursor_of_another_server_or_make_is_dropped),
		WITH_TOKEN(an_id_without_end_is_refused),
		WITH_TOKEN(a_name_is_the_subject_without_what_no_name_can_have),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
