/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/postgres_priv.h"

/* What to do with a SQLSTATE, or a class of them. The first that it begins with counts. */
static const struct {
	const char *state;
	enum err err;
	const char *advice;
} meanings[] = {
	{"23505", ERR_EXISTS, ""},
	{"42P07", ERR_EXISTS, ""},
	{"23", ERR_INVALID, ""},
	{"22", ERR_INVALID, ""},
	{"40003", ERR_NETWORK, "; nobody knows whether it was stored: ask again"},
	{"40", ERR_CONFLICT, ""},
	/* A pooler gave another server's connection, which has the statement not, or already.
	 */
	{"26000", ERR_CONFLICT, ""},
	{"42P05", ERR_CONFLICT, ""},
	{"55P03", ERR_LOCKED, "; another program holds it: wait for that to end"},
	{"57014", ERR_UNAVAILABLE, "; it took too long: look at the load of the server"},
	{"25006", ERR_UNAVAILABLE, "; name the primary server, not a standby"},
	{"57P0", ERR_NETWORK, "; look at the server, and try again"},
	{"08", ERR_NETWORK, "; look at the server, and try again"},
	{"25P03", ERR_NETWORK, "; the transaction was idle for too long"},
	{"53100", ERR_UNAVAILABLE, "; make room on the disk of the server"},
	{"53", ERR_UNAVAILABLE, "; look at the load and the limits of the server"},
	{"28", ERR_AUTH, "; check the user and its password"},
	{"42501", ERR_AUTH, "; grant the user what it needs in the database"},
	{"XX001", ERR_CORRUPT, "; put the right one back from your copy"},
	{"XX002", ERR_CORRUPT, "; put the right one back from your copy"},
};

/* One line of what libpq writes in several. The caller frees it. */
static char *one_line(const char *text)
{
	char *line = mem_strdup(text);
	char *to = line;

	for (const char *from = line; *from; from++) {
		bool blank = *from == '\n' || *from == '\t' || *from == ' ';

		if (blank && (to == line || to[-1] == ' '))
			continue;
		*to++ = blank ? ' ' : *from;
	}
	while (to > line && to[-1] == ' ')
		to--;
	*to = 0;
	return line;
}

static int lost(struct postgres *postgres)
{
	AUTO_TEXT why = one_line(PQerrorMessage(postgres->connection));

	return err_set(ERR_NETWORK,
		"database %s: the connection broke: %s; check that the server runs, and try "
		"again",
		postgres->name, why);
}

int postgres_fail(struct postgres *postgres, const PGresult *result, const char *sql)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *words = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	enum err err = ERR_IO;
	const char *advice = "";

	postgres->db.is_broken = true;
	if (!state)
		return PQstatus(postgres->connection) == CONNECTION_BAD
			       ? lost(postgres)
			       : err_set(ERR_IO, "database: %s",
					 PQerrorMessage(postgres->connection));
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		if (!text_starts_with(state, meanings[i].state))
			continue;
		err = meanings[i].err;
		advice = meanings[i].advice;
		break;
	}
	/* Its details may hold values of rows, which belong in no message. */
	return err_set(err, "database: %s (%s)%s%s%s", words ? words : "no words", state,
		sql ? " in: " : "", sql ? sql : "", advice);
}

int postgres_refused(struct postgres *postgres, PGconn *connection)
{
	AUTO_TEXT why = one_line(PQerrorMessage(connection));

	if (PQconnectionNeedsPassword(connection))
		return err_set(ERR_AUTH,
			"database %s: the server asks for a password: put it into ~/.pgpass, "
			"PGPASSWORD or the URL",
			postgres->name);
	/* libpq gives no SQLSTATE here: the words of a server that speaks English tell it from
	 * a database that is not there. */
	if (PQconnectionUsedPassword(connection) && strstr(why, "authentication"))
		return err_set(ERR_AUTH, "database %s: %s; check the user and its password",
			postgres->name, why);
	return err_set(ERR_NETWORK,
		"database %s: %s; check the address, and that the server runs and has this "
		"database",
		postgres->name, why);
}
