/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/chain.h"
#include "license_service/orders.h"
#include "license_service/report.h"
#include "world.h"

static void activated(struct world *world, int64_t seats, char license_id[LEASE_ID_SIZE],
	struct world_instance *instance)
{
	world_new_instance(instance);
	world_order(world, seats, world_start_s, license_id, NULL);
	assert_int_equal(world_activate(world->store, license_id, instance, world_start_s), 0);
}

static void take_lease(struct world *world, const char *license_id, const char *instance_id,
	int64_t now_s, struct lease *out)
{
	const uint8_t nonce[LEASE_NONCE_SIZE] = {1, 2, 3};
	struct ledger ledger;

	assert_int_equal(ledger_open(world->store, license_id, now_s, &ledger), 0);
	assert_int_equal(ledger_lease(&ledger, instance_id, nonce, out), 0);
	assert_memory_equal(out->nonce, nonce, sizeof(nonce));
	assert_int_equal(ledger_commit(&ledger), 0);
}

static void the_services_time_never_runs_back(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE], other[LEASE_ID_SIZE];
	struct world_instance instance;
	struct lease lease;

	activated(world, 5, id, &instance);
	take_lease(world, id, instance.id, world_start_s + 5, &lease);
	take_lease(world, id, instance.id, world_start_s, &lease);
	assert_int_equal(lease.issued_s, world_start_s + 5);

	/* Other licenses see it too, to the minute. */
	take_lease(world, id, instance.id, world_start_s + 100000, &lease);
	activated(world, 5, other, &instance);
	take_lease(world, other, instance.id, world_start_s, &lease);
	assert_in_range(lease.issued_s, world_start_s + 100000 - 60, world_start_s + 100000);
}

static void E5_each_lease_has_a_higher_sequence_number(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	struct lease lease;

	activated(world, 5, id, &instance);
	for (int i = 1; i <= 5; i++) {
		take_lease(world, id, instance.id, world_start_s, &lease);
		assert_int_equal(lease.sequence, i);
	}
	assert_memory_equal(lease.instance_public, instance.key.public, SIGN_PUBLIC_SIZE);
}

static void a_lease_shows_the_license_as_it_stands(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE], subjects[2][WORLD_SUBJECT_SIZE];
	struct world_instance instance;
	struct lease lease;
	uint8_t digest[HASH_SIZE];
	int64_t end_s = world_start_s + 365 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id, &instance);
	assert_int_equal(world_claim(world->store, id, 0, 2, world_start_s), 2);
	assert_int_equal(world_renew(world, id, 4, world_start_s + 9), 0);
	take_lease(world, id, instance.id, world_start_s + 10, &lease);
	assert_int_equal(lease.seats, 5);
	assert_int_equal(lease.used, 2);
	assert_int_equal(lease.assigned_count, 2);
	assert_int_equal(lease.state, LEASE_ACTIVE);
	assert_int_equal(lease.resets_s, end_s);
	assert_int_equal(lease.expires_s, end_s + 366 * (int64_t)WORLD_DAY_S);

	for (unsigned i = 0; i < 2; i++)
		world_subject(i, subjects[i]);
	bool sorted = strcmp(subjects[0], subjects[1]) < 0;
	AUTO_TEXT list = mem_printf("%s\n%s\n", subjects[!sorted], subjects[sorted]);
	hash_sha256(list, strlen(list), digest);
	assert_memory_equal(lease.assigned_digest, digest, HASH_SIZE);

	take_lease(world, id, instance.id, end_s, &lease);
	assert_int_equal(lease.assigned_count, 0);
	assert_int_equal(lease.epoch, 1);
	assert_int_equal(lease.resets_s, 0);
	assert_int_equal(orders_revoke(world->store, id, "test", end_s), 0);
	take_lease(world, id, instance.id, end_s, &lease);
	assert_int_equal(lease.state, LEASE_REVOKED);
}

static void an_instance_that_is_not_enrolled_gets_no_lease(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	const uint8_t nonce[LEASE_NONCE_SIZE] = {0};
	struct ledger ledger;
	struct lease lease;

	activated(world, 5, id, &instance);
	assert_int_equal(ledger_open(world->store, id, world_start_s, &ledger), 0);
	assert_int_equal(ledger_lease(&ledger, "nobody", nonce, &lease), ERR_NOTFOUND);
	assert_false(ledger.is_broken);
	ledger_abandon(&ledger);
	assert_int_equal(
		ledger_open(world->store, "nothing", world_start_s, &ledger), ERR_NOTFOUND);
}

