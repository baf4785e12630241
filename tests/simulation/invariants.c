/* SPDX-License-Identifier: Apache-2.0 */
#include "invariants.h"

#include <inttypes.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "db/db.h"

/* The service's tables and its event log. The log is read on from where it was left, so that a
 * step costs what it changed. */

static struct db *db_of(const struct world *world)
{
	return store_db(world->vendor);
}

/* The text behind "name=" in an event's detail; NULL where there is none. */
static const char *detail_of(const char *detail, const char *name)
{
	AUTO_TEXT start = mem_printf("%s=", name);
	const char *at = strstr(detail, start);

	return at ? at + strlen(start) : NULL;
}

static int64_t detail_number(const char *detail, const char *name)
{
	const char *at = detail_of(detail, name);
	AUTO_TEXT digits = at ? mem_strndup(at, strspn(at, "0123456789")) : NULL;
	int64_t number = -1;

	return digits && text_to_int(digits, 0, INT64_MAX, &number) == 0 ? number : -1;
}

static void log_subjects(struct world *world, const char *detail, bool holds)
{
	const char *at = detail_of(detail, "subjects");

	for (size_t size = 0; at && *at; at += size + (at[size] == ',')) {
		size = strcspn(at, ",");
		AUTO_TEXT subject = mem_strndup(at, size);
		struct holder *holder = model_holder(&world->model, subject);
		if (holder->in_log == holds)
			world_fail(world, 2, "the log says twice that a user %s a license",
				holds ? "gets" : "loses");
		holder->in_log = holds;
		world->model.log_used += holds ? 1 : -1;
	}
}

static void log_reset(struct world *world)
{
	struct holder *holder, *next;

	HASH_ITER(hh, world->model.holders, holder, next)
	holder->in_log = false;
	world->model.log_used = 0;
	world->model.log_epoch++;
	world_count(world, COUNT_RESETS);
}

static void log_seats(struct world *world, const char *kind, const char *detail, int64_t at_s)
{
	const char *from = detail_of(detail, "from");
	AUTO_TEXT moment = from ? mem_strndup(from, strcspn(from, " ")) : NULL;
	int64_t from_s = at_s;

	if (moment && timestamp_parse(moment, &from_s) < 0)
		world_fail(world, 12, "the log holds no moment: %s", detail);
	if (text_equal(kind, "renewed") && from_s > at_s)
		return; /* it waits for its "renewal_began" */
	world->model.log_seats = detail_number(detail, "licenses");
}

static void replay(struct world *world, const char *kind, const char *detail, int64_t at_s)
{
	if (text_equal(kind, "claimed"))
		log_subjects(world, detail, true);
	else if (text_equal(kind, "released"))
		log_subjects(world, detail, false);
	else if (text_equal(kind, "reset"))
		log_reset(world);
	else if (detail_of(detail, "licenses"))
		log_seats(world, kind, detail, at_s);
}

/* The chain's next hash, as docs/licensing-protocol.md and chain.h say it. */
static void chain_on(struct world *world, struct db_rows *rows)
{
	char before[2 * HASH_SIZE + 1], hash[2 * HASH_SIZE + 1], at[TIMESTAMP_SIZE];

	text_to_hex(world->model.chain, HASH_SIZE, before);
	timestamp_format(db_int(rows, 1), at);
	AUTO_TEXT text = mem_printf("GARNER-EVENT/1\n%s\n%s\n%" PRId64 "\n%s\n%s\n%s\n", before,
		world->license_id, db_int(rows, 0), at, db_text(rows, 2), db_text(rows, 3));
	hash_sha256(text, strlen(text), world->model.chain);
	text_to_hex(world->model.chain, HASH_SIZE, hash);
	if (!text_equal(hash, db_text(rows, 4)))
		world_fail(
			world, 12, "event %" PRId64 " does not fit the chain", db_int(rows, 0));
}

