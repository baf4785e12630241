/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include "base/text.h"

/* What a folder has, as "id=name;…". */
static int note_item(void *context, const struct tree_item *item)
{
	AUTO_TEXT text = mem_printf("%s=%s;", item->id, item->name);

	return buf_append_text(context, text);
}

static int note_folder(void *context, const struct tree_folder *folder)
{
	AUTO_TEXT text = mem_printf("%s<%s:%s(%d);", folder->id, folder->parent_id,
		folder->name, (int)folder->items);

	return buf_append_text(context, text);
}

static void assert_folders(struct fixture *fixture, const uint8_t *tree, const char *expected)
{
	AUTO_BUF out = buf_init(1 << 20);

	assert_int_equal(repo_folders(fixture->repo, tree, note_folder, &out), 0);
	assert_int_equal(buf_append_text(&out, ""), 0);
	assert_string_equal(out.size ? buf_text(&out) : "", expected);
}

struct wanted {
	const char *id;
	struct tree_folder found;
};

static int find_folder(void *context, const struct tree_folder *folder)
{
	struct wanted *wanted = context;

	if (text_equal(folder->id, wanted->id))
		wanted->found = *folder;
	return 0;
}

static void assert_items(struct fixture *fixture, const uint8_t *tree, const char *folder_id,
	const char *expected)
{
	AUTO_BUF out = buf_init(1 << 20);
	struct wanted wanted = {.id = folder_id};

	assert_int_equal(repo_folders(fixture->repo, tree, find_folder, &wanted), 0);
	assert_int_equal(repo_items(fixture->repo, &wanted.found, note_item, &out), 0);
	assert_string_equal(out.size ? buf_text(&out) : "", expected);
}

static struct object_writer *begin(struct fixture *fixture, const uint8_t *previous)
{
	struct object_writer *object = NULL;

	assert_int_equal(object_writer_begin(fixture->writer, previous, &object), 0);
	return object;
}

static struct folder_writer *folder(
	struct object_writer *object, const char *id, const char *parent_id, const char *name)
{
	struct tree_folder named = {.id = id, .parent_id = parent_id, .name = name};
	struct folder_writer *out = NULL;

	assert_int_equal(object_writer_folder(object, &named, &out), 0);
	return out;
}

static void put(
	struct fixture *fixture, struct folder_writer *folder, const char *id, const char *name)
{
	struct tree_item item = {
		.id = id,
		.name = name,
		.type = "message",
		.tag = "t",
		.content = fixture_put_text(fixture->writer, id),
	};

	assert_int_equal(folder_put(folder, &item), 0);
}

static struct object_summary finish(struct fixture *fixture, struct object_writer *object)
{
	struct object_summary summary;

	assert_int_equal(object_writer_finish(object, &summary), 0);
	assert_int_equal(repo_writer_commit(fixture->writer), 0);
	return summary;
}

static const struct tree_item *found(struct folder_writer *folder, const char *id)
{
	const struct tree_item *item = NULL;

	assert_int_equal(folder_find(folder, id, &item), 0);
	return item;
}

/* Two folders, one in the other, with three items and one. */
static struct object_summary make_tree(struct fixture *fixture)
{
	struct object_writer *object = begin(fixture, NULL);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");

	put(fixture, at, "c", "third");
	put(fixture, at, "a", "first");
	put(fixture, at, "b", "second");
	assert_int_equal(folder_finish(at, NULL), 0);
	at = folder(object, "f0", "f1", "2026");
	put(fixture, at, "d", "fourth");
	assert_int_equal(folder_finish(at, NULL), 0);
	return finish(fixture, object);
}

static void tree_has_parents_first_and_items_by_id(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);

	assert_true(made.changed);
	assert_int_equal(made.items, 4);
	assert_int_equal(made.bytes, 4);
	fixture_reopen(fixture);
	assert_folders(fixture, made.tree, "f1<:Inbox(3);f0<f1:2026(1);");
	assert_items(fixture, made.tree, "f1", "a=first;b=second;c=third;");
	assert_items(fixture, made.tree, "f0", "d=fourth;");
}

static void object_without_folders_is_fine(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = finish(fixture, begin(fixture, NULL));

	assert_folders(fixture, made.tree, "");
	assert_true(made.changed);
	assert_false(finish(fixture, begin(fixture, made.tree)).changed);
}

static void untouched_object_keeps_its_tree_and_stores_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);

	fixture_reopen(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");
	char list[REPO_ID_TEXT];
	assert_int_equal(strlen(folder_previous(at)), REPO_ID_TEXT - 1);
	AUTO_TEXT previous = mem_strdup(folder_previous(at));
	assert_int_equal(folder_finish(at, list), 0);
	assert_string_equal(list, previous);
	folder_drop(folder(object, "f0", "f1", "2026"));
	struct object_summary again = finish(fixture, object);

	assert_false(again.changed);
	assert_memory_equal(again.tree, made.tree, REPO_ID_SIZE);
	assert_int_equal(again.items, 4);
	assert_int_equal(repo_writer_stored(fixture->writer), 0);
}

