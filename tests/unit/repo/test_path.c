/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <stdio.h>

#include "base/text.h"
#include "repo/path.h"

/* Builds a snapshot by hand. */
struct builder {
	struct fixture *fixture;
	struct repo_object objects[4];
	size_t count;
	struct object_writer *object;
	struct folder_writer *folder;
};

static void end_folder(struct builder *builder)
{
	if (builder->folder)
		assert_int_equal(folder_finish(STEAL(builder->folder), NULL), 0);
}

static void end_object(struct builder *builder)
{
	struct object_summary summary;

	end_folder(builder);
	if (!builder->object)
		return;
	assert_int_equal(object_writer_finish(STEAL(builder->object), &summary), 0);
	memcpy(builder->objects[builder->count - 1].tree, summary.tree, REPO_ID_SIZE);
}

static void add_object(struct builder *builder, const char *kind, const char *name)
{
	end_object(builder);
	builder->objects[builder->count++] =
		(struct repo_object){.kind = mem_strdup(kind), .name = mem_strdup(name)};
	assert_int_equal(
		object_writer_begin(builder->fixture->writer, NULL, &builder->object), 0);
}

static void add_folder(
	struct builder *builder, const char *id, const char *parent_id, const char *name)
{
	struct tree_folder folder = {.id = id, .parent_id = parent_id, .name = name};

	end_folder(builder);
	assert_int_equal(object_writer_folder(builder->object, &folder, &builder->folder), 0);
}

static void add_item(struct builder *builder, const char *id, const char *name)
{
	struct tree_item item = {.id = id, .name = name, .type = "file", .tag = ""};

	item.content = fixture_put_text(builder->fixture->writer, id);
	assert_int_equal(folder_put(builder->folder, &item), 0);
}

static struct snapshot *end(struct builder *builder)
{
	char job[] = "job";
	struct snapshot made = {
		.job = job, .objects = builder->objects, .object_count = builder->count};
	struct snapshot *read = NULL;

	end_object(builder);
	made.object_count = builder->count;
	assert_int_equal(repo_writer_snapshot(builder->fixture->writer, &made), 0);
	for (size_t i = 0; i < builder->count; i++)
		repo_object_free(&builder->objects[i]);
	assert_int_equal(repo_snapshot(builder->fixture->repo, made.id, &read), 0);
	return read;
}

static struct snapshot *make(struct fixture *fixture)
{
	struct builder builder = {.fixture = fixture};

	add_object(&builder, "mailbox", "ada@x");
	add_folder(&builder, "f1", "", "Inbox");
	add_item(&builder, "i2", "b/c.eml");
	add_item(&builder, "i1", "a.eml");
	add_folder(&builder, "f2", "f1", "Sub");
	add_item(&builder, "i3", "deep.eml");
	add_folder(&builder, "f3", "", "Empty");
	add_object(&builder, "folder", "docs");
	add_folder(&builder, "docs", "", "");
	add_item(&builder, "docs/x.txt", "x.txt");
	add_folder(&builder, "docs/sub", "docs", "sub");
	add_item(&builder, "docs/sub/y.txt", "y.txt");
	return end(&builder);
}

static int note(void *context, const struct path_entry *entry)
{
	static const char marks[] = {
		[PATH_OBJECT] = '@', [PATH_FOLDER] = '/', [PATH_ITEM] = '.'};
	AUTO_TEXT text = mem_printf("%s%c ", entry->path, marks[entry->kind]);

	assert_true((entry->item != NULL) == (entry->kind == PATH_ITEM));
	assert_non_null(entry->object);
	return buf_append_text(context, text);
}

static void assert_walk(struct fixture *fixture, const struct snapshot *snapshot,
	const char *path, bool deep, const char *expected)
{
	AUTO_BUF out = buf_init(1 << 16);

	assert_int_equal(
		path_walk(fixture->repo, snapshot, path,
			&(struct path_visitor){.visit = note, .context = &out, .deep = deep}),
		0);
	assert_string_equal(out.size ? buf_text(&out) : "", expected);
}

static void shallow_walk_names_the_children(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);

	assert_walk(fixture, snapshot, "", false, "mailbox/ada@x@ folder/docs@ ");
	assert_walk(fixture, snapshot, "folder", false, "folder/docs@ ");
	assert_walk(fixture, snapshot, "mailbox/ada@x", false,
		"mailbox/ada@x/Inbox/ mailbox/ada@x/Empty/ ");
	assert_walk(fixture, snapshot, "mailbox/ada@x/Inbox/", false,
		"mailbox/ada@x/Inbox/Sub/ mailbox/ada@x/Inbox/a.eml. "
		"mailbox/ada@x/Inbox/b%2Fc.eml. ");
	assert_walk(fixture, snapshot, "mailbox/ada@x/Empty", false, "");
	snapshot_free(snapshot);
}

