/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/sale.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license_service/ledger.h"
#include "license_service/money.h"
#include "license_service/settings.h"

PRINTF_LIKE(4, 5)
static void complain(
	struct sale_errors *errors, char *field, const char *code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(field, SALE_TEXT_SIZE, format, arguments);
	va_end(arguments);
	if (!errors->code)
		errors->code = code;
}

static void check_kind(const char *kind, struct sale *out, struct sale_errors *errors)
{
	for (int i = ORDER_NEW; i <= ORDER_ADDITION; i++) {
		if (text_equal(kind, order_kind_name((enum order_kind)i))) {
			out->kind = (enum order_kind)i;
			return;
		}
	}
	complain(errors, errors->general, "request_invalid",
		"Choose what you need: a new key, more licenses, or a renewal.");
}

/* "1,000" and "1 000" are numbers too. */
static void check_seats(const char *typed, struct sale *out, struct sale_errors *errors)
{
	char digits[16];
	size_t count = 0;

	for (const char *p = typed; *p && count < sizeof(digits) - 1; p++)
		if (*p != ',' && *p != ' ')
			digits[count++] = *p;
	digits[count] = '\0';
	if (text_to_int(digits, 1, LICENSE_SEATS_MAX, &out->seats) < 0) {
		AUTO_TEXT most = money_count(LICENSE_SEATS_MAX);
		complain(errors, errors->seats, "request_invalid",
			"The number of licenses must be a whole number from 1 to %s.", most);
	}
}

static bool is_one_line(const char *text)
{
	for (const char *p = text; *p; p++)
		if (iscntrl((unsigned char)*p))
			return false;
	return text_is_utf8(text, strlen(text));
}

static void check_contact(
	const struct sale_input *input, struct sale *out, struct sale_errors *errors)
{
	out->customer = input->customer;
	out->email = input->email;
	if (!input->with_contact)
		return;
	if (!*input->customer)
		complain(errors, errors->customer, "request_invalid",
			"Give the name of the organization or person.");
	else if (strlen(input->customer) > ORDER_TEXT_MAX || !is_one_line(input->customer))
		complain(errors, errors->customer, "request_invalid",
			"The name is one line of at most %d bytes.", ORDER_TEXT_MAX);
	if (!*input->email)
		complain(errors, errors->email, "request_invalid",
			"Give the e-mail address to which the key is sent.");
	else if (!settings_is_address(input->email))
		complain(errors, errors->email, "request_invalid",
			"This is not an e-mail address; one looks like name@example.org.");
}

static int find_key(struct store *store, struct guard *guard, const struct sale_input *input,
	struct sale *out, struct sale_errors *errors)
{
	char key[KEY_TEXT_SIZE];
	const struct guard_try try = {
		input->peer, input->license_key, clock_boot_us() / 1000000};

	if (guard_wait_s(guard, &try))
		return err_set(ERR_THROTTLED,
			"too many wrong license keys came from your address; wait a minute");
	if (key_read(input->license_key, key) < 0) {
		guard_count(guard, &try);
		complain(errors, errors->key, "key_mistyped",
			"The license key is mistyped: please compare it with your e-mail.");
		return 0;
	}
	key_mask(key, out->masked);
	int r = store_find_key(store, key, out->license_id);
	secret_wipe(key, sizeof(key));
	if (r != ERR_NOTFOUND)
		return r;
	guard_count(guard, &try);
	complain(errors, errors->key, "key_unknown",
		"This license key is not known here. Is it a key of this vendor?");
	return 0;
}

int sale_check(struct store *store, struct guard *guard, const struct sale_input *input,
	struct sale *out, struct sale_errors *errors)
{
	int r = 0;

	*out = (struct sale){0};
	*errors = (struct sale_errors){0};
	check_kind(input->kind, out, errors);
	check_seats(input->seats, out, errors);
	if (out->kind != ORDER_NEW && !*input->license_key)
		complain(errors, errors->key, "request_invalid",
			"Give the license key that you want to %s.",
			out->kind == ORDER_RENEWAL ? "renew" : "add licenses to");
	else if (out->kind != ORDER_NEW)
		r = find_key(store, guard, input, out, errors);
	check_contact(input, out, errors);
	if (r < 0)
		return r;
	return errors->code ? err_set(ERR_INVALID, "the order is not complete") : 0;
}

struct order_request sale_request(const struct sale *sale, const char *order_id)
{
	return (struct order_request){
		.kind = sale->kind,
		.license_id = sale->kind == ORDER_NEW ? NULL : sale->license_id,
		.seats = sale->seats,
		.customer = sale->customer,
		.email = sale->email,
		.order_id = order_id,
	};
}

/* Fewer than before: what that does, said before it is ordered (ruling on G3). */
static void warn_of_fewer(
	const struct license *license, const struct sale *sale, struct sale_quote *out)
{
	char at[TIMESTAMP_SIZE];

	if (sale->seats >= license->seats)
		return;
	timestamp_format(out->starts_s, at);
	at[10] = '\0'; /* the day */
	AUTO_TEXT used = money_count(license->used);
	AUTO_TEXT ordered = money_count(sale->seats);
	AUTO_TEXT now = money_count(license->seats);
	bool is_below_use = sale->seats < license->used;
	out->warning_code = is_below_use ? "fewer_than_used" : "fewer";
	snprintf(out->warning, sizeof(out->warning),
		"%s licenses are in use now, of %s; you order %s. When that takes effect (%s), "
		"no "
		"user holds a license any more, and the next backups assign the %s again in "
		"their "
		"order.%s",
		used, now, ordered, at, ordered,
		is_below_use ? " Users beyond that number are not backed up." : "");
}

static int reckon(const struct ledger *ledger, const struct sale *sale, struct sale_quote *out)
{
	struct license after = ledger->license;
	struct license_effect effect;
	int64_t end_s = license_expires(&after);
	bool has_ended = after.activated_s && ledger->now_s >= end_s;

	if (sale->kind == ORDER_ADDITION && has_ended)
		return err_set(ERR_LICENSE,
			"The subscription of this key has ended: renew it, with the number of "
			"licenses that you need.");
	int r = sale->kind == ORDER_RENEWAL
			? license_renew(&after, sale->seats, ledger->now_s, &effect)
			: license_add(&after, sale->seats, ledger->now_s, &effect);
	if (r < 0)
		return r;
	out->seats_after = sale->kind == ORDER_RENEWAL ? sale->seats : after.seats;
	out->starts_s = effect.at_s;
	out->ends_s = license_expires(&after);
	if (sale->kind == ORDER_RENEWAL)
		warn_of_fewer(&ledger->license, sale, out);
	return 0;
}

int sale_quote(
	struct store *store, const struct sale *sale, int64_t now_s, struct sale_quote *out)
{
	struct ledger ledger;
	int tries = 0;
	const struct order_request request = sale_request(sale, NULL);

	*out = (struct sale_quote){.seats_after = sale->seats};
	memcpy(out->currency, store_home(store)->prices.currency, sizeof(out->currency));
	int r = orders_quote(store, &request, now_s, &out->amount);
	if (r < 0 || sale->kind == ORDER_NEW)
		return r;
	do
		r = ledger_open(store, sale->license_id, now_s, &ledger);
	while (db_again(r, &tries));
	if (r < 0)
		return r;
	r = reckon(&ledger, sale, out);
	ledger_abandon(&ledger);
	return r;
}
