/* SPDX-License-Identifier: Apache-2.0 */
/* Runs of a job whose source does as a script says: cursors, and failures of each scope. */
#include "fixture.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "job/connection.h"
#include "script.h"

static const struct source_object objects[] = {
	{.id = "o1",
		.kind = "folder",
		.name = "one",
		.display_name = "One",
		.owner = {"", "", "", false, false, false, false}},
	{.id = "o2",
		.kind = "folder",
		.name = "two",
		.display_name = "Two",
		.owner = {"", "", "", false, false, false, false}},
};

/* Of the test that runs. */
static struct script_folder folders[3];
static struct script_item items[4];

/* Two objects; the first has the folders in and sub with two items and one, the second one
 * item in its own folder. */
static void write_script(void)
{
	static const struct script_folder first_folders[] = {
		{.object = "o1", .id = "f1", .parent_id = "", .name = "in"},
		{.object = "o1", .id = "f2", .parent_id = "f1", .name = "sub"},
		{.object = "o2", .id = "f3", .parent_id = "", .name = ""},
	};
	static const struct script_item first_items[] = {
		{.object = "o1",
			.folder = "f1",
			.id = "a",
			.name = "a",
			.tag = "1",
			.text = "A1"},
		{.object = "o1",
			.folder = "f1",
			.id = "b",
			.name = "b",
			.tag = "1",
			.text = "B1"},
		{.object = "o1",
			.folder = "f2",
			.id = "c",
			.name = "c",
			.tag = "1",
			.text = "C1"},
		{.object = "o2",
			.folder = "f3",
			.id = "d",
			.name = "d",
			.tag = "1",
			.text = "D1"},
	};

	script_clear();
	memcpy(folders, first_folders, sizeof(folders));
	memcpy(items, first_items, sizeof(items));
	script = (struct script){.objects = objects,
		.object_count = SCRIPT_COUNT(objects),
		.folders = folders,
		.folder_count = SCRIPT_COUNT(folders),
		.items = items,
		.item_count = SCRIPT_COUNT(items)};
}

#define ALL_STORED                                                                             \
	"folder/one/in/a=A1\nfolder/one/in/b=B1\nfolder/one/in/sub/c=C1\nfolder/two/d=D1\n"

static int setup(void **state)
{
	int r = fixture_setup(state);

	write_script();
	fixture_add_job(*state, "all");
	return r;
}

static void assert_stored(const struct fixture *fixture, const char *expected)
{
	AUTO_TEXT stored = fixture_stored(fixture);

	assert_string_equal(stored, expected);
}

static void run_well(const struct fixture *fixture)
{
	if (fixture_run(fixture) < 0)
		fail_msg("%s", err_message());
}

static void folders_nest_and_a_nameless_one_is_the_object_itself(void **state)
{
	const struct fixture *fixture = *state;

	run_well(fixture);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one stored 3/3\nfolder:two stored 1/1\n");
	assert_stored(fixture, ALL_STORED);
}

static void a_cursor_goes_to_the_next_run(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	assert_string_equal(folders[0].asked, "");
	script.cursor = "second";
	run_well(fixture);
	assert_string_equal(folders[0].asked, "first");
	assert_string_equal(folders[2].asked, "first");
	run_well(fixture);
	assert_string_equal(folders[1].asked, "second");
}

static void after_a_cursor_only_changes_are_named_and_the_rest_stays(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	script.partial = true;
	script.item_count = 3; /* nothing of two */
	items[0].tag = "2";
	items[0].text = "A2";
	items[1].removed = true;
	items[2].folder = "elsewhere";
	run_well(fixture);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one stored 1/2\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one/in/a=A2\nfolder/one/in/sub/c=C1\nfolder/two/d=D1\n");
}

static void what_a_whole_listing_does_not_name_is_gone(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	script.item_count = 1; /* a alone: the other side has dropped the cursor */
	run_well(fixture);
	assert_stored(fixture, "folder/one/in/a=A1\n");
}

