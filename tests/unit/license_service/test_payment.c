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
#include "license_service/mail_queue.h"
#include "license_service/mail_text.h"
#include "license_service/payment.h"
#include "license_service/sale.h"
#include "license_service/token.h"
#include "world.h"

static int64_t count(struct world *world, const char *sql)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(store_db(world->store), &rows, sql, ""), 1);
	return db_int(rows, 0);
}

static void place(struct world *world, const char *id, struct order *order)
{
	const struct order_request request = {.kind = ORDER_NEW,
		.seats = 20,
		.customer = "A",
		.email = "a@example.org",
		.order_id = id};

	assert_int_equal(orders_place(world->store, &request, world_start_s, order), 0);
}

static const char *report(struct world *world, enum payment_event event,
	const struct order *order, const char *delivery, int64_t amount)
{
	struct payment_report given = {.event = event, .amount = amount, .currency = "EUR"};
	const char *outcome = "";

	memcpy(given.order_id, order->id, ORDER_ID_SIZE);
	snprintf(given.delivery_id, sizeof(given.delivery_id), "%s", delivery);
	assert_int_equal(payment_take(world->store, &payment_webhook, &given, world_start_s + 5,
				 &outcome),
		0);
	return outcome;
}

static void G3_a_payment_that_is_reported_often_completes_once(void **state)
{
	struct world *world = *state;
	struct order order;

	place(world, NULL, &order);
	int64_t amount = order.amount;
	assert_string_equal(report(world, PAYMENT_SUCCEEDED, &order, "a", amount), "completed");
	assert_string_equal(report(world, PAYMENT_SUCCEEDED, &order, "a", amount), "completed");
	assert_string_equal(
		report(world, PAYMENT_SUCCEEDED, &order, "b", amount), "already_completed");
	assert_string_equal(
		report(world, PAYMENT_FAILED, &order, "c", amount), "already_completed");
	assert_int_equal(count(world, "SELECT count(*) FROM key_lookup"), 1);
	assert_int_equal(count(world, "SELECT count(*) FROM event"), 1);
	assert_int_equal(count(world, "SELECT count(*) FROM delivery"), 3);
	assert_int_equal(orders_read(world->store, order.id, &order), 0);
	assert_string_equal(order.paid_by, "webhook");
	assert_int_equal(order.completed_s, world_start_s + 5);
	assert_int_equal(order.failed_s, 0);
}

static void G3_another_amount_completes_nothing(void **state)
{
	struct world *world = *state;
	struct order order;

	place(world, NULL, &order);
	assert_string_equal(report(world, PAYMENT_SUCCEEDED, &order, "a", order.amount - 1),
		"amount_mismatch");
	assert_string_equal(report(world, PAYMENT_SUCCEEDED, &order, "b", order.amount + 1),
		"amount_mismatch");
	assert_int_equal(count(world, "SELECT count(*) FROM license"), 0);
}

static void G3_a_refund_before_its_payment_holds_the_order_back(void **state)
{
	struct world *world = *state;
	struct order order;

	place(world, NULL, &order);
	assert_string_equal(
		report(world, PAYMENT_REFUNDED, &order, "a", order.amount), "refunded");
	assert_string_equal(
		report(world, PAYMENT_SUCCEEDED, &order, "b", order.amount), "refunded_before");
	assert_int_equal(count(world, "SELECT count(*) FROM license"), 0);
}

static void G3_an_order_ends_open_by_payment_cancellation_or_time(void **state)
{
	struct world *world = *state;
	struct order order, other;
	int64_t end_s = world_start_s + 30 * (int64_t)WORLD_DAY_S;

	place(world, NULL, &order);
	assert_int_equal(order_state(&order, end_s - 1), ORDER_OPEN);
	assert_int_equal(order_state(&order, end_s), ORDER_EXPIRED);
	assert_int_equal(orders_cancel(world->store, order.id, world_start_s, &order), 0);
	assert_int_equal(order_state(&order, end_s), ORDER_CANCELLED);
	assert_int_equal(
		orders_complete(world->store, order.id, world_start_s, &order), ERR_LICENSE);
	assert_string_equal(
		report(world, PAYMENT_SUCCEEDED, &order, "a", order.amount), "order_closed");
	assert_int_equal(count(world, "SELECT count(*) FROM license"), 0);

	place(world, NULL, &other);
	assert_int_equal(orders_complete(world->store, other.id, end_s, &other), 0);
	assert_int_equal(order_state(&other, end_s), ORDER_COMPLETED);
	assert_int_equal(orders_cancel(world->store, other.id, end_s, &other), ERR_LICENSE);
}

static void G3_an_order_that_is_placed_twice_under_one_id_is_one(void **state)
{
	struct world *world = *state;
	struct order order, again;
	const struct order_request request = {
		.kind = ORDER_NEW, .seats = 20, .order_id = "0123456789abcdef"};

	place(world, "0123456789abcdef", &order);
	assert_int_equal(
		orders_place(world->store, &request, world_start_s, &again), ERR_EXISTS);
	assert_int_equal(count(world, "SELECT count(*) FROM orders"), 1);
}