static void item_is_its_own_child(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);

	assert_walk(fixture, snapshot, "mailbox/ada@x/Inbox/b%2Fc.eml", false,
		"mailbox/ada@x/Inbox/b%2Fc.eml. ");
	assert_walk(
		fixture, snapshot, "folder/docs/sub/y.txt", true, "folder/docs/sub/y.txt. ");
	snapshot_free(snapshot);
}

static void deep_walk_names_all_with_folders_before_what_they_hold(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);

	assert_walk(fixture, snapshot, "mailbox/ada@x/Inbox", true,
		"mailbox/ada@x/Inbox/ mailbox/ada@x/Inbox/b%2Fc.eml. "
		"mailbox/ada@x/Inbox/a.eml. "
		"mailbox/ada@x/Inbox/Sub/ mailbox/ada@x/Inbox/Sub/deep.eml. ");
	assert_walk(fixture, snapshot, "folder", true,
		"folder/docs@ folder/docs/x.txt. folder/docs/sub/ folder/docs/sub/y.txt. ");
	snapshot_free(snapshot);
}

static void nameless_top_folder_is_the_object_itself(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);

	assert_walk(fixture, snapshot, "folder/docs", false,
		"folder/docs/sub/ folder/docs/x.txt. ");
	snapshot_free(snapshot);
}

static void what_is_not_there_is_not_found(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);
	static const char *const paths[] = {"nothing", "mailbox/nobody", "mailbox/ada@x/Outbox",
		"mailbox/ada@x/Inbox/a.eml/more", "mailbox/ada@x/Inbox/b/c.eml"};
	AUTO_BUF out = buf_init(1000);

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		for (int deep = 0; deep < 2; deep++)
			assert_int_equal(
				path_walk(fixture->repo, snapshot, paths[i],
					&(struct path_visitor){
						.visit = note, .context = &out, .deep = deep}),
				ERR_NOTFOUND);
	assert_int_equal(out.size, 0);
	snapshot_free(snapshot);
}

static void equal_components_are_told_apart_by_their_ids(void **state)
{
	struct fixture *fixture = *state;
	struct builder builder = {.fixture = fixture};

	add_object(&builder, "mailbox", "ada");
	add_folder(&builder, "f", "", "In");
	add_item(&builder, "3", "same");
	add_item(&builder, "1", "same");
	add_item(&builder, "4", "same~2");
	add_folder(&builder, "2", "f", "same");
	add_item(&builder, "5", "inner");
	struct snapshot *snapshot = end(&builder);

	assert_walk(fixture, snapshot, "mailbox/ada/In", false,
		"mailbox/ada/In/same. mailbox/ada/In/same~3/ mailbox/ada/In/same~4. "
		"mailbox/ada/In/same~2. ");
	assert_walk(fixture, snapshot, "mailbox/ada/In/same~3", false,
		"mailbox/ada/In/same~3/inner. ");
	snapshot_free(snapshot);
}

static void objects_of_one_name_are_told_apart(void **state)
{
	struct fixture *fixture = *state;
	struct builder builder = {.fixture = fixture};

	add_object(&builder, "folder", "docs");
	add_object(&builder, "folder", "docs");
	add_folder(&builder, "f", "", "second");
	struct snapshot *snapshot = end(&builder);

	assert_walk(fixture, snapshot, "", false, "folder/docs@ folder/docs~2@ ");
	assert_walk(fixture, snapshot, "folder/docs~2", false, "folder/docs~2/second/ ");
	snapshot_free(snapshot);
}

static int read_nothing(void *context, const void *data, size_t size)
{
	(void)data;
	*(size_t *)context += size;
	return 0;
}

struct reading {
	struct repo *repo;
	size_t bytes;
};

static int read_entry(void *context, const struct path_entry *entry)
{
	struct reading *reading = context;

	return entry->item ? repo_read(reading->repo, &entry->item->content, read_nothing,
				     &reading->bytes)
			   : 0;
}

static int check_position(void *context, const struct path_entry *entry)
{
	uint64_t *seen = context;

	if (entry->kind != PATH_ITEM)
		return 0;
	/* The ids are i0 to i7, whatever order they are stored in. */
	assert_int_equal(entry->position, entry->item->id[1] - '0');
	*seen += 1;
	return 0;
}

