/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "sandbox/delta.h"

static const uint8_t key[DELTA_KEY_SIZE] = {1, 2, 3};

enum { PAGE_MAX = 32 };

struct world {
	struct mailbox *mailbox;
	struct folder *inbox, *archive;
	struct message *messages[4];
};

static struct message *add(struct world *world, const char *name)
{
	struct ids_key id = ids_key_of(IDS_PARTS("test", name));

	return mailbox_add(world->mailbox, world->inbox, &id, name, content_from_text(name));
}

static int set_up(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));

	world->mailbox = mailbox_new("tenant", "contoso.example", "ada@contoso.example");
	world->inbox = mailbox_well_known(world->mailbox, "inbox");
	world->archive = mailbox_well_known(world->mailbox, "archive");
	for (size_t i = 0; i < 4; i++)
		world->messages[i] = add(world, (const char *[]){"a", "b", "c", "d"}[i]);
	mailbox_seal(world->mailbox);
	*state = world;
	return 0;
}

static int tear_down(void **state)
{
	struct world *world = *state;

	mailbox_free(world->mailbox);
	mem_free(world);
	return 0;
}

/* Walks to the end and returns how many entries there were, the last page in `out`. */
static size_t walk_on(
	struct folder *folder, struct delta_walk *walk, struct delta_entry out[PAGE_MAX])
{
	size_t count = delta_page(folder, walk, PAGE_MAX, true, out);

	assert_int_equal(walk->position, walk->until);
	delta_finish(folder, walk);
	return count;
}

static void the_first_walk_tells_all_in_pages(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	assert_int_equal(delta_page(world->inbox, &walk, 3, true, entries), 3);
	assert_ptr_equal(entries[0].message, world->messages[0]);
	assert_int_equal(entries[0].kind, DELTA_FULL);
	assert_int_not_equal(walk.position, walk.until);
	assert_int_equal(delta_page(world->inbox, &walk, 3, true, entries), 1);
	assert_int_equal(walk.position, walk.until);
}

static void what_comes_during_a_walk_is_told_by_the_next(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	assert_int_equal(delta_page(world->inbox, &walk, 2, true, entries), 2);
	struct message *late = add(world, "late");
	mailbox_replace(world->messages[0], content_from_text("A"), 5);
	assert_int_equal(walk_on(world->inbox, &walk, entries), 2);
	assert_int_equal(delta_resume(world->inbox, &walk), 0);
	assert_int_equal(walk_on(world->inbox, &walk, entries), 2);
	assert_ptr_equal(entries[0].message, late);
	assert_ptr_equal(entries[1].message, world->messages[0]);
}

static void each_change_is_told_by_its_kind(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	mailbox_delete(world->messages[0]);
	mailbox_move(world->messages[1], world->archive, 5);
	mailbox_mark(world->messages[2], !world->messages[2]->is_read);
	mailbox_mark(world->messages[3], !world->messages[3]->is_read);
	mailbox_replace(world->messages[3], content_from_text("D"), 5);
	assert_int_equal(delta_resume(world->inbox, &walk), 0);
	assert_int_equal(walk_on(world->inbox, &walk, entries), 4);
	assert_int_equal(entries[0].kind, DELTA_DELETED);
	assert_int_equal(entries[1].kind, DELTA_CHANGED);
	assert_int_equal(entries[2].kind, DELTA_MARKED);
	assert_int_equal(entries[3].kind, DELTA_FULL);
}

static void marks_are_left_out_where_they_were_not_asked_for(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	mailbox_mark(world->messages[0], !world->messages[0]->is_read);
	assert_int_equal(delta_resume(world->inbox, &walk), 0);
	assert_int_equal(delta_page(world->inbox, &walk, PAGE_MAX, false, entries), 0);
	assert_int_equal(walk.position, walk.until);
}

