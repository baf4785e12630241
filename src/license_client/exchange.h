/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_EXCHANGE_H
#define LICENSE_CLIENT_EXCHANGE_H

#include <stdbool.h>
#include <stdint.h>

#include "license_client/license_client_priv.h"

/*
 * One question to the licensing service and its answer: signed by the instance, checked from
 * end to end. Keeps nothing; docs/licensing-protocol.md is what is spoken.
 */

struct json;

enum { EXCHANGE_TIMEOUT_MS = 15000 };

struct exchange {
	const char *path;
	const char *license_id; /* NULL: an activation, or a trial */
	const uint8_t *tenant;  /* HASH_SIZE; its trial is asked for; NULL: a lease */
	struct json *body;      /* borrowed; a new nonce is put into it */
	int64_t timeout_ms;     /* at most EXCHANGE_TIMEOUT_MS count */
};

struct exchange_reply {
	struct proof proof;       /* of a good answer */
	struct trial_proof trial; /* the same, where a trial was asked for */
	struct json *document;    /* the whole of it */
	struct json *answer;      /* NULL where there is none */
	char problem[40];         /* code of a refusal, which is not signed; "" */
};

/**
 * Asks and believes. ERR_INVALID where no service is set; ERR_NETWORK, ERR_UNAVAILABLE,
 * ERR_THROTTLED where it is not there now; ERR_AUTH, ERR_PROTOCOL for a refusal (`problem` says
 * which, where it does); ERR_CORRUPT for what is not an answer of the service to this question.
 * The caller frees the reply in any case.
 */
NODISCARD int exchange_run(struct license_client *client, const struct exchange *exchange,
	struct exchange_reply *out);

void exchange_reply_free(struct exchange_reply *reply);
#define AUTO_REPLY __attribute__((cleanup(exchange_reply_free))) struct exchange_reply

#endif
