/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>

#include "base/mem.h"
#include "db/db.h"
#include "license_service/writer.h"
#include "world.h"

enum { JOBS = 40 };

struct fixture {
	struct world world;
	struct writer *writer;
	char license_id[LEASE_ID_SIZE];
	struct world_instance instance;
};

/* A job of one thread, and what it does: works, refuses, breaks its transaction, spoils it by
 * a read, or meets another transaction so many times before it works. */
struct task {
	struct fixture *fixture;
	enum { WORKS, REFUSES, BREAKS, SPOILS, CONFLICTS } does;
	int number;
	int calls;
	int result;
	char message[64];
	struct lease lease;
};

static int set_up(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));

	world_open(&f->world);
	world_new_instance(&f->instance);
	world_order(&f->world, JOBS, world_start_s, f->license_id, NULL);
	assert_int_equal(
		world_activate(f->world.store, f->license_id, &f->instance, world_start_s), 0);
	assert_int_equal(writer_start(f->world.home, &f->writer), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	writer_stop(f->writer);
	world_close(&f->world);
	mem_free(f);
	return 0;
}

static int work(struct ledger *ledger, void *context)
{
	struct task *task = context;

	if (task->does == REFUSES)
		return err_set(ERR_LICENSE, "refused %d", task->number);
	if (task->does == BREAKS)
		return ledger_count(ledger, 1000);
	if (task->does == SPOILS)
		return db_run(store_db(ledger->store), "SELECT absent FROM license", "");
	if (task->does == CONFLICTS && task->calls++ < task->number) {
		assert_int_equal(ledger_record(ledger, "undone", ledger->now_s, ""), 0);
		return ledger_check(ledger, err_set(ERR_CONFLICT, "in the way"));
	}
	return ledger_record(ledger, "test", ledger->now_s, "");
}

static void *run(void *context)
{
	static const uint8_t nonce[LEASE_NONCE_SIZE];
	struct task *task = context;
	struct writer_job job = {.license_id = task->fixture->license_id,
		.instance_id = task->fixture->instance.id,
		.nonce = nonce,
		.work = work,
		.context = task};

	task->result = writer_run(task->fixture->writer, &job);
	if (task->result < 0)
		strncpy(task->message, err_message(), sizeof(task->message) - 1);
	task->lease = job.lease;
	return NULL;
}

static void run_all(struct task *tasks, size_t count)
{
	pthread_t threads[JOBS];

	for (size_t i = 0; i < count; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, run, &tasks[i]), 0);
	for (size_t i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
}

static int64_t revision(struct fixture *f)
{
	struct ledger ledger;

	assert_int_equal(ledger_open(f->world.store, f->license_id, world_start_s, &ledger), 0);
	ledger_abandon(&ledger);
	return ledger.revision;
}

static void each_of_many_jobs_gets_its_own_lease(void **state)
{
	struct fixture *f = *state;
	struct task tasks[JOBS];
	int64_t before = revision(f);
	bool seen[JOBS + 1] = {false};

	for (int i = 0; i < JOBS; i++)
		tasks[i] = (struct task){.fixture = f};
	run_all(tasks, JOBS);
	for (int i = 0; i < JOBS; i++) {
		assert_int_equal(tasks[i].result, 0);
		assert_in_range(tasks[i].lease.sequence, 1, JOBS);
		assert_false(seen[tasks[i].lease.sequence]);
		seen[tasks[i].lease.sequence] = true;
	}
	assert_int_equal(revision(f), before + JOBS);
}

static void a_job_that_refuses_has_its_own_words_and_disturbs_nobody(void **state)
{
	struct fixture *f = *state;
	struct task tasks[JOBS];
	int64_t before = revision(f);

	for (int i = 0; i < JOBS; i++)
		tasks[i] = (struct task){
			.fixture = f, .number = i, .does = i % 4 == 0 ? REFUSES : WORKS};
	run_all(tasks, JOBS);
	for (int i = 0; i < JOBS; i++) {
		AUTO_TEXT words = mem_printf("refused %d", i);

		assert_int_equal(tasks[i].result, i % 4 == 0 ? ERR_LICENSE : 0);
		if (i % 4 == 0)
			assert_string_equal(tasks[i].message, words);
	}
	assert_int_equal(revision(f), before + JOBS - JOBS / 4);
}

