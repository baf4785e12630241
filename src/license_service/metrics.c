/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/metrics.h"

#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "base/openmetrics.h"
#include "base/text.h"
#include "db/db.h"
#include "license_service/store.h"

static const struct {
	const char *path;
	bool is_prefix;
} paths[] = {
	{"/v1/activate", false},
	{"/v1/lease", false},
	{"/v1/claims", false},
	{"/v1/releases", false},
	{"/v1/subjects", false},
	{"/v1/trial", false},
	{"/v1/events", false},
	{"/v1/quotes", false},
	{"/v1/orders", false},
	{"/v1/orders/", true},
	{"/v1/payments/webhook", false},
	{"/buy", false},
	{"/orders/", true},
	{"/shop.css", false},
	{"/livez", false},
	{"other", false},
};

static const int statuses[] = {
	200, 201, 303, 400, 401, 403, 404, 405, 409, 413, 422, 429, 500, 503, 0};

static const int64_t bounds_us[] = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000,
	500000, 1000000, 2500000, 10000000};

static const char *const outcomes[] = {"completed", "already_completed", "failed", "refunded",
	"order_unknown", "amount_mismatch", "order_closed", "refunded_before", "refused",
	"ignored", "unbelieved"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static struct {
	atomic_llong requests[COUNT(paths)][COUNT(statuses)];
	atomic_llong buckets[COUNT(bounds_us) + 1];
	atomic_llong took_us;
	atomic_llong granted, not_granted;
	atomic_llong webhooks[COUNT(outcomes)];
	atomic_llong mails_sent, mails_failed;
	atomic_llong history_behind;
} counts;

static void add(atomic_llong *counter, int64_t number)
{
	atomic_fetch_add_explicit(counter, number, memory_order_relaxed);
}

static int64_t get(atomic_llong *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static size_t path_index(const char *path)
{
	for (size_t i = 0; i + 1 < COUNT(paths); i++)
		if (paths[i].is_prefix ? text_starts_with(path, paths[i].path)
				       : text_equal(path, paths[i].path))
			return i;
	return COUNT(paths) - 1;
}

void metrics_count_request(const char *path, int status, int64_t took_us)
{
	size_t at = 0;
	size_t bucket = 0;

	while (statuses[at] && statuses[at] != status)
		at++;
	while (bucket < COUNT(bounds_us) && took_us > bounds_us[bucket])
		bucket++;
	add(&counts.requests[path_index(path)][at], 1);
	add(&counts.buckets[bucket], 1);
	add(&counts.took_us, took_us > 0 ? took_us : 0);
}

void metrics_count_claims(int64_t granted, int64_t refused)
{
	add(&counts.granted, granted);
	add(&counts.not_granted, refused);
}

void metrics_count_webhook(const char *outcome)
{
	for (size_t i = 0; i < COUNT(outcomes); i++)
		if (text_equal(outcome, outcomes[i]))
			add(&counts.webhooks[i], 1);
}

void metrics_count_mail(bool is_sent)
{
	add(is_sent ? &counts.mails_sent : &counts.mails_failed, 1);
}

void metrics_count_history_behind(void)
{
	add(&counts.history_behind, 1);
}

static int put_requests(struct buf *out)
{
	int r = openmetrics_head(
		out, "http_requests", "counter", "Requests by path and status.");

	for (size_t i = 0; i < COUNT(paths); i++) {
		for (size_t k = 0; r == 0 && k < COUNT(statuses); k++) {
			int64_t number = get(&counts.requests[i][k]);
			if (number)
				r = buf_printf(out,
					"garner_http_requests_total{path=\"%s%s\",status=\"%"
					"d\"}"
					" %" PRId64 "\n",
					paths[i].path, paths[i].is_prefix ? "{id}" : "",
					statuses[k], number);
		}
	}
	return r;
}

static int put_latency(struct buf *out)
{
	int64_t sum = 0;
	int64_t took_us = get(&counts.took_us);
	int r = openmetrics_head(
		out, "http_request_seconds", "histogram", "Time to the answer.");

	for (size_t i = 0; r == 0 && i <= COUNT(bounds_us); i++) {
		sum += get(&counts.buckets[i]);
		r = i == COUNT(bounds_us)
			    ? buf_printf(out,
				      "garner_http_request_seconds_bucket{le=\"+Inf\"} %" PRId64
				      "\n",
				      sum)
			    : buf_printf(out,
				      "garner_http_request_seconds_bucket{le=\"%g\"} %" PRId64
				      "\n",
				      (double)bounds_us[i] / 1e6, sum);
	}
	if (r == 0)
		r = buf_printf(out,
			"garner_http_request_seconds_sum %" PRId64 ".%06" PRId64
			"\ngarner_http_request_seconds_count %" PRId64 "\n",
			took_us / 1000000, took_us % 1000000, sum);
	return r;
}

static int put_words(struct buf *out)
{
	int r = openmetrics_head(out, "claims", "counter", "Objects of claims by outcome.");

	if (r == 0)
		r = buf_printf(out,
			"garner_claims_total{outcome=\"granted\"} %" PRId64
			"\ngarner_claims_total{outcome=\"not_granted\"} %" PRId64 "\n",
			get(&counts.granted), get(&counts.not_granted));
	if (r == 0)
		r = openmetrics_head(
			out, "mails", "counter", "Mail by outcome of a try to send it.");
	if (r == 0)
		r = buf_printf(out,
			"garner_mails_total{outcome=\"sent\"} %" PRId64
			"\ngarner_mails_total{outcome=\"failed\"} %" PRId64 "\n",
			get(&counts.mails_sent), get(&counts.mails_failed));
	if (r == 0)
		r = openmetrics_head(
			out, "payment_webhooks", "counter", "Webhooks by outcome.");
	for (size_t i = 0; r == 0 && i < COUNT(outcomes); i++)
		r = buf_printf(out,
			"garner_payment_webhooks_total{outcome=\"%s\"} %" PRId64 "\n",
			outcomes[i], get(&counts.webhooks[i]));
	if (r == 0)
		r = openmetrics_head(out, "history_behind", "counter",
			"Instances whose lease is ahead of this database.");
	if (r == 0)
		r = buf_printf(out, "garner_history_behind_total %" PRId64 "\n",
			get(&counts.history_behind));
	return r;
}

/* A number from the database as a gauge. */
static int put_number(
	struct store *store, struct buf *out, const char *const names[2], const char *sql)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows, sql, "");

	return r < 0 ? r : openmetrics_gauge(out, names[0], names[1], r ? db_int(rows, 0) : 0);
}

