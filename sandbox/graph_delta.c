/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_priv.h"

enum { DELTA_PAGE = 10, TOP_MAX = 1000000 };

/* An entry, with what is needed of its message once the lock is gone. */
struct line {
	enum delta_kind kind;
	struct message_view view; /* of DELTA_FULL and DELTA_MARKED */
	char id[IDS_TEXT_SIZE];
};

/* What a link encodes cannot be said again beside it. */
static bool accepts_link(struct call *call)
{
	for (size_t i = 0; i < call->query.count; i++) {
		const char *name = call->query.options[i].name;
		if (strcmp(name, "$skiptoken") == 0 || strcmp(name, "$deltatoken") == 0)
			continue;
		if (name[0] != '$' && !text_equal_nocase(name, "changeType"))
			continue;
		reply_error(call, 400, "BadRequest",
			"Query option '%s' cannot be used with a nextLink or deltaLink: it is "
			"encoded in its token.",
			name);
		return false;
	}
	return true;
}

/* The walk of a first request. */
static bool read_first(struct call *call, struct delta_walk *out)
{
	static const char *const accepted[] = {"$select", "$top", NULL};
	const char *select;
	int64_t top;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_message, &select) ||
		message_view_refuses(call, select))
		return false;
	if (odata_query_get(&call->query, "changeType")) {
		reply_unserved(call, "changeType");
		return false;
	}
	if (select && strlen(select) >= DELTA_SELECT_MAX) {
		reply_error(call, 400, "BadRequest", "The $select is too long.");
		return false;
	}
	if (odata_query_number(&call->query, "$top", (int64_t[]){1, TOP_MAX}, 0, &top) < 0) {
		reply_error(call, 400, "ErrorInvalidUrlQuery", "%s", err_message());
		return false;
	}
	*out = (struct delta_walk){.left = (uint32_t)top};
	snprintf(out->select, sizeof(out->select), "%s", select ? select : "");
	return true;
}

/* The walk that a link's token carries. */
static bool read_link(struct call *call, struct delta_walk *out)
{
	const char *skip = odata_query_get(&call->query, "$skiptoken");
	const char *delta = odata_query_get(&call->query, "$deltatoken");

	if (!accepts_link(call))
		return false;
	int r = delta_read(skip ? skip : delta, call->sandbox->delta_key, out);
	if (r == 0 && ((skip && delta) || out->is_finished != !skip))
		r = err_set(ERR_INVALID, "Badly formed token.");
	if (r == 0)
		return true;
	reply_error(call, 400, "SyncStateInvalid", "%s", err_message());
	return false;
}

/* Puts the walk onto the folder; false, and a reply without the lock, where it is too late for
 * that. */
static bool attach(
	struct call *call, const struct folder *folder, bool is_first, struct delta_walk *walk)
{
	if (is_first) {
		struct delta_walk fresh;
		delta_begin(folder, &fresh);
		fresh.left = walk->left;
		memcpy(fresh.select, walk->select, sizeof(fresh.select));
		*walk = fresh;
		return true;
	}
	bool is_same = ids_key_equal(&walk->folder, &folder->key);
	if (is_same && delta_resume(folder, walk) == 0)
		return true;
	tenant_unlock(call->sandbox->tenant);
	if (is_same)
		reply_error(call, 410, "SyncStateNotFound", "%s", err_message());
	else
		reply_error(call, 400, "SyncStateInvalid",
			"The token was not made for this folder.");
	return false;
}

/* The id that the message had when it left. */
static void removed_id(const struct call *call, const struct folder *folder,
	const struct delta_entry *entry, char out[IDS_TEXT_SIZE])
{
	const struct ids_key *key = &entry->message->key;
	struct ids_ref ref = {call->immutable_ids ? IDS_IMMUTABLE : IDS_PLACED, *key, 0};

	if (!call->immutable_ids)
		ref.place = ids_place(key, &folder->key, entry->moves);
	ids_write(&ref, out);
}

static void take_line(const struct call *call, const struct folder *folder,
	const struct delta_entry *entry, struct line *out)
{
	out->kind = entry->kind;
	if (entry->kind == DELTA_FULL || entry->kind == DELTA_MARKED)
		message_view_take(entry->message, call->immutable_ids, &out->view);
	else
		removed_id(call, folder, entry, out->id);
}

static struct json *removed_json(const struct line *line)
{
	struct json *object = json_new_object(), *removed = json_new_object();

	json_put_text(removed, "reason", line->kind == DELTA_DELETED ? "deleted" : "changed");
	json_put_text(object, "@odata.type", "#microsoft.graph.message");
	json_put_text(object, "id", line->id);
	json_put(object, "@removed", removed);
	return object;
}

static struct json *line_json(const struct line *line, const char *select)
{
	if (line->kind == DELTA_CHANGED || line->kind == DELTA_DELETED)
		return removed_json(line);

	struct json *object = line->kind == DELTA_FULL ? message_view_json(&line->view, select)
						       : message_view_mark(&line->view);
	json_put_text(object, "@odata.type", "#microsoft.graph.message");
	return object;
}

/* Reads a page below the lock and gives the lock back. */
static size_t read_page(struct call *call, struct folder *folder, struct delta_walk *walk,
	size_t limit, struct line *lines)
{
	struct delta_entry *entries = mem_array(limit, sizeof(*entries));
	bool marks = odata_select_has(walk->select, "isRead");
	size_t count = delta_page(folder, walk, limit, marks, entries);

	for (size_t i = 0; i < count; i++)
		take_line(call, folder, &entries[i], &lines[i]);
	if (walk->position == walk->until)
		delta_finish(folder, walk);
	tenant_unlock(call->sandbox->tenant);
	mem_free(entries);
	return count;
}

static void put_link(struct call *call, const struct delta_walk *walk, struct json *body)
{
	AUTO_TEXT token = delta_write(walk, call->sandbox->delta_key);
	AUTO_TEXT user = text_percent_encode(call->path.segments[2]);
	char folder[IDS_TEXT_SIZE];

	ids_write(&(struct ids_ref){.kind = IDS_FOLDER, .key = walk->folder}, folder);
	AUTO_TEXT link = mem_printf(
		"%s/v1.0/users('%s')/mailFolders('%s')/messages/delta?$%s=%s", call->base_url,
		user, folder, walk->is_finished ? "deltatoken" : "skiptoken", token);
	json_put_text(body, walk->is_finished ? "@odata.deltaLink" : "@odata.nextLink", link);
}

void graph_delta(struct call *call)
{
	bool is_first = !odata_query_get(&call->query, "$skiptoken") &&
			!odata_query_get(&call->query, "$deltatoken");
	size_t limit = call->page_size ? (size_t)call->page_size : DELTA_PAGE;
	struct delta_walk walk;

	if (!(is_first ? read_first(call, &walk) : read_link(call, &walk)))
		return;
	struct user *user = graph_open_mailbox(call);
	struct folder *folder =
		user ? graph_open_folder(call, user, call->path.segments[4]) : NULL;
	if (!folder || !attach(call, folder, is_first, &walk))
		return;
	struct line *lines = mem_array(limit, sizeof(*lines));
	size_t count = read_page(call, folder, &walk, limit, lines);

	struct json *list = json_new_array();
	for (size_t i = 0; i < count; i++) {
		json_append(list, line_json(&lines[i], walk.select));
		message_view_free(&lines[i].view);
	}
	mem_free(lines);
	struct json *body = reply_list(call, "Collection(message)", list);
	put_link(call, &walk, body);
	reply_json(call, 200, body);
}
