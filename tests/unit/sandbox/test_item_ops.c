/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

#include "sandbox/item_ops.h"

static struct mailbox *mailbox;
static struct folder *inbox;

static int set_up(void **state)
{
	struct ids_key one = {{1}}, two = {{2}};

	mailbox = mailbox_new("tenant", "contoso.example", "ada@contoso.example");
	inbox = mailbox_well_known(mailbox, "inbox");
	mailbox_add(mailbox, inbox, &one, "one", content_from_text("1"));
	mailbox_add(mailbox, inbox, &two, "two", content_from_text("2"));
	return scratch_make(state);
}

static int tear_down(void **state)
{
	mailbox_free(mailbox);
	return scratch_remove(state);
}

static int apply(const char *text)
{
	AUTO_JSON operation = parse_json(text);

	return item_ops_apply(
		mailbox, operation, &(struct scenario_base){scratch, scratch}, 777);
}

static const struct message *find(const char *folder, const char *name)
{
	const struct folder *where = mailbox_folder_at(mailbox, folder, false);

	for (size_t i = 0; where && i < where->log_size; i++)
		if (mailbox_is_current(where, i) &&
			strcmp(where->log[i].message->name, name) == 0)
			return where->log[i].message;
	return NULL;
}

static void add_makes_folder_and_item(void **state)
{
	(void)state;
	assert_int_equal(
		apply("{\"op\":\"add\",\"folder\":\"New/Sub\",\"item\":\"x\",\"content\":"
		      "\"Subject: x\"}"),
		0);
	assert_non_null(find("New/Sub", "x"));
	assert_int_equal(
		apply("{\"op\":\"add\",\"folder\":\"new/sub\",\"item\":\"x\",\"content\":"
		      "\"\"}"),
		ERR_EXISTS);
	assert_int_equal(apply("{\"op\":\"add\",\"folder\":\"Inbox\",\"content\":\"\"}"), 0);
	assert_non_null(find("Inbox", "added-3.eml"));
}

static void add_takes_a_file_and_its_name(void **state)
{
	(void)state;
	scratch_write("dir/m.eml", "Subject: file\r\n\r\n");
	assert_int_equal(
		apply("{\"op\":\"add\",\"folder\":\"Inbox\",\"file\":\"dir/m.eml\"}"), 0);
	const struct message *message = find("Inbox", "m.eml");
	assert_non_null(message);
	assert_non_null(strstr(content_path(message->content), "/dir/m.eml"));
	assert_int_equal(
		apply("{\"op\":\"add\",\"folder\":\"Inbox\",\"file\":\"none\"}"), ERR_NOTFOUND);
	assert_int_equal(
		apply("{\"op\":\"add\",\"folder\":\"Inbox\",\"file\":\"dir\"}"), ERR_INVALID);
}

static void an_item_is_found_by_name_number_or_id(void **state)
{
	(void)state;
	char id[IDS_TEXT_SIZE];

	assert_int_equal(apply("{\"op\":\"mark_read\",\"item\":\"one\",\"read\":false}"), 0);
	assert_false(find("inbox", "one")->is_read);
	/* The mark moved it behind "two". */
	assert_int_equal(apply("{\"op\":\"mark_read\",\"folder\":\"Inbox\",\"item\":2}"), 0);
	assert_true(find("inbox", "one")->is_read);
	mailbox_message_id(find("inbox", "two"), true, id);
	AUTO_TEXT text = mem_printf("{\"op\":\"delete\",\"item\":\"%s\"}", id);
	assert_int_equal(apply(text), 0);
	assert_null(find("inbox", "two"));
	assert_int_equal(apply(text), ERR_NOTFOUND);
}

static void an_ambiguous_name_asks_for_the_folder(void **state)
{
	(void)state;
	assert_int_equal(apply("{\"op\":\"add\",\"folder\":\"Archive\",\"item\":\"one\","
			       "\"content\":\"\"}"),
		0);
	assert_int_equal(apply("{\"op\":\"delete\",\"item\":\"one\"}"), ERR_INVALID);
	assert_string_equal(err_message(), "there are 2 items \"one\"; say in which folder");
	assert_int_equal(
		apply("{\"op\":\"delete\",\"folder\":\"archive\",\"item\":\"one\"}"), 0);
	assert_non_null(find("Inbox", "one"));
	assert_int_equal(
		apply("{\"op\":\"delete\",\"folder\":\"No\",\"item\":\"one\"}"), ERR_NOTFOUND);
	assert_int_equal(apply("{\"op\":\"delete\",\"item\":1}"), ERR_INVALID);
	assert_int_equal(
		apply("{\"op\":\"delete\",\"folder\":\"Inbox\",\"item\":9}"), ERR_NOTFOUND);
}

static void a_move_keeps_one_id_and_changes_the_other(void **state)
{
	(void)state;
	char before[2][IDS_TEXT_SIZE], after[2][IDS_TEXT_SIZE];

	for (int i = 0; i < 2; i++)
		mailbox_message_id(find("Inbox", "one"), i == 1, before[i]);
	assert_int_equal(
		apply("{\"op\":\"move\",\"item\":\"one\",\"to\":\"Projects/Old\"}"), 0);
	for (int i = 0; i < 2; i++)
		mailbox_message_id(find("Projects/Old", "one"), i == 1, after[i]);
	assert_string_not_equal(before[0], after[0]);
	assert_string_equal(before[1], after[1]);
	assert_int_equal(find("Projects/Old", "one")->modified_s, 777);
}

static void a_deleted_name_can_be_added_again_as_another_message(void **state)
{
	(void)state;
	static const char add[] =
		"{\"op\":\"add\",\"folder\":\"Inbox\",\"item\":\"x\",\"content\":\"\"}";
	struct ids_key first;

	assert_int_equal(apply(add), 0);
	first = find("Inbox", "x")->key;
	assert_int_equal(apply("{\"op\":\"delete\",\"item\":\"x\"}"), 0);
	assert_int_equal(apply(add), 0);
	assert_false(ids_key_equal(&first, &find("Inbox", "x")->key));
}

static void unread_counts_follow(void **state)
{
	(void)state;
	size_t unread = inbox->unread;

	for (int i = 0; i < 2; i++)
		assert_int_equal(
			apply("{\"op\":\"mark_read\",\"item\":\"one\",\"read\":false}"), 0);
	assert_int_equal(apply("{\"op\":\"mark_read\",\"item\":\"two\",\"read\":false}"), 0);
	assert_int_equal(inbox->unread, 2);
	assert_true(unread <= 2);
	assert_int_equal(apply("{\"op\":\"delete\",\"item\":\"one\"}"), 0);
	assert_int_equal(apply("{\"op\":\"mark_read\",\"item\":\"two\"}"), 0);
	assert_int_equal(inbox->unread, 0);
	assert_int_equal(inbox->count, 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(add_makes_folder_and_item),
		CASE(add_takes_a_file_and_its_name),
		CASE(an_item_is_found_by_name_number_or_id),
		CASE(an_ambiguous_name_asks_for_the_folder),
		CASE(a_move_keeps_one_id_and_changes_the_other),
		CASE(a_deleted_name_can_be_added_again_as_another_message),
		CASE(unread_counts_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
