/* SPDX-License-Identifier: Apache-2.0 */
#include "durable.h"

#include <stdio.h>

#include "base/text.h"
#include "storage/faulty.h"

/*
 * The n-th call on the storage goes wrong, for each n and in each way, of each thing that can
 * be done with a repository: it ends with an error that says where, or with the truth; what was
 * stored before reads whole afterwards, and the same thing goes well the next time.
 */

struct place {
	struct durable_world world;
	struct storage *before; /* a repository with versions 1 and 2 */
};

static int copy_object(void *context, const struct storage_entry *entry)
{
	struct storage **pair = context;
	AUTO_BUF object = buf_init(64 << 20);
	int r = storage_read_all(pair[0], entry->name, &object);

	return r < 0 ? r : storage_put(pair[1], entry->name, object.data, object.size);
}

static struct storage *copy_of(struct storage *storage)
{
	struct storage *pair[] = {storage, storage_open_memory()};

	assert_int_equal(storage_list(storage, "", copy_object, pair), 0);
	return pair[1];
}

static int set_up(void **state)
{
	struct place *place = mem_alloc(sizeof(*place));

	place->world.fixture = fixture_new();
	place->before = storage_open_memory();
	durable_make(&place->world, storage_memory_share(place->before));
	*state = place;
	return 0;
}

static int tear_down(void **state)
{
	struct place *place = *state;

	storage_close(place->before);
	fixture_free(place->world.fixture);
	mem_free(place);
	return 0;
}

struct torture {
	durable_act *act;
	bool is_new;     /* in an empty place */
	bool is_damaged; /* all is whole only once it was repaired */
	size_t least;    /* snapshots that are there in any case afterwards */
	int again;       /* what it may give when it is done again, besides 0 */
};

/* The call that goes wrong. */
struct hit {
	uint64_t at;
	struct fault fault;
	bool was;
	enum fault_verb verb;
	char name[200];
};

static struct fault decide(void *context, const struct fault_call *call)
{
	struct hit *hit = context;

	if (call->number != hit->at)
		return (struct fault){.kind = FAULT_NONE};
	hit->was = true;
	hit->verb = call->verb;
	(void)snprintf(hit->name, sizeof(hit->name), "%s", call->name);
	return hit->fault;
}

/* A storage that says it has what it has not: what is lost is told, and nothing else is read
 * instead of it. */
static void assert_told(const struct durable_world *world, struct storage *place)
{
	int read = durable_act_read(world, storage_memory_share(place));
	int checked = durable_act_check(world, storage_memory_share(place));

	assert_true(
		read == 0 || read == ERR_CORRUPT || read == ERR_NOREPO || read == ERR_PASSWORD);
	assert_true(checked == read || checked == ERR_CORRUPT);
}

static void assert_error(const struct hit *hit, int r)
{
	bool is_plain = hit->fault.kind == FAULT_ERROR || hit->fault.kind == FAULT_LATE;

	/* A list that was ended halfway has no end that could go wrong. */
	bool is_ended = hit->verb == FAULT_LIST && hit->fault.kind == FAULT_LATE;

	/* A run goes well where only its writer's file could not be removed. */
	is_ended |= hit->verb == FAULT_REMOVE && text_starts_with(hit->name, "writers/");
	assert_true(r < 0 || !is_plain || is_ended);
	if (r < 0 && is_plain)
		assert_non_null(strstr(err_message(), "a fault that a test planted"));
	if (r < 0 && !is_plain)
		assert_true(r == ERR_CORRUPT || r == ERR_NOREPO || r == ERR_PASSWORD ||
			    r == ERR_EXISTS || r == ERR_NOTFOUND);
}

