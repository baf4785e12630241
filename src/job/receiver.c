/* SPDX-License-Identifier: Apache-2.0 */
#include "job/receiver.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "crypto/webhook.h"
#include "job/notice.h"
#include "net/http_client.h"
#include "net/smtp.h"

enum { TEXT_MOST = 2000 };

static int want(const struct json *settings, const char *key, const char *option)
{
	const char *value = json_get_text(settings, key);

	if (value && *value && strlen(value) <= TEXT_MOST)
		return 0;
	return err_set(ERR_INVALID, "say %s", option);
}

static int check_address(const struct json *settings, const char *key)
{
	const char *address = json_get_text_or(settings, key, "");

	if (smtp_is_address(address))
		return 0;
	return err_set(ERR_INVALID, "--%s: \"%s\" is no e-mail address", key, address);
}

static int check_sign_in(const struct receiver_new *receiver)
{
	bool has_user = json_has(receiver->settings, "user");

	if (has_user != (receiver->secret != NULL))
		return err_set(ERR_INVALID, "a sign-in needs both, --user and --password-file");
	if (has_user && json_get_bool(receiver->settings, "no_tls", false))
		return err_set(ERR_INVALID,
			"with --no-tls everybody on the way could read the password; leave "
			"--no-tls or --user out");
	return 0;
}

static int check_mail(const struct receiver_new *receiver)
{
	const struct json *settings = receiver->settings;
	const char *server = json_get_text_or(settings, "server", "");
	int r = want(settings, "server", "where the mail server is, with --server URL");
	size_t scheme = text_starts_with(server, "smtps://")  ? 8
			: text_starts_with(server, "smtp://") ? 7
							      : 0;

	if (r == 0 && (scheme == 0 || !server[scheme] || strpbrk(server + scheme, "/@ ?#")))
		r = err_set(ERR_INVALID,
			"--server %s: it is written smtp://HOST:PORT (with STARTTLS) or "
			"smtps://HOST:PORT",
			server);
	if (r == 0 && scheme == 8 && json_get_bool(settings, "no_tls", false))
		r = err_set(ERR_INVALID, "smtps:// is with TLS; --no-tls makes no sense there");
	if (r == 0)
		r = check_address(settings, "from");
	if (r == 0)
		r = check_address(settings, "to");
	return r < 0 ? r : check_sign_in(receiver);
}

static int check_webhook(const struct receiver_new *receiver)
{
	struct http_place place;
	struct webhook_secrets secrets;
	int r = want(receiver->settings, "url", "where it goes, with --url URL");

	if (r == 0)
		r = http_look_at(json_get_text(receiver->settings, "url"), &place);
	if (r == 0 && !place.is_tls && !place.is_loopback)
		r = err_set(ERR_INVALID,
			"--url: it must begin with https://; http:// is accepted for this "
			"machine alone");
	if (r == 0 && receiver->secret) {
		r = err_wrap(webhook_secrets_read(receiver->secret, &secrets), "--secret-file");
		secret_wipe(&secrets, sizeof(secrets));
	}
	return r;
}

static int check(const struct receiver_new *receiver)
{
	const char *ca = json_get_text(receiver->settings, "ca_file");
	int64_t gather_s = json_get_int(receiver->settings, "gather_s", 0);
	int r = installation_check_name("receiver", receiver->name);

	if (r == 0 && (gather_s < 0 || gather_s > RECEIVER_GATHER_MOST))
		r = err_set(ERR_INVALID, "--gather takes 0 to %d seconds",
			(int)RECEIVER_GATHER_MOST);
	if (r == 0 && ca && !io_exists(ca))
		r = err_set(ERR_NOTFOUND, "--ca %s: there is no such file", ca);
	if (r < 0)
		return r;
	if (text_equal(receiver->kind, "mail"))
		return check_mail(receiver);
	if (text_equal(receiver->kind, "webhook"))
		return check_webhook(receiver);
	return err_set(ERR_INVALID,
		"unknown kind of receiver \"%s\"; there are mail and webhook", receiver->kind);
}

/* What was over before it was asked for is no news. */
static int insert(struct installation *installation, const struct receiver_new *receiver,
	const char *secret)
{
	AUTO_TEXT settings = json_text(receiver->settings, false);
	AUTO_TEXT sealed = NULL;
	int r = secret ? installation_seal(installation, secret, strlen(secret), &sealed) : 0;

	if (r < 0)
		return r;
	r = db_run(installation->db,
		"INSERT INTO receiver (name, kind, settings, secret, created_s, after_notice)"
		" VALUES (?1, ?2, ?3, ?4, ?5, (SELECT coalesce(max(id), 0) FROM notice))",
		"ssssi", receiver->name, receiver->kind, settings, sealed, clock_now_s());
	if (r == ERR_EXISTS)
		return err_set(ERR_EXISTS,
			"there is a receiver \"%s\" already; choose another name or remove it",
			receiver->name);
	return r;
}

