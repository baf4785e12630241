/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/mail_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license_service/ledger.h"
#include "license_service/money.h"
#include "license_service/payment.h"
#include "license_service/token.h"

enum { DAY_S = 86400 };

void mail_text_free(struct mail_text *text)
{
	if (text->body)
		secret_wipe(text->body, strlen(text->body));
	mem_free(text->to);
	mem_free(text->subject);
	mem_free(text->body);
	*text = (struct mail_text){0};
}

/* "https://…/orders/ID?t=TOKEN" in a paragraph of its own, or nothing. */
static char *link_text(const struct store *store, const struct order *order)
{
	const struct home *home = store_home(store);

	if (!home->settings->public_url)
		return mem_strdup("");
	AUTO_TEXT token = token_of_order(home, order->id);
	return mem_printf("The page of your order:\n%s/orders/%s?t=%s\n\n",
		home->settings->public_url, order->id, token);
}

static char *order_lines(const struct order *order)
{
	static const char *const whats[] = {
		[ORDER_NEW] = "a new license key",
		[ORDER_RENEWAL] = "renewal of a license key",
		[ORDER_ADDITION] = "more licenses for a license key",
	};
	AUTO_TEXT amount = money_text(order->amount, order->currency);
	AUTO_TEXT seats = money_count(order->seats);

	return mem_printf("Order:    %s\nFor:      %s\nLicenses: %s\nAmount:   %s\n\n",
		order->id, whats[order->kind], seats, amount);
}

static char *payment_words(const struct settings *settings, const struct order *order)
{
	char *words = mem_strdup("");

	for (size_t i = 0; payment_sides[i]; i++) {
		const struct payment_side *side = payment_sides[i];
		if (!side->is_offered(settings))
			continue;
		AUTO_TEXT how = side->how_to_pay(settings, order);
		AUTO_TEXT link = side->link(settings, order);
		mem_replace(&words, mem_printf("%s%s\n%s%s\n", words, how, link ? link : "",
					    link ? "\n" : ""));
	}
	return words;
}

static void make_placed(
	const struct store *store, const struct order *order, struct mail_text *out)
{
	const struct settings *settings = store_home(store)->settings;
	char until[TIMESTAMP_SIZE];
	AUTO_TEXT lines = order_lines(order);
	AUTO_TEXT how = payment_words(settings, order);
	AUTO_TEXT link = link_text(store, order);

	timestamp_format(order->expires_s, until);
	out->subject = mem_printf("Your order %s", order->id);
	out->body = mem_printf("Thank you for your order.\n\n%sHow to pay:\n%s"
			       "The order stays open until %s.\n%s\n%s%s\n",
		lines, how, until,
		order->kind == ORDER_NEW
			? "When it is paid you get the license key by e-mail.\n"
			: "It takes effect as soon as it is paid; your license key stays.\n",
		link, settings->seller);
}

static void make_key(
	const struct store *store, const struct order *order, struct mail_text *out)
{
	const struct settings *settings = store_home(store)->settings;
	AUTO_TEXT seats = money_count(order->seats);
	AUTO_TEXT server = settings->public_url ? mem_printf("    garner license server %s\n",
							  settings->public_url)
						: mem_strdup("");

	out->subject = mem_printf("Your license key (order %s)", order->id);
	out->body = mem_printf(
		"Your payment has arrived. This is your license key for %s licenses:\n\n"
		"    %s\n\n"
		"Keep it: whoever has it can use your licenses, and we keep no readable "
		"copy.\n\n"
		"To activate it, enter it in the Licensing window of each installation, or on\n"
		"its command line:\n\n%s    garner license activate KEY\n\n"
		"The subscription lasts 12 months. They begin with the first activation of "
		"the\n"
		"key, and end 12 months later to the second; more installations under the "
		"same\n"
		"key move nothing. Restores work after the end too.\n\n"
		"More licenses and renewals go to the same key.\n\n%s\n",
		seats, order->key, server, settings->seller);
}

/* How the license stands now, for mails about a key that its owner has. */
static int read_license(
	struct store *store, const char *license_id, int64_t now_s, struct ledger *out)
{
	int r = ledger_open(store, license_id, now_s, out);

	return r < 0 ? r : ledger_commit(out);
}

static char *end_text(const struct license *license)
{
	char end[TIMESTAMP_SIZE];

	if (!license->activated_s)
		return mem_strdup("12 months after the first activation");
	timestamp_format(license_expires(license), end);
	return mem_strdup(end);
}

static int make_done(
	struct store *store, const struct order *order, int64_t now_s, struct mail_text *out)
{
	struct ledger ledger;
	int r = read_license(store, order->license_id, now_s, &ledger);

	if (r < 0)
		return r;
	AUTO_TEXT lines = order_lines(order);
	AUTO_TEXT seats = money_count(ledger.license.seats);
	AUTO_TEXT end = end_text(&ledger.license);
	out->subject = mem_printf("Your order %s is done", order->id);
	out->body = mem_printf(
		"Your payment has arrived, and the order is done.\n\n%s"
		"Licenses of the key now:    %s%s\n"
		"The subscription ends:      %s\n\n"
		"Your license key is the same as before. Running installations learn of it by\n"
		"themselves within an hour, and at once where you activate the key "
		"again.\n\n%s\n",
		lines, seats,
		ledger.license.waiting_count ? "\n(a renewal that waits may change that)" : "",
		end, store_home(store)->settings->seller);
	return 0;
}

static int masked_key(struct store *store, const char *license_id, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT masked FROM key_face WHERE license_id = ?1", "s", license_id);

	*out = mem_strdup(r == 1 ? db_text(rows, 0) : "(unknown)");
	return r < 0 ? r : 0;
}

