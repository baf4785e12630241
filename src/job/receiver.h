/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RECEIVER_H
#define JOB_RECEIVER_H

#include "base/json.h"
#include "job/installation.h"

/*
 * Receivers of notices (I2): who asked for them, by e-mail or by webhook. Passwords and the
 * secrets of webhooks are sealed in the database, and never shown.
 */

enum { RECEIVER_GATHER_MOST = 86400 };

/** A receiver that is to be added. Borrowed. `settings`: what is no secret.
 *   mail     server (smtp:// or smtps://, with host and port), from, to; user, ca_file,
 *            no_tls (true: without TLS, and then without a sign-in)
 *   webhook  url (https; http to this machine alone); ca_file
 *   both     cleared (true: it wants to hear, too, that something is over), gather_s (how long
 *            news are gathered for one mail; 0 for webhooks, which get one each) */
struct receiver_new {
	const char *name;
	const char *kind; /* "mail", "webhook" */
	struct json *settings;
	const char *secret; /* password, or "whsec_…"; NULL: none, or a new one is made */
};

/** Adds one. *out_secret is a webhook's new secret where none was given, which is shown this
 * once (the caller wipes and frees it), else NULL. It is told what stands now, and what comes.
 * ERR_INVALID, ERR_EXISTS, ERR_NOTFOUND where a CA file is not there. */
NODISCARD int receiver_add(struct installation *installation,
	const struct receiver_new *receiver, char **out_secret);

/** "receivers": [ { name, kind, to, cleared, gather_s, waiting, sent, given_up, last_sent_at,
 * last_error } ]. A webhook's address is shown without its path, which often is a secret. */
NODISCARD int receiver_list(struct installation *installation, struct json **out);

/** Forgets one, with what waits for it. ERR_NOTFOUND. */
NODISCARD int receiver_remove(struct installation *installation, const char *name);

/** One, with its secret opened. */
struct receiver {
	int64_t id;
	char *name, *kind;
	struct json *settings;
	char *secret; /* NULL where none */
};

/** ERR_NOTFOUND, ERR_CORRUPT. The caller frees it, which wipes the secret. */
NODISCARD int receiver_load(
	struct installation *installation, const char *name, struct receiver **out);
void receiver_free(struct receiver *receiver); /* NULL is fine */
#define AUTO_RECEIVER __attribute__((cleanup(receiver_free_slot))) struct receiver *
void receiver_free_slot(struct receiver **receiver);

/** Where it is, as it may be shown; the caller frees it. */
char *receiver_place(const char *kind, const struct json *settings);

#endif
