/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/claims_batch.h"

#include <inttypes.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"

enum {
	DETAIL_MAX = 1024 * 1024,
	SUBJECTS_MAX = 2 * CLAIMS_SUBJECTS_MAX, /* of all together */
};

/* A subject of a license, and whether it holds a license by now. */
struct mark_key {
	const struct ledger *ledger;
	char subject[CLAIMS_SUBJECT_SIZE];
};

struct mark {
	struct mark_key key;
	enum claim_mark state;
	UT_hash_handle hh;
};

struct item {
	struct ledger *ledger;
	struct claims *claims;
	bool is_known; /* its idempotency key */
};

/* Rows to be written. */
struct pile {
	struct db_cell *cells;
	size_t count, capacity; /* of cells */
};

/* A license that was moved, and by how many. */
struct moved {
	struct ledger *ledger;
	int64_t change;
};

struct claims_batch {
	struct store *store;
	struct item *items;
	size_t count, capacity;
	size_t next; /* to be decided */
	size_t subject_count;
	struct mark *marks;
	struct pile assignments, events, answers;
	char **texts; /* that the rows borrow */
	size_t text_count, text_capacity;
	struct moved *moved;
	size_t moved_count, moved_capacity;
};

struct claims_batch *claims_batch_new(struct store *store)
{
	struct claims_batch *batch = mem_alloc(sizeof(*batch));

	batch->store = store;
	return batch;
}

static void clear_writes(struct claims_batch *batch)
{
	for (size_t i = 0; i < batch->text_count; i++)
		mem_free(batch->texts[i]);
	batch->text_count = batch->moved_count = 0;
	batch->assignments.count = batch->events.count = batch->answers.count = 0;
}

void claims_batch_free(struct claims_batch *batch)
{
	struct mark *mark, *next;

	if (!batch)
		return;
	HASH_ITER(hh, batch->marks, mark, next)
	{
		HASH_DEL(batch->marks, mark);
		mem_free(mark);
	}
	clear_writes(batch);
	mem_free(batch->assignments.cells);
	mem_free(batch->events.cells);
	mem_free(batch->answers.cells);
	mem_free(batch->texts);
	mem_free(batch->moved);
	mem_free(batch->items);
	mem_free(batch);
}

static bool is_same_key(
	const struct item *item, const struct ledger *ledger, const struct claims *claims)
{
	return item->ledger == ledger &&
	       text_equal(item->claims->instance_id, claims->instance_id) &&
	       text_equal(item->claims->idempotency_key, claims->idempotency_key);
}

bool claims_batch_add(struct claims_batch *batch, struct ledger *ledger, struct claims *claims)
{
	if (batch->count && batch->subject_count + claims->subject_count > SUBJECTS_MAX)
		return false;
	for (size_t i = 0; i < batch->count; i++)
		if (is_same_key(&batch->items[i], ledger, claims))
			return false; /* sent twice: the second gets the first's answer */
	mem_grow(&batch->items, &batch->capacity, batch->count + 1, sizeof(*batch->items));
	batch->items[batch->count++] = (struct item){ledger, claims, false};
	batch->subject_count += claims->subject_count;
	return true;
}

static struct mark *mark_of(
	struct claims_batch *batch, const struct ledger *ledger, const char *subject)
{
	struct mark_key key;
	struct mark *mark;

	/* All of it is compared, what lies between its members too. */
	memset(&key, 0, sizeof(key));
	key.ledger = ledger;
	ASSERT(strlen(subject) < CLAIMS_SUBJECT_SIZE);
	memcpy(key.subject, subject, strlen(subject));
	HASH_FIND(hh, batch->marks, &key, sizeof(key), mark);
	if (mark)
		return mark;
	mark = mem_alloc(sizeof(*mark));
	memcpy(&mark->key, &key, sizeof(key));
	mark->state = CLAIM_UNLICENSED;
	HASH_ADD(hh, batch->marks, key, sizeof(mark->key), mark);
	return mark;
}

static int note_known(struct db_rows *rows, size_t at, void *context)
{
	(void)rows;
	((struct claims_batch *)context)->items[at].is_known = true;
	return 0;
}

static int read_keys(struct claims_batch *batch)
{
	enum { COLUMNS = 3 };
	struct db_cell *cells = mem_array(COLUMNS * batch->count, sizeof(*cells));
	const struct db_many many = {.types = "sss",
		.cells = cells,
		.rows = batch->count,
		.on_row = note_known,
		.context = batch};

	for (size_t i = 0; i < batch->count; i++) {
		cells[COLUMNS * i].text = batch->items[i].ledger->license_id;
		cells[COLUMNS * i + 1].text = batch->items[i].claims->instance_id;
		cells[COLUMNS * i + 2].text = batch->items[i].claims->idempotency_key;
	}
	int r = db_run_many(store_db(batch->store), &many,
		"SELECT at_s FROM idempotency"
		" WHERE license_id = ?1 AND instance_id = ?2 AND request_key = ?3");
	mem_free(cells);
	return r;
}

