/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"
#include "db/db.h"
#include "world.h"

/* An activated license of `seats`. */
static void activated(struct world *world, int64_t seats, char license_id[LEASE_ID_SIZE])
{
	struct world_instance instance;

	world_new_instance(&instance);
	world_order(world, seats, world_start_s, license_id, NULL);
	assert_int_equal(world_activate(world->store, license_id, &instance, world_start_s), 0);
}

static void assert_used(
	struct world *world, const char *license_id, int64_t used, int64_t now_s)
{
	struct license license = world_look(world->store, license_id, now_s);

	assert_int_equal(license.used, used);
	assert_int_equal(world_count_rows(world->store, license_id, license.epoch), used);
}

static void T1_of_60_mailboxes_50_get_the_50_licenses(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 50, id);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(
			world_claim(world->store, id, i, 1, world_start_s), i < 50 ? 1 : -1);
	assert_used(world, id, 50, world_start_s);
}

static void T3_licenses_that_were_added_are_taken_by_the_next_claims(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 50, id);
	for (unsigned i = 0; i < 60; i++)
		world_claim(world->store, id, i, 1, world_start_s);
	assert_int_equal(world_add(world, id, 10, world_start_s + 5), 0);
	assert_used(world, id, 50, world_start_s + 5);
	for (unsigned i = 0; i < 60; i++)
		assert_int_equal(world_claim(world->store, id, i, 1, world_start_s + 10),
			i < 50 ? 0 : 1);
	assert_used(world, id, 60, world_start_s + 10);
}

static void T8_a_user_in_several_jobs_and_instances_takes_one_license(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s), 1);
	for (int i = 0; i < 4; i++)
		assert_int_equal(world_claim(world->store, id, 1, 1, world_start_s + i), 0);
	assert_used(world, id, 1, world_start_s + 4);
}

static void T22_a_group_that_does_not_fit_takes_none_and_the_next_gets_its_own(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	activated(world, 3, id);
	assert_int_equal(world_claim(world->store, id, 0, 5, world_start_s), -1);
	assert_used(world, id, 0, world_start_s);
	assert_int_equal(world_claim(world->store, id, 9, 1, world_start_s), 1);
	assert_used(world, id, 1, world_start_s);
}

static void T14_after_a_renewal_for_fewer_the_first_that_come_are_licensed(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t late_s = world_start_s + 400 * (int64_t)WORLD_DAY_S;

	activated(world, 100, id);
	assert_int_equal(world_claim(world->store, id, 0, 100, world_start_s), 100);
	assert_int_equal(world_renew(world, id, 80, late_s), 0);
	assert_used(world, id, 0, late_s);
	for (unsigned i = 100; i-- > 0;)
		assert_int_equal(world_claim(world->store, id, i, 1, late_s), i >= 20 ? 1 : -1);
	assert_used(world, id, 80, late_s);
}

static void T14b_an_early_renewal_for_fewer_resets_at_the_old_end(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t end_s = world_start_s + 365 * (int64_t)WORLD_DAY_S;

	activated(world, 100, id);
	assert_int_equal(world_claim(world->store, id, 0, 100, world_start_s), 100);
	assert_int_equal(world_renew(world, id, 80, end_s - 30 * WORLD_DAY_S), 0);
	assert_used(world, id, 100, end_s - 1);
	assert_int_equal(world_claim(world->store, id, 0, 100, end_s - 1), 0);
	assert_int_equal(world_claim(world->store, id, 0, 100, end_s), -1);
	assert_used(world, id, 0, end_s);
	assert_int_equal(world_claim(world->store, id, 0, 80, end_s), 80);
	assert_int_equal(world_look(world->store, id, end_s).seats, 80);
}

static void A4_an_expired_license_takes_no_claims(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	int64_t end_s = world_start_s + 365 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id);
	assert_int_equal(world_claim(world->store, id, 1, 1, end_s - 1), 1);
	assert_int_equal(world_claim(world->store, id, 2, 1, end_s), WORLD_REFUSED);
	assert_int_equal(world_claim(world->store, id, 1, 1, end_s), WORLD_REFUSED);
	assert_used(world, id, 1, end_s);
}

/* One claim of a subject under a given idempotency key. */
struct
try {
	const char *key;
	unsigned subject;
	int64_t now_s;
};

static int claim_by(
	struct world *world, const char *license_id, const struct try *try, char **out)
{
	struct ledger ledger;
	char text[WORLD_SUBJECT_SIZE];
	const char *subjects[] = {text};
	const size_t index = 0;
	struct claim_object object = {.subjects = &index, .count = 1};
	struct claims claims = {"one", try->key, "", &object, 1, subjects, 1, NULL};

	world_subject(try->subject, text);
	claims_digest(&claims);
	assert_int_equal(ledger_open(world->store, license_id, try->now_s, &ledger), 0);
	int r = claims_run(&ledger, &claims);
	assert_false(ledger.is_broken);
	assert_int_equal(ledger_commit(&ledger), 0);
	*out = claims.answer;
	return r;
}

static int claim_with_key(struct world *world, const char *license_id, const char *key,
	unsigned subject, char **out)
{
	return claim_by(world, license_id, &(struct try){key, subject, world_start_s}, out);
}

