/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "repo/lease.h"
#include "repo/sealed_file.h"

/* A storage in memory, whose clock is the test's. */
static struct storage *storage;
static struct repo_keys keys;
static int64_t now_s;

static int64_t now_us(void *context)
{
	(void)context;
	return now_s * 1000000;
}

static void no_sleep(void *context, int64_t us)
{
	(void)context;
	(void)us;
}

static int setup(void **state)
{
	static const struct clock clock = {
		.now_us = now_us, .boot_us = now_us, .sleep_us = no_sleep};
	static const uint8_t master[REPO_KEY_SIZE] = "a master key", id[NAME_SIZE] = "id";

	(void)state;
	now_s = 1795000000;
	clock_use(&clock);
	storage = storage_open_memory();
	derived_make(&keys, master, id, AEAD_AES_256_GCM);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	storage_close(storage);
	clock_use(NULL);
	return 0;
}

static bool all_run(uint32_t process)
{
	(void)process;
	return true;
}

static bool none_runs(uint32_t process)
{
	(void)process;
	return false;
}

static const struct lease_place here = {.boot = {1}, .machine = "here"};

static void a_writer_has_ended_after_an_hour_and_not_before(void **state)
{
	(void)state;
	const struct lease lease = {.renewed_s = 1000, .process = 7, .place = {{2}, "there"}};

	assert_false(lease_has_ended(&lease, &here, none_runs, 1000));
	assert_false(lease_has_ended(&lease, &here, none_runs, 1000 + 3600));
	assert_true(lease_has_ended(&lease, &here, none_runs, 1000 + 3601));
	assert_false(lease_has_ended(&lease, &here, none_runs, 0)); /* from the future */
}

static void only_a_process_of_this_very_place_ends_with_its_process(void **state)
{
	(void)state;
	struct lease lease = {.renewed_s = 1000, .process = 7, .place = here};
	struct lease_place unknown = here;

	assert_true(lease_has_ended(&lease, &here, none_runs, 1000));
	assert_false(lease_has_ended(&lease, &here, all_run, 1000));
	assert_true(lease_has_ended(&lease, &here, all_run, 1000 + 3601));
	lease.place.boot[3] = 9; /* the machine was started anew since */
	assert_false(lease_has_ended(&lease, &here, none_runs, 1000));
	lease.place = here;
	strcpy(lease.place.machine, "her");
	assert_false(lease_has_ended(&lease, &here, none_runs, 1000));
	memset(unknown.boot, 0, sizeof(unknown.boot));
	lease.place = unknown;
	assert_false(lease_has_ended(&lease, &unknown, none_runs, 1000));
}

static void a_writer_may_commit_for_half_an_hour(void **state)
{
	(void)state;
	const struct lease lease = {.renewed_s = 1000};

	assert_true(lease_may_commit(&lease, 1000));
	assert_true(lease_may_commit(&lease, 1000 + 1800));
	assert_false(lease_may_commit(&lease, 1000 + 1801));
	assert_false(lease_may_commit(&lease, 999));
	assert_false(lease_is_due(&lease, 1000 + 299));
	assert_true(lease_is_due(&lease, 1000 + 300));
	assert_true(lease_is_due(&lease, 999));
	/* It renews well before the 10 minutes that the format gives it. */
	assert_true(LEASE_RENEW_S <= 600 - 120);
}

static size_t count_at_work(bool clean)
{
	struct lease *leases = NULL;
	size_t count = 0;

	assert_int_equal(leases_at_work(storage, &keys, clean, &leases, &count), 0);
	mem_free(leases);
	return count;
}

static int count_name(void *context, const uint8_t name[NAME_SIZE], int64_t modified_s)
{
	(void)name;
	(void)modified_s;
	++*(size_t *)context;
	return 0;
}

static size_t count_files(void)
{
	size_t count = 0;

	assert_int_equal(sealed_each(storage, &sealed_writer, count_name, &count), 0);
	return count;
}

static void a_lease_is_seen_until_its_end(void **state)
{
	(void)state;
	struct lease lease, *seen = NULL;
	size_t count = 0;

	assert_int_equal(lease_begin(storage, &keys, &lease), 0);
	now_s += 10;
	assert_int_equal(leases_at_work(storage, &keys, true, &seen, &count), 0);
	assert_int_equal(count, 1);
	assert_memory_equal(seen[0].name, lease.name, NAME_SIZE);
	assert_int_equal(seen[0].since_s, 1795000000);
	assert_int_equal(seen[0].process, getpid());
	assert_string_equal(seen[0].place.machine, lease.place.machine);
	assert_memory_equal(seen[0].place.boot, lease.place.boot, LEASE_BOOT_SIZE);
	mem_free(seen);
	assert_int_equal(lease_end(storage, &lease), 0);
	assert_int_equal(count_at_work(true), 0);
	assert_int_equal(count_files(), 0);
}

