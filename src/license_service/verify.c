/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/verify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license/chain.h"
#include "license_service/ledger.h"

/* An assignment as the events made it. */
struct assigned {
	char subject[2 * HASH_SIZE + 1];
	int64_t at_s;
	UT_hash_handle hh;
};

struct replay {
	struct ledger *ledger;
	struct verify_finding *finding;
	struct license license; /* as the events make it */
	int64_t revision;
	uint8_t chain[HASH_SIZE];
	struct assigned *assigned; /* of the epoch */
};

/* Tells the first finding alone. Always 1, "found". */
PRINTF_LIKE(2, 3) static int found(struct replay *replay, const char *format, ...)
{
	va_list arguments;

	if (replay->finding->what[0])
		return 1;
	va_start(arguments, format);
	vsnprintf(replay->finding->what, VERIFY_WHAT_SIZE, format, arguments);
	va_end(arguments);
	replay->finding->revision = replay->revision;
	return 1;
}

static void forget_assigned(struct replay *replay)
{
	struct assigned *assigned, *next;

	HASH_ITER(hh, replay->assigned, assigned, next)
	{
		HASH_DEL(replay->assigned, assigned);
		mem_free(assigned);
	}
}

/* The details of events: "name=value name=value …". */

static const char *find_value(const char *detail, const char *name)
{
	size_t size = strlen(name);

	for (const char *at = detail; at; at = strchr(at, ' ')) {
		at += *at == ' ';
		if (strncmp(at, name, size) == 0 && at[size] == '=')
			return at + size + 1;
	}
	return NULL;
}

static int64_t number_of(const char *detail, const char *name)
{
	const char *value = find_value(detail, name);
	int64_t number;

	if (!value)
		return -1;
	AUTO_TEXT text = mem_strndup(value, strcspn(value, " "));
	return text_to_int(text, 0, INT64_MAX, &number) < 0 ? -1 : number;
}

/* Playing one event of each kind: 0, or 1 where it cannot be. */

static int play_created(struct replay *replay, const struct chain_event *event)
{
	int64_t seats = number_of(event->detail, "licenses");

	if (seats < 1 || seats > LICENSE_SEATS_MAX)
		return found(replay, "the license was created for no number");
	replay->license = license_new(seats);
	return 0;
}

/* The transitions of license.h. `r` and `effect` are what the rule gave. */
static int check_change(struct replay *replay, const struct chain_event *event, int r,
	const struct license_effect *effect)
{
	if (r < 0)
		return found(replay, "\"%s\" was not possible: %s", event->kind, err_message());
	if (effect->reset)
		forget_assigned(replay);
	if (number_of(event->detail, "licenses") != effect->seats)
		return found(replay, "\"%s\" gave another number of licenses", event->kind);
	return 0;
}

static int play_activated(struct replay *replay, const struct chain_event *event)
{
	struct license_effect effect = {0};
	int r = license_activate(&replay->license, event->at_s, &effect);

	return check_change(replay, event, r, &effect);
}

static int play_renewed(struct replay *replay, const struct chain_event *event)
{
	struct license_effect effect = {0};
	int64_t seats = number_of(event->detail, "licenses");
	int r = license_renew(&replay->license, seats, event->at_s, &effect);

	return check_change(replay, event, r, &effect);
}

static int play_added(struct replay *replay, const struct chain_event *event)
{
	struct license_effect effect = {0};
	int64_t more = number_of(event->detail, "licenses") - replay->license.seats;
	int r = license_add(&replay->license, more, event->at_s, &effect);

	return check_change(replay, event, r, &effect);
}

static int play_began(struct replay *replay, const struct chain_event *event)
{
	struct license_effect effect = {0};

	if (!license_settle(&replay->license, event->at_s, &effect))
		return found(replay, "no renewal waited");
	return check_change(replay, event, 0, &effect);
}

