/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_ASSIGNMENTS_H
#define LICENSE_CLIENT_ASSIGNMENTS_H

#include "license_client/license_client_priv.h"

/*
 * Which subjects hold a license, as the instance knows it: a set that matches the digest in a
 * lease. Where other instances changed it since, the set stays believed with the lease that it
 * came with, for as long as that one could be used offline: being a little behind is no more
 * than having been offline since. A reset (another epoch) ends it at once.
 */

/** Whether the set is that of the newest lease. */
bool assignments_are_current(const struct license_client *client);

/** Whether the subject (64 hexadecimal digits) holds a license at that moment. */
bool assignments_hold(const struct license_client *client, const char *subject, int64_t now_s);

/** What an answer of the service changed. */
struct assignments_change {
	struct heldset_entry *added;
	size_t added_count;
	struct heldset_entry *removed;
	size_t removed_count;
};

/** Brings the set to the newest lease by a change, where that is all that happened; keeps it
 * on the disk. False where it is not: the list must be asked for. */
bool assignments_apply(struct license_client *client, const struct assignments_change *change);

/** Asks for the list where the set is not current. Errors as contact_ask, and ERR_PROTOCOL
 * where the list does not come to rest. */
NODISCARD int assignments_update(struct license_client *client, int64_t timeout_ms);

/** As assignments_update, but at most once a minute: after claims, each of which may find that
 * other instances changed the set. Failures are left for the next contact. */
void assignments_update_soon(struct license_client *client);

/** Asks for the list in any case. */
NODISCARD int assignments_read(struct license_client *client, int64_t timeout_ms);

#endif