static void ticks_keep_it_alive_for_days(void **state)
{
	(void)state;
	struct lease lease;
	bool may = false;

	assert_int_equal(lease_begin(storage, &keys, &lease), 0);
	for (int i = 0; i < 1000; i++) {
		now_s += 250;
		assert_int_equal(lease_tick(storage, &keys, &lease), 0);
		assert_true(now_s - lease.renewed_s < 600);
		assert_int_equal(count_files(), 1);
		assert_int_equal(count_at_work(false), 1);
	}
	assert_int_equal(lease.since_s, 1795000000);
	assert_int_equal(lease_may_commit_now(storage, &keys, &lease, &may), 0);
	assert_true(may);
}

static void who_slept_too_long_looks_again_before_it_commits(void **state)
{
	(void)state;
	struct lease lease;
	bool may = true;

	assert_int_equal(lease_begin(storage, &keys, &lease), 0);
	now_s += 1801;
	assert_int_equal(lease_tick(storage, &keys, &lease), 0);
	assert_int_equal(lease_may_commit_now(storage, &keys, &lease, &may), 0);
	assert_false(may);
	assert_int_equal(lease_confirm(storage, &keys, &lease), 0);
	assert_int_equal(lease_may_commit_now(storage, &keys, &lease, &may), 0);
	assert_true(may);
	assert_int_equal(count_files(), 1);
}

static void what_has_ended_is_cleaned_away(void **state)
{
	(void)state;
	struct lease lease;

	assert_int_equal(lease_begin(storage, &keys, &lease), 0);
	now_s += 3601;
	assert_int_equal(count_at_work(false), 0);
	assert_int_equal(count_files(), 1);
	assert_int_equal(count_at_work(true), 0);
	assert_int_equal(count_files(), 0);
	/* And who finds its lease gone goes on only after a look. */
	assert_int_equal(lease_confirm(storage, &keys, &lease), 0);
	assert_int_equal(count_at_work(true), 1);
}

static void a_file_that_cannot_be_read_counts_by_its_age(void **state)
{
	(void)state;

	assert_int_equal(
		storage_put(storage, "writers/00112233445566778899aabbccddeeff", "?", 1), 0);
	assert_int_equal(count_at_work(true), 1);
	now_s += 3600;
	assert_int_equal(count_at_work(true), 1);
	now_s += 1;
	assert_int_equal(count_at_work(true), 0);
	assert_int_equal(count_files(), 0);
}

static void a_killed_process_of_this_machine_has_ended_at_once(void **state)
{
	(void)state;
	struct lease_place place;
	struct lease lease;
	pid_t child = fork();

	if (child == 0) {
		for (;;)
			pause();
	}
	assert_true(child > 0);
	lease_here(&place);
	static const uint8_t unknown[LEASE_BOOT_SIZE];
	assert_memory_not_equal(place.boot, unknown, sizeof(unknown));
	assert_int_equal(lease_begin(storage, &keys, &lease), 0);
	lease.process = (uint32_t)child;
	assert_int_equal(lease_confirm(storage, &keys, &lease), 0);
	assert_int_equal(count_at_work(true), 1);
	assert_int_equal(kill(child, SIGKILL), 0);
	assert_int_equal(waitpid(child, NULL, 0), child);
	assert_int_equal(count_at_work(true), 0);
	assert_int_equal(count_files(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define WITH(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
		cmocka_unit_test(a_writer_has_ended_after_an_hour_and_not_before),
		cmocka_unit_test(only_a_process_of_this_very_place_ends_with_its_process),
		cmocka_unit_test(a_writer_may_commit_for_half_an_hour),
		WITH(a_lease_is_seen_until_its_end),
		WITH(ticks_keep_it_alive_for_days),
		WITH(who_slept_too_long_looks_again_before_it_commits),
		WITH(what_has_ended_is_cleaned_away),
		WITH(a_file_that_cannot_be_read_counts_by_its_age),
		WITH(a_killed_process_of_this_machine_has_ended_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
