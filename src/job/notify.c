/* SPDX-License-Identifier: Apache-2.0 */
#include "job/notify.h"

#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "job/notice.h"

enum { UID_BYTES = 16, UID_SIZE = 2 * UID_BYTES + 1, LEAST_TRIES = 5, LOG_MOST = 200 };

/* A receiver, as far as gathering needs it. */
struct wish {
	int64_t id;
	int64_t gather_s;
	int64_t most; /* notices in one message */
	bool wants_cleared;
};

static void make_uid(char out[UID_SIZE])
{
	uint8_t bytes[UID_BYTES];

	secret_random(bytes, sizeof(bytes));
	text_to_hex(bytes, sizeof(bytes), out);
}

static const char raised_sql[] =
	"SELECT n.id, n.raised_s FROM notice n JOIN receiver r ON r.id = ?1"
	" WHERE (n.id > r.after_notice OR n.cleared_s = 0)"
	" AND n.topic <> 'notify:' || r.name" /* that it cannot be reached is for the others */
	" AND NOT EXISTS (SELECT 1 FROM told t WHERE t.receiver_id = ?1"
	"  AND t.notice_id = n.id AND t.event = 'raised') ORDER BY n.id LIMIT ?2";

/* Who was not told of it, or was told when it was over already, is not told that it is over. */
static const char cleared_sql[] =
	"SELECT n.id, n.cleared_s FROM told t JOIN notice n ON n.id = t.notice_id"
	" JOIN message m ON m.id = t.message_id WHERE t.receiver_id = ?1"
	" AND t.event = 'raised' AND m.state = 'sent' AND n.cleared_s >= m.ended_s"
	" AND NOT EXISTS (SELECT 1 FROM told c WHERE c.receiver_id = ?1"
	"  AND c.notice_id = n.id AND c.event = 'cleared') ORDER BY n.id LIMIT ?2";

/* Ids of what is new, and whether the oldest has waited long enough. */
static int look(struct installation *installation, const struct wish *wish, const char *sql,
	int64_t now_s, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON ids = json_new_array();
	bool is_due = false;
	int r = db_query(installation->db, &rows, sql, "ii", wish->id, wish->most);

	*out = NULL;
	while (r == 0 && (r = db_next(rows)) == 1) {
		int64_t since_s = db_int(rows, 1);
		/* A clock that was set back holds nothing up. */
		is_due = is_due || since_s <= now_s - wish->gather_s || since_s > now_s;
		json_append(ids, json_new_int(db_int(rows, 0)));
		r = 0;
	}
	if (r == 0 && is_due)
		*out = STEAL(ids);
	return r;
}

static int put_message(struct installation *installation, const struct wish *wish,
	const char *event, int64_t now_s, const struct json *ids)
{
	char uid[UID_SIZE];

	make_uid(uid);
	int r = db_run(installation->db,
		"INSERT INTO message (receiver_id, uid, event, state, tries, created_s, next_s,"
		" ended_s, error) VALUES (?1, ?2, ?3, 'waiting', 0, ?4, ?4, 0, '')",
		"issi", wish->id, uid, event, now_s);
	for (size_t i = 0; r == 0 && i < json_count(ids); i++)
		r = db_run(installation->db,
			"INSERT INTO told (receiver_id, notice_id, event, message_id)"
			" SELECT ?1, ?2, ?3, id FROM message WHERE uid = ?4",
			"iiss", wish->id, json_as_int(json_at(ids, i), 0), event, uid);
	return r;
}

/* 1: there was something, and there may be more. */
static int gather(struct installation *installation, const struct wish *wish, const char *event,
	int64_t now_s)
{
	const char *sql = text_equal(event, "raised") ? raised_sql : cleared_sql;
	AUTO_JSON ids = NULL;
	int r = look(installation, wish, sql, now_s, &ids);

	if (r < 0 || !ids)
		return r;
	r = db_begin(installation->db);
	if (r == 0)
		r = put_message(installation, wish, event, now_s, ids);
	if (r == 0)
		r = db_commit(installation->db);
	if (r < 0)
		db_rollback(installation->db);
	return r < 0 ? r : 1;
}

static int gather_all(struct installation *installation, const struct wish *wish, int64_t now_s)
{
	int r;

	while ((r = gather(installation, wish, "raised", now_s)) == 1)
		continue;
	while (r == 0 && wish->wants_cleared &&
		(r = gather(installation, wish, "cleared", now_s)) == 1)
		r = 0;
	return r;
}

