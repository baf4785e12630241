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

/** The item as Graph tells it, in a delta with less. */
struct json *drive_item_json(const struct drive *drive, const struct drive_item *item,
	const struct user *owner, bool in_delta);

#endif
