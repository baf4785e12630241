/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/claims_batch.h"
#include "world.h"

/* A claim of one object, of subjects first..first+count-1, under an idempotency key. */
enum { SUBJECTS_MAX = 4 };

struct claim {
	struct claims claims;
	struct claim_object object;
	char texts[SUBJECTS_MAX][WORLD_SUBJECT_SIZE];
	const char *subjects[SUBJECTS_MAX];
	size_t indexes[SUBJECTS_MAX];
};

static void make(struct claim *claim, const char *key, unsigned first, unsigned count)
{
	*claim = (struct claim){
		.claims = {.instance_id = "one", .idempotency_key = key, .object_count = 1}};
	for (unsigned i = 0; i < count; i++) {
		world_subject(first + i, claim->texts[i]);
		claim->subjects[i] = claim->texts[i];
		claim->indexes[i] = i;
	}
	claim->object = (struct claim_object){.subjects = claim->indexes, .count = count};
	claim->claims.objects = &claim->object;
	claim->claims.subjects = claim->subjects;
	claim->claims.subject_count = count;
	claims_digest(&claim->claims);
}

static void order(struct world *world, int64_t seats, char license_id[LEASE_ID_SIZE])
{
	struct world_instance instance;

	world_order(world, seats, world_start_s, license_id, NULL);
	world_new_instance(&instance);
	assert_int_equal(world_activate(world->store, license_id, &instance, world_start_s), 0);
}

static void open(struct world *world, const char *license_id, struct ledger *ledger)
{
	assert_int_equal(ledger_open(world->store, license_id, world_start_s, ledger), 0);
}

static void decide_all(struct claims_batch *batch, size_t count)
{
	assert_int_equal(claims_batch_read(batch), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(claims_batch_decide(batch), 0);
	assert_int_equal(claims_batch_write(batch), 0);
}

static void assert_kept(struct world *world, const char *license_id, int64_t used)
{
	struct license license = world_look(world->store, license_id, world_start_s);

	assert_int_equal(license.used, used);
	assert_int_equal(world_count_rows(world->store, license_id, 0), used);
}

static void C5_claims_that_are_decided_together_share_what_is_left(void **state)
{
	struct world *world = *state;
	struct ledger ledger;
	struct claim claims[4];
	char id[LEASE_ID_SIZE];

	order(world, 3, id);
	open(world, id, &ledger);
	int64_t before = ledger.revision;
	struct claims_batch *batch = claims_batch_new(world->store);
	make(&claims[0], "a", 0, 2);
	make(&claims[1], "b", 1, 3); /* one is held by then, two are new, one is left */
	make(&claims[2], "c", 1, 2); /* the same, and one is left */
	make(&claims[3], "d", 9, 1);
	for (int i = 0; i < 4; i++)
		assert_true(claims_batch_add(batch, &ledger, &claims[i].claims));
	decide_all(batch, 4);
	claims_batch_free(batch);
	assert_int_equal(ledger.revision, before + 2);
	assert_int_equal(ledger_commit(&ledger), 0);

	const bool granted[] = {true, false, true, false};
	const int64_t newly[] = {2, 0, 1, 0}, missing[] = {0, 1, 0, 1};
	for (int i = 0; i < 4; i++) {
		assert_int_equal(claims[i].object.granted, granted[i]);
		assert_int_equal(claims[i].object.newly, newly[i]);
		assert_int_equal(claims[i].object.missing, missing[i]);
		mem_free(claims[i].claims.answer);
	}
	assert_kept(world, id, 3);
}

static void C6_a_key_that_is_sent_twice_is_not_decided_in_one_batch(void **state)
{
	struct world *world = *state;
	struct ledger ledger;
	struct claim first, second;
	char id[LEASE_ID_SIZE];

	order(world, 3, id);
	open(world, id, &ledger);
	struct claims_batch *batch = claims_batch_new(world->store);
	make(&first, "a", 0, 2);
	make(&second, "a", 0, 2);
	assert_true(claims_batch_add(batch, &ledger, &first.claims));
	assert_false(claims_batch_add(batch, &ledger, &second.claims));
	decide_all(batch, 1);
	claims_batch_free(batch);
	assert_int_equal(claims_run(&ledger, &second.claims), 0);
	assert_int_equal(ledger_commit(&ledger), 0);
	assert_string_equal(first.claims.answer, second.claims.answer);
	assert_kept(world, id, 2);

	open(world, id, &ledger);
	batch = claims_batch_new(world->store);
	assert_true(claims_batch_add(batch, &ledger, &second.claims));
	decide_all(batch, 1);
	claims_batch_free(batch);
	assert_int_equal(ledger_commit(&ledger), 0);
	assert_string_equal(first.claims.answer, second.claims.answer);
	assert_kept(world, id, 2);
	mem_free(first.claims.answer);
	mem_free(second.claims.answer);
}

/* The same subject under two licenses, in one transaction. */
static void C5_claims_of_many_licenses_do_not_mix(void **state)
{
	enum { LICENSES = 3 };
	struct world *world = *state;
	struct ledger ledgers[LICENSES + 1] = {0};
	struct claim claims[LICENSES];
	char ids[LICENSES][LEASE_ID_SIZE];

	for (int i = 0; i < LICENSES; i++) {
		order(world, i + 1, ids[i]);
		memcpy(ledgers[i].license_id, ids[i], LEASE_ID_SIZE);
	}
	for (int i = 0; i < LICENSES; i++) /* in the order of ids */
		for (int k = 0; k + 1 < LICENSES; k++)
			if (strcmp(ledgers[k].license_id, ledgers[k + 1].license_id) > 0) {
				struct ledger other = ledgers[k];
				ledgers[k] = ledgers[k + 1];
				ledgers[k + 1] = other;
			}
	strcpy(ledgers[LICENSES].license_id, "zz"); /* there is none */
	assert_int_equal(
		ledger_open_all(world->store, world_start_s, ledgers, LICENSES + 1), 0);
	assert_true(ledgers[LICENSES].is_missing);
	struct claims_batch *batch = claims_batch_new(world->store);
	for (int i = 0; i < LICENSES; i++) {
		assert_false(ledgers[i].is_missing);
		make(&claims[i], "a", 0, 2);
		assert_true(claims_batch_add(batch, &ledgers[i], &claims[i].claims));
	}
	decide_all(batch, LICENSES);
	claims_batch_free(batch);
	for (int i = 0; i < LICENSES; i++) {
		assert_int_equal(claims[i].object.granted, ledgers[i].license.seats >= 2);
		mem_free(claims[i].claims.answer);
	}
	assert_int_equal(ledger_commit(&ledgers[0]), 0);
	assert_kept(world, ids[0], 0);
	assert_kept(world, ids[1], 2);
	assert_kept(world, ids[2], 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			C5_claims_that_are_decided_together_share_what_is_left, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			C6_a_key_that_is_sent_twice_is_not_decided_in_one_batch, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			C5_claims_of_many_licenses_do_not_mix, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
