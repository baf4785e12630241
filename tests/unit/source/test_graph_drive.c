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
#define DRIVE "GET /v1.0/users/u1/drive?"
#define DELTA "/drives/d1/root/delta?"
#define APPS                                                                                   \
	"{\"service\":\"SharePoint\",\"capabilityStatus\":\"Enabled\",\"servicePlanId\":"      \
	"\"5dbe027f-2339-4123-9542-606e4d348a72\"}"
#define ROOT "{\"id\":\"r\",\"name\":\"root\",\"root\":{},\"folder\":{}}"
#define PARENT(id) ",\"parentReference\":{\"id\":\"" id "\"}"
#define FOLDER(id, name, parent)                                                               \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"folder\":{}" PARENT(parent) "}"
#define A_FILE(id, name, parent, hash)                                                         \
	"{\"id\":\"" id "\",\"name\":\"" name "\",\"size\":5,\"file\":{\"hashes\":{"           \
	"\"quickXorHash\":\"" hash "\"}},\"fileSystemInfo\":{\"lastModifiedDateTime\":"        \
	"\"2026-01-02T03:04:05Z\"}" PARENT(parent) "}"
#define GONE(id) "{\"id\":\"" id "\",\"deleted\":{\"state\":\"deleted\"}}"
#define END(token) "\"@odata.deltaLink\":\"%URL%/v1.0/drives/d1/root/delta?token=" token "\""
#define TIME "1767323045"

static const struct source_object drive = {
	.id = "d1", .kind = "onedrive", .name = "ada@contoso.example"};

static void assert_seen(struct fixture *fixture, const char *expected)
{
	AUTO_TEXT seen = fixture_seen(fixture);

	assert_string_equal(seen, expected);
}

static void assert_folders(struct fixture *fixture, const char *place, const char *expected)
{
	assert_int_equal(source_resume(fixture->source, &drive, place), 0);
	assert_int_equal(source_folders(fixture->source, &drive, fixture_folder, fixture), 0);
	assert_seen(fixture, expected);
}

/* The folder's changes since `cursor`: as the callback tells them, behind them "all" or "some".
 * The next cursor is left in *out. */
static void assert_changes(struct fixture *fixture, const char *folder_id, const char *cursor,
	char **out, const char *expected)
{
	const struct source_folder folder = {.id = folder_id, .parent_id = "", .name = ""};
	struct source_listing listing = {
		.cursor = cursor, .visit = fixture_item, .context = fixture};

	assert_int_equal(source_changes(fixture->source, &drive, &folder, &listing), 0);
	AUTO_TEXT next = listing.next_cursor;
	AUTO_TEXT seen = fixture_seen(fixture);
	AUTO_TEXT told = mem_printf("%s%s", seen, listing.complete ? "all" : "some");
	assert_string_equal(told, expected);
	if (out)
		mem_replace(out, STEAL(next));
}

static void lists(
	struct fixture *fixture, const char *part, const char *values, const char *end)
{
	AUTO_TEXT body = mem_printf("{\"value\":[%s],%s}", values, end);

	fake_says(fixture->fake, part, 200, body);
}

/* A first reading of a drive with a file at the top and one in a folder below another. */
static void read_first(struct fixture *fixture, char **place, char **cursor)
{
	lists(fixture, DELTA "$select",
		FOLDER("f2", "Old", "f1") "," ROOT "," FOLDER("f1", "Plans", "r") "," A_FILE(
			"a", "a.txt", "r", "H1") "," A_FILE("b", "b/c", "f2", "H2"),
		END("1"));
	assert_folders(fixture, NULL, "r<:\nf1<r:Plans\nf2<f1:Old\n");
	assert_changes(fixture, "r", NULL, cursor, "+a file H1/5|a.txt " TIME "\nall");
	assert_changes(fixture, "f1", NULL, NULL, "all");
	assert_changes(fixture, "f2", NULL, NULL, "+b file H2/5|b/c " TIME "\nall");
	mem_replace(place, source_place(fixture->source, &drive));
	assert_non_null(*place);
	assert_int_equal(fake_count(fixture->fake, "GET"), 1);
}