static void C6_a_claim_that_is_sent_twice_counts_once_and_is_answered_alike(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	AUTO_TEXT first = NULL;
	AUTO_TEXT second = NULL;
	AUTO_TEXT between = NULL;
	AUTO_TEXT third = NULL;

	activated(world, 5, id);
	assert_int_equal(claim_with_key(world, id, "k1", 1, &first), 0);
	assert_non_null(strstr(first, "\"newly\":1"));
	assert_int_equal(claim_with_key(world, id, "k1", 1, &second), 0);
	assert_string_equal(first, second);
	assert_used(world, id, 1, world_start_s);
	/* An hour and another claim later it is still known. */
	int64_t later_s = world_start_s + 3600;
	assert_int_equal(claim_by(world, id, &(struct try){"k2", 2, later_s}, &between), 0);
	assert_int_equal(claim_by(world, id, &(struct try){"k1", 1, later_s}, &third), 0);
	assert_string_equal(first, third);
}

static void C6_an_idempotency_key_stands_for_one_claim(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	AUTO_TEXT first = NULL;
	AUTO_TEXT second = NULL;

	activated(world, 5, id);
	assert_int_equal(claim_with_key(world, id, "k1", 1, &first), 0);
	assert_int_equal(claim_with_key(world, id, "k1", 2, &second), ERR_EXISTS);
	assert_null(second);
	assert_used(world, id, 1, world_start_s);
}

static void C5_the_database_itself_refuses_one_license_too_many(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct ledger ledger;

	activated(world, 2, id);
	assert_int_equal(ledger_open(world->store, id, world_start_s, &ledger), 0);
	assert_int_equal(ledger_count(&ledger, 3), ERR_LIMIT);
	assert_true(ledger.is_broken);
	ledger_abandon(&ledger);
	assert_int_equal(db_run(store_db(world->store),
				 "UPDATE license SET used = 3 WHERE license_id = ?1", "s", id),
		ERR_INVALID);
	assert_used(world, id, 0, world_start_s);
}

/* Two who start at once. */
struct racer {
	struct store *store;
	const char *license_id;
	pthread_barrier_t *start;
	unsigned first;
	int64_t won;
};

static void *race(void *context)
{
	struct racer *racer = context;

	pthread_barrier_wait(racer->start);
	int64_t got =
		world_claim(racer->store, racer->license_id, racer->first, 1, world_start_s);
	racer->won = got == 1;
	return NULL;
}

static void T21_two_instances_and_one_license_left_a_thousand_times(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct store *other;
	pthread_barrier_t start;

	pthread_barrier_init(&start, NULL, 2);
	assert_int_equal(store_open(world->home, &other), 0);
	activated(world, 1, id);
	for (unsigned round = 0; round < 1000; round++) {
		struct racer racers[2] = {
			{.store = world->store,
				.license_id = id,
				.start = &start,
				.first = 2 * round},
			{.store = other,
				.license_id = id,
				.start = &start,
				.first = 2 * round + 1},
		};
		pthread_t threads[2];

		for (int i = 0; i < 2; i++)
			assert_int_equal(
				pthread_create(&threads[i], NULL, race, &racers[i]), 0);
		for (int i = 0; i < 2; i++)
			pthread_join(threads[i], NULL);
		assert_int_equal(racers[0].won + racers[1].won, 1);
		assert_used(world, id, round + 1, world_start_s);
		assert_int_equal(world_add(world, id, 1, world_start_s), 0);
	}
	pthread_barrier_destroy(&start);
	store_close(other);
}

/* In a process of its own: claims every subject, from its own place on. */
static int claim_all(struct world *world, const char *license_id, unsigned from)
{
	struct home *home;
	struct store *store;
	int won = 0;

	if (home_open(world->folder, world_database(world), &home) < 0 ||
		store_open(home, &store) < 0)
		return 255;
	for (unsigned i = 0; i < 60; i++)
		won += world_claim(store, license_id, (from + i) % 60, 1, world_start_s) == 1;
	store_close(store);
	home_close(home);
	return won;
}

static void C5_several_processes_never_assign_more_than_was_bought(void **state)
{
	enum { PROCESSES = 4, SEATS = 50 };
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	pid_t children[PROCESSES];
	int won = 0;

	activated(world, SEATS, id);
	store_close(world->store); /* SQLite's connections are not carried over a fork */
	world->store = NULL;
	for (unsigned i = 0; i < PROCESSES; i++) {
		children[i] = fork();
		if (children[i] == 0)
			_exit(claim_all(world, id, 15 * i));
	}
	for (int i = 0; i < PROCESSES; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= SEATS);
		won += WEXITSTATUS(status);
	}
	assert_int_equal(store_open(world->home, &world->store), 0);
	assert_int_equal(won, SEATS);
	assert_used(world, id, SEATS, world_start_s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(T1_of_60_mailboxes_50_get_the_50_licenses,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			T3_licenses_that_were_added_are_taken_by_the_next_claims, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			T8_a_user_in_several_jobs_and_instances_takes_one_license, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			T22_a_group_that_does_not_fit_takes_none_and_the_next_gets_its_own,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			T14_after_a_renewal_for_fewer_the_first_that_come_are_licensed,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			T14b_an_early_renewal_for_fewer_resets_at_the_old_end, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			A4_an_expired_license_takes_no_claims, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			C6_a_claim_that_is_sent_twice_counts_once_and_is_answered_alike,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(C6_an_idempotency_key_stands_for_one_claim,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			C5_the_database_itself_refuses_one_license_too_many, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			T21_two_instances_and_one_license_left_a_thousand_times, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			C5_several_processes_never_assign_more_than_was_bought, world_set_up,
			world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
