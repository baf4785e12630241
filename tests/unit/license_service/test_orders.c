/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"
#include "license_service/orders.h"
#include "world.h"

static int64_t count(struct world *world, const char *sql)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(store_db(world->store), &rows, sql, ""), 1);
	return db_int(rows, 0);
}

static void place(struct world *world, int64_t seats, struct order *order)
{
	const struct order_request request = {
		.kind = ORDER_NEW, .seats = seats, .customer = "A", .email = "a@example.org"};

	assert_int_equal(orders_place(world->store, &request, world_start_s, order), 0);
}

static void G2_an_open_order_has_a_price_and_no_key(void **state)
{
	struct world *world = *state;
	struct order order;

	place(world, 60, &order);
	assert_int_equal(order.amount, 49 * 2400 + 11 * 2000);
	assert_string_equal(order.currency, "EUR");
	assert_string_equal(order.key, "");
	assert_int_equal(order.completed_s, 0);
	assert_int_equal(count(world, "SELECT count(*) FROM license"), 0);
}

static void G3_an_order_for_a_key_is_applied_once(void **state)
{
	struct world *world = *state;
	struct order order, again;

	place(world, 20, &order);
	assert_int_equal(orders_complete(world->store, order.id, world_start_s, &order), 0);
	assert_int_equal(
		orders_complete(world->store, order.id, world_start_s + 99, &again), 0);
	assert_string_equal(order.key, again.key);
	assert_int_equal(again.completed_s, world_start_s);
	assert_int_equal(count(world, "SELECT count(*) FROM key_lookup"), 1);
	assert_int_equal(count(world, "SELECT count(*) FROM event"), 1);
}

static void G3_a_renewal_and_an_addition_are_applied_once(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	const enum order_kind kinds[] = {ORDER_RENEWAL, ORDER_ADDITION};

	world_new_instance(&instance);
	world_order(world, 20, world_start_s, id, NULL);
	assert_int_equal(world_activate(world->store, id, &instance, world_start_s), 0);
	for (int i = 0; i < 2; i++) {
		struct order order;
		const struct order_request request = {
			.kind = kinds[i], .license_id = id, .seats = 30};

		assert_int_equal(
			orders_place(world->store, &request, world_start_s, &order), 0);
		for (int k = 0; k < 3; k++)
			assert_int_equal(
				orders_complete(world->store, order.id, world_start_s, &order),
				0);
	}
	struct license license = world_look(world->store, id, world_start_s);
	assert_int_equal(license.years, 2);
	assert_int_equal(license.seats, 50);
	assert_int_equal(license.waiting_count, 1);
	assert_int_equal(license.waiting[0].seats, 60);
}

static void A11_a_key_is_found_and_another_is_unknown(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE], found[LEASE_ID_SIZE], key[KEY_TEXT_SIZE], other[KEY_TEXT_SIZE];
	const uint8_t random[KEY_RANDOM_SIZE] = {1, 2, 3};

	world_order(world, 20, world_start_s, id, key);
	assert_int_equal(store_find_key(world->store, key, found), 0);
	assert_string_equal(found, id);
	key_make(random, other);
	assert_int_equal(store_find_key(world->store, other, found), ERR_NOTFOUND);
}

/* Every row of every table, as a text. */
static void no_row_on_the_server_has(struct world *world, const char *key)
{
	struct db *db = store_db(world->store);
	AUTO_ROWS tables = NULL;
	int rows_seen = 0;

	assert_int_equal(db_query(db, &tables,
				 "SELECT table_name FROM information_schema.tables"
				 " WHERE table_schema = 'public'",
				 ""),
		0);
	while (db_next(tables) == 1) {
		AUTO_ROWS rows = NULL;
		AUTO_TEXT sql = mem_printf("SELECT CAST(%s AS TEXT) FROM %s",
			db_text(tables, 0), db_text(tables, 0));

		assert_int_equal(db_query(db, &rows, sql, ""), 0);
		for (; db_next(rows) == 1; rows_seen++) {
			assert_null(strstr(db_text(rows, 0), key));
			assert_null(
				memmem(db_text(rows, 0), strlen(db_text(rows, 0)), key, 11));
		}
	}
	assert_true(rows_seen > 5);
}

