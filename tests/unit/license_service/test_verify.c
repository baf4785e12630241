/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"
#include "license_service/backup.h"
#include "license_service/history.h"
#include "license_service/verify.h"
#include "world.h"

/* A license with something of each kind behind it. */
static void make_history(struct world *world, char id[LEASE_ID_SIZE])
{
	struct world_instance instance;
	int64_t now_s = world_start_s;

	world_new_instance(&instance);
	world_order(world, 4, now_s, id, NULL);
	assert_int_equal(world_activate(world->store, id, &instance, now_s), 0);
	assert_int_equal(world_claim(world->store, id, 0, 3, now_s + 1), 3);
	assert_int_equal(world_add(world, id, 2, now_s + 2), 0);
	assert_int_equal(world_renew(world, id, 5, now_s + 3), 0);
	now_s += 40 * WORLD_DAY_S;
	assert_null(world_release(world->store, id, 1, now_s));
	now_s += 366 * WORLD_DAY_S; /* the renewal began, and reset */
	assert_int_equal(world_claim(world->store, id, 2, 2, now_s), 2);
}

static struct verify_finding verify(struct world *world, const char *id)
{
	struct verify_finding finding;

	assert_int_equal(verify_license(world->store, id, world_start_s, &finding), 0);
	return finding;
}

static void E5_a_license_is_what_its_events_say(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	make_history(world, id);
	struct verify_finding finding = verify(world, id);
	assert_string_equal(finding.what, "");
	assert_int_equal(finding.events, finding.revision);
	assert_true(finding.events >= 8);
}

/* Each change of the tables, and what undoes it. */
static void E5_what_was_changed_in_the_tables_is_found(void **state)
{
	static const char *const changes[][3] = {
		{"UPDATE license SET seats = seats + 1", "UPDATE license SET seats = seats - 1",
			"seats"},
		{"UPDATE license SET used = used - 1", "UPDATE license SET used = used + 1",
			"used"},
		{"UPDATE license SET years = years + 1", "UPDATE license SET years = years - 1",
			"years"},
		{"UPDATE license SET anchor_s = anchor_s + 1",
			"UPDATE license SET anchor_s = anchor_s - 1", "anchor"},
		{"UPDATE license SET revoked_s = 5", "UPDATE license SET revoked_s = 0",
			"revoked"},
		{"UPDATE license SET revision = revision + 1",
			"UPDATE license SET revision = revision - 1", "head"},
		{"UPDATE assignment SET assigned_s = assigned_s - 2592000",
			"UPDATE assignment SET assigned_s = assigned_s + 2592000", "moment"},
		{"UPDATE assignment SET subject = 'x' || subject",
			"UPDATE assignment SET subject = substr(subject, 2)", "without"},
		{"UPDATE event SET detail = detail || ' ' WHERE revision = 3",
			"UPDATE event SET detail = rtrim(detail)", "hash"},
		{"UPDATE event SET at_s = at_s + 1 WHERE revision = 2",
			"UPDATE event SET at_s = at_s - 1 WHERE revision = 2", "hash"},
		{"UPDATE event SET revision = 100 + revision WHERE revision > 4",
			"UPDATE event SET revision = revision - 100 WHERE revision > 100",
			"missing"},
	};
	struct world *world = *state;
	struct db *db = store_db(world->store);
	char id[LEASE_ID_SIZE];

	make_history(world, id);
	for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		assert_int_equal(db_run(db, changes[i][0], ""), 0);
		struct verify_finding finding = verify(world, id);
		if (!strstr(finding.what, changes[i][2]))
			fail_msg("%s: \"%s\"", changes[i][0], finding.what);
		assert_true(finding.revision > 0);
		assert_int_equal(db_run(db, changes[i][1], ""), 0);
		assert_string_equal(verify(world, id).what, "");
	}
}

static int64_t count_held(struct store *store)
{
	int64_t count;

	assert_int_equal(history_count_held(store, &count), 0);
	return count;
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT path = io_join(context, entry->name);

	return io_remove(path);
}

static void remove_folder(const char *folder)
{
	assert_int_equal(io_list(folder, remove_entry, (void *)(uintptr_t)folder), 0);
	assert_int_equal(remove(folder), 0);
}

/* What was put back is whole, holds its licenses, and lets them go where that is accepted. */
static void check_waiting(struct world *world, const char *id)
{
	int64_t accepted;

	assert_string_equal(verify(world, id).what, "");
	assert_int_equal(count_held(world->store), 1);
	assert_int_equal(history_accept_all(world->store, world_start_s, &accepted), 0);
	assert_int_equal(accepted, 1);
	assert_int_equal(count_held(world->store), 0);
	assert_string_equal(verify(world, id).what, "");
}

/* PostgreSQL is copied by its own tools, and its licenses are held by a command or a witness.
 */
static void E5_a_copy_that_is_put_back_is_whole_and_waits(void **state)
{
	struct world *world = *state;
	struct world other;
	char id[LEASE_ID_SIZE];
	AUTO_TEXT copy = mem_printf("%s-copy", world->folder);
	AUTO_TEXT again = mem_printf("%s-again", world->folder);

	make_history(world, id);
	if (world->database.is_postgres) {
		assert_int_equal(history_hold_all(world->store, world_start_s), 0);
		check_waiting(world, id);
		return;
	}
	assert_int_equal(backup_make(world->store, copy, NULL), 0);
	assert_int_equal(backup_make(world->store, copy, NULL), ERR_EXISTS);
	assert_int_equal(backup_restore(world->folder, copy, world_start_s), ERR_EXISTS);
	assert_int_equal(backup_restore(again, copy, world_start_s), ERR_NOTFOUND);
	assert_int_equal(backup_restore(copy, again, world_start_s), 0);

	assert_int_equal(home_open(again, NULL, &other.home), 0);
	assert_int_equal(store_open(other.home, &other.store), 0);
	assert_memory_equal(
		other.home->root.secret, world->home->root.secret, SIGN_SECRET_SIZE);
	assert_memory_equal(other.home->pepper, world->home->pepper, SECRET_KEY_SIZE);
	check_waiting(&other, id);
	store_close(other.store);
	home_close(other.home);
	remove_folder(copy);
	remove_folder(again);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(E5_a_license_is_what_its_events_say),
		TEST(E5_what_was_changed_in_the_tables_is_found),
		TEST(E5_a_copy_that_is_put_back_is_whole_and_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
