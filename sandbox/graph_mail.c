/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_priv.h"

static struct json *folder_json(const struct folder *folder, const char *select)
{
	struct json *object = json_new_object();
	char id[IDS_TEXT_SIZE];

	mailbox_folder_id(folder, id);
	json_put_text(object, "id", id);
	json_put_text(object, "displayName", folder->name);
	if (folder->parent)
		mailbox_folder_id(folder->parent, id);
	json_put_text(object, "parentFolderId", folder->parent ? id : NULL);
	json_put_int(object, "childFolderCount", (int64_t)folder->child_count);
	json_put_int(object, "unreadItemCount", (int64_t)folder->unread);
	json_put_int(object, "totalItemCount", (int64_t)folder->count);
	json_put_bool(object, "isHidden", false);
	return odata_select_apply(object, select, &graph_type_mail_folder);
}

static bool folder_options(struct call *call, const char **out_select)
{
	static const char *const accepted[] = {"$select", "$top", "$skip", "$count", NULL};
	const char *hidden = odata_query_get(&call->query, "includeHiddenFolders");

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_mail_folder, out_select))
		return false;
	if (!hidden || text_equal_nocase(hidden, "true") || text_equal_nocase(hidden, "false"))
		return true;
	reply_error(call, 400, "ErrorInvalidUrlQuery",
		"The value '%s' of includeHiddenFolders is neither true nor false.", hidden);
	return false;
}

/* Replies with a page of the children of the folder named `name`. */
static void list_children(struct call *call, const char *name, const char *context)
{
	const char *select;
	int64_t top, skip;

	if (!folder_options(call, &select) || !graph_page(call, &top, &skip))
		return;
	struct user *user = graph_open_mailbox(call);
	struct folder *folder = user ? graph_open_folder(call, user, name) : NULL;
	if (!folder)
		return;
	struct json *list = json_new_array();
	int64_t count = (int64_t)folder->child_count;
	for (int64_t i = skip; i < count && i - skip < top; i++)
		json_append(list, folder_json(folder->children[i], select));
	tenant_unlock(call->sandbox->tenant);
	struct json *body = reply_list(call, context, list);
	if (text_equal_nocase(odata_query_get(&call->query, "$count")
				      ? odata_query_get(&call->query, "$count")
				      : "",
		    "true"))
		json_put_int(body, "@odata.count", count);
	if (skip < count && count - skip > top)
		graph_put_next(call, body, skip + top);
	reply_json(call, 200, body);
}

void graph_folders(struct call *call)
{
	AUTO_TEXT context = mem_printf("users('%s')/mailFolders", call->path.segments[2]);

	list_children(call, "msgfolderroot", context);
}

void graph_child_folders(struct call *call)
{
	AUTO_TEXT context = mem_printf("users('%s')/mailFolders('%s')/childFolders",
		call->path.segments[2], call->path.segments[4]);

	list_children(call, call->path.segments[4], context);
}

void graph_folder(struct call *call)
{
	const char *select;

	if (!folder_options(call, &select))
		return;
	struct user *user = graph_open_mailbox(call);
	struct folder *folder =
		user ? graph_open_folder(call, user, call->path.segments[4]) : NULL;
	if (!folder)
		return;
	struct json *body = folder_json(folder, select);
	tenant_unlock(call->sandbox->tenant);
	AUTO_TEXT context = mem_printf("%s/v1.0/$metadata#users('%s')/mailFolders/$entity",
		call->base_url, call->path.segments[2]);
	json_put_text(body, "@odata.context", context);
	reply_json(call, 200, body);
}

/* Takes views of the messages from `skip` on, at most `top`; returns how many. */
static size_t take_views(const struct call *call, const struct folder *folder,
	const int64_t page[2], struct message_view *out)
{
	int64_t top = page[0], skip = page[1];
	size_t count = 0;

	for (size_t i = 0; i < folder->log_size && (int64_t)count < top; i++) {
		if (!mailbox_is_current(folder, i) || skip-- > 0)
			continue;
		message_view_take(folder->log[i].message, call->immutable_ids, &out[count++]);
	}
	return count;
}