int receiver_add(struct installation *installation, const struct receiver_new *receiver,
	char **out_secret)
{
	int r = check(receiver);

	*out_secret = NULL;
	if (r < 0)
		return r;
	if (text_equal(receiver->kind, "webhook") && !receiver->secret)
		*out_secret = webhook_secret_new();
	r = insert(installation, receiver, *out_secret ? *out_secret : receiver->secret);
	if (r < 0 && *out_secret) {
		secret_wipe(*out_secret, strlen(*out_secret));
		mem_replace(out_secret, NULL);
	}
	return r;
}

char *receiver_place(const char *kind, const struct json *settings)
{
	if (text_equal(kind, "mail"))
		return mem_strdup(json_get_text_or(settings, "to", ""));
	const char *url = json_get_text_or(settings, "url", "");
	const char *host = strstr(url, "://");
	size_t size = host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;

	return mem_strndup(url, size);
}

static int describe(struct db_rows *rows, struct json *list)
{
	AUTO_JSON settings = NULL;
	const char *text = db_text(rows, 2);
	int r = json_parse(text, strlen(text), &settings);

	if (r < 0)
		return r;
	struct json *receiver = json_new_object();
	AUTO_TEXT place = receiver_place(db_text(rows, 1), settings);
	json_put_text(receiver, "name", db_text(rows, 0));
	json_put_text(receiver, "kind", db_text(rows, 1));
	json_put_text(receiver, "to", place);
	json_put_bool(receiver, "cleared", json_get_bool(settings, "cleared", false));
	json_put_int(receiver, "gather_s", json_get_int(settings, "gather_s", 0));
	json_put_int(receiver, "waiting", db_int(rows, 3));
	json_put_int(receiver, "sent", db_int(rows, 4));
	json_put_int(receiver, "given_up", db_int(rows, 5));
	json_put_time(receiver, "last_sent_at", db_int(rows, 6));
	json_put_text(receiver, "last_error", db_text(rows, 7));
	json_append(list, receiver);
	return 0;
}

int receiver_list(struct installation *installation, struct json **out)
{
	AUTO_ROWS rows = NULL;
	AUTO_JSON list = json_new_array();
	int r = db_query(installation->db, &rows,
		"SELECT name, kind, settings,"
		" (SELECT count(*) FROM message WHERE receiver_id = r.id AND state = "
		"'waiting'),"
		" (SELECT count(*) FROM message WHERE receiver_id = r.id AND state = 'sent'),"
		" (SELECT count(*) FROM message WHERE receiver_id = r.id AND state = "
		"'given_up'),"
		" (SELECT coalesce(max(ended_s), 0) FROM message"
		"  WHERE receiver_id = r.id AND state = 'sent'),"
		" (SELECT error FROM message WHERE receiver_id = r.id AND error <> ''"
		"  AND state <> 'sent' ORDER BY id DESC LIMIT 1)"
		" FROM receiver r ORDER BY name",
		"");

	*out = NULL;
	while (r == 0 && (r = db_next(rows)) == 1)
		r = describe(rows, list);
	if (r < 0)
		return r;
	*out = json_new_object();
	json_put(*out, "receivers", STEAL(list));
	return 0;
}

static int not_there(const char *name)
{
	return err_set(
		ERR_NOTFOUND, "there is no receiver \"%s\"; see garner notify list", name);
}

int receiver_remove(struct installation *installation, const char *name)
{
	AUTO_TEXT topic = mem_printf("notify:%s", name);
	int r = db_run(installation->db, "DELETE FROM receiver WHERE name = ?1", "s", name);

	if (r == 0 && db_changed(installation->db) == 0)
		return not_there(name);
	return r < 0 ? r : notice_clear_topic(installation, "", topic);
}

int receiver_load(struct installation *installation, const char *name, struct receiver **out)
{
	AUTO_ROWS rows = NULL;
	size_t size;
	int r = db_one(installation->db, &rows,
		"SELECT id, name, kind, settings, secret FROM receiver WHERE name = ?1", "s",
		name);

	*out = NULL;
	if (r == 0)
		return not_there(name);
	if (r < 0)
		return r;
	AUTO_RECEIVER receiver = mem_alloc(sizeof(*receiver));
	receiver->id = db_int(rows, 0);
	receiver->name = mem_strdup(db_text(rows, 1));
	receiver->kind = mem_strdup(db_text(rows, 2));
	r = json_parse(db_text(rows, 3), strlen(db_text(rows, 3)), &receiver->settings);
	if (r == 0 && db_text(rows, 4))
		r = installation_unseal(
			installation, db_text(rows, 4), &receiver->secret, &size);
	if (r == 0)
		*out = STEAL(receiver);
	return r;
}

void receiver_free(struct receiver *receiver)
{
	if (!receiver)
		return;
	if (receiver->secret)
		secret_wipe(receiver->secret, strlen(receiver->secret));
	mem_free(receiver->secret);
	json_free(receiver->settings);
	mem_free(receiver->name);
	mem_free(receiver->kind);
	mem_free(receiver);
}

void receiver_free_slot(struct receiver **receiver)
{
	receiver_free(*receiver);
	*receiver = NULL;
}