static void F2_an_item_knows_its_place_in_a_listing_whatever_the_order_of_the_walk(void **state)
{
	struct builder builder = {.fixture = *state};
	static const char *const ids[] = {"i5", "i2", "i7", "i0", "i4", "i1", "i6", "i3"};
	uint64_t seen = 0;

	add_object(&builder, "mailbox", "ada@x");
	add_folder(&builder, "f1", "", "Inbox");
	for (size_t i = 0; i < 8; i++)
		add_item(&builder, ids[i], ids[7 - i]);
	add_folder(&builder, "g", "f1", "Sub"); /* its id stands before those of the items */
	struct snapshot *snapshot = end(&builder);
	struct path_visitor visitor = {.visit = check_position, .context = &seen, .deep = true};
	assert_int_equal(path_walk(builder.fixture->repo, snapshot, "", &visitor), 0);
	visitor.deep = false;
	assert_int_equal(
		path_walk(builder.fixture->repo, snapshot, "mailbox/ada@x/Inbox", &visitor), 0);
	assert_int_equal(seen, 16);
	AUTO_TEXT one = mem_printf("mailbox/ada@x/Inbox/%s", ids[7]);
	assert_int_equal(path_walk(builder.fixture->repo, snapshot, one, &visitor), 0);
	assert_int_equal(seen, 17);
	snapshot_free(snapshot);
}

static void visitor_may_read_contents(void **state)
{
	struct fixture *fixture = *state;
	struct snapshot *snapshot = make(fixture);

	fixture_reopen(fixture);
	struct reading reading = {fixture->repo, 0};
	assert_int_equal(
		path_walk(fixture->repo, snapshot, "",
			&(struct path_visitor){
				.visit = read_entry, .context = &reading, .deep = true}),
		0);
	assert_int_equal(reading.bytes, 6 + strlen("docs/x.txt") + strlen("docs/sub/y.txt"));
	snapshot_free(snapshot);
}

enum { MANY = 9000 };

struct many {
	bool seen[MANY];
	uint32_t count;
};

/* Of each three one has a name of its own, the others are told apart. */
static void many_component(uint32_t number, char out[32])
{
	uint32_t before = number / 3 * 2 + (number % 3 == 2);

	if (number % 3 == 0)
		snprintf(out, 32, "name %05u", number);
	else if (before == 0)
		snprintf(out, 32, "same");
	else
		snprintf(out, 32, "same~%u", before + 1);
}

static int check_one_of_many(void *context, const struct path_entry *entry)
{
	struct many *many = context;
	char component[32];

	if (entry->kind != PATH_ITEM)
		return 0;
	assert_true(entry->position < MANY && !many->seen[entry->position]);
	many->seen[entry->position] = true;
	many_component((uint32_t)entry->position, component);
	assert_string_equal(strrchr(entry->path, '/') + 1, component);
	many->count++;
	return 0;
}

static void a_large_folder_is_walked_in_parts(void **state)
{
	struct builder builder = {.fixture = *state};
	struct many many = {0};
	const char *last = "mailbox/ada@x/Inbox/same~6000";

	add_object(&builder, "mailbox", "ada@x");
	add_folder(&builder, "f1", "", "Inbox");
	for (uint32_t i = 0; i < MANY; i++) {
		uint32_t number = (uint32_t)((uint64_t)i * 7919 % MANY);
		AUTO_TEXT id = mem_printf("i%05u", number);
		AUTO_TEXT name = mem_printf("name %05u", number);
		add_item(&builder, id, number % 3 ? "same" : name);
	}
	struct snapshot *snapshot = end(&builder);
	struct path_visitor visitor = {
		.visit = check_one_of_many, .context = &many, .deep = true};
	assert_int_equal(path_walk(builder.fixture->repo, snapshot, "", &visitor), 0);
	assert_int_equal(many.count, MANY);
	visitor.deep = false;
	many.seen[MANY - 1] = false;
	assert_int_equal(path_walk(builder.fixture->repo, snapshot, last, &visitor), 0);
	assert_int_equal(many.count, MANY + 1);
	snapshot_free(snapshot);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
		WITH(shallow_walk_names_the_children),
		WITH(item_is_its_own_child),
		WITH(deep_walk_names_all_with_folders_before_what_they_hold),
		WITH(nameless_top_folder_is_the_object_itself),
		WITH(what_is_not_there_is_not_found),
		WITH(equal_components_are_told_apart_by_their_ids),
		WITH(objects_of_one_name_are_told_apart),
		WITH(F2_an_item_knows_its_place_in_a_listing_whatever_the_order_of_the_walk),
		WITH(visitor_may_read_contents),
		WITH(a_large_folder_is_walked_in_parts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