static int make_reminder(
	struct store *store, const struct mail *mail, int64_t now_s, struct mail_text *out)
{
	const struct settings *settings = store_home(store)->settings;
	struct ledger ledger;
	AUTO_TEXT masked = NULL;
	int r = read_license(store, mail->license_id, now_s, &ledger);

	if (r == 0)
		r = masked_key(store, mail->license_id, &masked);
	if (r < 0)
		return r;
	int64_t left_s = license_expires(&ledger.license) - ledger.now_s;
	/* It was renewed since the mail was queued. */
	if (left_s > 30 * (int64_t)DAY_S || ledger.license.revoked_s) {
		mem_replace(&out->to, NULL);
		return 0;
	}
	AUTO_TEXT end = end_text(&ledger.license);
	AUTO_TEXT seats = money_count(ledger.license.seats);
	AUTO_TEXT link = settings->public_url
				 ? mem_printf("Renew it here: %s/buy?kind=renew\n\n",
					   settings->public_url)
				 : mem_strdup("");
	out->subject = left_s > 0 ? mem_printf("Your subscription ends on %.10s", end)
				  : mem_printf("Your subscription has ended");
	out->body = mem_printf(
		"License key: %s\nLicenses:    %s\n%s %s\n\n%s"
		"After the end no backup runs and no new one is made. Restores go on, and\n"
		"nothing that is stored is locked or deleted. A renewal needs no new\n"
		"installation, and for as many licenses or more it changes nothing else.\n\n"
		"%s%s\n",
		masked, seats, left_s > 0 ? "Ends:       " : "Ended:      ", end,
		left_s > 0 ? "" : "The subscription has ended.\n", link, settings->seller);
	return 0;
}

static int make_new_key(
	struct store *store, const struct mail *mail, int64_t now_s, struct mail_text *out)
{
	char key[KEY_TEXT_SIZE];
	struct ledger ledger;
	int r = orders_read_outbox(store, mail->license_id, mail->order_id, key);

	if (r == 0) /* handed out meanwhile */
		mem_replace(&out->to, NULL);
	if (r <= 0)
		return r;
	r = read_license(store, mail->license_id, now_s, &ledger);
	if (r == 0) {
		AUTO_TEXT end = end_text(&ledger.license);
		AUTO_TEXT seats = money_count(ledger.license.seats);
		out->subject = mem_strdup("Your new license key");
		out->body = mem_printf(
			"This is the license key that takes the place of your old one:\n\n"
			"    %s\n\n"
			"Licenses: %s\nEnds:     %s\n\n"
			"Keep it: whoever has it can use your licenses, and we keep no "
			"readable copy.\n"
			"Activate it first at an installation that has the old one:\n\n"
			"    garner license activate KEY\n\n%s\n",
			key, seats, end, store_home(store)->settings->seller);
	}
	secret_wipe(key, sizeof(key));
	return r;
}

/* Another key goes to whom the license was sold to: whoever came by the old key could order
 * something under it. */
static int find_owner(struct store *store, const struct mail *mail, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows,
		"SELECT email FROM orders WHERE license_id = ?1 AND kind = 'new'"
		" AND completed_s > 0",
		"s", mail->license_id);

	if (r == 1 && settings_is_address(db_text(rows, 0)))
		*out = mem_strdup(db_text(rows, 0));
	return r < 0 ? r : 0;
}

/* The address of the order, or that of the last one that was completed for the license. */
static int find_recipient(struct store *store, const struct mail *mail, char **out)
{
	AUTO_ROWS rows = NULL;

	if (text_equal(mail->kind, MAIL_NEW_KEY))
		return find_owner(store, mail, out);
	int r = db_one(store_db(store), &rows,
		"SELECT email FROM orders WHERE license_id = ?1 AND email IS NOT NULL"
		" AND email <> '' AND (completed_s > 0 OR order_id = ?2) ORDER BY CASE WHEN "
		"order_id = ?2 THEN 0 ELSE 1 END,"
		" placed_s DESC, order_id LIMIT 1",
		"ss", mail->license_id, mail->order_id);

	if (r == 1 && settings_is_address(db_text(rows, 0)))
		*out = mem_strdup(db_text(rows, 0));
	return r < 0 ? r : 0;
}

static int make_of_order(
	struct store *store, const struct mail *mail, int64_t now_s, struct mail_text *out)
{
	struct order order;
	int r = orders_read(store, mail->order_id, &order);

	if (r < 0)
		return r;
	if (text_equal(mail->kind, MAIL_DONE))
		r = make_done(store, &order, now_s, out);
	else if (text_equal(mail->kind, MAIL_PLACED) &&
		 order_state(&order, now_s) == ORDER_OPEN)
		make_placed(store, &order, out);
	else if (text_equal(mail->kind, MAIL_KEY) && order.key[0])
		make_key(store, &order, out);
	else /* paid, cancelled or handed out meanwhile */
		mem_replace(&out->to, NULL);
	secret_wipe(order.key, sizeof(order.key));
	return r;
}

int mail_text_make(
	struct store *store, const struct mail *mail, int64_t now_s, struct mail_text *out)
{
	*out = (struct mail_text){0};
	int r = find_recipient(store, mail, &out->to);

	if (r < 0 || !out->to)
		return r;
	if (text_equal(mail->kind, MAIL_NEW_KEY))
		return make_new_key(store, mail, now_s, out);
	return text_equal(mail->kind, MAIL_REMINDER) ? make_reminder(store, mail, now_s, out)
						     : make_of_order(store, mail, now_s, out);
}
