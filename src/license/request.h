/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_REQUEST_H
#define LICENSE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"

/*
 * How an instance signs its requests to the licensing service: Ed25519 over
 *
 *   GARNER-REQUEST/1 LF method LF path LF license id (or "-") LF instance id LF time LF
 *   SHA-256 of the body in hexadecimal LF
 *
 * The time is in seconds; see docs/licensing-protocol.md.
 */

enum { REQUEST_WINDOW_S = 300 }; /* how far the time may be from the service's */

struct request {
	const char *method;
	const char *path;
	const char *license_id; /* NULL at the activation */
	const char *instance_id;
	int64_t at_s;
	const void *body;
	size_t body_size;
};

void request_sign(const struct request *request, const struct sign_key *instance,
	uint8_t out[SIGN_SIGNATURE_SIZE]);

bool request_is_signed(const struct request *request,
	const uint8_t instance_public[SIGN_PUBLIC_SIZE],
	const uint8_t signature[SIGN_SIGNATURE_SIZE]);

#endif