static void changes_are_merged_into_the_list(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");

	put(fixture, at, "b", "second, renamed");
	put(fixture, at, "aa", "between");
	assert_int_equal(folder_remove(at, "c"), 0);
	assert_int_equal(folder_remove(at, "never there"), 0);
	assert_string_equal(found(at, "c")->name, "third"); /* as they were last stored */
	assert_string_equal(found(at, "b")->name, "second");
	assert_string_equal(found(at, "a")->tag, "t");
	assert_null(found(at, "aa"));
	assert_int_equal(folder_finish(at, NULL), 0);
	struct object_summary changed = finish(fixture, object);

	assert_true(changed.changed);
	assert_int_equal(changed.items, 3);
	assert_folders(fixture, changed.tree, "f1<:Inbox(3);");
	assert_items(fixture, changed.tree, "f1", "a=first;aa=between;b=second, renamed;");
	assert_items(fixture, made.tree, "f1", "a=first;b=second;c=third;");
}

static void what_is_put_and_taken_back_changes_nothing_in_the_tree(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");

	put(fixture, at, "x", "new");
	assert_int_equal(folder_remove(at, "x"), 0);
	assert_int_equal(folder_remove(at, "a"), 0);
	put(fixture, at, "a", "first");
	put(fixture, at, "b", "second");
	assert_int_equal(folder_finish(at, NULL), 0);
	assert_int_equal(folder_finish(folder(object, "f0", "f1", "2026"), NULL), 0);
	assert_false(finish(fixture, object).changed);
}

static void order_of_folders_and_items_does_not_matter(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary trees[2];

	for (int turn = 0; turn < 2; turn++) {
		struct object_writer *object = begin(fixture, NULL);
		for (int i = 0; i < 2; i++) {
			bool first = (i == 0) == (turn == 0);
			struct folder_writer *at =
				folder(object, first ? "x" : "y", "", first ? "X" : "Y");
			put(fixture, at, turn ? "1" : "2", "same");
			put(fixture, at, turn ? "2" : "1", "same");
			assert_int_equal(folder_finish(at, NULL), 0);
		}
		trees[turn] = finish(fixture, object);
	}
	assert_memory_equal(trees[0].tree, trees[1].tree, REPO_ID_SIZE);
}

static void listing_anew_removes_the_others(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");

	assert_int_equal(folder_relist(at), 0);
	assert_int_equal(folder_keep(at, "a"), 0);
	assert_int_equal(folder_keep(at, "c"), 0);
	put(fixture, at, "c", "third, renamed");
	put(fixture, at, "e", "fifth");
	assert_int_equal(folder_finish(at, NULL), 0);
	struct object_summary changed = finish(fixture, object);
	assert_items(fixture, changed.tree, "f1", "a=first;c=third, renamed;e=fifth;");

	object = begin(fixture, changed.tree);
	at = folder(object, "f1", "", "Inbox");
	assert_int_equal(folder_relist(at), 0);
	assert_int_equal(folder_finish(at, NULL), 0);
	at = folder(object, "f2", "", "New");
	assert_int_equal(folder_relist(at), 0);
	put(fixture, at, "b", "first");
	assert_int_equal(folder_finish(at, NULL), 0);
	changed = finish(fixture, object);
	assert_items(fixture, changed.tree, "f1", "");
	assert_items(fixture, changed.tree, "f2", "b=first;");
}

static void listing_anew_without_a_change_stores_nothing(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	static const char *const ids[] = {"a", "b", "c"};

	fixture_reopen(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");
	assert_int_equal(folder_relist(at), 0);
	for (size_t i = 0; i < 3; i++) {
		assert_non_null(found(at, ids[i]));
		assert_int_equal(folder_keep(at, ids[i]), 0);
	}
	assert_int_equal(folder_finish(at, NULL), 0);
	assert_int_equal(folder_finish(folder(object, "f0", "f1", "2026"), NULL), 0);
	assert_false(finish(fixture, object).changed);
	assert_int_equal(repo_writer_stored(fixture->writer), 0);
}

static void a_listing_comes_by_ids(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");

	assert_int_equal(folder_relist(at), 0);
	assert_int_equal(folder_keep(at, "b"), 0);
	assert_int_equal(folder_keep(at, "a"), ERR_INVALID);
	folder_drop(at);
	object_writer_drop(object);
}

static void dropped_folder_stays_as_it_was_under_its_new_name(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);
	struct object_writer *object = begin(fixture, made.tree);
	struct folder_writer *at = folder(object, "f1", "", "Posteingang");

	put(fixture, at, "z", "never");
	folder_drop(at);
	at = folder(object, "new", "", "New");
	put(fixture, at, "z", "never");
	folder_drop(at);
	struct object_summary changed = finish(fixture, object);
	assert_folders(fixture, changed.tree, "f1<:Posteingang(3);new<:New(0);");
	assert_items(fixture, changed.tree, "f1", "a=first;b=second;c=third;");
}

