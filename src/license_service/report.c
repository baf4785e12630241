/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/report.h"

#include "base/mem.h"
#include "base/timestamp.h"
#include "db/db.h"
#include "license_service/ledger.h"

static void put_license(struct json *report, const struct ledger *ledger)
{
	const struct license *license = &ledger->license;
	struct json *renewals = json_new_array();

	json_put_int(report, "schema", 1);
	json_put_text(report, "license_id", ledger->license_id);
	json_put_text(
		report, "state", license_phase_name(license_phase(license, ledger->now_s)));
	json_put_int(report, "seats", license->seats);
	json_put_int(report, "used", license->used);
	json_put_time(report, "activated_at", license->activated_s);
	json_put_time(report, "expires_at", license_expires(license));
	json_put_time(report, "revoked_at", license->revoked_s);
	for (size_t i = 0; i < license->waiting_count; i++) {
		struct json *renewal = json_new_object();

		json_put_time(renewal, "starts_at", license->waiting[i].start_s);
		json_put_int(renewal, "seats", license->waiting[i].seats);
		json_append(renewals, renewal);
	}
	json_put(report, "renewals", renewals);
}

static int put_instances(struct json *report, const struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	struct json *instances = json_new_array();
	int r = db_query(store_db(ledger->store), &rows,
		"SELECT instance_id, name, first_seen_s, last_seen_s FROM instance"
		" WHERE license_id = ?1 ORDER BY first_seen_s, instance_id",
		"s", ledger->license_id);

	json_put(report, "instances", instances);
	while (r >= 0 && (r = db_next(rows)) > 0) {
		struct json *instance = json_new_object();

		json_put_text(instance, "id", db_text(rows, 0));
		json_put_text(instance, "name", db_text(rows, 1));
		json_put_time(instance, "first_seen", db_int(rows, 2));
		json_put_time(instance, "last_seen", db_int(rows, 3));
		json_append(instances, instance);
	}
	return r;
}

static int put_events(struct json *report, const struct ledger *ledger)
{
	AUTO_ROWS rows = NULL;
	struct json *events = json_new_array();
	int r = db_query(store_db(ledger->store), &rows,
		"SELECT at_s, kind, detail, hash, revision FROM event WHERE license_id = ?1"
		" ORDER BY revision",
		"s", ledger->license_id);

	json_put(report, "events", events);
	while (r >= 0 && (r = db_next(rows)) > 0) {
		struct json *event = json_new_object();

		json_put_time(event, "at", db_int(rows, 0));
		json_put_text(event, "kind", db_text(rows, 1));
		json_put_text(event, "detail", db_text(rows, 2));
		json_put_text(event, "hash", db_text(rows, 3));
		json_put_int(event, "revision", db_int(rows, 4));
		json_append(events, event);
	}
	return r;
}

static int try_report(
	struct store *store, const char *license_id, int64_t now_s, struct json **out)
{
	struct ledger ledger;
	AUTO_JSON report = json_new_object();
	int r = ledger_open(store, license_id, now_s, &ledger);

	*out = NULL;
	if (r < 0)
		return r;
	put_license(report, &ledger);
	r = put_instances(report, &ledger);
	if (r == 0)
		r = put_events(report, &ledger);
	if (r < 0) {
		ledger_abandon(&ledger);
		return r;
	}
	r = ledger_commit(&ledger);
	if (r == 0)
		*out = STEAL(report);
	return r;
}

int report_license(
	struct store *store, const char *license_id, int64_t now_s, struct json **out)
{
	int r, tries = 0;

	do
		r = try_report(store, license_id, now_s, out);
	while (db_again(r, &tries));
	return r;
}