void graph_messages(struct call *call)
{
	static const char *const accepted[] = {"$select", "$top", "$skip", NULL};
	const char *select;
	int64_t page[2];

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_message, &select) ||
		message_view_refuses(call, select) || !graph_page(call, &page[0], &page[1]))
		return;
	struct user *user = graph_open_mailbox(call);
	struct folder *folder =
		user ? graph_open_folder(call, user, call->path.segments[4]) : NULL;
	if (!folder)
		return;
	struct message_view *views = mem_array((size_t)page[0], sizeof(*views));
	size_t count = take_views(call, folder, page, views);
	bool is_more = page[1] + (int64_t)count < (int64_t)folder->count;
	tenant_unlock(call->sandbox->tenant);

	struct json *list = json_new_array();
	for (size_t i = 0; i < count; i++) {
		json_append(list, message_view_json(&views[i], select));
		message_view_free(&views[i]);
	}
	mem_free(views);
	AUTO_TEXT context = mem_printf("users('%s')/mailFolders('%s')/messages",
		call->path.segments[2], call->path.segments[4]);
	struct json *body = reply_list(call, context, list);
	if (is_more && count > 0)
		graph_put_next(call, body, page[1] + (int64_t)count);
	reply_json(call, 200, body);
}

static void refuse_message(struct call *call, bool is_malformed)
{
	tenant_unlock(call->sandbox->tenant);
	if (is_malformed)
		reply_error(call, 400, "ErrorInvalidIdMalformed", "Id is malformed.");
	else
		reply_error(call, 404, "ErrorItemNotFound",
			"The specified object was not found in the store.");
}

/* The message that the path names, by either of its ids, a view of it taken; false, and a
 * reply, where it is not there. */
static bool open_message(struct call *call, struct message_view *out)
{
	char *const *steps = call->path.segments;
	bool in_folder = text_equal_nocase(steps[3], "mailFolders");
	const char *id = in_folder ? steps[6] : steps[4];
	struct folder *folder = NULL;
	struct ids_ref ref;
	char now[IDS_TEXT_SIZE];

	struct user *user = graph_open_mailbox(call);
	if (user && in_folder)
		folder = graph_open_folder(call, user, steps[4]);
	if (!user || (in_folder && !folder))
		return false;
	if (ids_read(id, &ref) < 0 || ref.kind == IDS_FOLDER) {
		refuse_message(call, true);
		return false;
	}
	const struct message *message = mailbox_message(user->mailbox, &ref.key);
	bool is_there = message && message->folder && (!folder || message->folder == folder);
	/* The id that it had before a move is nobody's. */
	if (is_there && ref.kind == IDS_PLACED) {
		mailbox_message_id(message, false, now);
		is_there = strcmp(now, id) == 0;
	}
	if (!is_there) {
		refuse_message(call, false);
		return false;
	}
	message_view_take(message, call->immutable_ids, out);
	tenant_unlock(call->sandbox->tenant);
	return true;
}

void graph_message(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	struct message_view view;
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_message, &select) ||
		message_view_refuses(call, select) || !open_message(call, &view))
		return;
	struct json *body = message_view_json(&view, select);
	message_view_free(&view);
	AUTO_TEXT context = mem_printf("%s/v1.0/$metadata#users('%s')/messages/$entity",
		call->base_url, call->path.segments[2]);
	json_put_text(body, "@odata.context", context);
	reply_json(call, 200, body);
}

void graph_value(struct call *call)
{
	static const char *const accepted[] = {NULL};
	struct message_view view;

	if (!graph_accepts(call, accepted) || !open_message(call, &view))
		return;
	reply_content(call, view.content);
	message_view_free(&view);
}
