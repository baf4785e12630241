/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "base/text.h"
#include "sandbox/drive.h"

static struct drive *drive;

static int load(const char *folder, int64_t count)
{
	AUTO_TEXT path = folder ? io_join(scratch, folder) : NULL;
	const struct scenario_source source = {.folder = path, .count = count};

	return drive_load(drive, &source);
}

static int set_up(void **state)
{
	if (scratch_make(state) != 0)
		return -1;
	drive = drive_new("t", "contoso.example", "ada@contoso.example");
	scratch_write("files/a.txt", "first");
	scratch_write("files/Plans/b & c.txt", "second");
	scratch_write("files/Plans/Old/d.txt", "");
	return load("files", 0);
}

static int tear_down(void **state)
{
	drive_free(drive);
	return scratch_remove(state);
}

static int apply(const char *text)
{
	AUTO_JSON operation = parse_json(text);

	return drive_apply(
		drive, operation, &(struct scenario_base){scratch, scratch}, 1700000000);
}

/* What somebody hears who knew the drive as it was at `since`: "+Plans/b +a -c ". */
static void assert_log(uint32_t since, const char *expected)
{
	AUTO_TEXT text = mem_strdup("");

	for (size_t i = since; i < drive->log_size; i++) {
		const struct drive_item *item = drive_event(drive, i, since);
		if (!item)
			continue;
		mem_replace(&text,
			mem_printf("%s%s%s%s%s ", text, item->is_deleted ? "-" : "+",
				item->parent && item->parent->parent ? item->parent->name : "",
				item->parent && item->parent->parent ? "/" : "", item->name));
	}
	assert_string_equal(text, expected);
}

static uint32_t now(void)
{
	return (uint32_t)drive->log_size;
}

static void a_folder_becomes_a_drive(void **state)
{
	(void)state;
	assert_log(0, "+root +Plans +Plans/Old +Old/d.txt +Plans/b & c.txt +a.txt ");
	for (const struct drive_item *item = drive->items; item; item = item->hh.next)
		if (text_equal(item->name, "a.txt")) {
			assert_int_equal(item->size, 5);
			char id[DRIVE_ID_TEXT];
			drive_item_id(item, id);
			assert_ptr_equal(drive_find(drive, id), item);
		}
	assert_ptr_equal(drive_find(drive, "root"), drive->root);
	assert_int_equal(drive_child_count(drive, drive->root), 2);
	assert_null(drive_find(drive, "01AB"));
}

static void reading_again_tells_what_changed_alone(void **state)
{
	(void)state;
	uint32_t before = now();

	assert_int_equal(load("files", 0), 0);
	assert_log(before, "");
	scratch_write("files/a.txt", "first and more");
	scratch_write("files/Plans/new.txt", "n");
	AUTO_TEXT old = io_join(scratch, "files/Plans/b & c.txt");
	assert_int_equal(io_remove(old), 0);
	assert_int_equal(load("files", 0), 0);
	assert_log(before, "+Plans/new.txt +a.txt -Plans/b & c.txt ");
	/* Who begins anew does not hear of what is gone. */
	assert_log(0, "+root +Plans +Plans/Old +Old/d.txt +Plans/new.txt +a.txt ");
}

static void operations_add_replace_move_rename_and_delete(void **state)
{
	(void)state;
	uint32_t before = now();

	assert_int_equal(apply("{\"op\":\"add\",\"folder\":\"New/Deep\",\"item\":\"e.txt\","
			       "\"content\":\"e\"}"),
		0);
	assert_int_equal(
		apply("{\"op\":\"replace\",\"item\":\"a.txt\",\"content\":\"other\"}"), 0);
	assert_int_equal(apply("{\"op\":\"move\",\"item\":\"Plans/b & c.txt\","
			       "\"to\":\"New/f.txt\"}"),
		0);
	assert_int_equal(apply("{\"op\":\"move\",\"item\":\"Plans\",\"to\":\"Ideas\"}"), 0);
	assert_int_equal(apply("{\"op\":\"delete\",\"item\":\"Ideas/Old\"}"), 0);
	assert_log(before, "+New +New/Deep +Deep/e.txt +a.txt +New/f.txt +Ideas -Ideas/Old "
			   "-Old/d.txt ");
}

static void operations_that_make_no_sense_are_refused(void **state)
{
	(void)state;
	static const struct {
		const char *text;
		int error;
	} cases[] = {
		{"{\"op\":\"delete\",\"item\":\"none\"}", ERR_NOTFOUND},
		{"{\"op\":\"add\",\"item\":\"A.TXT\",\"content\":\"\"}", ERR_EXISTS},
		{"{\"op\":\"add\",\"folder\":\"a.txt\",\"item\":\"x\",\"content\":\"\"}",
			ERR_EXISTS},
		{"{\"op\":\"move\",\"item\":\"Plans\",\"to\":\"Plans/Old/Plans\"}",
			ERR_INVALID},
		{"{\"op\":\"move\",\"item\":\"Plans\",\"to\":\"a.txt\"}", ERR_EXISTS},
		{"{\"op\":\"mark_read\",\"item\":\"a.txt\"}", ERR_INVALID},
		{"{\"op\":\"replace\",\"item\":\"Plans\",\"content\":\"\"}", ERR_INVALID},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		if (apply(cases[i].text) != cases[i].error)
			fail_msg("%s: %s", cases[i].text, err_message());
}

static void files_by_number_are_the_same_at_every_start(void **state)
{
	(void)state;
	struct drive *other = drive_new("t", "contoso.example", "ada@contoso.example");
	const struct scenario_source source = {.count = 9};

	assert_int_equal(load(NULL, 9), 0);
	assert_int_equal(drive_load(other, &source), 0);
	size_t files = 0;
	for (const struct drive_item *item = other->items; item; item = item->hh.next) {
		char id[DRIVE_ID_TEXT];
		drive_item_id(item, id);
		const struct drive_item *same = drive_find(drive, id);
		assert_non_null(same);
		assert_string_equal(same->name, item->name);
		assert_string_equal(same->hash, item->hash);
		files += !item->is_folder;
	}
	assert_int_equal(files, 9);
	drive_free(other);
}

#define TEST(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_folder_becomes_a_drive),
		TEST(reading_again_tells_what_changed_alone),
		TEST(operations_add_replace_move_rename_and_delete),
		TEST(operations_that_make_no_sense_are_refused),
		TEST(files_by_number_are_the_same_at_every_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
