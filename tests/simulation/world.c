/* SPDX-License-Identifier: Apache-2.0 */
#include "world.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "disk.h"
#include "invariants.h"
#include "license_client/assignments.h"
#include "license_client/license_client_priv.h"
#include "sabotage.h"
#include "signatures.h"

/* One seed in SIGNED_EACH has true signatures, one in FILES_EACH true files. */
enum { SECOND_US = 1000 * 1000, POLL_S = 45 * 60, SIGNED_EACH = 21, FILES_EACH = 19 };

/* The clock of who is at work. */

static int64_t read_wall(void *context)
{
	const struct world *world = context;

	return world->now_us + world->machine->error_us;
}

static int64_t read_boot(void *context)
{
	const struct world *world = context;

	return world->now_us - world->machine->booted_us;
}

static void sleep_for(void *context, int64_t us)
{
	struct world *world = context;

	world->now_us += us;
}

static void fill_bytes(void *context, void *out, size_t size)
{
	struct world *world = context;
	unsigned char *to = out;

	for (size_t i = 0; i < size; i++)
		to[i] = (unsigned char)(random_next(&world->bytes) >> 24);
}

int64_t world_now_s(const struct world *world)
{
	return world->now_us / SECOND_US;
}

void world_seed(struct world *world, uint64_t seed)
{
	world->random.state = random_mix(seed, 2);
	world->bytes.state = random_mix(seed, 3);
}

void world_count(struct world *world, enum count count)
{
	world->counts.of[count]++;
}

void world_fail(struct world *world, int invariant, const char *format, ...)
{
	va_list arguments;

	if (world->failure.invariant)
		return;
	world->failure.invariant = invariant;
	world->failure.at_s = world_now_s(world);
	world->failure.event = world->event;
	va_start(arguments, format);
	vsnprintf(world->failure.text, sizeof(world->failure.text), format, arguments);
	va_end(arguments);
}

static void make_groups(struct world *world)
{
	struct random random = {.state = random_mix(world->plan->seed, 4)};

	for (int i = 0; i < GROUPS; i++) {
		struct group *group = &world->groups[i];
		group->count = 2 + (size_t)random_below(&random, 19);
		for (size_t k = 0; k < group->count; k++)
			group->users[k] = random_below(&random, world->plan->users);
	}
}

static void grow(struct group *group, struct world *world)
{
	if (group->count < GROUP_MAX)
		group->users[group->count++] = random_below(&world->random, world->plan->users);
}

static void make_instances(struct world *world)
{
	world->instances = mem_array((size_t)world->plan->instances, sizeof(*world->instances));
	for (int i = 0; i < world->plan->instances; i++) {
		struct instance *instance = &world->instances[i];
		AUTO_TEXT name = mem_printf("instance-%d", i);

		world_seed(world, random_mix(world->plan->seed, 500 + (uint64_t)i));
		instance->world = world;
		instance->number = i;
		instance->folder = io_join(world->folder, name);
		instance->machine.booted_us = world->now_us - SECOND_US;
		instance->next_poll_s =
			world_now_s(world) + random_below(&world->random, POLL_S);
		instance_open(instance);
	}
}