static int read_wishes(struct installation *installation, struct wish **out, size_t *out_count)
{
	AUTO_ROWS rows = NULL;
	size_t capacity = 0;
	int r = db_query(
		installation->db, &rows, "SELECT id, kind, settings FROM receiver", "");

	while (r == 0 && (r = db_next(rows)) == 1) {
		AUTO_JSON settings = NULL;
		const char *text = db_text(rows, 2);
		r = json_parse(text, strlen(text), &settings);
		if (r < 0)
			break;
		mem_grow(out, &capacity, *out_count + 1, sizeof(**out));
		(*out)[(*out_count)++] = (struct wish){.id = db_int(rows, 0),
			.gather_s = json_get_int(settings, "gather_s", 0),
			.most = text_equal(db_text(rows, 1), "mail") ? NOTIFY_TOGETHER_MOST : 1,
			.wants_cleared = json_get_bool(settings, "cleared", false)};
	}
	return r;
}

int notify_gather(struct installation *installation, int64_t now_s)
{
	struct wish *wishes = NULL;
	size_t count = 0;
	int r = read_wishes(installation, &wishes, &count);

	for (size_t i = 0; r == 0 && i < count; i++)
		r = gather_all(installation, &wishes[i], now_s);
	mem_free(wishes);
	return r;
}

/* A message whose turn it is. */
struct turn {
	int64_t id, tries, created_s;
	char *uid, *event, *receiver;
};

static void turn_free(struct turn *turn)
{
	mem_free(turn->uid);
	mem_free(turn->event);
	mem_free(turn->receiver);
}

static int next_turn(struct installation *installation, int64_t now_s, struct turn *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT m.id, m.tries, m.created_s, m.uid, m.event, r.name FROM message m"
		" JOIN receiver r ON r.id = m.receiver_id WHERE m.state = 'waiting'"
		" AND (m.next_s <= ?1 OR m.next_s > ?2) ORDER BY m.next_s, m.tries, m.id LIMIT "
		"1",
		"ii", now_s, now_s + 2 * NOTIFY_LONGEST_WAIT_S);

	if (r <= 0)
		return r;
	*out = (struct turn){db_int(rows, 0), db_int(rows, 1), db_int(rows, 2),
		mem_strdup(db_text(rows, 3)), mem_strdup(db_text(rows, 4)),
		mem_strdup(db_text(rows, 5))};
	return 1;
}

static int notices_of(struct installation *installation, int64_t message, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT n.id, n.code, n.job, n.object, n.text, n.raised_s, n.cleared_s"
		" FROM told t JOIN notice n ON n.id = t.notice_id WHERE t.message_id = ?1"
		" ORDER BY n.id",
		"i", message);

	*out = NULL;
	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(list, notice_json(rows));
		r = 0;
	}
	if (r == 0)
		*out = STEAL(list);
	return r;
}

static void host_name(char *out, size_t size)
{
	memset(out, 0, size);
	if (gethostname(out, size - 1) < 0 || !*out || !text_is_utf8(out, strlen(out)))
		memcpy(out, "this machine", sizeof("this machine"));
}

/* The message's id and uid: a row that another message has taken meanwhile is not meant. */
static int take_as_sent(
	struct installation *installation, const struct turn *turn, int64_t now_s)
{
	AUTO_TEXT topic = mem_printf("notify:%s", turn->receiver);
	int r = db_run(installation->db,
		"UPDATE message SET state = 'sent', tries = tries + 1, ended_s = ?3, error = ''"
		" WHERE id = ?1 AND uid = ?2",
		"isi", turn->id, turn->uid, now_s);

	log_info("notify_sent", "receiver", turn->receiver, "message", turn->uid, NULL);
	return r < 0 ? r : notice_clear_topic(installation, "", topic);
}

static int64_t wait_after(int error, int64_t tries)
{
	int64_t wait_s = NOTIFY_FIRST_WAIT_S;

	if (error == ERR_INVALID) /* refused for good, as far as the other side knows */
		return NOTIFY_LONGEST_WAIT_S;
	for (; tries > 0 && wait_s < NOTIFY_LONGEST_WAIT_S; tries--)
		wait_s *= 2;
	return wait_s < NOTIFY_LONGEST_WAIT_S ? wait_s : NOTIFY_LONGEST_WAIT_S;
}

/* What waits behind it has the same trouble, unless this message itself is what is refused. */
static int put_off(struct installation *installation, const struct turn *turn, int error,
	const char *why, int64_t next_s)
{
	int r = db_run(installation->db,
		"UPDATE message SET tries = tries + 1, next_s = ?3, error = ?4"
		" WHERE id = ?1 AND uid = ?2",
		"isis", turn->id, turn->uid, next_s, why);

	if (r < 0 || error == ERR_INVALID)
		return r;
	return db_run(installation->db,
		"UPDATE message SET next_s = max(next_s, ?2) WHERE state = 'waiting' AND"
		" receiver_id = (SELECT receiver_id FROM message WHERE id = ?1)",
		"ii", turn->id, next_s);
}