static int play_reset(struct replay *replay, const struct chain_event *event)
{
	int64_t epoch = number_of(event->detail, "epoch");

	if (epoch == replay->license.epoch + 1) { /* one that no renewal made */
		replay->license.epoch = epoch;
		replay->license.used = 0;
		forget_assigned(replay);
	}
	return epoch == replay->license.epoch ? 0
					      : found(replay, "the reset is of another epoch");
}

static int play_revoked(struct replay *replay, const struct chain_event *event)
{
	struct license_effect effect;

	if (license_revoke(&replay->license, event->at_s, &effect) < 0)
		return found(replay, "the license was revoked twice");
	return 0;
}

static int assign_one(
	struct replay *replay, const char *subject, const struct chain_event *event)
{
	struct assigned *assigned;

	HASH_FIND_STR(replay->assigned, subject, assigned);
	if (assigned)
		return found(replay, "a subject was assigned twice");
	assigned = mem_alloc(sizeof(*assigned));
	memcpy(assigned->subject, subject, sizeof(assigned->subject));
	assigned->at_s = event->at_s;
	HASH_ADD_STR(replay->assigned, subject, assigned);
	replay->license.used++;
	return 0;
}

static int release_one(
	struct replay *replay, const char *subject, const struct chain_event *event)
{
	struct assigned *assigned;

	(void)event;
	HASH_FIND_STR(replay->assigned, subject, assigned);
	if (!assigned)
		return found(replay, "a subject was released that held no license");
	HASH_DEL(replay->assigned, assigned);
	mem_free(assigned);
	replay->license.used--;
	return 0;
}

static int play_subjects(struct replay *replay, const struct chain_event *event,
	int (*play)(struct replay *, const char *, const struct chain_event *))
{
	const char *at = find_value(event->detail, "subjects");
	char subject[2 * HASH_SIZE + 1] = "";
	int r = 0;

	while (r == 0 && at && *at) {
		size_t size = strcspn(at, ",");
		if (size != sizeof(subject) - 1)
			return found(replay, "a subject is no id");
		memcpy(subject, at, size);
		r = play(replay, subject, event);
		at += size + (at[size] == ',');
	}
	if (r == 0 && replay->license.used > replay->license.seats)
		return found(replay, "more licenses were assigned than there were");
	return r;
}

static int play_claimed(struct replay *replay, const struct chain_event *event)
{
	return play_subjects(replay, event, assign_one);
}

static int play_released(struct replay *replay, const struct chain_event *event)
{
	return play_subjects(replay, event, release_one);
}

/* Kinds that are not here change none of the tables. */
static const struct {
	const char *kind;
	int (*play)(struct replay *replay, const struct chain_event *event);
} kinds[] = {
	{"created", play_created},
	{"activated", play_activated},
	{"renewed", play_renewed},
	{"added", play_added},
	{"renewal_began", play_began},
	{"reset", play_reset},
	{"revoked", play_revoked},
	{"claimed", play_claimed},
	{"released", play_released},
};

static int play_event(struct replay *replay, struct db_rows *rows)
{
	char hash[2 * HASH_SIZE + 1];
	const struct chain_event event = {
		.license_id = replay->ledger->license_id,
		.revision = db_int(rows, 0),
		.at_s = db_int(rows, 1),
		.kind = db_text(rows, 2),
		.detail = db_text(rows, 3),
	};
	bool has_gap = event.revision != replay->revision + 1;

	replay->revision = event.revision;
	replay->finding->events++;
	if (has_gap && !text_equal(event.kind, "restored"))
		return found(replay, "events before it are missing");
	chain_next(replay->chain, &event, replay->chain);
	text_to_hex(replay->chain, HASH_SIZE, hash);
	if (!text_equal(hash, db_text(rows, 4)))
		return found(replay, "the event is not what its hash says");
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (text_equal(event.kind, kinds[i].kind))
			return kinds[i].play(replay, &event);
	return 0;
}

static int play_events(struct replay *replay)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(store_db(replay->ledger->store), &rows,
		"SELECT revision, at_s, kind, detail, hash FROM event WHERE license_id = ?1"
		" ORDER BY revision",
		"s", replay->ledger->license_id);

	while (r == 0 && (r = db_next(rows)) > 0)
		r = play_event(replay, rows);
	return r;
}

