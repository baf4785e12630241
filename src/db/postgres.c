/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/postgres_priv.h"

/*
 * Nothing is kept on the server between transactions but the timeouts and the statements that
 * are prepared, whose names come from their text: a pooler that gives each transaction another
 * of its connections takes nothing from us.
 */
static const char settings[] = "SET synchronous_commit = on;"
			       "SET lock_timeout = '30s';"
			       "SET statement_timeout = '60s';"
			       "SET idle_in_transaction_session_timeout = '60s'";

bool postgres_is_url(const char *location)
{
	return text_starts_with(location, "postgresql://") ||
	       text_starts_with(location, "postgres://");
}

static const char *option_of(const PQconninfoOption *options, const char *keyword)
{
	for (; options && options->keyword; options++)
		if (text_equal(options->keyword, keyword))
			return options->val && *options->val ? options->val : NULL;
	return NULL;
}

/* NULL where the URL cannot be read, or where a password that should have been encoded has
 * slipped into what follows it ("user:pa/ss@host"): that could be shown. */
static PQconninfoOption *read_url(const char *url)
{
	PQconninfoOption *options = PQconninfoParse(url, NULL);
	const char *port = option_of(options, "port");
	const char *host = option_of(options, "host");
	const char *name = option_of(options, "dbname");

	if ((port && strspn(port, "0123456789,") != strlen(port)) ||
		(host && strchr(host, '@')) || (name && strchr(name, '@'))) {
		PQconninfoFree(options);
		return NULL;
	}
	return options;
}

char *postgres_name(const char *url)
{
	PQconninfoOption *options = read_url(url);
	const char *user = option_of(options, "user");
	const char *host = option_of(options, "host");
	const char *port = option_of(options, "port");
	const char *name = option_of(options, "dbname");

	if (!options)
		return mem_strdup("postgresql:");
	char *text = mem_printf("postgresql://%s%s%s%s%s/%s", user ? user : "", user ? "@" : "",
		host ? host : "", port ? ":" : "", port ? port : "", name ? name : "");
	PQconninfoFree(options);
	return text;
}

static void ignore_notice(void *context, const PGresult *result)
{
	(void)context;
	(void)result;
}

/* What stands before the URL counts where the URL says nothing else. */
static PGconn *connect_to(const char *url)
{
	static const char *const names[] = {"connect_timeout", "keepalives_idle",
		"keepalives_interval", "keepalives_count", "tcp_user_timeout",
		"fallback_application_name", "dbname", "client_encoding", NULL};
	const char *const values[] = {
		"10", "30", "10", "3", "60000", "garner", url, "UTF8", NULL};

	return PQconnectdbParams(names, values, 1);
}

static int check_encoding(struct postgres *postgres)
{
	const char *encoding = PQparameterStatus(postgres->connection, "server_encoding");

	if (!encoding || text_equal(encoding, "UTF8"))
		return 0;
	return err_set(ERR_INVALID,
		"database %s: it keeps texts as %s: make one with ENCODING 'UTF8'",
		postgres->name, encoding);
}

int postgres_ready(struct postgres *postgres)
{
	if (PQstatus(postgres->connection) == CONNECTION_OK || postgres->db.in_transaction)
		return 0; /* a broken one says so itself */

	PGconn *connection = connect_to(postgres->url);
	if (PQstatus(connection) != CONNECTION_OK) {
		int r = postgres_refused(postgres, connection);
		PQfinish(connection);
		return r;
	}
	PQfinish(postgres->connection);
	postgres->connection = connection;
	postgres->generation++;
	PQsetNoticeReceiver(connection, ignore_notice, NULL);
	int r = check_encoding(postgres);
	if (r == 0)
		r = postgres_run(postgres, settings, NULL);
	if (r < 0) {
		PQfinish(connection);
		postgres->connection = NULL;
	}
	return r;
}

int postgres_run(struct postgres *postgres, const char *sql, char out_tag[16])
{
	PGresult *result = PQexec(postgres->connection, sql);
	ExecStatusType status = PQresultStatus(result);
	int r = 0;

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		r = postgres_fail(postgres, result, NULL);
	else if (out_tag)
		snprintf(out_tag, 16, "%s", PQcmdStatus(result));
	PQclear(result);
	return r;
}

static int try_begin(struct postgres *postgres)
{
	int r = postgres_ready(postgres);

	return r < 0 ? r : postgres_run(postgres, "BEGIN ISOLATION LEVEL READ COMMITTED", NULL);
}

/* A connection may have broken since it was used last, and shows it only now: nothing has been
 * asked yet, so it may be asked again. */
static int begin(struct db *db)
{
	struct postgres *postgres = postgres_of(db);
	int r = try_begin(postgres);

	if (r == ERR_NETWORK && PQstatus(postgres->connection) == CONNECTION_BAD)
		r = try_begin(postgres);
	return r;
}

/* The server answers a COMMIT of a failed transaction with ROLLBACK, and calls that a success.
 */
static int commit(struct db *db)
{
	char tag[16] = "";
	int r = postgres_run(postgres_of(db), "COMMIT", tag);

	if (r == 0 && !text_equal(tag, "COMMIT"))
		return err_set(ERR_IO, "database: the transaction had failed before its end");
	if (r == ERR_NETWORK)
		return err_wrap(r, "nobody knows whether the transaction was stored");
	return r;
}

static void rollback(struct db *db)
{
	PGconn *connection = postgres_of(db)->connection;

	/* A connection that broke has rolled back; a new one is made when it is needed. */
	if (PQstatus(connection) == CONNECTION_OK)
		PQclear(PQexec(connection, "ROLLBACK"));
}

/* A script may take long, and waits for others that use the tables. */
static int script(struct db *db, const char *text)
{
	AUTO_TEXT all = mem_printf("SET LOCAL statement_timeout = 0; %s", text);
	int r = postgres_ready(postgres_of(db));

	return r < 0 ? r : postgres_run(postgres_of(db), all, NULL);
}

static void shut(struct db *db)
{
	struct postgres *postgres = postgres_of(db);

	PQfinish(postgres->connection);
	mem_free(postgres->url);
	mem_free(postgres->name);
	mem_free(postgres);
}

static const struct db_driver driver = {
	.prepare = postgres_prepare,
	.forget = postgres_forget,
	.start = postgres_start,
	.next = postgres_next,
	.end = postgres_end,
	.changed = postgres_changed,
	.number = postgres_number,
	.text = postgres_text,
	.bytes = postgres_bytes,
	.is_null = postgres_is_null,
	.many = postgres_many,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.script = script,
	.close = shut,
	.is_postgres = true,
};

int postgres_open(const char *url, struct db **out)
{
	PQconninfoOption *options = read_url(url);

	*out = NULL;
	if (!options) /* libpq's words could show a piece of the password */
		return err_set(ERR_INVALID,
			"the database's URL cannot be read: write "
			"postgresql://USER@HOST:PORT/NAME, with %%XX for special characters");
	PQconninfoFree(options);
	struct postgres *postgres = mem_alloc(sizeof(*postgres));
	postgres->db.driver = &driver;
	postgres->url = mem_strdup(url);
	postgres->name = postgres_name(url);
	int r = postgres_ready(postgres);
	if (r < 0) {
		db_close(&postgres->db);
		return r;
	}
	*out = &postgres->db;
	return 0;
}