static int note_held(struct db_rows *rows, size_t at, void *context)
{
	(void)rows;
	((struct mark **)context)[at]->state = CLAIM_HELD;
	return 0;
}

static int read_marks(struct claims_batch *batch)
{
	enum { COLUMNS = 3 };
	struct db_cell *cells = mem_array(COLUMNS * batch->subject_count, sizeof(*cells));
	struct mark **marks = mem_array(batch->subject_count, sizeof(struct mark *));
	struct db_many many = {
		.types = "sis", .cells = cells, .on_row = note_held, .context = marks};

	for (size_t i = 0; i < batch->count; i++) {
		const struct item *item = &batch->items[i];

		for (size_t k = 0; k < item->claims->subject_count; k++) {
			struct db_cell *row = &cells[COLUMNS * many.rows];
			struct mark *mark =
				mark_of(batch, item->ledger, item->claims->subjects[k]);

			row[0].text = item->ledger->license_id;
			row[1].number = item->ledger->license.epoch;
			row[2].text = mark->key.subject;
			marks[many.rows++] = mark;
		}
	}
	int r = db_run_many(store_db(batch->store), &many,
		"SELECT assigned_s FROM assignment WHERE license_id = ?1 AND epoch = ?2"
		" AND subject = ?3");
	mem_free(marks);
	mem_free(cells);
	return r;
}

int claims_batch_read(struct claims_batch *batch)
{
	int r = read_keys(batch);

	return r < 0 ? r : read_marks(batch);
}

static struct db_cell *add_row(struct pile *pile, size_t columns)
{
	mem_grow(&pile->cells, &pile->capacity, pile->count + columns, sizeof(*pile->cells));
	pile->count += columns;
	return &pile->cells[pile->count - columns];
}

static const char *keep_text(struct claims_batch *batch, char *text)
{
	mem_grow(&batch->texts, &batch->text_capacity, batch->text_count + 1, sizeof(char *));
	batch->texts[batch->text_count++] = text;
	return text;
}

static void note_moved(struct claims_batch *batch, struct ledger *ledger, int64_t change)
{
	size_t i = 0;

	while (i < batch->moved_count && batch->moved[i].ledger != ledger)
		i++;
	if (i == batch->moved_count) {
		mem_grow(&batch->moved, &batch->moved_capacity, i + 1, sizeof(*batch->moved));
		batch->moved[batch->moved_count++] = (struct moved){ledger, 0};
	}
	batch->moved[i].change += change;
}

static int64_t free_now(const struct claims_batch *batch, const struct ledger *ledger)
{
	int64_t free = ledger->license.seats - ledger->license.used;

	for (size_t i = 0; i < batch->moved_count; i++)
		if (batch->moved[i].ledger == ledger)
			free -= batch->moved[i].change;
	return free;
}

static void add_event(struct claims_batch *batch, struct ledger *ledger, const char *detail)
{
	char hash[2 * HASH_SIZE + 1];
	struct db_cell *row = add_row(&batch->events, 6);

	row[0].text = ledger->license_id;
	row[1].number = ledger_note(ledger, "claimed", detail, hash);
	row[2].number = ledger->now_s;
	row[3].text = "claimed";
	row[4].text = detail;
	row[5].text = keep_text(batch, mem_strdup(hash));
}

static void add_assignment(
	struct claims_batch *batch, const struct item *item, const char *subject)
{
	struct db_cell *row = add_row(&batch->assignments, 5);

	row[0].text = item->ledger->license_id;
	row[1].number = item->ledger->license.epoch;
	row[2].text = subject;
	row[3].text = item->claims->instance_id;
	row[4].number = item->ledger->now_s;
	mark_of(batch, item->ledger, subject)->state = CLAIM_HELD;
}

/* What was decided: the rows, the counter, the event; the set in memory. */
static int assign_new(struct claims_batch *batch, const struct item *item,
	const enum claim_mark *marks, int64_t count)
{
	AUTO_BUF detail = buf_init(DETAIL_MAX);
	const struct claims *claims = item->claims;
	const char **new = mem_array(claims->subject_count, sizeof(*new));
	uint8_t before[HASH_SIZE];
	struct store_growth growth = {
		item->ledger->license_id, before, item->ledger->chain, new, 0};
	int r = buf_printf(
		&detail, "instance=%s newly=%" PRId64 " subjects=", claims->instance_id, count);

	for (size_t i = 0; r == 0 && i < claims->subject_count; i++) {
		if (marks[i] != CLAIM_NEW)
			continue;
		r = buf_printf(&detail, "%s%s", growth.count ? "," : "", claims->subjects[i]);
		new[growth.count++] = claims->subjects[i];
		add_assignment(batch, item, claims->subjects[i]);
	}
	if (r == 0) {
		memcpy(before, item->ledger->chain, HASH_SIZE);
		add_event(batch, item->ledger, keep_text(batch, mem_strdup(buf_text(&detail))));
		store_assigned_grew(batch->store, &growth);
		note_moved(batch, item->ledger, count);
	}
	mem_free(new);
	return ledger_check(item->ledger, r);
}

