/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_CONTACT_H
#define LICENSE_CLIENT_CONTACT_H

#include "license_client/exchange.h"

/*
 * A question under the license of this instance: a good answer is a contact, whose lease is
 * kept, and any other outcome is a failed one, from whose first offline begins.
 */

struct contact {
	const char *path;
	struct json *body; /* borrowed */
	int64_t timeout_ms;
	int tries; /* asks again where no answer came at all; 0 counts as 1 */
};

/** ERR_LICENSE where never activated, else as exchange_run. The caller frees the reply. */
NODISCARD int contact_ask(struct license_client *client, const struct contact *contact,
	struct exchange_reply *out);

/** Keeps that a contact failed, and why: offline begins at the first one. */
void contact_note_failure(struct license_client *client, int failure, const char *why);

#endif