static void a_message_that_came_back_is_told_as_there(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	mailbox_move(world->messages[1], world->archive, 5);
	mailbox_move(world->messages[1], world->inbox, 6);
	assert_int_equal(delta_resume(world->inbox, &walk), 0);
	assert_int_equal(walk_on(world->inbox, &walk, entries), 1);
	assert_int_equal(entries[0].kind, DELTA_FULL);
}

static void top_bounds_the_whole_walk(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk.left = 3;
	assert_int_equal(delta_page(world->inbox, &walk, 2, true, entries), 2);
	assert_int_equal(delta_page(world->inbox, &walk, 2, true, entries), 1);
	assert_int_equal(walk.position, walk.until);
}

static void the_fourth_generation_back_is_gone(void **state)
{
	struct world *world = *state;
	struct delta_walk walk, old;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	old = walk;
	for (int i = 0; i < 3; i++) {
		struct delta_walk copy = old;
		assert_int_equal(delta_resume(world->inbox, &copy), 0);
		mailbox_mark(world->messages[0], !world->messages[0]->is_read);
		assert_int_equal(delta_resume(world->inbox, &walk), 0);
		walk_on(world->inbox, &walk, entries);
	}
	assert_int_equal(delta_resume(world->inbox, &old), ERR_NOTFOUND);
	assert_int_equal(delta_resume(world->inbox, &walk), 0);
}

static void walks_without_a_change_use_no_generation_up(void **state)
{
	struct world *world = *state;
	struct delta_walk walk, old;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	old = walk;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(delta_resume(world->inbox, &walk), 0);
		assert_int_equal(walk_on(world->inbox, &walk, entries), 0);
	}
	assert_int_equal(delta_resume(world->inbox, &old), 0);
}

static void a_token_comes_back_as_it_was(void **state)
{
	struct world *world = *state;
	struct delta_walk walk, again;

	delta_begin(world->inbox, &walk);
	strcpy(walk.select, "subject,isRead");
	walk.position = 2;
	AUTO_TEXT token = delta_write(&walk, key);
	assert_int_equal(delta_read(token, key, &again), 0);
	assert_string_equal(again.select, walk.select);
	assert_int_equal(again.position, 2);
	assert_int_equal(again.until, walk.until);
	assert_true(ids_key_equal(&again.folder, &world->inbox->key));
}

static void a_token_that_was_changed_is_refused(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;

	delta_begin(world->inbox, &walk);
	AUTO_TEXT token = delta_write(&walk, key);
	for (size_t i = 0; i < strlen(token); i += 7) {
		char was = token[i];
		token[i] = was == 'A' ? 'B' : 'A';
		assert_int_equal(delta_read(token, key, &walk), ERR_INVALID);
		token[i] = was;
	}
	assert_int_equal(delta_read("", key, &walk), ERR_INVALID);
	assert_int_equal(delta_read("AAAA", key, &walk), ERR_INVALID);
}

static void a_token_of_a_folder_that_began_otherwise_is_too_old(void **state)
{
	struct world *world = *state;
	struct delta_walk walk;
	struct delta_entry entries[PAGE_MAX];

	delta_begin(world->inbox, &walk);
	walk_on(world->inbox, &walk, entries);
	walk.origin ^= 1;
	assert_int_equal(delta_resume(world->inbox, &walk), ERR_NOTFOUND);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(the_first_walk_tells_all_in_pages),
		CASE(what_comes_during_a_walk_is_told_by_the_next),
		CASE(each_change_is_told_by_its_kind),
		CASE(marks_are_left_out_where_they_were_not_asked_for),
		CASE(a_message_that_came_back_is_told_as_there),
		CASE(top_bounds_the_whole_walk),
		CASE(the_fourth_generation_back_is_gone),
		CASE(walks_without_a_change_use_no_generation_up),
		CASE(a_token_comes_back_as_it_was),
		CASE(a_token_that_was_changed_is_refused),
		CASE(a_token_of_a_folder_that_began_otherwise_is_too_old),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