static void add_answer(struct claims_batch *batch, const struct item *item)
{
	const struct claims *claims = item->claims;
	struct db_cell *row = add_row(&batch->answers, 6);

	row[0].text = item->ledger->license_id;
	row[1].text = claims->instance_id;
	row[2].text = claims->idempotency_key;
	row[3].text = claims->digest;
	row[4].number = item->ledger->now_s;
	row[5].text = claims->answer;
}

static int decide(struct claims_batch *batch, const struct item *item)
{
	struct claims *claims = item->claims;
	enum claim_mark *marks = mem_array(claims->subject_count, sizeof(*marks));
	int r = 0;

	for (size_t i = 0; i < claims->subject_count; i++)
		marks[i] = mark_of(batch, item->ledger, claims->subjects[i])->state;
	int64_t newly = claim_decide(
		claims->objects, claims->object_count, marks, free_now(batch, item->ledger));
	if (newly > 0)
		r = assign_new(batch, item, marks, newly);
	if (r == 0)
		claims->answer = claims_answer(claims, marks, NULL);
	mem_free(marks);
	if (r < 0)
		return r;
	add_answer(batch, item);
	return 0;
}

int claims_batch_decide(struct claims_batch *batch)
{
	ASSERT(batch->next < batch->count);
	const struct item *item = &batch->items[batch->next++];
	struct claims *claims = item->claims;

	mem_replace(&claims->answer, NULL); /* of a transaction that failed */
	if (item->is_known)
		return claims_find_earlier(item->ledger, claims);
	switch (license_phase(&item->ledger->license, item->ledger->now_s)) {
	case LICENSE_PHASE_ACTIVE:
		return decide(batch, item);
	case LICENSE_PHASE_REVOKED:
		claims->answer = claims_answer(claims, NULL, "license_revoked");
		return 0;
	case LICENSE_PHASE_NEW:
	case LICENSE_PHASE_EXPIRED:
		break;
	}
	claims->answer = claims_answer(claims, NULL, "license_expired");
	return 0;
}

static int write_moved(struct claims_batch *batch)
{
	struct ledger **ledgers = mem_array(batch->moved_count, sizeof(struct ledger *));
	int64_t *changes = mem_array(batch->moved_count, sizeof(*changes));

	for (size_t i = 0; i < batch->moved_count; i++) {
		ledgers[i] = batch->moved[i].ledger;
		changes[i] = batch->moved[i].change;
	}
	int r = ledger_count_all(ledgers, changes, batch->moved_count);
	mem_free(changes);
	mem_free(ledgers);
	return r;
}

/* Once in a while: answers that nobody will ask for again. */
static int forget_old(struct claims_batch *batch)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		const struct ledger *ledger = batch->items[i].ledger;

		if (store_is_due(batch->store, ledger->license_id, ledger->now_s))
			r = db_run(store_db(batch->store),
				"DELETE FROM idempotency WHERE license_id = ?1 AND at_s < ?2",
				"si", ledger->license_id, ledger->now_s - CLAIMS_REMEMBER_S);
	}
	return r;
}

static int write_pile(
	struct claims_batch *batch, const struct pile *pile, const char *types, const char *sql)
{
	const struct db_many many = {
		.types = types, .cells = pile->cells, .rows = pile->count / strlen(types)};

	return db_run_many(store_db(batch->store), &many, sql);
}

int claims_batch_write(struct claims_batch *batch)
{
	int r = write_pile(batch, &batch->assignments, "sissi",
		"INSERT INTO assignment (license_id, epoch, subject, instance_id, assigned_s)"
		" VALUES (?1, ?2, ?3, ?4, ?5)");

	if (r == 0)
		r = write_pile(batch, &batch->events, "siisss",
			"INSERT INTO event (license_id, revision, at_s, kind, detail, hash)"
			" VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	if (r == 0 && batch->answers.count)
		r = forget_old(batch);
	if (r == 0)
		r = write_pile(batch, &batch->answers, "ssssis",
			"INSERT INTO idempotency (license_id, instance_id, request_key,"
			" request_digest, at_s, answer) VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	if (r == 0)
		r = write_moved(batch);
	for (size_t i = 0; r < 0 && i < batch->count; i++)
		r = ledger_check(batch->items[i].ledger, r);
	clear_writes(batch);
	return r;
}
