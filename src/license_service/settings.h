/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SETTINGS_H
#define LICENSE_SERVICE_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/webhook.h"

struct home;

/*
 * How the vendor sells, from files of the state folder that the vendor edits: payment.json
 * (made at the first use: who sells, where customers reach the service, how orders are paid)
 * and mail.json (absent: no mail is sent). The secret of payment webhooks is in webhook.secret
 * (mode 0600, made at the first use; a line for each secret while one is changed).
 */

struct settings {
	char *seller;       /* as pages and mail name who sells */
	char *public_url;   /* without final slash; NULL: mail has no links */
	int64_t open_days;  /* an order that is not paid expires after so many */
	char *invoice_text; /* how to pay by invoice; NULL: not offered */
	char *webhook_text; /* how to pay where a provider reports it; NULL: not offered */
	char *webhook_url;  /* where to, with {order}, {amount}, {currency}; NULL: none */
	struct webhook_secrets webhook_secrets;

	char *mail_server; /* "smtp://HOST:587" or "smtps://HOST:465"; NULL: no mail */
	char *mail_user;   /* NULL: no sign-in */
	char *mail_password_file;
	char *mail_ca_file; /* NULL: the system's authorities */
	char *mail_from;    /* address */
	bool mail_is_plain; /* without TLS; on this machine only */
};

/** Reads the files, making those that are made. ERR_INVALID with the file and what is wrong,
 * ERR_IO. The caller frees with settings_close. */
NODISCARD int settings_open(const struct home *home, struct settings **out);
void settings_close(struct settings *settings); /* NULL is fine */

/** True for what can stand as one address in a mail: one "@", no spaces, no control characters,
 * ASCII, at most 200 bytes. */
bool settings_is_address(const char *text);

#endif