static void begin(struct world *world)
{
	static const char template[] = "/dev/shm/garner-simulation-XXXXXX";
	AUTO_TEXT folder = mem_strdup(
		io_is_folder("/dev/shm") ? template : "/tmp/garner-simulation-XXXXXX");
	static struct secret_source source = {.fill = fill_bytes};

	ASSERT(mkdtemp(folder));
	world->folder = STEAL(folder);
	world->now_us =
		(world->plan->count ? world->plan->events[0].at_s - 60 : world->plan->start_s) *
		SECOND_US;
	world->machine = &world->service;
	world->service.booted_us = world->now_us - SECOND_US;
	world->clock = (struct clock){read_wall, read_boot, sleep_for, world};
	clock_use(&world->clock);
	source.context = world;
	secret_random_use(&source);
	fault_arm(0);
	if (world->plan->seed % FILES_EACH != 2)
		disk_begin();
	sabotage_begin();
	signatures_use_real(world->plan->seed % SIGNED_EACH == 1);
	network_open(world);
	world->subjects = mem_array((size_t)world->plan->users, sizeof(*world->subjects));
	world_seed(world, world->plan->seed);
	AUTO_TEXT home = io_join(world->folder, "vendor");
	if (home_open(home, NULL, &world->home) < 0 ||
		store_open(world->home, &world->vendor) < 0) {
		world_fail(world, INVARIANT_NO_ERROR, "no service: %s", err_message());
		return;
	}
	service_open(world);
	vendor_sell(world);
	make_groups(world);
	make_instances(world);
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	(void)status;
	(void)kind;
	(void)walk;
	return remove(path);
}