static void an_item_whose_mark_is_the_same_is_not_read_again(void **state)
{
	const struct fixture *fixture = *state;

	run_well(fixture);
	run_well(fixture);
	for (size_t i = 0; i < SCRIPT_COUNT(items); i++)
		assert_int_equal(items[i].reads, 1);
	items[3].tag = "2"; /* and the text is as it was */
	run_well(fixture);
	assert_int_equal(items[3].reads, 2);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one unchanged 0/3\nfolder:two stored 1/1\n");
}

static void an_item_that_is_only_called_another_name_is_not_read_again(void **state)
{
	const struct fixture *fixture = *state;

	run_well(fixture);
	items[1].name = "renamed";
	run_well(fixture);
	assert_int_equal(items[1].reads, 1);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one stored 0/3\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one/in/a=A1\nfolder/one/in/renamed=B1\n"
			       "folder/one/in/sub/c=C1\nfolder/two/d=D1\n");
}

static void an_objects_place_goes_to_the_next_run_with_the_tree_that_it_is_of(void **state)
{
	const struct fixture *fixture = *state;

	script.place = "P1";
	run_well(fixture);
	assert_string_equal(script.resumed, "o1= o2= ");
	script.resumed[0] = 0;
	script.place = "P2";
	run_well(fixture); /* the same trees */
	assert_string_equal(script.resumed, "o1=P1 o2=P1 ");
	items[0].tag = "2";
	items[0].text = "A2";
	script.resumed[0] = 0;
	script.place = "P3";
	run_well(fixture);
	assert_string_equal(script.resumed, "o1=P2 o2=P2 ");
	script.resumed[0] = 0;
	run_well(fixture);
	assert_string_equal(script.resumed, "o1=P3 o2=P3 ");
}

static void of_several_changes_of_an_item_the_last_one_counts(void **state)
{
	const struct fixture *fixture = *state;

	items[1].id = "a"; /* a, then a again with another text */
	items[1].name = "a, later";
	items[1].tag = "2";
	items[2] = (struct script_item){
		.object = "o2", .folder = "f3", .id = "d", .removed = true};
	run_well(fixture);
	assert_stored(fixture, "folder/one/in/a, later=B1\nfolder/two/d=D1\n");
	items[3].removed = true;
	run_well(fixture);
	assert_stored(fixture, "folder/one/in/a, later=B1\n");
}

static void a_folder_that_went_takes_its_items_with_it(void **state)
{
	const struct fixture *fixture = *state;

	run_well(fixture);
	folders[1].object = "gone";
	run_well(fixture);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one stored 0/2\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one/in/a=A1\nfolder/one/in/b=B1\nfolder/two/d=D1\n");
}

static struct script_fault fault(int error, enum source_scope scope, int times)
{
	return (struct script_fault){
		.error = error, .scope = scope, .retry = SOURCE_RETRY_LATER, .times = times};
}

static void an_item_that_cannot_be_read_stays_as_it_was_and_its_cursor_too(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	script.cursor = "second";
	items[0].tag = "2";
	items[0].fault = fault(ERR_PROTOCOL, SOURCE_ITEM, 1);
	items[1].tag = "2";
	items[1].text = "B2";
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one failed 1/3 scripted\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one/in/a=A1\nfolder/one/in/b=B2\n"
			       "folder/one/in/sub/c=C1\nfolder/two/d=D1\n");
	run_well(fixture);
	assert_string_equal(folders[0].asked, "first");
	assert_string_equal(folders[1].asked, "second");
	assert_int_equal(items[0].reads, 3);
	assert_int_equal(items[1].reads, 2);
}

static void an_item_that_breaks_off_is_read_again_and_again_but_not_for_ever(void **state)
{
	const struct fixture *fixture = *state;

	items[0].fault = fault(ERR_NETWORK, SOURCE_ITEM, 2);
	items[0].fault.retry = SOURCE_RETRY_NOW;
	items[3].fault = fault(ERR_NETWORK, SOURCE_ITEM, 0);
	items[3].fault.retry = SOURCE_RETRY_NOW;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	assert_int_equal(items[0].reads, 3);
	assert_int_equal(items[3].reads, 3);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one stored 3/3\nfolder:two failed 0/0 scripted\n");
	assert_stored(fixture, "folder/one/in/a=A1\nfolder/one/in/b=B1\n"
			       "folder/one/in/sub/c=C1\n");
}

