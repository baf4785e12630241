/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/claim.h"
#include "license_client/assignments.h"

/* The set as the events make it. Whether it is right is said by the digest in the lease alone;
 * what is not understood here costs a list. */

enum { SUBJECT_SIZE = 2 * HELDSET_ID_SIZE };

struct assignments_track assignments_track_begin(const struct license_client *client)
{
	const struct proof *held = &client->held_proof;

	if (!held->lease_text || strcmp(held->lease.license_id, client->grant.license_id) != 0)
		return (struct assignments_track){0};
	return (struct assignments_track){
		.set = heldset_copy(&client->held),
		.revision = held->lease.revision,
		.is_sound = true,
	};
}

void assignments_track_free(struct assignments_track *track)
{
	heldset_free(&track->set);
	*track = (struct assignments_track){0};
}

/* "… subjects=ID,ID,…" at the end of a detail: how many, or -1 where they are none. */
static int64_t subjects_of(const char *detail, struct heldset_entry **out)
{
	const char *list = strstr(detail, " subjects=");
	size_t size = list ? strlen(list += strlen(" subjects=")) : 0;
	size_t count = (size + 1) / (SUBJECT_SIZE + 1);
	char text[SUBJECT_SIZE + 1] = "";

	*out = NULL;
	if (!list || (size + 1) % (SUBJECT_SIZE + 1) != 0)
		return -1;
	*out = mem_array(count + 1, sizeof(**out));
	for (size_t i = 0; i < count; i++, list += SUBJECT_SIZE + 1) {
		memcpy(text, list, SUBJECT_SIZE);
		if (text_from_hex(text, (*out)[i].id, HELDSET_ID_SIZE) < 0 ||
			(i + 1 < count && list[SUBJECT_SIZE] != ','))
			return -1;
	}
	return (int64_t)count;
}

static bool play_subjects(struct heldset *set, const struct chain_event *event)
{
	struct heldset_entry *entries;
	int64_t count = subjects_of(event->detail, &entries);

	for (int64_t i = 0; i < count; i++) {
		entries[i].assigned_s = event->at_s;
		entries[i].releasable_s = release_first_moment(event->at_s);
		if (text_equal(event->kind, "released"))
			heldset_remove(set, entries[i].id);
	}
	if (count > 0 && text_equal(event->kind, "claimed"))
		heldset_add(set, entries, (size_t)count);
	mem_free(entries);
	return count >= 0;
}

void assignments_track_event(struct assignments_track *track, const struct chain_event *event)
{
	if (!track->is_sound || event->revision <= track->revision)
		return;
	track->is_sound = event->revision == track->revision + 1;
	track->revision = event->revision;
	if (text_equal(event->kind, "reset"))
		heldset_free(&track->set);
	else if (text_equal(event->kind, "claimed") || text_equal(event->kind, "released"))
		track->is_sound &= play_subjects(&track->set, event);
}

void assignments_track_end(struct license_client *client, struct assignments_track *track)
{
	if (track->is_sound && !assignments_are_current(client) &&
		heldset_matches(&track->set, &client->record.proof.lease))
		assignments_keep(client, &track->set, &client->record.proof);
	assignments_track_free(track);
}