static void a_job_that_breaks_the_transaction_takes_nobody_with_it(void **state)
{
	struct fixture *f = *state;
	struct task tasks[JOBS];
	int64_t before = revision(f);

	for (int i = 0; i < JOBS; i++)
		tasks[i] = (struct task){.fixture = f, .does = i % 8 == 0 ? BREAKS : WORKS};
	run_all(tasks, JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(tasks[i].result, i % 8 == 0 ? ERR_LIMIT : 0);
	assert_int_equal(revision(f), before + JOBS - JOBS / 8);
	assert_int_equal(world_look(f->world.store, f->license_id, world_start_s).used, 0);
}

static void a_read_that_fails_takes_nobody_with_it(void **state)
{
	struct fixture *f = *state;
	struct task tasks[JOBS];
	int64_t before = revision(f);

	for (int i = 0; i < JOBS; i++)
		tasks[i] = (struct task){.fixture = f, .does = i % 8 == 0 ? SPOILS : WORKS};
	run_all(tasks, JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(tasks[i].result, i % 8 == 0 ? ERR_IO : 0);
	assert_int_equal(revision(f), before + JOBS - JOBS / 8);
}

static void C5_what_met_another_transaction_is_done_again_as_a_whole(void **state)
{
	struct fixture *f = *state;
	struct task tasks[JOBS];
	int64_t before = revision(f);

	for (int i = 0; i < JOBS; i++)
		tasks[i] = (struct task){
			.fixture = f, .number = 2, .does = i % 20 == 0 ? CONFLICTS : WORKS};
	run_all(tasks, JOBS);
	for (int i = 0; i < JOBS; i++)
		assert_int_equal(tasks[i].result, 0);
	assert_true(tasks[0].calls >= 3);
	assert_int_equal(revision(f), before + JOBS);
}

static void who_is_always_in_the_way_is_told_after_a_while(void **state)
{
	struct fixture *f = *state;
	struct task task = {.fixture = f, .number = 1000, .does = CONFLICTS};
	int64_t before = revision(f);

	run(&task);
	assert_int_equal(task.result, ERR_CONFLICT);
	assert_in_range(task.calls, 2, 50);
	assert_int_equal(revision(f), before);
	task.does = WORKS;
	run(&task);
	assert_int_equal(task.result, 0);
}

static void an_unknown_license_is_told(void **state)
{
	struct fixture *f = *state;
	struct task task = {.fixture = f};

	memset(f->license_id, '0', LEASE_ID_SIZE - 1);
	run(&task);
	assert_int_equal(task.result, ERR_NOTFOUND);
}

static void without_a_thread_each_job_is_done_where_it_is_asked_for(void **state)
{
	struct fixture *f = *state;
	struct task works = {.fixture = f};
	struct task refuses = {.fixture = f, .does = REFUSES, .number = 7};
	struct task breaks = {.fixture = f, .does = BREAKS};

	writer_stop(f->writer);
	assert_int_equal(writer_open(f->world.home, &f->writer), 0);
	int64_t before = revision(f);
	run(&works);
	run(&refuses);
	run(&breaks);
	assert_int_equal(works.result, 0);
	assert_int_equal(works.lease.revision, before + 1);
	assert_int_equal(refuses.result, ERR_LICENSE);
	assert_string_equal(refuses.message, "refused 7");
	assert_int_equal(breaks.result, ERR_LIMIT);
	assert_int_equal(revision(f), before + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			each_of_many_jobs_gets_its_own_lease, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_job_that_refuses_has_its_own_words_and_disturbs_nobody, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_job_that_breaks_the_transaction_takes_nobody_with_it, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			a_read_that_fails_takes_nobody_with_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			C5_what_met_another_transaction_is_done_again_as_a_whole, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			who_is_always_in_the_way_is_told_after_a_while, set_up, tear_down),
		cmocka_unit_test_setup_teardown(an_unknown_license_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			without_a_thread_each_job_is_done_where_it_is_asked_for, set_up,
			tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