static void end(struct world *world)
{
	for (int i = 0; world->instances && i < world->plan->instances; i++) {
		instance_close(&world->instances[i]);
		mem_free(world->instances[i].folder);
	}
	service_close(world);
	store_close(world->vendor);
	home_close(world->home);
	network_free(world);
	model_free(&world->model);
	model_free(&world->copied);
	json_free(world->document);
	mem_free(world->instances);
	mem_free(world->subjects);
	disk_end();
	io_use(NULL);
	clock_use(NULL);
	secret_random_use(NULL);
	nftw(world->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	mem_free(world->folder);
}

/* Events. */

static void set_clock(struct instance *instance, int64_t error_s)
{
	instance->machine.error_us = error_s * SECOND_US;
	instance->clock_was_set = true;
	instance->clock_moved = true;
	world_count(instance->world, COUNT_CLOCKS_SET);
}

/* What happens to the surroundings: true where the event was one of these. */
static bool happen_around(struct world *world, const struct event *event)
{
	struct instance *instance = &world->instances[event->instance];

	switch (event->kind) {
	case EVENT_CUT:
	case EVENT_MEND:
		instance->is_cut = event->kind == EVENT_CUT;
		return true;
	case EVENT_STORM:
		instance->storm = (int)event->amount;
		return true;
	case EVENT_CLOCK:
		set_clock(instance, event->amount);
		return true;
	case EVENT_CRASH:
		instance->fault_at = event->amount;
		return true;
	case EVENT_SERVICE_STOP:
	case EVENT_SERVICE_START:
		world->is_stopped = event->kind == EVENT_SERVICE_STOP;
		return true;
	case EVENT_SERVICE_CLOCK:
		world->service.error_us = event->amount * SECOND_US;
		return true;
	case EVENT_SERVICE_CRASH:
		service_crash(world);
		return true;
	case EVENT_GROW:
		grow(&world->groups[event->first % GROUPS], world);
		return true;
	default:
		return false;
	}
}

static bool happen_at_vendor(struct world *world, const struct event *event)
{
	switch (event->kind) {
	case EVENT_ADD:
		vendor_add(world, event->amount);
		return true;
	case EVENT_RENEW:
		vendor_renew(world, event->amount);
		return true;
	case EVENT_REVOKE:
		vendor_revoke(world);
		return true;
	case EVENT_REVOKE_INSTANCE:
		vendor_revoke_instance(world, &world->instances[event->instance]);
		return true;
	case EVENT_COPY:
		restore_copy(world);
		return true;
	case EVENT_COPY_BACK:
		restore_put_back(world, event->amount != 0);
		return true;
	case EVENT_ACCEPT:
		restore_accept(world);
		return true;
	default:
		return false;
	}
}

static void happen_at_instance(struct world *world, const struct event *event)
{
	struct instance *instance = &world->instances[event->instance];

	instance_begin(instance);
	if (event->kind == EVENT_ACTIVATE)
		instance_activate(instance);
	else if (event->kind == EVENT_JOB)
		instance_job(instance, event->first, event->amount);
	else if (event->kind == EVENT_RELEASE)
		instance_release(instance, event->amount);
	else if (event->kind == EVENT_REBOOT)
		instance_reboot(instance);
	else if (event->kind == EVENT_IMAGE)
		instance_take_image(instance);
	else if (event->kind == EVENT_PUT_BACK)
		instance_put_back(instance);
	instance_end(instance);
}

static void happen(struct world *world, const struct event *event)
{
	world_count(world, COUNT_STEPS);
	world_count(world, COUNT_EVENTS);
	world_seed(world, event->random);
	world->machine = &world->service;
	if (!happen_around(world, event) && !happen_at_vendor(world, event))
		happen_at_instance(world, event);
}

/* Time. */

static struct instance *next_to_poll(struct world *world)
{
	struct instance *next = &world->instances[0];

	for (int i = 1; i < world->plan->instances; i++)
		if (world->instances[i].next_poll_s < next->next_poll_s)
			next = &world->instances[i];
	return next;
}

static void pass_until(struct world *world, int64_t until_us)
{
	while (!world->failure.invariant) {
		struct instance *instance = next_to_poll(world);
		int64_t poll_us =
			world->plan->polls ? instance->next_poll_s * SECOND_US : INT64_MAX;
		int64_t late_us = network_next_late_us(world);
		int64_t next_us = poll_us < late_us ? poll_us : late_us;

		if (next_us >= until_us)
			break;
		if (next_us > world->now_us)
			world->now_us = next_us;
		world_count(world, COUNT_STEPS);
		if (late_us <= poll_us)
			network_deliver_late(world);
		else
			instance_poll(instance);
	}
	if (until_us > world->now_us)
		world->now_us = until_us;
}

/* What an instance saw may be the first that tells of an old copy. */
static int heal(struct instance *instance)
{
	struct world *world = instance->world;
	int r = instance_contact(instance);

	if (r == 0 || !world->is_held)
		return r;
	restore_accept(world);
	world->machine = &instance->machine;
	return instance_contact(instance);
}

/* In the end everything works again, and one contact must put each instance right. */
static void calm(struct world *world)
{
	world->is_stopped = false;
	world->is_calm = true;
	restore_accept(world);
	for (int i = 0; i < world->plan->instances && !world->failure.invariant; i++) {
		struct instance *instance = &world->instances[i];

		world_seed(world, random_mix(world->plan->seed, 200 + (uint64_t)i));
		instance->is_cut = false;
		instance->fault_at = 0;
		if (!instance->client->grant.license_id[0])
			continue;
		instance_begin(instance);
		int r = heal(instance);
		if (instance->is_revoked && r == 0)
			world_fail(world, 9, "instance %d is revoked, and healed", i);
		if (r < 0 && !instance->is_revoked)
			world_fail(
				world, 9, "instance %d cannot be healed: %s", i, err_message());
		if (r == 0 && !assignments_are_current(instance->client))
			world_fail(
				world, 5, "instance %d does not know who holds a license", i);
		instance_end(instance);
	}
	invariants_service(world, true);
}

struct failure world_run(const struct plan *plan, struct counts *counts)
{
	struct world *world = mem_alloc(sizeof(*world));

	world->plan = plan;
	begin(world);
	for (; world->event < plan->count && !world->failure.invariant; world->event++) {
		const struct event *event = &plan->events[world->event];

		if (event->at_s >= plan->end_s)
			break;
		pass_until(world, event->at_s * SECOND_US);
		if (!world->failure.invariant)
			happen(world, event);
	}
	if (!world->failure.invariant)
		pass_until(world, plan->end_s * SECOND_US);
	if (!world->failure.invariant)
		calm(world);
	memcpy(&world->counts.print, world->model.chain, sizeof(world->counts.print));
	end(world);
	struct failure failure = world->failure;
	counts_add(counts, &world->counts);
	mem_free(world);
	return failure;
}