/* One call goes wrong; false once there is no such call. */
static bool hurt(const struct place *given, const struct torture *torture, struct hit *hit)
{
	const struct durable_world *world = &given->world;
	struct storage *place =
		torture->is_new ? storage_open_memory() : copy_of(given->before);
	struct fault_plan plan = {.decide = decide, .context = hit};

	if (torture->is_damaged)
		durable_damage(storage_memory_share(place));
	hit->was = false;
	int r = torture->act(world, storage_open_faulty(storage_memory_share(place), &plan));
	if (hit->was)
		assert_error(hit, r);
	else
		assert_int_equal(r, 0);
	bool lies = hit->fault.kind == FAULT_CUT || hit->fault.kind == FAULT_LIE;
	if (hit->was && lies && hit->verb == FAULT_PUT) {
		assert_told(world, place);
	} else {
		if (!torture->is_new && !torture->is_damaged)
			durable_assert_intact(
				world, storage_memory_share(place), torture->least);
		durable_end_writers(storage_memory_share(place));
		r = torture->act(world, storage_memory_share(place));
		assert_true(r == 0 || r == torture->again);
		if (!torture->is_new)
			durable_assert_intact(
				world, storage_memory_share(place), torture->least);
		assert_int_equal(durable_act_check(world, storage_memory_share(place)), 0);
	}
	storage_close(place);
	return hit->was;
}

static struct hit hit; /* for whoever reads of a failure */

static int print_hit(void **state)
{
	if (hit.was)
		print_error("call %llu, on \"%s\" (%d), went wrong in way %d; %s\n",
			(unsigned long long)hit.at, hit.name, (int)hit.verb,
			(int)hit.fault.kind, err_message());
	return tear_down(state);
}

static void hurt_each_call(const struct place *place, const struct torture *torture)
{
	static const enum fault_kind kinds[] = {FAULT_ERROR, FAULT_LATE, FAULT_CUT, FAULT_LIE};
	uint64_t calls = 0;

	/* What it must believe to be lost, a repair gives up: it is asked for no lies. */
	size_t count = torture->is_damaged ? 2 : sizeof(kinds) / sizeof(*kinds);

	for (size_t i = 0; i < count; i++) {
		hit = (struct hit){.fault = {.kind = kinds[i]}};
		do
			hit.at += fixture_step();
		while (hurt(place, torture, &hit));
		calls += hit.at - 1;
	}
	print_message("# %llu calls went wrong\n", (unsigned long long)calls);
	assert_true(calls > 12);
}

static void a_repository_is_made_whatever_call_fails_once(void **state)
{
	hurt_each_call(*state,
		&(struct torture){
			.act = durable_act_create, .is_new = true, .again = ERR_EXISTS});
}

static void a_backup_leaves_all_as_it_was_whatever_call_fails(void **state)
{
	hurt_each_call(*state, &(struct torture){.act = durable_act_back_up, .least = 2});
}

static void what_is_read_is_right_whatever_call_fails(void **state)
{
	hurt_each_call(*state, &(struct torture){.act = durable_act_read, .least = 2});
}

static void a_check_tells_whatever_call_fails(void **state)
{
	hurt_each_call(*state, &(struct torture){.act = durable_act_check, .least = 2});
}

static void forgetting_ends_whatever_call_fails(void **state)
{
	hurt_each_call(
		*state, &(struct torture){
				.act = durable_act_forget, .least = 1, .again = ERR_NOTFOUND});
}

static void a_prune_leaves_all_as_it_was_whatever_call_fails(void **state)
{
	hurt_each_call(*state, &(struct torture){.act = durable_act_prune, .least = 1});
}

static void a_repair_goes_on_whatever_call_failed(void **state)
{
	hurt_each_call(*state,
		&(struct torture){.act = durable_act_repair, .is_damaged = true, .least = 2});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, set_up, print_hit)
		WITH(a_repository_is_made_whatever_call_fails_once),
		WITH(a_backup_leaves_all_as_it_was_whatever_call_fails),
		WITH(what_is_read_is_right_whatever_call_fails),
		WITH(a_check_tells_whatever_call_fails),
		WITH(forgetting_ends_whatever_call_fails),
		WITH(a_prune_leaves_all_as_it_was_whatever_call_fails),
		WITH(a_repair_goes_on_whatever_call_failed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