static void an_item_that_vanishes_before_it_is_read_was_never_there(void **state)
{
	const struct fixture *fixture = *state;

	items[0].fault = fault(ERR_NOTFOUND, SOURCE_ITEM, 0);
	run_well(fixture);
	fixture_assert_report(
		fixture, "finished", NULL, "folder:one stored 2/2\nfolder:two stored 1/1\n");
}

static void a_folder_that_cannot_be_listed_stays_and_the_others_go_on(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	script.cursor = "second";
	items[0].tag = "2";
	items[0].text = "A2";
	items[2].tag = "2";
	items[2].text = "C2";
	folders[0].fault = fault(ERR_PROTOCOL, SOURCE_FOLDER, 1);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one failed 1/3 scripted\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one/in/a=A1\nfolder/one/in/b=B1\n"
			       "folder/one/in/sub/c=C2\nfolder/two/d=D1\n");
	AUTO_JSON report = fixture_report(fixture);
	const struct json *one = json_at(json_get(report, "objects"), 0);
	assert_string_equal(json_get_text(json_get(one, "reason"), "text"),
		"1 folder could not be read, the rest is stored; the first: folder in: as the "
		"script says");
	run_well(fixture);
	assert_string_equal(folders[0].asked, "first");
	assert_string_equal(folders[1].asked, "second");
	assert_stored(fixture, "folder/one/in/a=A2\nfolder/one/in/b=B1\n"
			       "folder/one/in/sub/c=C2\nfolder/two/d=D1\n");
}

static void an_object_that_fails_stays_as_it_was_and_the_next_goes_on(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	run_well(fixture);
	script.cursor = "second";
	items[0].tag = "2";
	folders[1].fault = fault(ERR_UNAVAILABLE, SOURCE_OBJECT, 1);
	items[3].tag = "2";
	items[3].text = "D2";
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one failed 1/3 scripted\nfolder:two stored 1/1\n");
	assert_stored(fixture, "folder/one kept\nfolder/two/d=D2\n");
	run_well(fixture);
	assert_string_equal(folders[0].asked, "first");
}

static void an_object_whose_folders_cannot_be_listed_is_told(void **state)
{
	const struct fixture *fixture = *state;

	script.folders_fault = fault(ERR_NETWORK, SOURCE_OBJECT, 1);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one failed 0/0 scripted\nfolder:two stored 1/1\n");
}

