/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CRYPTO_WEBHOOK_H
#define CRYPTO_WEBHOOK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Webhooks signed as Standard Webhooks 1.0 says: HMAC-SHA-256 over "ID.TIMESTAMP.BODY", under a
 * secret that is written "whsec_BASE64". For who receives and for who sends.
 */

enum {
	WEBHOOK_TOLERANCE_S = 300, /* how far a timestamp may lie from the clock */
	WEBHOOK_ID_MAX = 128,
	WEBHOOK_SECRET_MAX = 64, /* bytes; at least 24 */
	WEBHOOK_SECRETS_MAX = 4, /* while one is changed for another, both count */
	WEBHOOK_SIGNATURES_MAX = 16,
};

struct webhook_secrets {
	size_t count;
	struct {
		uint8_t bytes[WEBHOOK_SECRET_MAX];
		size_t size;
	} list[WEBHOOK_SECRETS_MAX];
};

struct webhook_message {
	const char *id;        /* header webhook-id */
	const char *timestamp; /* header webhook-timestamp: seconds since 1970 */
	const void *body;
	size_t body_size;
};

/** A new secret, "whsec_…" of 32 random bytes. The caller wipes and frees it. */
char *webhook_secret_new(void);

/** Reads secrets, a line each; empty lines are fine. ERR_INVALID where one is none, or where
 * there are none or more than WEBHOOK_SECRETS_MAX. */
NODISCARD int webhook_secrets_read(const char *text, struct webhook_secrets *out);

/** The header webhook-signature, "v1,BASE64", under the first secret. The caller frees it. */
char *webhook_sign(
	const struct webhook_message *message, const struct webhook_secrets *secrets);

/** Checks that one of the signatures of the header (parted by spaces) is by one of the secrets,
 * and that the timestamp lies within WEBHOOK_TOLERANCE_S of `now_s`. A header may be NULL.
 * ERR_INVALID where one is missing or has no sense, ERR_AUTH where it is not to be believed. */
NODISCARD int webhook_verify(const struct webhook_message *message, const char *signatures,
	const struct webhook_secrets *secrets, int64_t now_s);

#endif
