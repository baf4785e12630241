/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>
#include <time.h>

#include "base/text.h"
#include "repo/check.h"

/*
 * Anything at all happens to folders and items, run after run, and a naive model in memory says
 * what must be there. PROPERTY_SEED gives a seed, PROPERTY_ROUNDS how long; the seed is
 * printed.
 */

enum {
	FOLDERS = 6,
	ITEMS = 40, /* in a folder */
	KEPT = 4,   /* snapshots that are looked at again */
	BIG_EVERY = 60,
	BIG_SIZE = 3 << 20,
	NAME_SIZE = 24,
};

struct model_item {
	bool there;
	bool named;     /* in the run under way */
	bool was_there; /* before it */
	char was_name[NAME_SIZE];
	char name[NAME_SIZE];
	int64_t modified_s;
	uint64_t content_seed;
	size_t size;
};

struct model_folder {
	bool there;
	char name[NAME_SIZE];
	struct model_item items[ITEMS];
};

struct model {
	struct model_folder folders[FOLDERS]; /* folder n lies in folder (n - 1) / 2 */
};

struct past {
	char id[SNAPSHOT_ID_TEXT];
	struct model model;
};

struct world {
	struct fixture *fixture;
	uint64_t seed;
	struct model model;
	uint8_t tree[REPO_ID_SIZE];
	bool has_tree;
	struct past *past; /* KEPT */
	size_t past_count;
};

static uint64_t below(struct world *world, uint64_t limit)
{
	return fixture_random(&world->seed) % limit;
}

static void folder_id(size_t number, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "folder-%zu", number);
}

static void item_id(size_t folder, size_t number, char out[NAME_SIZE])
{
	snprintf(out, NAME_SIZE, "item-%zu-%04zu", folder, number);
}

/* Contents from a few seeds, so that some are equal; some of them are long texts of one byte.
 */
static void fill(const struct model_item *item, uint8_t *out)
{
	if (item->content_seed % 3 == 0)
		memset(out, (int)item->content_seed, item->size);
	else
		fixture_fill(out, item->size, item->content_seed);
}

static void change_item(struct world *world, struct model_item *item)
{
	item->there = true;
	item->content_seed = below(world, 200);
	item->size = item->content_seed * 37;
	if (below(world, BIG_EVERY) == 0)
		item->size = BIG_SIZE + item->content_seed;
	item->modified_s = (int64_t)below(world, 5);
	snprintf(item->name, sizeof(item->name), "name %d", (int)below(world, 1000));
}

static void put_item(struct world *world, struct folder_writer *folder, size_t number,
	size_t at, const struct model_item *model)
{
	char id[NAME_SIZE];
	struct content_writer *content = NULL;
	struct tree_item item = {.id = id, .name = model->name, .type = "file"};
	uint8_t *data = mem_alloc(model->size + 1);

	item_id(number, at, id);
	item.tag = model->name;
	item.modified_s = model->modified_s;
	fill(model, data);
	assert_int_equal(content_begin(world->fixture->writer, CONTENT_FILE, &content), 0);
	for (size_t done = 0; done < model->size;) {
		size_t size = below(world, model->size) + 1;
		size = size > model->size - done ? model->size - done : size;
		assert_int_equal(content_add(content, data + done, size), 0);
		done += size;
	}
	assert_int_equal(content_finish(content, &item.content), 0);
	assert_int_equal(folder_put(folder, &item), 0);
	mem_free(data);
}

static void assert_found(
	struct folder_writer *folder, const char *id, const struct model_item *model)
{
	const struct tree_item *found = NULL;

	assert_int_equal(folder_find(folder, id, &found), 0);
	assert_int_equal(found != NULL, model->was_there);
	if (found)
		assert_string_equal(found->name, model->was_name);
}

