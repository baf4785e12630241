/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_drive.h"

enum { DELTA_PAGE = 200, TOP_MAX = 1000 };

/* The walk that the query asks for: from the beginning, from now on, or from a link's token. */
static bool read_walk(struct call *call, struct delta_walk *out, bool *out_is_first)
{
	static const char *const accepted[] = {"$select", "$top", NULL};
	const char *token = odata_query_get(&call->query, "token");
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_drive_item, &select))
		return false;
	if (select && strlen(select) >= DELTA_SELECT_MAX) {
		reply_error(call, 400, "invalidRequest", "The $select is too long.");
		return false;
	}
	*out = (struct delta_walk){0};
	*out_is_first = !token || text_equal(token, "latest");
	if (*out_is_first) {
		snprintf(out->select, sizeof(out->select), "%s", select ? select : "");
		return true;
	}
	if (delta_read(token, call->sandbox->delta_key, out) == 0)
		return true;
	reply_error(call, 400, "invalidRequest",
		"The provided token is malformed or was not made by this service.");
	return false;
}

/* Gone, and where to begin again. */
static void refuse_resync(struct call *call, const char *drive)
{
	AUTO_TEXT url = mem_printf("%s/v1.0/drives/%s/root/delta", call->base_url, drive);

	http_reply_header(call->http, "Location", url);
	reply_error(call, 410, "resyncChangesApplyDifferences",
		"The sync token is too old, or of a drive that began in another way: list all "
		"again.");
}

/* Puts the walk onto the drive; false, and a reply without the lock, where it is too late. */
static bool attach(
	struct call *call, const struct drive *drive, bool is_first, struct delta_walk *walk)
{
	uint32_t now = (uint32_t)drive->log_size;
	const char *token = odata_query_get(&call->query, "token");
	char id[DRIVE_ID_TEXT];

	if (is_first) {
		walk->folder = drive->key;
		walk->origin = drive->origin;
		walk->until = now;
		walk->position = token ? now : 0; /* "latest" */
		return true;
	}
	if (ids_key_equal(&walk->folder, &drive->key) && walk->origin == drive->origin &&
		walk->until <= now) {
		if (walk->is_finished) {
			walk->since = walk->position = walk->until;
			walk->until = now;
			walk->is_finished = false;
		}
		return true;
	}
	drive_id(drive, id);
	tenant_unlock(call->sandbox->tenant);
	refuse_resync(call, id);
	return false;
}

static void put_link(
	struct call *call, const char *drive, const struct delta_walk *walk, struct json *body)
{
	AUTO_TEXT token = delta_write(walk, call->sandbox->delta_key);
	AUTO_TEXT encoded = text_percent_encode(drive);
	AUTO_TEXT link = mem_printf(
		"%s/v1.0/drives/%s/root/delta?token=%s", call->base_url, encoded, token);

	json_put_text(body, walk->is_finished ? "@odata.deltaLink" : "@odata.nextLink", link);
}

void graph_drive_delta(struct call *call)
{
	int64_t otherwise = call->page_size ? call->page_size : DELTA_PAGE, top;
	char id[DRIVE_ID_TEXT];
	struct delta_walk walk;
	struct user *owner;
	bool is_first;
	size_t at;

	if (odata_query_number(&call->query, "$top", (int64_t[]){1, TOP_MAX}, otherwise, &top) <
		0) {
		reply_error(call, 400, "invalidRequest", "%s", err_message());
		return;
	}
	if (!read_walk(call, &walk, &is_first))
		return;
	const struct drive *drive = graph_open_drive(call, &owner, &at);
	if (!drive || !attach(call, drive, is_first, &walk))
		return;
	const struct drive_view view = {
		drive, owner, walk.select[0] ? walk.select : NULL, true};
	struct json *list = json_new_array();
	while (walk.position < walk.until && (int64_t)json_count(list) < top) {
		const struct drive_item *item = drive_event(drive, walk.position++, walk.since);
		if (item)
			json_append(list, drive_item_json(&view, item));
	}
	walk.is_finished = walk.position == walk.until;
	drive_id(drive, id);
	tenant_unlock(call->sandbox->tenant);
	struct json *body = reply_list(call, "Collection(driveItem)", list);
	put_link(call, id, &walk, body);
	reply_json(call, 200, body);
}