static void A2_a_second_activation_moves_no_term_and_counts_no_event_twice(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance, second;

	activated(world, 5, id, &instance);
	struct license before = world_look(world->store, id, world_start_s);
	assert_int_equal(world_activate(world->store, id, &instance, world_start_s + 99), 0);
	world_new_instance(&second);
	assert_int_equal(world_activate(world->store, id, &second, world_start_s + 100), 0);
	struct license after = world_look(world->store, id, world_start_s + 100);
	assert_memory_equal(&before, &after, sizeof(before));
}

static void an_instance_id_belongs_to_the_key_that_enrolled_it(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;

	activated(world, 5, id, &instance);
	sign_key_new(&instance.key);
	assert_int_equal(
		world_activate(world->store, id, &instance, world_start_s), ERR_EXISTS);
}

/* Follows the chain that the report shows, from the first event to the head. */
static void follow_chain(const struct json *report, uint8_t chain[HASH_SIZE])
{
	const struct json *events = json_get(report, "events");

	memset(chain, 0, HASH_SIZE);
	for (size_t i = 0; i < json_count(events); i++) {
		const struct json *json = json_at(events, i);
		char hash[2 * HASH_SIZE + 1];
		struct chain_event event = {
			.license_id = json_get_text(report, "license_id"),
			.revision = (int64_t)i + 1,
			.kind = json_get_text(json, "kind"),
			.detail = json_get_text(json, "detail"),
		};

		assert_int_equal(timestamp_parse(json_get_text(json, "at"), &event.at_s), 0);
		chain_next(chain, &event, chain);
		text_to_hex(chain, HASH_SIZE, hash);
		assert_string_equal(json_get_text(json, "hash"), hash);
	}
}

static void every_event_is_in_a_chain_whose_head_is_in_the_lease(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	struct lease lease;
	AUTO_JSON report = NULL;
	uint8_t chain[HASH_SIZE];
	int64_t end_s = world_start_s + 365 * (int64_t)WORLD_DAY_S;

	activated(world, 5, id, &instance);
	assert_int_equal(world_claim(world->store, id, 0, 2, world_start_s + 1), 2);
	assert_int_equal(world_renew(world, id, 4, world_start_s + 2), 0);
	assert_int_equal(world_add(world, id, 3, world_start_s + 3), 0);
	assert_int_equal(world_claim(world->store, id, 0, 2, end_s + 5), 2);
	assert_null(world_release(world->store, id, 0, end_s + 5 + 30 * (int64_t)WORLD_DAY_S));
	take_lease(world, id, instance.id, end_s, &lease);
	assert_int_equal(report_license(world->store, id, end_s, &report), 0);
	follow_chain(report, chain);
	assert_memory_equal(lease.chain, chain, HASH_SIZE);
	const struct json *events = json_get(report, "events");
	const char *const kinds[] = {"created", "activated", "enrolled", "claimed", "renewed",
		"added", "renewal_began", "reset", "claimed", "released"};
	assert_int_equal(json_count(events), sizeof(kinds) / sizeof(kinds[0]));
	assert_int_equal(lease.revision, json_count(events));
	for (size_t i = 0; i < json_count(events); i++)
		assert_string_equal(json_get_text(json_at(events, i), "kind"), kinds[i]);
}

static void A3_the_report_names_every_instance(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance, second;
	AUTO_JSON report = NULL;

	activated(world, 5, id, &instance);
	world_new_instance(&second);
	assert_int_equal(world_activate(world->store, id, &second, world_start_s + 60), 0);
	assert_int_equal(report_license(world->store, id, world_start_s, &report), 0);
	assert_string_equal(json_get_text(report, "state"), "active");
	assert_int_equal(json_get_int(report, "seats", 0), 5);
	assert_int_equal(json_count(json_get(report, "instances")), 2);
	assert_string_equal(
		json_get_text(json_at(json_get(report, "instances"), 1), "id"), second.id);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			the_services_time_never_runs_back, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(E5_each_lease_has_a_higher_sequence_number,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_lease_shows_the_license_as_it_stands, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(an_instance_that_is_not_enrolled_gets_no_lease,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			A2_a_second_activation_moves_no_term_and_counts_no_event_twice,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			an_instance_id_belongs_to_the_key_that_enrolled_it, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			every_event_is_in_a_chain_whose_head_is_in_the_lease, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			A3_the_report_names_every_instance, world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
