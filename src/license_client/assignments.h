/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_ASSIGNMENTS_H
#define LICENSE_CLIENT_ASSIGNMENTS_H

#include "license/chain.h"
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

/** Makes `set`, taken over, the one that is believed, under the lock: it matches the lease. */
void assignments_keep(
	struct license_client *client, struct heldset *set, const struct proof *proof);

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

/**
 * The set on its way through the license's events, from its own lease to a newer one: a contact
 * that follows the history needs no list.
 */
struct assignments_track {
	struct heldset set;
	int64_t revision; /* up to which the set is what the events say */
	bool is_sound;    /* no event was missed, and each was understood */
};

/** From the set that the instance has; assignments_track_end or _free ends it. */
struct assignments_track assignments_track_begin(const struct license_client *client);

/** The next event, in order; those that the set knows already are passed over. */
void assignments_track_event(struct assignments_track *track, const struct chain_event *event);

/** Keeps the set where it is that of the newest lease, under the lock; frees the track. */
void assignments_track_end(struct license_client *client, struct assignments_track *track);

void assignments_track_free(struct assignments_track *track);

/** Asks for the list where the set is not current. Errors as contact_ask, and ERR_PROTOCOL
 * where the list does not come to rest. */
NODISCARD int assignments_update(struct license_client *client, int64_t timeout_ms);

/** As assignments_update, but at most once a minute: after claims, each of which may find that
 * other instances changed the set. Failures are left for the next contact. */
void assignments_update_soon(struct license_client *client);

/** Asks for the list in any case. */
NODISCARD int assignments_read(struct license_client *client, int64_t timeout_ms);

#endif