static void a_drive_is_read_by_one_list_with_parents_before_children(void **state)
{
	AUTO_TEXT place = NULL;
	AUTO_TEXT cursor = NULL;

	read_first(*state, &place, &cursor);
}

static void an_unchanged_drive_costs_one_request(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT place = NULL;
	AUTO_TEXT cursor = NULL;
	AUTO_TEXT next = NULL;

	read_first(fixture, &place, &cursor);
	lists(fixture, DELTA "token=1", "", END("1"));
	assert_folders(fixture, place, "r<:\nf1<r:Plans\nf2<f1:Old\n");
	assert_changes(fixture, "r", cursor, &next, "some");
	assert_changes(fixture, "f2", cursor, NULL, "some");
	assert_string_equal(next, cursor);
	assert_int_equal(fake_count(fixture->fake, "GET"), 2);
}

static void what_changed_is_told_to_every_folder_that_may_have_had_it(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT place = NULL;
	AUTO_TEXT cursor = NULL;

	read_first(fixture, &place, &cursor);
	lists(fixture, DELTA "token=1",
		A_FILE("b", "moved", "r", "H2") "," FOLDER("f2", "Renamed", "r") "," GONE(
			"a") "," FOLDER("f3", "New", "f2") "," A_FILE("c", "c", "f3", "H3"),
		END("2"));
	assert_folders(fixture, place, "r<:\nf1<r:Plans\nf2<r:Renamed\nf3<f2:New\n");
	assert_changes(fixture, "r", cursor, NULL, "+b file H2/5|moved " TIME "\n-a\n-c\nsome");
	assert_changes(fixture, "f2", cursor, NULL, "-b\n-a\n-c\nsome");
	/* A folder that is new has no cursor: it is listed by itself. */
	lists(fixture, "/drives/d1/items/f3/children", A_FILE("c", "c", "f3", "H3"), "\"x\":1");
	assert_changes(fixture, "f3", NULL, NULL, "+c file H3/5|c " TIME "\nall");
}

static void a_folder_that_missed_a_list_of_changes_is_listed_by_itself(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT place = NULL;
	AUTO_TEXT cursor = NULL;
	AUTO_TEXT second = NULL;

	read_first(fixture, &place, &cursor);
	lists(fixture, DELTA "token=1", A_FILE("d", "d", "f2", "H4"), END("2"));
	assert_folders(fixture, place, "r<:\nf1<r:Plans\nf2<f1:Old\n");
	mem_replace(&place, source_place(fixture->source, &drive));
	assert_changes(fixture, "r", cursor, &second, "-d\nsome");
	lists(fixture, DELTA "token=2", "", END("3"));
	assert_folders(fixture, place, "r<:\nf1<r:Plans\nf2<f1:Old\n");
	assert_changes(fixture, "r", second, NULL, "some");
	lists(fixture, "/items/f2/children", A_FILE("d", "d", "f2", "H4"), "\"x\":1");
	assert_changes(fixture, "f2", cursor, NULL, "+d file H4/5|d " TIME "\nall");
}

static void what_lies_below_a_deleted_folder_is_gone_with_it(void **state)
{
	struct fixture *fixture = *state;
	AUTO_TEXT place = NULL;
	AUTO_TEXT cursor = NULL;

	read_first(fixture, &place, &cursor);
	lists(fixture, DELTA "token=1", GONE("f1"), END("2"));
	assert_folders(fixture, place, "r<:\n");
	mem_replace(&place, source_place(fixture->source, &drive));
	lists(fixture, DELTA "token=2", "", END("3"));
	assert_folders(fixture, place, "r<:\n");
}