static void read_log(struct world *world)
{
	AUTO_ROWS rows = NULL;
	struct model *model = &world->model;
	int r = db_query(db_of(world), &rows,
		"SELECT revision, at_s, kind, detail, hash FROM event"
		" WHERE license_id = ?1 AND revision > ?2 ORDER BY revision",
		"si", world->license_id, model->revision);

	while (r >= 0 && (r = db_next(rows)) > 0) {
		bool is_restored = text_equal(db_text(rows, 2), "restored");
		if (is_restored && db_int(rows, 0) > model->revision)
			model->revision = db_int(rows, 0) - 1; /* what is between is lost */
		if (db_int(rows, 0) != ++model->revision)
			world_fail(world, 12, "the log has a gap at %" PRId64, model->revision);
		chain_on(world, rows);
		replay(world, db_text(rows, 2), db_text(rows, 3), db_int(rows, 1));
	}
	if (r < 0)
		world_fail(world, INVARIANT_NO_ERROR, "the log: %s", err_message());
}

static void check_head(struct world *world, struct db_rows *row)
{
	char chain[2 * HASH_SIZE + 1];
	const struct model *model = &world->model;

	text_to_hex(model->chain, HASH_SIZE, chain);
	if (db_int(row, 3) != model->revision || !text_equal(db_text(row, 4), chain))
		world_fail(world, 12, "the license's chain is not that of its log");
	if (model->log_used != db_int(row, 1) || model->log_seats != db_int(row, 0) ||
		model->log_epoch != db_int(row, 2))
		world_fail(world, 12,
			"the log gives %" PRId64 " of %" PRId64 ", the table %" PRId64
			" of %" PRId64,
			model->log_used, model->log_seats, db_int(row, 1), db_int(row, 0));
}

static void check_license(struct world *world, struct db_rows *row)
{
	const struct model *model = &world->model;
	int64_t seats = db_int(row, 0), used = db_int(row, 1);

	if (used > seats || used < 0)
		world_fail(world, 1, "%" PRId64 " of %" PRId64 " are used", used, seats);
	if (seats != model->seats)
		world_fail(world, 11, "there are %" PRId64 " licenses, and should be %" PRId64,
			seats, model->seats);
	if (db_int(row, 2) != model->epoch)
		world_fail(world, 11, "it is epoch %" PRId64 ", and should be %" PRId64,
			db_int(row, 2), model->epoch);
	if (used != model->used)
		world_fail(world, 5, "%" PRId64 " are used, and should be %" PRId64, used,
			model->used);
	if (db_int(row, 5) != model->anchor_s || db_int(row, 6) != model->years)
		world_fail(world, 4, "the term is %" PRId64 " years, and should be %" PRId64,
			db_int(row, 6), model->years);
}

static void check_row(struct world *world, struct db_rows *row)
{
	const char *subject = db_text(row, 0);
	const struct holder *holder = model_find(&world->model, subject);

	if (!holder || !holder->since_s)
		world_fail(world, 5, "a row is there that nobody was given");
	else if (holder->since_s != db_int(row, 1))
		world_fail(world, 3, "a row is of %" PRId64 ", and should be of %" PRId64,
			db_int(row, 1), holder->since_s);
	else if (!holder->in_log)
		world_fail(world, 12, "a row is not in the log");
}

static void check_rows(struct world *world, bool whole)
{
	AUTO_ROWS rows = NULL;
	int64_t count = 0;
	int r = db_query(db_of(world), &rows,
		"SELECT subject, assigned_s FROM assignment WHERE license_id = ?1"
		" AND epoch = ?2 ORDER BY subject",
		"si", world->license_id, world->model.epoch);

	while (r >= 0 && (r = db_next(rows)) > 0) {
		count++;
		if (whole)
			check_row(world, rows);
	}
	if (r < 0)
		world_fail(world, INVARIANT_NO_ERROR, "the rows: %s", err_message());
	else if (count != world->model.used)
		world_fail(world, 1, "there are %" PRId64 " rows, and %" PRId64 " are used",
			count, world->model.used);
}

void invariants_service(struct world *world, bool whole)
{
	AUTO_ROWS row = NULL;
	int64_t before = world->model.revision;

	if (!world->license_id[0])
		return;
	int r = db_one(db_of(world), &row,
		"SELECT seats, used, epoch, revision, chain, anchor_s, years FROM license"
		" WHERE license_id = ?1",
		"s", world->license_id);
	if (r != 1)
		return world_fail(world, INVARIANT_NO_ERROR, "the license is not there");
	if (db_int(row, 3) != before)
		read_log(world);
	check_head(world, row);
	check_license(world, row);
	if (whole || world->model.revision != before)
		check_rows(world, whole);
}
