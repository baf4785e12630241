/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/admin_lists.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/orders.h"

/* How a column gets into JSON: 's' text, 'i' integer, 't' moment. */
struct column {
	const char *name;
	char type;
};

enum { AFTER_SIZE = 256 };

static struct json *row_json(struct db_rows *rows, const struct column *columns)
{
	struct json *json = json_new_object();

	for (int i = 0; columns[i].name; i++) {
		if (columns[i].type == 's')
			json_put_text(json, columns[i].name, db_text(rows, i));
		else if (columns[i].type == 'i')
			json_put_int(json, columns[i].name, db_int(rows, i));
		else
			json_put_time(json, columns[i].name, db_int(rows, i));
	}
	return json;
}

static int check_limit(const struct admin_page *page)
{
	return page->limit >= 1 && page->limit <= ADMIN_LIST_MOST
		       ? 0
		       : err_set(ERR_INVALID, "\"limit\" must lie between 1 and %d",
				 ADMIN_LIST_MOST);
}

/* What makes a row's place in its list, for `next`. */
typedef void place_fn(struct db_rows *rows, char out[AFTER_SIZE]);

static void place_by_text(struct db_rows *rows, char out[AFTER_SIZE])
{
	snprintf(out, AFTER_SIZE, "%s", db_text(rows, 0));
}

/* Takes the rows of a query that was limited to one more than the page has. */
struct listing {
	const char *name;
	const struct column *columns;
	place_fn *place;
	int64_t limit;
};

static int take(const struct listing *listing, struct db_rows *rows, struct json **out)
{
	AUTO_JSON result = json_new_object();
	struct json *list = json_new_array();
	char place[AFTER_SIZE] = "";
	int64_t count = 0;
	int r;

	json_put_int(result, "schema", 1);
	json_put(result, listing->name, list);
	while ((r = db_next(rows)) > 0 && count < listing->limit) {
		json_append(list, row_json(rows, listing->columns));
		listing->place(rows, place);
		count++;
	}
	if (r < 0)
		return r;
	json_put_text(result, "next", r == 1 ? place : NULL);
	*out = STEAL(result);
	return 0;
}

static const char *text_or_empty(const char *text)
{
	return text ? text : "";
}

/* "%part%", with what LIKE would take for its own marked. The caller frees it. */
static char *pattern_of(const char *query)
{
	AUTO_TEXT escaped = mem_alloc(2 * strlen(query) + 1);
	size_t size = 0;

	for (const char *p = query; *p; p++) {
		if (strchr("%_!", *p))
			escaped[size++] = '!';
		escaped[size++] = *p;
	}
	text_lower(escaped);
	return mem_printf("%%%s%%", escaped);
}

int admin_list_customers(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"email", 's'}, {"name", 's'}, {"orders", 'i'},
		{"completed", 'i'}, {"first_order_at", 't'}, {"last_order_at", 't'}, {NULL, 0}};
	const struct listing listing = {"customers", columns, place_by_text, page->limit};
	AUTO_TEXT pattern = pattern_of(text_or_empty(page->query));
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT email, MAX(customer), COUNT(*),"
			" SUM(CASE WHEN completed_s > 0 THEN 1 ELSE 0 END), MIN(placed_s),"
			" MAX(placed_s) FROM orders WHERE email > ?1"
			" AND (lower(email) LIKE ?2 ESCAPE '!' OR lower(customer) LIKE ?2 "
			"ESCAPE "
			"'!')"
			" GROUP BY email ORDER BY email LIMIT ?3",
			"ssi", text_or_empty(page->after), pattern, page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

int admin_list_licenses(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"license_id", 's'}, {"key", 's'},
		{"seats", 'i'}, {"used", 'i'}, {"activated_at", 't'}, {"revoked_at", 't'},
		{"revision", 'i'}, {NULL, 0}};
	const struct listing listing = {"licenses", columns, place_by_text, page->limit};
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT license.license_id, masked, seats, used, activated_s, "
			"revoked_s,"
			" revision FROM license LEFT JOIN key_face"
			" ON key_face.license_id = license.license_id"
			" WHERE license.license_id > ?1 ORDER BY license.license_id LIMIT ?2",
			"si", text_or_empty(page->after), page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

static void place_of_instance(struct db_rows *rows, char out[AFTER_SIZE])
{
	snprintf(out, AFTER_SIZE, "%s.%s", db_text(rows, 0), db_text(rows, 1));
}

/* Takes "A.B" apart; "" is before all. */
static int split(const char *after, char left[AFTER_SIZE], char right[AFTER_SIZE])
{
	const char *dot = after ? strchr(after, '.') : NULL;

	left[0] = right[0] = '\0';
	if (!after || !*after)
		return 0;
	if (!dot || strlen(after) >= AFTER_SIZE)
		return err_set(ERR_INVALID, "\"after\" must be the \"next\" of a page before");
	snprintf(left, AFTER_SIZE, "%.*s", (int)(dot - after), after);
	snprintf(right, AFTER_SIZE, "%s", dot + 1);
	return 0;
}

