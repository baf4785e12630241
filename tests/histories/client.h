/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIES_CLIENT_H
#define HISTORIES_CLIENT_H

#include "base/err.h"
#include "crypto/sign.h"
#include "history.h"

/*
 * A client that speaks the protocol of docs/licensing-protocol.md without the state and the
 * caution of license_client: it sends what it is told to until there is an answer, and believes
 * what the root key vouches for. One thread each.
 */

struct client;

struct client_service {
	const char *url;
	const char *ca_file; /* NULL: plain http */
	uint8_t root[SIGN_PUBLIC_SIZE];
	int64_t give_up_us; /* so long without any answer is a failure of the test */
};

/** A new instance; `service` is borrowed. */
NODISCARD int client_new(const struct client_service *service, struct client **out);
void client_free(struct client *client);

/** Enrols under a license key. */
NODISCARD int client_enrol(struct client *client, const char *key);
const char *client_license(const struct client *client);

/** Does an operation of that kind with its subjects and objects, and fills in the rest. */
NODISCARD int client_do(struct client *client, struct operation *operation);

#endif
