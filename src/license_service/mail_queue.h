/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_MAIL_QUEUE_H
#define LICENSE_SERVICE_MAIL_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "license/lease.h"
#include "license_service/store.h"

/*
 * Mail that waits to be sent: a row for each, put there in the transaction that it tells of, so
 * that none is lost and none is made up; taken away when a server has taken the mail. The texts
 * are made when they are sent (mail_text.h): no row holds a key or an address.
 */

/* Kinds. */
#define MAIL_PLACED "placed"     /* the order, and how it is paid */
#define MAIL_KEY "key"           /* the license key of a new order */
#define MAIL_DONE "done"         /* a renewal or an addition is done */
#define MAIL_NEW_KEY "new_key"   /* another license key in place of the old one */
#define MAIL_REMINDER "reminder" /* the subscription ends soon, or has ended */

enum { MAIL_ID_SIZE = 80 };

struct mail {
	char license_id[LEASE_ID_SIZE];
	char mail_id[MAIL_ID_SIZE]; /* "key-ORDER": the same at every try */
	char kind[16];
	char order_id[20];
	int64_t tries;
};

/** Queues a mail about an order, within the caller's transaction; once for each kind and order.
 * Does nothing where no mail is sent (settings.h). */
NODISCARD int mail_queue(struct store *store, const char *license_id, const char *kind,
	const char *order_id, int64_t now_s);

/** Queues the reminders that are due at `now_s`: 30, 14, 7 and 1 days before the end of a
 * subscription and at it, the nearest one only, each once for each end. */
NODISCARD int mail_queue_reminders(struct store *store, int64_t now_s);

/** The mail whose turn it is: 1 with *out, or 0. */
NODISCARD int mail_next(struct store *store, int64_t now_s, struct mail *out);

/** 1 where mail is sent (settings.h) and the license has an address: of the order that made it,
 * so that whoever has a key cannot have the next one sent to himself; else 0. */
NODISCARD int mail_has_owner(struct store *store, const char *license_id);

/** It was delivered: forgets it and, with a key's mail, the key. */
NODISCARD int mail_delivered(struct store *store, const struct mail *mail);

/** There is nobody to send it to: forgets it, but no key. */
NODISCARD int mail_drop(struct store *store, const struct mail *mail);

/** It was not: again at `next_s`. */
NODISCARD int mail_postpone(struct store *store, const struct mail *mail, int64_t next_s);

/** Whether a mail of that kind about an order waits: 1 or 0. */
NODISCARD int mail_waits(
	struct store *store, const char *license_id, const char *kind, const char *order_id);

#endif