/* One item of a folder, in a run: nothing, a look, a change, a removal. */
static void touch_item(struct world *world, struct folder_writer *folder, size_t number,
	size_t at, struct model_item *model)
{
	char id[NAME_SIZE];

	item_id(number, at, id);
	switch (below(world, 8)) {
	case 0:
		change_item(world, model);
		put_item(world, folder, number, at, model);
		model->named = true;
		break;
	case 1:
		assert_int_equal(folder_remove(folder, id), 0);
		model->there = false;
		break;
	case 2:
		assert_found(folder, id, model);
		break;
	case 3:
		assert_int_equal(folder_keep(folder, id), 0);
		model->named = model->named || model->there;
		break;
	default:
		break;
	}
}

/* By their ids, some of them twice. */
static void list_anew(struct world *world, struct folder_writer *folder, size_t number)
{
	struct model_folder *model = &world->model.folders[number];

	assert_int_equal(folder_relist(folder), 0);
	for (size_t at = 0; at<ITEMS; at += below(world, 3)> 0)
		touch_item(world, folder, number, at, &model->items[at]);
	for (size_t at = 0; at < ITEMS; at++)
		model->items[at].there = model->items[at].there && model->items[at].named;
}

static void change_folder(struct world *world, struct folder_writer *folder, size_t number)
{
	struct model_folder *model = &world->model.folders[number];

	for (size_t at = 0; at < ITEMS; at++) {
		struct model_item *item = &model->items[at];
		item->named = false;
		item->was_there = item->there;
		memcpy(item->was_name, item->name, sizeof(item->was_name));
	}
	if (below(world, 5) == 0) {
		list_anew(world, folder, number);
		return;
	}
	for (size_t turn = below(world, 3 * ITEMS); turn > 0; turn--) {
		size_t at = below(world, ITEMS);
		touch_item(world, folder, number, at, &model->items[at]);
	}
}

/* Whether a folder is in this run: it must be where something lies in it. */
static void choose_folders(struct world *world)
{
	struct model_folder *folders = world->model.folders;

	for (size_t i = 0; i < FOLDERS; i++) {
		bool there = below(world, 6) > 0 && (i == 0 || folders[(i - 1) / 2].there);
		if (!there)
			memset(&folders[i], 0, sizeof(folders[i]));
		folders[i].there = there;
		if (there && below(world, 4) == 0)
			snprintf(
				folders[i].name, NAME_SIZE, "folder %d", (int)below(world, 50));
	}
}

static void write_folder(struct world *world, struct object_writer *object, size_t number)
{
	char id[NAME_SIZE], parent_id[NAME_SIZE] = "";
	struct model_folder before = world->model.folders[number];
	struct tree_folder named = {.id = id, .parent_id = parent_id};
	struct folder_writer *folder = NULL;

	folder_id(number, id);
	if (number > 0)
		folder_id((number - 1) / 2, parent_id);
	named.name = before.name;
	assert_int_equal(object_writer_folder(object, &named, &folder), 0);
	if (below(world, 3) > 0)
		change_folder(world, folder, number);
	if (below(world, 10) == 0) {
		folder_drop(folder);
		world->model.folders[number] = before;
		return;
	}
	assert_int_equal(folder_finish(folder, NULL), 0);
}

struct comparing {
	struct world *world;
	const struct model *model;
	size_t folder, folders;
	size_t at; /* items seen */
};

static const struct model_item *item_of(
	const struct comparing *comparing, const struct tree_item *item)
{
	for (size_t at = 0; at < ITEMS; at++) {
		char id[NAME_SIZE];
		item_id(comparing->folder, at, id);
		if (text_equal(id, item->id))
			return &comparing->model->folders[comparing->folder].items[at];
	}
	return NULL;
}

static int compare_item(void *context, const struct tree_item *item)
{
	struct comparing *comparing = context;
	const struct model_item *model = item_of(comparing, item);

	assert_non_null(model);
	assert_true(model->there);
	assert_string_equal(item->name, model->name);
	assert_string_equal(item->tag, model->name);
	assert_int_equal(item->modified_s, model->modified_s);
	uint8_t *data = mem_alloc(model->size + 1);
	fill(model, data);
	fixture_assert_content(
		comparing->world->fixture->repo, &item->content, data, model->size);
	mem_free(data);
	comparing->at++;
	return 0;
}