static void no_file_of_the_service_holds_a_key_in_plain_text(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE], key[KEY_TEXT_SIZE];
	const char *names[] = {"licensing.db", "licensing.db-wal"};

	world_order(world, 20, world_start_s, id, key);
	if (world->database.is_postgres) {
		no_row_on_the_server_has(world, key);
		return;
	}
	for (int i = 0; i < 2; i++) {
		AUTO_BUF content = buf_init(64 << 20);
		AUTO_TEXT path = home_path(world->home, names[i]);

		assert_int_equal(io_read_file(path, &content), 0);
		assert_null(memmem(content.data, content.size, key, strlen(key)));
		assert_null(memmem(content.data, content.size, key, 11));
	}
}

static void a_key_that_was_handed_out_is_gone_from_the_outbox(void **state)
{
	struct world *world = *state;
	struct order order;

	place(world, 20, &order);
	assert_int_equal(orders_complete(world->store, order.id, world_start_s, &order), 0);
	assert_int_equal(strlen(order.key), KEY_TEXT_SIZE - 1);
	assert_int_equal(orders_hand_out(world->store, &order), 0);
	assert_int_equal(orders_complete(world->store, order.id, world_start_s, &order), 0);
	assert_string_equal(order.key, "");
	assert_int_equal(count(world, "SELECT count(*) FROM outbox"), 0);
}

static void A1_a_renewal_of_a_key_that_was_never_activated_is_no_order(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];

	world_order(world, 20, world_start_s, id, NULL);
	assert_int_equal(world_renew(world, id, 20, world_start_s), ERR_LICENSE);
	assert_int_equal(count(world, "SELECT count(*) FROM orders"), 1);
	assert_int_equal(world_add(world, id, 5, world_start_s), 0);
	assert_int_equal(world_look(world->store, id, world_start_s).seats, 25);
}

static void A11_a_revoked_license_takes_no_orders(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;

	world_new_instance(&instance);
	world_order(world, 20, world_start_s, id, NULL);
	assert_int_equal(orders_revoke(world->store, id, "fraud", world_start_s), 0);
	assert_int_equal(world_add(world, id, 5, world_start_s), ERR_LICENSE);
	assert_int_equal(
		world_activate(world->store, id, &instance, world_start_s), ERR_LICENSE);
	assert_int_equal(orders_revoke(world->store, id, "again", world_start_s), ERR_EXISTS);
}

static void an_order_that_is_not_there_or_makes_no_sense_is_refused(void **state)
{
	struct world *world = *state;
	struct order order;
	struct order_request request = {.seats = 0};

	assert_int_equal(
		orders_complete(world->store, "0011223344556677", world_start_s, &order),
		ERR_NOTFOUND);
	assert_int_equal(
		orders_complete(world->store, "", world_start_s, &order), ERR_NOTFOUND);
	assert_int_equal(
		orders_place(world->store, &request, world_start_s, &order), ERR_INVALID);
	request.seats = LICENSE_SEATS_MAX + 1;
	assert_int_equal(
		orders_place(world->store, &request, world_start_s, &order), ERR_INVALID);
}

static void T15_an_addition_is_quoted_for_what_is_left(void **state)
{
	struct world *world = *state;
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	int64_t amount;
	const struct order_request request = {
		.kind = ORDER_ADDITION, .license_id = id, .seats = 20};

	world_new_instance(&instance);
	world_order(world, 10, world_start_s, id, NULL);
	assert_int_equal(world_activate(world->store, id, &instance, world_start_s), 0);
	int64_t later_s = world_start_s + 219 * (int64_t)WORLD_DAY_S;
	assert_int_equal(orders_quote(world->store, &request, later_s, &amount), 0);
	assert_int_equal(amount, 20 * 2400 * 2 / 5);
	assert_int_equal(world_look(world->store, id, later_s).seats, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			G2_an_open_order_has_a_price_and_no_key, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			G3_an_order_for_a_key_is_applied_once, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(G3_a_renewal_and_an_addition_are_applied_once,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(A11_a_key_is_found_and_another_is_unknown,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			no_file_of_the_service_holds_a_key_in_plain_text, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			a_key_that_was_handed_out_is_gone_from_the_outbox, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(
			A1_a_renewal_of_a_key_that_was_never_activated_is_no_order,
			world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			A11_a_revoked_license_takes_no_orders, world_set_up, world_tear_down),
		cmocka_unit_test_setup_teardown(
			an_order_that_is_not_there_or_makes_no_sense_is_refused, world_set_up,
			world_tear_down),
		cmocka_unit_test_setup_teardown(T15_an_addition_is_quoted_for_what_is_left,
			world_set_up, world_tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
