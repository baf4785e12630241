/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/mailbox_load.h"

static struct mailbox *mailbox;

static int set_up(void **state)
{
	mailbox = mailbox_new("tenant", "contoso.example", "ada@contoso.example");
	return scratch_make(state);
}

static int tear_down(void **state)
{
	mailbox_free(mailbox);
	return scratch_remove(state);
}

static void load(void)
{
	struct scenario_source source = {.folder = scratch};

	assert_int_equal(mailbox_load(mailbox, &source, 1000), 0);
}

static size_t count_in(const char *path)
{
	const struct folder *folder = mailbox_folder_at(mailbox, path, false);

	assert_non_null(folder);
	return folder->count;
}

static void files_at_the_top_lie_in_the_inbox(void **state)
{
	(void)state;
	scratch_write("a.eml", "x");
	scratch_write("no suffix", "x");
	scratch_write("Inbox/b", "x");
	scratch_write("Projects/Alpha/c", "x");
	load();
	assert_int_equal(count_in("Inbox"), 3);
	assert_int_equal(count_in("Projects"), 0);
	assert_int_equal(count_in("Projects/Alpha"), 1);
	assert_int_equal(count_in("SentItems"), 0);
}

static void a_well_known_name_is_claimed_by_who_fits_best(void **state)
{
	(void)state;
	scratch_write("Sent Items/1", "x");
	scratch_write("sentitems/1", "x");
	scratch_write("sentitems/2", "x");
	scratch_write("SentItems/1", "x");
	scratch_write("SentItems/2", "x");
	scratch_write("SentItems/3", "x");
	scratch_write("DRAFTS/1", "x");
	load();
	assert_int_equal(mailbox_well_known(mailbox, "sentitems")->count, 3);
	assert_string_equal(mailbox_well_known(mailbox, "sentitems")->name, "SentItems");
	assert_int_equal(count_in("sentitems"), 2);
	assert_int_equal(count_in("Sent Items"), 1);
	assert_string_equal(mailbox_well_known(mailbox, "drafts")->name, "DRAFTS");
	assert_int_equal(mailbox_well_known(mailbox, "drafts")->count, 1);
}

static void well_known_names_are_none_further_down(void **state)
{
	(void)state;
	scratch_write("Old/Inbox/1", "x");
	load();
	assert_int_equal(mailbox_well_known(mailbox, "inbox")->count, 0);
	assert_int_equal(count_in("Old/Inbox"), 1);
}

static void names_that_are_no_utf8_are_read_as_latin_1(void **state)
{
	(void)state;
	scratch_write("K\xe4se/1", "x");
	scratch_write("a\"b\\c\n/1", "x");
	load();
	assert_int_equal(count_in("K\xc3\xa4se"), 1);
	assert_int_equal(count_in("a\"b\\c\n"), 1);
}

static void ids_are_the_same_in_another_process(void **state)
{
	(void)state;
	scratch_write("Inbox/1", "x");
	scratch_write("Sub/2", "x");
	load();
	struct mailbox *other = mailbox_new("tenant", "contoso.example", "ada@contoso.example");
	struct scenario_source source = {.folder = scratch};
	assert_int_equal(mailbox_load(other, &source, 99), 0);
	mailbox_seal(mailbox);
	mailbox_seal(other);
	const struct folder *one = mailbox_folder_at(mailbox, "Sub", false);
	const struct folder *two = mailbox_folder_at(other, "Sub", false);
	assert_true(ids_key_equal(&one->key, &two->key));
	assert_true(ids_key_equal(&one->log[0].message->key, &two->log[0].message->key));
	assert_true(one->origin == two->origin);
	mailbox_free(other);
}

static void loading_again_tells_only_the_difference(void **state)
{
	(void)state;
	scratch_write("Inbox/stays", "x");
	scratch_write("Inbox/goes", "x");
	scratch_write("Inbox/changes", "x");
	load();
	struct folder *inbox = mailbox_well_known(mailbox, "inbox");
	size_t before = inbox->log_size;
	AUTO_TEXT goes = io_join(scratch, "Inbox/goes");
	assert_int_equal(io_remove(goes), 0);
	scratch_write("Inbox/changes", "longer");
	scratch_write("Inbox/comes", "x");
	load();
	assert_int_equal(inbox->count, 3);
	assert_int_equal(inbox->log_size, before + 3);
	load();
	assert_int_equal(inbox->log_size, before + 3);
}

static void what_was_added_or_moved_stays_when_loading_again(void **state)
{
	(void)state;
	scratch_write("Inbox/moves", "x");
	load();
	struct folder *inbox = mailbox_well_known(mailbox, "inbox");
	struct folder *archive = mailbox_well_known(mailbox, "archive");
	struct ids_key key = {{1}};
	struct message *message = inbox->log[0].message;
	mailbox_move(message, archive, 5);
	mailbox_add(mailbox, inbox, &key, "added", content_from_text("x"));
	load();
	assert_ptr_equal(message->folder, archive);
	assert_int_equal(inbox->count, 1);
}

static void a_number_makes_as_many_messages_and_more_or_fewer_later(void **state)
{
	(void)state;
	struct scenario_source source = {.count = 30};
	static const char *const paths[] = {
		"Inbox", "SentItems", "Projects", "Projects/Alpha", "Projects/Beta", "Archive"};
	static const int64_t counts[] = {30, 50, 10};

	for (size_t i = 0; i < 3; i++) {
		size_t sum = 0;
		source.count = counts[i];
		assert_int_equal(mailbox_load(mailbox, &source, 1000), 0);
		for (size_t j = 0; j < sizeof(paths) / sizeof(paths[0]); j++)
			sum += count_in(paths[j]);
		assert_int_equal(sum, counts[i]);
	}
}

static void a_folder_that_is_not_there_is_an_error(void **state)
{
	(void)state;
	char path[] = "/no/such/folder";
	struct scenario_source source = {.folder = path};

	assert_int_equal(mailbox_load(mailbox, &source, 1000), ERR_NOTFOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(files_at_the_top_lie_in_the_inbox),
		CASE(a_well_known_name_is_claimed_by_who_fits_best),
		CASE(well_known_names_are_none_further_down),
		CASE(names_that_are_no_utf8_are_read_as_latin_1),
		CASE(ids_are_the_same_in_another_process),
		CASE(loading_again_tells_only_the_difference),
		CASE(what_was_added_or_moved_stays_when_loading_again),
		CASE(a_number_makes_as_many_messages_and_more_or_fewer_later),
		CASE(a_folder_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