static int give_up(struct installation *installation, const struct turn *turn, const char *why,
	int64_t now_s)
{
	AUTO_TEXT topic = mem_printf("notify:%s", turn->receiver);
	AUTO_TEXT text = mem_printf(
		"Messages to the receiver \"%s\" were given up: %s", turn->receiver, why);
	const struct notice notice = {
		.code = "notify_failed", .job = "", .object = "", .text = text, .topic = topic};
	int r = notice_raise(installation, &notice);

	return r < 0 ? r
		     : db_run(installation->db,
			       "UPDATE message SET state = 'given_up', tries = tries + 1,"
			       " ended_s = ?3, error = ?4 WHERE (id = ?1 AND uid = ?2)"
			       " OR (state = 'waiting' AND created_s <= ?5 AND receiver_id ="
			       "  (SELECT receiver_id FROM message WHERE id = ?1))",
			       "isisi", turn->id, turn->uid, now_s, why,
			       now_s - NOTIFY_GIVE_UP_S);
}

static int settle(
	struct installation *installation, const struct turn *turn, int result, int64_t now_s)
{
	AUTO_TEXT why = mem_strdup(result < 0 ? err_message() : "");

	if (result == 0)
		return take_as_sent(installation, turn, now_s);
	log_warning("notify_not_sent", "receiver", turn->receiver, "message", turn->uid, "why",
		why, NULL);
	if (now_s - turn->created_s >= NOTIFY_GIVE_UP_S && turn->tries + 1 >= LEAST_TRIES)
		return give_up(installation, turn, why, now_s);
	return put_off(
		installation, turn, result, why, now_s + wait_after(result, turn->tries));
}

static int deliver(struct installation *installation, const struct notify_sender *sender,
	const struct turn *turn)
{
	AUTO_RECEIVER receiver = NULL;
	AUTO_JSON notices = NULL;
	char host[256];
	int r = notices_of(installation, turn->id, &notices);

	if (r == 0)
		r = receiver_load(installation, turn->receiver, &receiver);
	if (r < 0)
		return r;
	host_name(host, sizeof(host));
	const struct notify_message message = {.uid = turn->uid,
		.event = turn->event,
		.host = host,
		.created_s = turn->created_s,
		.notices = notices};
	return sender->send(sender->context, receiver, &message);
}

int notify_step(
	struct installation *installation, const struct notify_sender *sender, int64_t now_s)
{
	struct turn turn = {0};
	int r = next_turn(installation, now_s, &turn);

	if (r <= 0)
		return r;
	r = deliver(installation, sender, &turn);
	if (r != ERR_CANCELLED)
		r = settle(installation, &turn, r, now_s);
	turn_free(&turn);
	return r < 0 ? r : 1;
}

int notify_test(
	struct installation *installation, const char *name, const struct notify_sender *sender)
{
	AUTO_RECEIVER receiver = NULL;
	AUTO_JSON none = json_new_array();
	char host[256], uid[UID_SIZE];
	int r = receiver_load(installation, name, &receiver);

	if (r < 0)
		return r;
	host_name(host, sizeof(host));
	make_uid(uid);
	const struct notify_message message = {.uid = uid,
		.event = "test",
		.host = host,
		.created_s = clock_now_s(),
		.notices = none};
	return sender->send(sender->context, receiver, &message);
}

static int describe(struct installation *installation, struct db_rows *rows, struct json *list)
{
	struct json *notices = NULL;
	int r = notices_of(installation, db_int(rows, 0), &notices);

	if (r < 0)
		return r;
	struct json *message = json_new_object();
	json_put_text(message, "receiver", db_text(rows, 1));
	json_put_text(message, "event", db_text(rows, 2));
	json_put_text(message, "state", db_text(rows, 3));
	json_put_int(message, "tries", db_int(rows, 4));
	json_put_time(message, "created_at", db_int(rows, 5));
	json_put_time(message, "next_at", db_int(rows, 6));
	json_put_time(message, "ended_at", db_int(rows, 7));
	json_put_text(message, "error", *db_text(rows, 8) ? db_text(rows, 8) : NULL);
	json_put_text(message, "id", db_text(rows, 9));
	json_put(message, "notices", notices);
	json_append(list, message);
	return 0;
}

int notify_log(struct installation *installation, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT m.id, r.name, m.event, m.state, m.tries, m.created_s,"
		" CASE m.state WHEN 'waiting' THEN m.next_s ELSE 0 END, m.ended_s, m.error,"
		" m.uid FROM message m JOIN receiver r ON r.id = m.receiver_id"
		" ORDER BY m.id DESC LIMIT ?1",
		"i", (int64_t)LOG_MOST);

	*out = NULL;
	while (r == 0 && (r = db_next(rows)) == 1)
		r = describe(installation, rows, list);
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "messages", STEAL(list));
	return 0;
}
