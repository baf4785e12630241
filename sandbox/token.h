/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_TOKEN_H
#define SANDBOX_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"

/*
 * Access tokens: texts of the shape of a JWT (RFC 7519), signed with HMAC-SHA-256 under a key
 * that only the sandbox has. A client that looks inside finds the claims of Microsoft's.
 */

enum { TOKEN_KEY_SIZE = 32, TOKEN_LIFE_S = 3599 };

struct token_claims {
	const char *base_url; /* who issues it */
	const char *tenant_id;
	const char *client_id;
	int64_t now_s;
	const struct json *roles; /* application permissions; NULL: all that the sandbox has */
};

/** A new token; the caller frees it. */
char *token_make(const struct token_claims *claims, const uint8_t key[TOKEN_KEY_SIZE]);

/** ERR_INVALID where it is no token of ours, ERR_AUTH where its time is over (or not yet come),
 * each with Graph's words. */
NODISCARD int token_check(const char *token, const char *tenant_id, int64_t now_s,
	const uint8_t key[TOKEN_KEY_SIZE]);

/** True where a token that was checked has one of these roles, which are separated by spaces.
 */
bool token_has_role(const char *token, const char *roles);

#endif