static int compare_folder(void *context, const struct tree_folder *folder)
{
	struct comparing *comparing = context;
	size_t expected = 0;

	for (comparing->folder = 0; comparing->folder < FOLDERS; comparing->folder++) {
		char id[NAME_SIZE];
		folder_id(comparing->folder, id);
		if (text_equal(id, folder->id))
			break;
	}
	assert_true(comparing->folder < FOLDERS);
	const struct model_folder *model = &comparing->model->folders[comparing->folder];
	assert_true(model->there);
	assert_string_equal(folder->name, model->name);
	for (size_t at = 0; at < ITEMS; at++)
		expected += model->items[at].there;
	comparing->folders++;
	comparing->at = 0;
	assert_int_equal(
		repo_items(comparing->world->fixture->repo, folder, compare_item, comparing),
		0);
	assert_int_equal(comparing->at, expected);
	assert_int_equal(folder->items, expected);
	return 0;
}

static void compare(struct world *world, const uint8_t *tree, const struct model *model)
{
	struct comparing comparing = {.world = world, .model = model};
	size_t folders = 0;

	for (size_t i = 0; i < FOLDERS; i++)
		folders += model->folders[i].there;
	assert_int_equal(
		repo_folders(world->fixture->repo, tree, compare_folder, &comparing), 0);
	assert_int_equal(comparing.folders, folders);
}

/* A run: all folders, then a snapshot, or just a commit. */
static void run(struct world *world)
{
	struct object_writer *object = NULL;
	struct object_summary summary;

	assert_int_equal(object_writer_begin(world->fixture->writer,
				 world->has_tree ? world->tree : NULL, &object),
		0);
	choose_folders(world);
	for (size_t i = 0; i < FOLDERS; i++)
		if (world->model.folders[i].there)
			write_folder(world, object, i);
	assert_int_equal(object_writer_finish(object, &summary), 0);
	memcpy(world->tree, summary.tree, REPO_ID_SIZE);
	world->has_tree = true;
	if (below(world, 3) == 0) {
		assert_int_equal(repo_writer_commit(world->fixture->writer), 0);
		return;
	}
	struct past *past = &world->past[world->past_count++ % KEPT];
	past->model = world->model;
	assert_int_equal(fixture_snapshot(world->fixture->writer, summary.tree,
				 (int64_t)world->past_count, past->id),
		0);
}

static void look_back(struct world *world)
{
	size_t count = world->past_count < KEPT ? world->past_count : KEPT;

	compare(world, world->tree, &world->model);
	for (size_t i = 0; i < count; i++) {
		struct snapshot *snapshot = NULL;
		assert_int_equal(
			repo_snapshot(world->fixture->repo, world->past[i].id, &snapshot), 0);
		compare(world, snapshot->objects[0].tree, &world->past[i].model);
		snapshot_free(snapshot);
	}
}

static uint64_t number_from(const char *name, uint64_t otherwise)
{
	const char *text = getenv(name);
	int64_t value = 0;

	if (!text || text_to_int(text, 0, INT64_MAX, &value) < 0)
		return otherwise;
	return (uint64_t)value;
}

static void whatever_happens_what_is_stored_is_what_was_given(void **state)
{
	struct world world = {.fixture = *state};
	struct check_options options = {.data_percent = 100};
	struct check_result result;
	uint64_t rounds = number_from("PROPERTY_ROUNDS", 40);

	world.seed = number_from("PROPERTY_SEED", (uint64_t)time(NULL));
	print_message("# PROPERTY_SEED=%llu\n", (unsigned long long)world.seed);
	world.past = mem_array(KEPT, sizeof(*world.past));
	for (uint64_t round = 0; round < rounds; round++) {
		run(&world);
		if (below(&world, 4) == 0)
			fixture_reopen(world.fixture);
		if (below(&world, 8) == 0)
			look_back(&world);
	}
	fixture_reopen(world.fixture);
	look_back(&world);
	assert_int_equal(repo_check(world.fixture->repo, &options, &result), 0);
	assert_int_equal(result.faults, 0);
	mem_free(world.past);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			whatever_happens_what_is_stored_is_what_was_given, fixture_setup,
			fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