int admin_list_instances(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"license_id", 's'}, {"id", 's'}, {"name", 's'},
		{"first_seen", 't'}, {"last_seen", 't'}, {NULL, 0}};
	const struct listing listing = {"instances", columns, place_of_instance, page->limit};
	char license[AFTER_SIZE], instance[AFTER_SIZE];
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0)
		r = split(page->after, license, instance);
	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT license_id, instance_id, name, first_seen_s, last_seen_s"
			" FROM instance WHERE (license_id > ?1 OR (license_id = ?1"
			" AND instance_id > ?2)) AND (?3 = '' OR license_id = ?3)"
			" ORDER BY license_id, instance_id LIMIT ?4",
			"sssi", license, instance, text_or_empty(page->license_id),
			page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

static void place_by_number(struct db_rows *rows, char out[AFTER_SIZE])
{
	snprintf(out, AFTER_SIZE, "%" PRId64, db_int(rows, 0));
}

int admin_list_events(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"revision", 'i'}, {"at", 't'}, {"kind", 's'},
		{"detail", 's'}, {"hash", 's'}, {NULL, 0}};
	const struct listing listing = {"events", columns, place_by_number, page->limit};
	int64_t revision = 0;
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0 && page->after && *page->after &&
		text_to_int(page->after, 0, INT64_MAX, &revision) < 0)
		r = err_set(ERR_INVALID, "\"after\" must be the \"next\" of a page before");
	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT revision, at_s, kind, detail, hash FROM event"
			" WHERE license_id = ?1 AND revision > ?2 ORDER BY revision LIMIT ?3",
			"sii", text_or_empty(page->license_id), revision, page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

static void place_of_order(struct db_rows *rows, char out[AFTER_SIZE])
{
	snprintf(out, AFTER_SIZE, "%" PRId64 ".%s", db_int(rows, 9), db_text(rows, 0));
}

static bool is_state(const char *state)
{
	for (int i = ORDER_OPEN; i <= ORDER_EXPIRED; i++)
		if (text_equal(state, order_state_name((enum order_state)i)))
			return true;
	return false;
}

int admin_list_orders(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"order_id", 's'}, {"license_id", 's'},
		{"kind", 's'}, {"seats", 'i'}, {"amount", 'i'}, {"currency", 's'},
		{"state", 's'}, {"customer", 's'}, {"email", 's'}, {"placed_at", 't'},
		{"expires_at", 't'}, {"completed_at", 't'}, {"cancelled_at", 't'},
		{"payment_failed_at", 't'}, {"refunded_at", 't'}, {"paid_by", 's'}, {NULL, 0}};
	const struct listing listing = {"orders", columns, place_of_order, page->limit};
	char placed[AFTER_SIZE], order[AFTER_SIZE];
	int64_t placed_s = INT64_MAX;
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0 && page->state && *page->state && !is_state(page->state))
		r = err_set(ERR_INVALID, "\"state\" is open, completed, cancelled or expired");
	if (r == 0)
		r = split(page->after, placed, order);
	if (r == 0 && *placed && text_to_int(placed, 0, INT64_MAX, &placed_s) < 0)
		r = err_set(ERR_INVALID, "\"after\" must be the \"next\" of a page before");
	if (r < 0)
		return r;
	r = db_query(store_db(store), &rows,
		"SELECT order_id, license_id, kind, seats, amount, currency, state, customer,"
		" email, placed_s, expires_s, completed_s, cancelled_s, failed_s, refunded_s,"
		" paid_by FROM (SELECT orders.*, CASE WHEN completed_s > 0 THEN 'completed'"
		" WHEN cancelled_s > 0 THEN 'cancelled'"
		" WHEN expires_s > 0 AND expires_s <= ?3 THEN 'expired' ELSE 'open' END AS "
		"state"
		" FROM orders) AS listed"
		" WHERE (placed_s < ?1 OR (placed_s = ?1 AND order_id < ?2))"
		" AND (?4 = '' OR state = ?4) AND (?5 = '' OR license_id = ?5)"
		" ORDER BY placed_s DESC, order_id DESC LIMIT ?6",
		"isissi", placed_s, order, page->now_s, text_or_empty(page->state),
		text_or_empty(page->license_id), page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

int admin_list_mails(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"mail", 's'}, {"license_id", 's'},
		{"kind", 's'}, {"order_id", 's'}, {"queued_at", 't'}, {"next_at", 't'},
		{"tries", 'i'}, {NULL, 0}};
	const struct listing listing = {"mails", columns, place_by_text, page->limit};
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT mail_id, license_id, kind, order_id, at_s, next_s, tries"
			" FROM mail WHERE mail_id > ?1 ORDER BY mail_id, license_id LIMIT ?2",
			"si", text_or_empty(page->after), page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}

int admin_list_deliveries(struct store *store, const struct admin_page *page, struct json **out)
{
	static const struct column columns[] = {{"webhook_id", 's'}, {"order_id", 's'},
		{"reported", 's'}, {"outcome", 's'}, {"at", 't'}, {NULL, 0}};
	const struct listing listing = {"deliveries", columns, place_by_text, page->limit};
	AUTO_ROWS rows = NULL;
	int r = check_limit(page);

	if (r == 0)
		r = db_query(store_db(store), &rows,
			"SELECT webhook_id, order_id, kind, outcome, at_s FROM delivery"
			" WHERE webhook_id > ?1 ORDER BY webhook_id LIMIT ?2",
			"si", text_or_empty(page->after), page->limit + 1);
	return r < 0 ? r : take(&listing, rows, out);
}
