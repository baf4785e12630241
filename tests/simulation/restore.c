/* SPDX-License-Identifier: Apache-2.0 */
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"
#include "invariants.h"
#include "license_service/history.h"

/* The service's database, put back to what an old copy holds, and what its operator says to
 * that. The model goes back with it; what instances saw does not. */

static char *copy_path(const struct world *world)
{
	return io_join(world->folder, "copy.db");
}

static void expect(struct world *world, const char *what, int r)
{
	if (r < 0)
		world_fail(world, INVARIANT_NO_ERROR, "%s: %s", what, err_message());
}

void restore_copy(struct world *world)
{
	AUTO_TEXT path = copy_path(world);

	if (!world->model.activated_s)
		return; /* the secret of the first activation would be lost */
	int r = io_exists(path) ? io_remove(path) : 0;
	if (r == 0)
		r = db_backup(store_db(world->vendor), path);
	expect(world, "a copy of the database", r);
	model_free(&world->copied);
	world->copied = model_copy(&world->model);
	world->copy_is_held = world->is_held;
	for (int i = 0; i < world->plan->instances; i++)
		world->instances[i].copy_is_revoked = world->instances[i].is_revoked;
}

static int put_back(const char *from, const char *to)
{
	static const char *const parts[] = {"", "-wal", "-shm"};
	struct db *copy;
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(parts) / sizeof(*parts); i++) {
		AUTO_TEXT path = mem_printf("%s%s", to, parts[i]);
		r = io_exists(path) ? io_remove(path) : 0;
	}
	if (r == 0)
		r = db_open(from, &copy);
	if (r < 0)
		return r;
	r = db_backup(copy, to);
	db_close(copy);
	return r;
}

void restore_put_back(struct world *world, bool is_told)
{
	AUTO_TEXT from = copy_path(world);
	AUTO_TEXT to = home_path(world->home, "licensing.db");

	if (!world->copied.activated_s)
		return;
	service_close(world);
	store_close(world->vendor);
	world->vendor = NULL;
	int r = put_back(from, to);
	if (r == 0)
		r = store_open(world->home, &world->vendor);
	if (r == 0 && is_told)
		r = history_hold_all(world->vendor, clock_now_s());
	expect(world, "a copy that is put back", r);
	if (r < 0)
		return;
	model_go_back(&world->model, &world->copied, world_now_s(world));
	world->is_held = is_told || world->copy_is_held;
	for (int i = 0; i < world->plan->instances; i++)
		world->instances[i].is_revoked = world->instances[i].copy_is_revoked;
	world->is_put_back = true;
	world->was_put_back = true;
	world_count(world, COUNT_DATABASES_PUT_BACK);
	service_open(world);
	invariants_service(world, true);
}

void restore_accept(struct world *world)
{
	if (!world->is_held)
		return;
	world->machine = &world->service;
	model_pass(&world->model, clock_now_s());
	expect(world, "accept-restore",
		history_accept(world->vendor, world->license_id, clock_now_s()));
	world->is_held = false;
	world->is_put_back = false;
	world_count(world, COUNT_ACCEPTED);
	invariants_service(world, true);
}