static void a_failure_of_the_whole_tenant_ends_the_run_and_keeps_what_is_stored(void **state)
{
	const struct fixture *fixture = *state;

	script.cursor = "first";
	items[3].fault = fault(ERR_AUTH, SOURCE_TENANT, 1);
	assert_int_equal(fixture_run(fixture), ERR_AUTH);
	fixture_assert_report(fixture, "failed", "auth", "folder:one stored 3/3\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_string_equal(notices, "run_failed \n");
	assert_stored(
		fixture, "folder/one/in/a=A1\nfolder/one/in/b=B1\nfolder/one/in/sub/c=C1\n");
	run_well(fixture);
	assert_string_equal(folders[0].asked, "first");
	assert_stored(fixture, ALL_STORED);
}

static void a_source_whose_objects_cannot_be_listed_ends_the_run(void **state)
{
	const struct fixture *fixture = *state;

	script.objects_fault = fault(ERR_AUTH, SOURCE_TENANT, 1);
	assert_int_equal(fixture_run(fixture), ERR_AUTH);
	fixture_assert_report(fixture, "failed", "auth", "");
	run_well(fixture);
}

static void an_object_that_its_source_cannot_back_up_is_unsupported(void **state)
{
	const struct fixture *fixture = *state;
	struct source_object changed[] = {objects[0], objects[1]};

	changed[0].unsupported = "not in this version";
	script.objects = changed;
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one unsupported 0/0 unsupported\nfolder:two stored 1/1\n");
	AUTO_TEXT notices = fixture_notices(fixture, false);
	assert_string_equal(notices, "unsupported folder:one\n");
	assert_int_equal(items[0].reads, 0);
}

static ssize_t full_write(int fd, const void *data, size_t size)
{
	(void)fd;
	(void)data;
	(void)size;
	errno = ENOSPC;
	return -1;
}

static int open_file(const char *path, int flags, mode_t mode)
{
	return open(path, flags, mode);
}

static void a_cursor_whose_items_did_not_become_durable_is_forgotten(void **state)
{
	const struct fixture *fixture = *state;
	const struct io_calls calls = {.open = open_file,
		.write = full_write,
		.pread = pread,
		.fdatasync = fdatasync,
		.fsync = fsync,
		.rename = rename};

	script.cursor = "first";
	io_use(&calls);
	int r = fixture_run(fixture);
	io_use(NULL);
	assert_int_equal(r, ERR_IO);
	run_well(fixture);
	assert_string_equal(folders[0].asked, "");
	assert_stored(fixture, ALL_STORED);
}

static void a_place_of_a_reading_that_failed_is_not_kept(void **state)
{
	const struct fixture *fixture = *state;

	script.place = "P1";
	run_well(fixture);
	script.place = "P2";
	script.folders_fault = fault(ERR_NETWORK, SOURCE_OBJECT, 1);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	script.resumed[0] = 0;
	run_well(fixture);
	assert_string_equal(script.resumed, "o1=P1 o2=P2 ");
}

/* As after the repository was put back to an earlier state. */
static void a_base_that_the_repository_does_not_have_gives_way_to_the_snapshot(void **state)
{
	const struct fixture *fixture = *state;
	AUTO_TEXT zeros = mem_printf("%064d", 0);

	run_well(fixture);
	assert_int_equal(db_run(fixture->installation->db,
				 "UPDATE base SET tree_id = ?1 WHERE name = 'one'", "s", zeros),
		0);
	script.folders_fault = fault(ERR_NETWORK, SOURCE_OBJECT, 1);
	assert_int_equal(fixture_run(fixture), ERR_PARTIAL);
	fixture_assert_report(fixture, "finished_in_part", NULL,
		"folder:one failed 0/3 scripted\nfolder:two unchanged 0/1\n");
	assert_stored(fixture, "folder/one kept\nfolder/two/d=D1\n");
	run_well(fixture);
	for (size_t i = 0; i < SCRIPT_COUNT(items); i++)
		assert_int_equal(items[i].reads, 1);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, setup, fixture_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(folders_nest_and_a_nameless_one_is_the_object_itself),
		TEST(a_cursor_goes_to_the_next_run),
		TEST(after_a_cursor_only_changes_are_named_and_the_rest_stays),
		TEST(what_a_whole_listing_does_not_name_is_gone),
		TEST(an_item_whose_mark_is_the_same_is_not_read_again),
		TEST(an_item_that_is_only_called_another_name_is_not_read_again),
		TEST(an_objects_place_goes_to_the_next_run_with_the_tree_that_it_is_of),
		TEST(a_place_of_a_reading_that_failed_is_not_kept),
		TEST(of_several_changes_of_an_item_the_last_one_counts),
		TEST(a_folder_that_went_takes_its_items_with_it),
		TEST(an_item_that_cannot_be_read_stays_as_it_was_and_its_cursor_too),
		TEST(an_item_that_breaks_off_is_read_again_and_again_but_not_for_ever),
		TEST(an_item_that_vanishes_before_it_is_read_was_never_there),
		TEST(a_folder_that_cannot_be_listed_stays_and_the_others_go_on),
		TEST(an_object_that_fails_stays_as_it_was_and_the_next_goes_on),
		TEST(an_object_whose_folders_cannot_be_listed_is_told),
		TEST(a_failure_of_the_whole_tenant_ends_the_run_and_keeps_what_is_stored),
		TEST(a_source_whose_objects_cannot_be_listed_ends_the_run),
		TEST(an_object_that_its_source_cannot_back_up_is_unsupported),
		TEST(a_cursor_whose_items_did_not_become_durable_is_forgotten),
		TEST(a_base_that_the_repository_does_not_have_gives_way_to_the_snapshot),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