/* Comparing. */

static int compare_renewals(struct replay *replay)
{
	const struct license *stored = &replay->ledger->license;
	const struct license *played = &replay->license;

	if (stored->waiting_count != played->waiting_count)
		return found(replay, "other renewals wait than were bought");
	for (size_t i = 0; i < stored->waiting_count; i++)
		if (stored->waiting[i].start_s != played->waiting[i].start_s ||
			stored->waiting[i].seats != played->waiting[i].seats)
			return found(replay, "another renewal waits than was bought");
	return 0;
}

static int compare_license(struct replay *replay)
{
	const struct license *stored = &replay->ledger->license;
	const struct license *played = &replay->license;
	const struct {
		const char *name;
		int64_t stored, played;
	} numbers[] = {
		{"seats", stored->seats, played->seats},
		{"epoch", stored->epoch, played->epoch},
		{"used", stored->used, played->used},
		{"activated_s", stored->activated_s, played->activated_s},
		{"anchor_s", stored->anchor_s, played->anchor_s},
		{"years", stored->years, played->years},
		{"revoked_s", stored->revoked_s, played->revoked_s},
	};

	if (replay->ledger->revision != replay->revision ||
		memcmp(replay->ledger->chain, replay->chain, HASH_SIZE) != 0)
		return found(replay, "the license's head is not its last event");
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		if (numbers[i].stored != numbers[i].played)
			return found(replay, "%s is %" PRId64 ", the events make %" PRId64,
				numbers[i].name, numbers[i].stored, numbers[i].played);
	return compare_renewals(replay);
}

static int compare_assigned(struct replay *replay)
{
	AUTO_ROWS rows = NULL;
	struct assigned *assigned;
	int64_t count = 0;
	int r = db_query(store_db(replay->ledger->store), &rows,
		"SELECT subject, assigned_s FROM assignment WHERE license_id = ?1"
		" AND epoch = ?2",
		"si", replay->ledger->license_id, replay->ledger->license.epoch);

	while (r == 0 && (r = db_next(rows)) > 0) {
		const char *subject = db_text(rows, 0);
		HASH_FIND_STR(replay->assigned, subject, assigned);
		if (!assigned)
			return found(
				replay, "subject %s holds a license without an event", subject);
		if (assigned->at_s != db_int(rows, 1))
			return found(
				replay, "subject %s holds it since another moment", subject);
		count++;
		r = 0;
	}
	if (r == 0 && count != replay->license.used)
		return found(replay,
			"%" PRId64 " assignments are stored, the events make %" PRId64, count,
			replay->license.used);
	return r;
}

int verify_license(
	struct store *store, const char *license_id, int64_t now_s, struct verify_finding *out)
{
	struct ledger ledger;
	struct replay replay = {.ledger = &ledger, .finding = out};

	*out = (struct verify_finding){0};
	int r = ledger_open(store, license_id, now_s, &ledger);
	if (r < 0)
		return r;
	memcpy(out->license_id, ledger.license_id, LEASE_ID_SIZE);
	out->revision = ledger.revision;
	r = play_events(&replay);
	if (r == 0)
		r = compare_license(&replay);
	if (r == 0)
		r = compare_assigned(&replay);
	ledger_abandon(&ledger); /* to look at it is no change */
	forget_assigned(&replay);
	return r < 0 ? r : 0;
}

int verify_each(struct store *store, verify_visit_fn *visit, void *context)
{
	char last[LEASE_ID_SIZE] = "";

	for (;;) {
		{
			AUTO_ROWS rows = NULL;
			int r = db_one(store_db(store), &rows,
				"SELECT license_id FROM license WHERE license_id > ?1"
				" ORDER BY license_id LIMIT 1",
				"s", last);
			if (r <= 0)
				return r;
			snprintf(last, sizeof(last), "%s", db_text(rows, 0));
		}
		int r = visit(context, last);
		if (r != 0)
			return r;
	}
}