static void a_token_opens_its_order_alone_and_a_form_for_its_time(void **state)
{
	struct world *world = *state;
	AUTO_TEXT token = token_of_order(world->home, "0123456789abcdef");
	AUTO_TEXT form = token_of_form(world->home, world_start_s);
	AUTO_TEXT other = token_of_form(world->home, world_start_s);

	assert_true(token_is_of_order(world->home, "0123456789abcdef", token));
	assert_false(token_is_of_order(world->home, "0123456789abcdee", token));
	assert_false(token_is_of_order(world->home, "0123456789abcdef", NULL));
	assert_false(token_is_of_order(world->home, "0123456789abcdef", ""));
	assert_string_not_equal(form, other);
	int64_t last_s = world_start_s + TOKEN_FORM_LIFE_S;
	assert_int_equal(token_check_form(world->home, form, last_s), 0);
	assert_int_equal(token_check_form(world->home, form, last_s + 1), ERR_AUTH);
	form[0] = form[0] == '1' ? '2' : '1';
	assert_int_equal(token_check_form(world->home, form, world_start_s), ERR_AUTH);
	assert_int_equal(token_check_form(world->home, "", world_start_s), ERR_AUTH);
	assert_int_equal(token_check_form(world->home, token, world_start_s), ERR_AUTH);
}

/* Mail is on where there is a mail.json. */
static void turn_mail_on(struct world *world)
{
	static const char text[] = "{\"server\":\"smtp://127.0.0.1:1\",\"tls\":false,"
				   "\"from\":\"v@vendor.example\"}";
	AUTO_TEXT path = home_path(world->home, "mail.json");

	assert_int_equal(io_write_file(path, text, sizeof(text) - 1, 0600), 0);
	store_close(world->store);
	home_close(world->home);
	assert_int_equal(home_open(world->folder, NULL, &world->home), 0);
	assert_int_equal(store_open(world->home, &world->store), 0);
}

static void G2_the_key_stays_until_its_mail_is_delivered(void **state)
{
	struct world *world = *state;
	struct order order;
	struct mail mail;
	struct mail_text text;
	static const char outbox[] = "SELECT count(*) FROM outbox";

	turn_mail_on(world);
	place(world, NULL, &order);
	assert_int_equal(orders_complete(world->store, order.id, world_start_s, &order), 0);
	assert_int_equal(orders_hand_out(world->store, &order), 0);
	assert_int_equal(count(world, outbox), 1);
	for (int i = 0; i < 2; i++) { /* the confirmation is moot by now; then the key */
		assert_int_equal(mail_next(world->store, world_start_s, &mail), 1);
		assert_int_equal(mail_text_make(world->store, &mail, world_start_s, &text), 0);
		bool is_key = strcmp(mail.kind, MAIL_KEY) == 0;
		assert_true(is_key == (text.to != NULL));
		if (is_key)
			assert_non_null(strstr(text.body, order.key));
		mail_text_free(&text);
		assert_int_equal(mail_delivered(world->store, &mail), 0);
	}
	assert_int_equal(count(world, outbox), 0);
	assert_int_equal(mail_next(world->store, world_start_s + 99, &mail), 0);
}

static void G2_a_key_that_can_go_to_nobody_waits_to_be_fetched(void **state)
{
	struct world *world = *state;
	struct order order;
	struct mail mail;
	struct mail_text text;
	const struct order_request request = {
		.kind = ORDER_NEW, .seats = 1, .customer = "A", .email = "nowhere"};

	turn_mail_on(world);
	assert_int_equal(orders_place(world->store, &request, world_start_s, &order), 0);
	assert_int_equal(orders_complete(world->store, order.id, world_start_s, &order), 0);
	while (mail_next(world->store, world_start_s, &mail) == 1) {
		assert_int_equal(mail_text_make(world->store, &mail, world_start_s, &text), 0);
		assert_null(text.to);
		mail_text_free(&text);
		assert_int_equal(mail_drop(world->store, &mail), 0);
	}
	assert_int_equal(orders_read(world->store, order.id, &order), 0);
	assert_int_equal(strlen(order.key), KEY_TEXT_SIZE - 1);
	assert_int_equal(orders_hand_out(world->store, &order), 0);
	assert_int_equal(orders_read(world->store, order.id, &order), 0);
	assert_string_equal(order.key, "");
}

static void G3_fewer_than_are_in_use_are_warned_of(void **state)
{
	struct world *world = *state;
	struct world_instance instance;
	struct sale sale = {.kind = ORDER_RENEWAL, .seats = 2};
	struct sale_quote quote;

	world_new_instance(&instance);
	world_order(world, 5, world_start_s, sale.license_id, NULL);
	assert_int_equal(
		world_activate(world->store, sale.license_id, &instance, world_start_s), 0);
	assert_int_equal(world_claim(world->store, sale.license_id, 0, 3, world_start_s), 3);
	assert_int_equal(sale_quote(world->store, &sale, world_start_s, &quote), 0);
	assert_string_equal(quote.warning_code, "fewer_than_used");
	sale.seats = 3;
	assert_int_equal(sale_quote(world->store, &sale, world_start_s, &quote), 0);
	assert_string_equal(quote.warning_code, "fewer");
	sale.seats = 5;
	assert_int_equal(sale_quote(world->store, &sale, world_start_s, &quote), 0);
	assert_null(quote.warning_code);
	assert_int_equal(world_look(world->store, sale.license_id, world_start_s).years, 1);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		IN_WORLD(G3_a_payment_that_is_reported_often_completes_once),
		IN_WORLD(G3_another_amount_completes_nothing),
		IN_WORLD(G3_a_refund_before_its_payment_holds_the_order_back),
		IN_WORLD(G3_an_order_ends_open_by_payment_cancellation_or_time),
		IN_WORLD(G3_an_order_that_is_placed_twice_under_one_id_is_one),
		IN_WORLD(a_token_opens_its_order_alone_and_a_form_for_its_time),
		IN_WORLD(G2_the_key_stays_until_its_mail_is_delivered),
		IN_WORLD(G2_a_key_that_can_go_to_nobody_waits_to_be_fetched),
		IN_WORLD(G3_fewer_than_are_in_use_are_warned_of),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
