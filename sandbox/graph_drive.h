/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GRAPH_DRIVE_H
#define SANDBOX_GRAPH_DRIVE_H

#include "sandbox/graph_priv.h"

/* The handlers of drives, behind graph.c's routes: below users/{}/drive and drives/{}. */

void graph_drive(struct call *call);
void graph_drive_item(struct call *call);
void graph_drive_children(struct call *call);
void graph_drive_content(struct call *call);
void graph_drive_delta(struct call *call);

/** The drive in the path, and whose it is. With the organization's lock held; NULL, a reply and
 * no lock where there is none. *out_at is the place of the first segment behind it. */
struct drive *graph_open_drive(struct call *call, struct user **out_owner, size_t *out_at);

/** How items are looked at. */
struct drive_view {
	const struct drive *drive;
	const struct user *owner;
	const char *select; /* checked; NULL: all */
	bool in_delta;      /* which tells less */
};

/** The item as Graph tells it. */
struct json *drive_item_json(const struct drive_view *view, const struct drive_item *item);

#endif