static void a_place_that_is_lost_is_begun_anew(void **state)
{
	static const char *const codes[] = {"resyncChangesApplyDifferences",
		"resyncChangesUploadDifferences", "resyncRequired"};

	for (size_t i = 0; i < 3; i++) {
		fixture_begin(state);
		struct fixture *fixture = *state;
		AUTO_TEXT place = NULL;
		AUTO_TEXT cursor = NULL;
		AUTO_TEXT error = mem_printf("{\"error\":{\"code\":\"%s\"}}", codes[i]);
		read_first(fixture, &place, &cursor);
		fake_says(fixture->fake, DELTA "token=1", 410, error);
		lists(fixture, DELTA "$select", ROOT "," A_FILE("a", "a.txt", "r", "H1"),
			END("9"));
		/* The script's first line for a beginning is used up. */
		lists(fixture, DELTA "$select", ROOT "," A_FILE("a", "a.txt", "r", "H1"),
			END("9"));
		assert_folders(fixture, place, "r<:\n");
		assert_changes(fixture, "r", cursor, NULL, "+a file H1/5|a.txt " TIME "\nall");
		fixture_end(state);
	}
}

static void a_place_that_makes_no_sense_is_none(void **state)
{
	static const char other_host[] = "{\"drive\":1,\"link\":\"https://evil.example/\","
					 "\"root\":\"r\",\"folders\":[[\"r\",\"\",\"root\"]]}";
	const char *const places[] = {"", "x", "{}", "{\"drive\":1}", other_host,
		"{\"drive\":1,\"link\":\"\",\"root\":\"r\",\"folders\":[[1]]}"};
	struct fixture *fixture = *state;

	lists(fixture, DELTA "$select", ROOT, END("1"));
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		assert_folders(fixture, places[i], "r<:\n");
	assert_int_equal(fake_count(fixture->fake, DELTA "$select"), 6);
}

static void odd_items_do_not_harm(void **state)
{
	struct fixture *fixture = *state;

	lists(fixture, DELTA "$select",
		ROOT ",{\"id\":\"s\",\"name\":\"shortcut\",\"remoteItem\":{\"id\":\"x\"},"
		     "\"folder\":{}" PARENT(
			     "r") "},"
				  "{\"id\":\"n\",\"name\":\"Notes\",\"package\":{\"type\":"
				  "\"oneNote\"}" PARENT(
					  "r") "},{\"id\":\"\"},{\"id\":\"q\",\"name\":\"q\"},"
					       "{\"id\":\"t\",\"name\":\"t\",\"file\":{},"
					       "\"cTag\":\"c1\",\"eTag\":"
					       "\"e1\"" PARENT("r") "},{\"id\":\"t\",\"name\":"
								    "\"t2\",\"file\":{},"
								    "\"eTag\":\"e2\"" PARENT(
									    "r") "}",
		END("1"));
	assert_folders(fixture, NULL, "r<:\nn<r:Notes\n");
	assert_changes(fixture, "r", NULL, NULL, "+t file e2|t2 0\nall");
}

static void folders_in_a_circle_and_a_drive_without_a_root_are_refused(void **state)
{
	struct fixture *fixture = *state;

	lists(fixture, DELTA "$select",
		ROOT "," FOLDER("x", "x", "y") "," FOLDER("y", "y", "x"), END("1"));
	assert_int_equal(
		source_folders(fixture->source, &drive, fixture_folder, fixture), ERR_PROTOCOL);
	assert_int_equal(source_fault()->scope, SOURCE_OBJECT);
	lists(fixture, DELTA "$select", FOLDER("x", "x", "r"), END("1"));
	lists(fixture, DELTA "$select", FOLDER("x", "x", "r"), END("1"));
	assert_int_equal(
		source_folders(fixture->source, &drive, fixture_folder, fixture), ERR_PROTOCOL);
	assert_non_null(strstr(err_message(), "no root"));
}

