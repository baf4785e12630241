/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <stdio.h>

#include "base/text.h"

/*
 * A storage that gives something else for an object: a shorter one, nothing, another object of
 * the repository, the same one of another repository. What is read is right, or an error that
 * names what is damaged.
 */

enum { OBJECT_MOST = 64 << 20, NAMES_MAX = 200 };

struct lying {
	struct durable_world world;
	struct storage *place,
		*other; /* `other`: of another repository with the same key file */
	char *names[NAMES_MAX];
	size_t count;
};

static int note_name(void *context, const struct storage_entry *entry)
{
	struct lying *lying = context;

	assert_true(lying->count < NAMES_MAX);
	lying->names[lying->count++] = mem_strdup(entry->name);
	return 0;
}

static int set_up(void **state)
{
	struct lying *lying = mem_alloc(sizeof(*lying));
	struct durable_world other;

	lying->world.fixture = fixture_new();
	lying->place = storage_open_memory();
	lying->other = storage_open_memory();
	durable_make(&lying->world, storage_memory_share(lying->place));
	other.fixture = lying->world.fixture;
	durable_make(&other, storage_memory_share(lying->other));
	assert_int_equal(storage_list(lying->place, "", note_name, lying), 0);
	*state = lying;
	return 0;
}

static int tear_down(void **state)
{
	struct lying *lying = *state;

	for (size_t i = 0; i < lying->count; i++)
		mem_free(lying->names[i]);
	storage_close(lying->place);
	storage_close(lying->other);
	fixture_free(lying->world.fixture);
	mem_free(lying);
	return 0;
}

/* The object, or what is told instead of it. */
static bool is_named(const char *name)
{
	const char *last = strrchr(name, '/');

	return strstr(err_message(), name) || strstr(err_message(), last ? last + 1 : name) ||
	       strstr(err_message(), "memory");
}

/* Reads and checks with other bytes for one object. Whether it was noticed. */
static bool lie(const struct lying *lying, const char *name, const void *data, size_t size)
{
	AUTO_BUF right = buf_init(OBJECT_MOST);

	assert_int_equal(storage_read_all(lying->place, name, &right), 0);
	assert_int_equal(storage_replace(lying->place, name, data, size), 0);
	int r = durable_act_read(&lying->world, storage_memory_share(lying->place));
	if (r < 0) {
		assert_true(r == ERR_CORRUPT || r == ERR_NOREPO || r == ERR_PASSWORD);
		if (!is_named(name))
			print_error("%s: %s\n", name, err_message());
		assert_true(is_named(name));
	}
	int checked = durable_act_check(&lying->world, storage_memory_share(lying->place));
	assert_true(checked < 0 || r == 0); /* what cannot be read, a check tells */
	assert_int_equal(storage_replace(lying->place, name, right.data, right.size), 0);
	return checked < 0;
}

static void a_shorter_object_is_told(void **state)
{
	const struct lying *lying = *state;

	for (size_t i = 0; i < lying->count; i++) {
		AUTO_BUF right = buf_init(OBJECT_MOST);
		assert_int_equal(storage_read_all(lying->place, lying->names[i], &right), 0);
		const size_t sizes[] = {
			0, 1, right.size / 2, right.size - 200 % right.size, right.size - 1};
		for (size_t j = 0; j < sizeof(sizes) / sizeof(*sizes); j++)
			assert_true(lie(lying, lying->names[i], right.data, sizes[j]));
	}
}

static void another_object_s_bytes_are_told(void **state)
{
	const struct lying *lying = *state;

	for (size_t i = 0; i < lying->count; i++) {
		for (size_t j = 0; j < lying->count; j++) {
			AUTO_BUF bytes = buf_init(OBJECT_MOST);
			bool is_copy = text_starts_with(lying->names[i], "config") &&
				       text_starts_with(lying->names[j], "config");
			if (i == j || is_copy)
				continue;
			assert_int_equal(
				storage_read_all(lying->place, lying->names[j], &bytes), 0);
			assert_true(lie(lying, lying->names[i], bytes.data, bytes.size));
		}
	}
}

static int swap_one(void *context, const struct storage_entry *entry)
{
	const struct lying *lying = context;
	const char *slash = strchr(entry->name, '/');
	size_t folder = slash ? (size_t)(slash - entry->name) : strlen(entry->name);
	AUTO_BUF bytes = buf_init(OBJECT_MOST);

	assert_int_equal(storage_read_all(lying->other, entry->name, &bytes), 0);
	for (size_t i = 0; i < lying->count; i++)
		if (strncmp(lying->names[i], entry->name, folder) == 0)
			assert_true(lie(lying, lying->names[i], bytes.data, bytes.size));
	return 0;
}

static void an_object_of_another_repository_with_the_same_key_is_told(void **state)
{
	struct lying *lying = *state;

	assert_int_equal(storage_list(lying->other, "", swap_one, lying), 0);
}

static void an_object_that_is_not_there_is_told(void **state)
{
	const struct lying *lying = *state;

	for (size_t i = 0; i < lying->count; i++) {
		const char *name = lying->names[i];
		AUTO_BUF right = buf_init(OBJECT_MOST);
		assert_int_equal(storage_read_all(lying->place, name, &right), 0);
		assert_int_equal(storage_remove(lying->place, name), 0);
		int read = durable_act_read(&lying->world, storage_memory_share(lying->place));
		int checked =
			durable_act_check(&lying->world, storage_memory_share(lying->place));
		assert_true(read == 0 || read == ERR_CORRUPT || read == ERR_NOREPO ||
			    read == ERR_PASSWORD);
		/* That the newest snapshot is gone, only who remembers it can tell. */
		assert_true(checked < 0 || text_starts_with(name, "snapshots/"));
		assert_int_equal(storage_put(lying->place, name, right.data, right.size), 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
		WITH(a_shorter_object_is_told),
		WITH(another_object_s_bytes_are_told),
		WITH(an_object_of_another_repository_with_the_same_key_is_told),
		WITH(an_object_that_is_not_there_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