static int put_sums(struct store *store, struct buf *out)
{
	static const struct {
		const char *const names[2];
		const char *sql;
	} sums[] = {
		{{"licenses_sold", "Licenses of all keys."},
			"SELECT COALESCE(SUM(seats), 0) FROM license WHERE revoked_s = 0"},
		{{"licenses_used", "Licenses that users hold."},
			"SELECT COALESCE(SUM(used), 0) FROM license WHERE revoked_s = 0"},
		{{"keys", "License keys that are not revoked."},
			"SELECT COUNT(*) FROM license WHERE revoked_s = 0"},
		{{"mails_waiting", "Mail that waits to be sent."}, "SELECT COUNT(*) FROM mail"},
		{{"keys_waiting", "License keys that wait to be handed out."},
			"SELECT COUNT(*) FROM outbox"},
		{{"orders_not_completed", "Orders that are neither paid nor cancelled."},
			"SELECT COUNT(*) FROM orders WHERE completed_s = 0 AND cancelled_s = "
			"0"},
		{{"licenses_held", "Keys that get nothing until accept-restore."},
			"SELECT COUNT(DISTINCT license_id) FROM history_alarm"},
		{{"trials", "Trials that were begun."}, "SELECT COUNT(*) FROM trial"},
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < COUNT(sums); i++)
		r = put_number(store, out, sums[i].names, sums[i].sql);
	return r;
}

static int put_running_trials(struct store *store, int64_t now_s, struct buf *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(store), &rows, "SELECT COUNT(*) FROM trial WHERE ends_s > ?1",
		"i", now_s);

	return r < 0 ? r
		     : openmetrics_gauge(out, "trials_running", "Trials that are not over.",
			       r ? db_int(rows, 0) : 0);
}

int metrics_write(struct store *store, int64_t now_s, int64_t waiting, int64_t leaf_until_s,
	struct buf *out)
{
	int r = put_requests(out);

	if (r == 0)
		r = put_latency(out);
	if (r == 0)
		r = put_words(out);
	if (r == 0)
		r = openmetrics_gauge(
			out, "writer_queue", "Jobs that wait for the writer.", waiting);
	if (r == 0 && leaf_until_s)
		r = openmetrics_gauge(out, "signing_key_days_left",
			"Whole days until the key that signs leases ends.",
			(leaf_until_s - now_s) / 86400);
	if (r == 0)
		r = put_sums(store, out);
	if (r == 0)
		r = put_running_trials(store, now_s, out);
	return r < 0 ? r : openmetrics_end(out);
}