static void has_user(struct fixture *fixture, const char *plans, const char *type)
{
	AUTO_TEXT body = mem_printf("{\"value\":[{\"id\":\"u1\",\"mail\":\"ada@x.example\","
				    "\"userType\":\"%s\",\"assignedPlans\":[%s]}]}",
		type, plans);

	fake_says(fixture->fake, USERS, 200, body);
	fake_says(fixture->fake, "/u1/mailboxSettings", 404,
		"{\"error\":{\"code\":\"ResourceNotFound\"}}");
}

static int see_drive(void *context, const struct source_object *object)
{
	struct fixture *fixture = context;

	if (!text_equal(object->kind, "onedrive"))
		return 0;
	return buf_printf(&fixture->seen, "%s %s of %s guest=%d m365=%d%s\n", object->id,
		object->name, object->owner.directory_id, object->owner.guest,
		object->owner.m365_license, object->unsupported ? " unsupported" : "");
}

static void assert_drives(struct fixture *fixture, const char *expected)
{
	assert_int_equal(source_objects(fixture->source, see_drive, fixture), 0);
	assert_seen(fixture, expected);
}

static void a_drive_that_is_there_is_an_object_whoever_owns_it(void **state)
{
	static const struct {
		const char *plans, *type, *expected;
	} cases[] = {
		{APPS, "Member", "d1 ada@x.example of u1 guest=0 m365=1\n"},
		{"", "Member", "d1 ada@x.example of u1 guest=0 m365=0\n"},
		{"", "Guest", "d1 ada@x.example of u1 guest=1 m365=0\n"},
	};
	struct fixture *fixture = *state;

	fake_says(fixture->fake, DRIVE, 200, "{\"id\":\"d1\"}");
	for (size_t i = 0; i < 3; i++) {
		has_user(fixture, cases[i].plans, cases[i].type);
		assert_drives(fixture, cases[i].expected);
	}
}

static void a_drive_that_is_not_there_or_not_to_be_seen(void **state)
{
	struct fixture *fixture = *state;

	has_user(fixture, APPS, "Member");
	fake_says(fixture->fake, DRIVE, 404, "{\"error\":{\"code\":\"ResourceNotFound\"}}");
	fake_says(fixture->fake, DRIVE, 400,
		"{\"error\":{\"code\":\"BadRequest\",\"message\":\"Tenant does not have a SPO "
		"license.\"}}");
	fake_says(fixture->fake, DRIVE, 423, "{\"error\":{\"code\":\"resourceLocked\"}}");
	assert_drives(fixture, "");
	assert_drives(fixture, "");
	assert_drives(fixture, "u1 ada@x.example of u1 guest=0 m365=1 unsupported\n");
	/* The token tells nothing of permissions: the refusal is for all. */
	fake_says(fixture->fake, DRIVE, 403, "{\"error\":{\"code\":\"accessDenied\"}}");
	assert_drives(fixture, "");
}

static void reads(struct fixture *fixture, const char *hash)
{
	AUTO_TEXT body = mem_printf(
		"{\"id\":\"a\",\"size\":5,\"file\":{\"hashes\":{\"quickXorHash\":\"%s\"}},"
		"\"@microsoft.graph.downloadUrl\":\"%%URL%%/bytes?tempauth=x\"}",
		hash);

	fake_says(fixture->fake, "/drives/d1/items/a", 200, body);
}

#define FIRST "ZkiDHOZABwAAAAAABQAAAAAAAAA=" /* of "first" */

static int read_file(struct fixture *fixture)
{
	return source_read(fixture->source, &drive, "a", fixture_bytes, fixture);
}

static void bytes_come_from_their_own_place_without_the_token(void **state)
{
	struct fixture *fixture = *state;

	reads(fixture, FIRST);
	fake_says(fixture->fake, "/bytes", 200, "first");
	assert_int_equal(read_file(fixture), 0);
	assert_seen(fixture, "first");
	assert_int_equal(fixture->usage.items_read, 1);
	assert_null(strstr(fake_request(fixture->fake, "/bytes", 0), "Authorization"));
}

