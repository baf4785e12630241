/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_SMTP_H
#define NET_SMTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/err.h"

/*
 * Mail by SMTP, on libcurl: a message of plain text to one recipient. TLS is verified, by
 * STARTTLS (smtp://) or from the start (smtps://); without it only where the caller says so.
 */

struct smtp_server {
	const char *url;       /* "smtp://HOST:587", "smtps://HOST:465" */
	bool is_plain;         /* no TLS at all */
	const char *ca_file;   /* NULL: the system's authorities */
	const char *user;      /* NULL: no sign-in */
	const char *password;  /* with `user` */
	int64_t timeout_ms;    /* of the whole; 0: 60,000 */
	struct cancel *cancel; /* looked at at least every second; may be NULL */
};

struct smtp_message {
	const char *from_name; /* UTF-8; may be NULL */
	const char *from;      /* address: see smtp_is_address */
	const char *to;
	const char *subject;    /* UTF-8, one line */
	const char *message_id; /* without <>; the same at every try */
	int64_t at_s;           /* its date */
	const char *text;       /* UTF-8; lines end with line feeds */
};

/** Whether a text is an address as these take it: ASCII, one "@", none of the characters that
 * mean something in a header. */
bool smtp_is_address(const char *text);

/** The message as it is sent (RFC 5322, MIME): headers in ASCII (RFC 2047 where they are not),
 * the text in base64 or as it is, lines ended by CR LF. ERR_INVALID where a header holds a line
 * end or no address; ERR_LIMIT. */
NODISCARD int smtp_compose(const struct smtp_message *message, struct buf *out);

/** Sends it; 0 when the server has taken it. ERR_AUTH where the sign-in is refused; ERR_INVALID
 * where the server refuses sender, recipient or message for good (5xx); ERR_NETWORK where it
 * cannot be reached, its certificate is not right, or it says to try later (4xx). The message
 * names no address. */
NODISCARD int smtp_send(const struct smtp_server *server, const struct smtp_message *message);

#endif