static void folders_come_once_and_after_their_parents(void **state)
{
	struct fixture *fixture = *state;
	struct object_writer *object = begin(fixture, NULL);
	struct tree_folder orphan = {.id = "f2", .parent_id = "nobody", .name = "Lost"};
	struct tree_folder twice = {.id = "f1", .parent_id = "", .name = "Inbox"};
	struct folder_writer *out = NULL;

	assert_int_equal(folder_finish(folder(object, "f1", "", "Inbox"), NULL), 0);
	assert_int_equal(object_writer_folder(object, &twice, &out), ERR_INVALID);
	assert_int_equal(object_writer_folder(object, &orphan, &out), ERR_INVALID);
	object_writer_drop(object);
}

static void too_long_a_name_is_refused_and_nothing_else(void **state)
{
	struct fixture *fixture = *state;
	struct object_writer *object = begin(fixture, NULL);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");
	char *name = mem_alloc(70000);
	memset(name, 'x', 69999);
	struct tree_item item = {.id = "i", .name = name, .type = "file", .tag = ""};

	item.content = fixture_put_text(fixture->writer, "i");
	assert_int_equal(folder_put(at, &item), ERR_INVALID);
	name[65535] = '\0';
	assert_int_equal(folder_put(at, &item), 0);
	assert_int_equal(folder_finish(at, NULL), 0);
	struct object_summary made = finish(fixture, object);
	assert_int_equal(made.items, 1);
	mem_free(name);
}

static int count_item(void *context, const struct tree_item *item)
{
	size_t *count = context;
	AUTO_TEXT expected = mem_printf("item-%06zu", *count);

	assert_string_equal(item->id, expected);
	(*count)++;
	return 0;
}

static void large_folder_stores_a_small_change_in_a_small_part(void **state)
{
	struct fixture *fixture = *state;
	enum { COUNT = 50000 };
	struct object_writer *object = begin(fixture, NULL);
	struct folder_writer *at = folder(object, "f1", "", "Inbox");
	struct repo_content content = fixture_put_text(fixture->writer, "all alike");
	uint64_t seed = 4;

	for (size_t i = 0; i < COUNT; i++) {
		AUTO_TEXT id = mem_printf("item-%06zu", (i * 7919) % COUNT);
		AUTO_TEXT tag = mem_printf("%016jx", (uintmax_t)fixture_random(&seed));
		struct tree_item item = {.id = id,
			.name = id,
			.type = "message",
			.tag = tag,
			.content = content};
		assert_int_equal(folder_put(at, &item), 0);
	}
	assert_int_equal(folder_finish(at, NULL), 0);
	struct object_summary made = finish(fixture, object);
	uint64_t first = repo_writer_stored(fixture->writer);

	object = begin(fixture, made.tree);
	at = folder(object, "f1", "", "Inbox");
	struct tree_item item = {
		.id = "item-025000", .name = "x", .type = "message", .tag = "2"};
	item.content = content;
	assert_int_equal(folder_put(at, &item), 0);
	assert_int_equal(folder_finish(at, NULL), 0);
	struct object_summary changed = finish(fixture, object);

	assert_true(repo_writer_stored(fixture->writer) - first < first / 10);
	struct wanted wanted = {.id = "f1"};
	size_t count = 0;
	assert_int_equal(repo_folders(fixture->repo, changed.tree, find_folder, &wanted), 0);
	assert_int_equal(repo_items(fixture->repo, &wanted.found, count_item, &count), 0);
	assert_int_equal(count, COUNT);
}

static int stop_at_once(void *context, const struct tree_folder *folder)
{
	(void)context;
	(void)folder;
	return 42;
}

static void visitors_end_a_walk(void **state)
{
	struct fixture *fixture = *state;
	struct object_summary made = make_tree(fixture);

	assert_int_equal(repo_folders(fixture->repo, made.tree, stop_at_once, NULL), 42);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(tree_has_parents_first_and_items_by_id),
		WITH(object_without_folders_is_fine),
		WITH(untouched_object_keeps_its_tree_and_stores_nothing),
		WITH(changes_are_merged_into_the_list),
		WITH(what_is_put_and_taken_back_changes_nothing_in_the_tree),
		WITH(order_of_folders_and_items_does_not_matter),
		WITH(listing_anew_removes_the_others),
		WITH(listing_anew_without_a_change_stores_nothing),
		WITH(a_listing_comes_by_ids),
		WITH(dropped_folder_stays_as_it_was_under_its_new_name),
		WITH(folders_come_once_and_after_their_parents),
		WITH(too_long_a_name_is_refused_and_nothing_else),
		WITH(large_folder_stores_a_small_change_in_a_small_part),
		WITH(visitors_end_a_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