static void bytes_that_are_not_those_promised_are_asked_for_again_by_the_caller(void **state)
{
	struct fixture *fixture = *state;

	reads(fixture, FIRST);
	fake_says(fixture->fake, "/bytes", 200, "wrong");
	assert_int_equal(read_file(fixture), ERR_NETWORK);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_NOW);
	assert_string_equal(source_fault()->code, "hash_mismatch");
}

static void a_url_that_is_no_longer_good_is_asked_for_anew(void **state)
{
	struct fixture *fixture = *state;

	reads(fixture, FIRST);
	fake_says(fixture->fake, "/bytes", 401, "");
	fake_says(fixture->fake, "/bytes", 403, "");
	fake_says(fixture->fake, "/bytes", 200, "first");
	assert_int_equal(read_file(fixture), 0);
	assert_seen(fixture, "first");
	assert_int_equal(fake_count(fixture->fake, "/items/a"), 3);
}

static void a_place_that_refuses_for_ever_is_given_up(void **state)
{
	struct fixture *fixture = *state;

	reads(fixture, FIRST);
	fake_says(fixture->fake, "/bytes", 403, "");
	assert_int_equal(read_file(fixture), ERR_NETWORK);
	assert_string_equal(source_fault()->code, "download_refused");
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	assert_true(fake_count(fixture->fake, "/bytes") <= 6);
}

static void a_file_that_changes_while_it_is_read_is_void(void **state)
{
	struct fixture *fixture = *state;

	reads(fixture, FIRST);
	reads(fixture, "AAAAAAAAAAAAAAAAAAAAAAAAAAA=");
	fake_answer(
		fixture->fake, "/bytes", &(struct fake_answer){.body = "first", .cut_at = 2});
	assert_int_equal(read_file(fixture), ERR_NETWORK);
	assert_string_equal(source_fault()->code, "changed");
	assert_int_equal(source_fault()->retry, SOURCE_RETRY_NOW);
}

static void a_file_that_is_gone_is_not_found_and_malware_is_not_read(void **state)
{
	struct fixture *fixture = *state;

	fake_says(fixture->fake, "/items/a", 404, "{\"error\":{\"code\":\"itemNotFound\"}}");
	assert_int_equal(read_file(fixture), ERR_NOTFOUND);
	fake_says(fixture->fake, "/items/a", 200, "{\"id\":\"a\",\"malware\":{}}");
	assert_int_equal(read_file(fixture), ERR_AUTH);
	assert_int_equal(source_fault()->scope, SOURCE_ITEM);
	fake_says(fixture->fake, "/items/a", 200,
		"{\"@microsoft.graph.downloadUrl\":\"http://evil.example/\"}");
	assert_int_equal(read_file(fixture), ERR_PROTOCOL);
	assert_string_equal(source_fault()->code, "no_download_url");
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, fixture_begin, fixture_end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_drive_is_read_by_one_list_with_parents_before_children),
		TEST(an_unchanged_drive_costs_one_request),
		TEST(what_changed_is_told_to_every_folder_that_may_have_had_it),
		TEST(a_folder_that_missed_a_list_of_changes_is_listed_by_itself),
		TEST(what_lies_below_a_deleted_folder_is_gone_with_it),
		cmocka_unit_test(a_place_that_is_lost_is_begun_anew),
		TEST(a_place_that_makes_no_sense_is_none),
		TEST(odd_items_do_not_harm),
		TEST(folders_in_a_circle_and_a_drive_without_a_root_are_refused),
		TEST(a_drive_that_is_there_is_an_object_whoever_owns_it),
		TEST(a_drive_that_is_not_there_or_not_to_be_seen),
		TEST(bytes_come_from_their_own_place_without_the_token),
		TEST(bytes_that_are_not_those_promised_are_asked_for_again_by_the_caller),
		TEST(a_url_that_is_no_longer_good_is_asked_for_anew),
		TEST(a_place_that_refuses_for_ever_is_given_up),
		TEST(a_file_that_changes_while_it_is_read_is_void),
		TEST(a_file_that_is_gone_is_not_found_and_malware_is_not_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
