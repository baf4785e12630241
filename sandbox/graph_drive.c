/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "sandbox/download.h"
#include "sandbox/graph_drive.h"

enum { CHILDREN_PAGE = 200, CHILDREN_PAGE_MAX = 1000 };

static void put_time(struct json *object, const char *key, int64_t at_s)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(at_s, text);
	json_put_text(object, key, text);
}

static struct json *owner_json(const struct user *user)
{
	struct json *set = json_new_object(), *identity = json_new_object();

	json_put_text(identity, "id", user->id);
	json_put_text(identity, "displayName", user->facts.name);
	json_put(set, "user", identity);
	return set;
}

static char *web_url(const struct user *user)
{
	AUTO_TEXT name = mem_strdup(user->facts.upn);

	for (char *at = name; *at; at++)
		if (strchr("@.", *at))
			*at = '_';
	return mem_printf("https://contoso-my.sharepoint.com/personal/%s/Documents", name);
}

static struct json *drive_json(const struct drive *drive, const struct user *owner)
{
	struct json *object = json_new_object(), *quota = json_new_object();
	char id[DRIVE_ID_TEXT];
	AUTO_TEXT url = web_url(owner);
	int64_t used = 0;

	for (const struct drive_item *item = drive->items; item; item = item->hh.next)
		used += item->is_deleted ? 0 : (int64_t)item->size;
	drive_id(drive, id);
	json_put_text(object, "id", id);
	json_put_text(object, "name", "OneDrive");
	json_put_text(object, "description", "");
	json_put_text(object, "driveType", "business");
	json_put_text(object, "createdDateTime", "2024-01-15T08:00:00Z");
	json_put_text(object, "lastModifiedDateTime", "2024-01-15T08:00:00Z");
	json_put_text(object, "webUrl", url);
	json_put(object, "owner", owner_json(owner));
	json_put_int(quota, "total", (int64_t)1 << 40);
	json_put_int(quota, "used", used);
	json_put_int(quota, "remaining", ((int64_t)1 << 40) - used);
	json_put_int(quota, "deleted", 0);
	json_put_text(quota, "state", "normal");
	json_put(object, "quota", quota);
	return object;
}

/* "/drives/ID/root:/Documents/Plans" of the folder. The caller frees it. */
static char *path_of(const char *drive, const struct drive_item *folder)
{
	AUTO_TEXT below = mem_strdup("");

	for (; folder && folder->parent; folder = folder->parent)
		mem_replace(&below, mem_printf("/%s%s", folder->name, below));
	AUTO_TEXT encoded = text_percent_encode(below);
	for (char *at; (at = strstr(encoded, "%2F"));)
		mem_replace(
			&encoded, mem_printf("%.*s/%s", (int)(at - encoded), encoded, at + 3));
	return mem_printf("/drives/%s/root:%s", drive, encoded);
}

static struct json *parent_json(
	const struct drive *drive, const struct drive_item *item, bool in_delta)
{
	struct json *reference = json_new_object();
	char id[DRIVE_ID_TEXT];

	drive_id(drive, id);
	json_put_text(reference, "driveId", id);
	json_put_text(reference, "driveType", "business");
	if (!item->parent)
		return reference;
	if (!in_delta) { /* a delta tells no paths: a renamed folder would change them all */
		AUTO_TEXT path = path_of(id, item->parent);
		json_put_text(reference, "path", path);
		json_put_text(reference, "name", item->parent->name);
	}
	drive_item_id(item->parent, id);
	json_put_text(reference, "id", id);
	return reference;
}

static void put_file(struct json *object, const struct drive_item *item)
{
	struct json *file = json_new_object(), *hashes = json_new_object();

	json_put_text(hashes, "quickXorHash", item->hash);
	json_put_text(file, "mimeType", "application/octet-stream");
	json_put(file, "hashes", hashes);
	json_put(object, "file", file);
}

static void put_folder(
	struct json *object, const struct drive *drive, const struct drive_item *item)
{
	struct json *folder = json_new_object();

	json_put_int(folder, "childCount", (int64_t)drive_child_count(drive, item));
	json_put(object, "folder", folder);
	if (!item->parent)
		json_put(object, "root", json_new_object());
}

static void put_tags(struct json *object, const struct drive_item *item, bool in_delta)
{
	char guid[IDS_GUID_SIZE], key[2 * IDS_KEY_SIZE + 1];

	text_to_hex(item->key.bytes, IDS_KEY_SIZE, key);
	ids_guid(IDS_PARTS("etag", key), guid);
	AUTO_TEXT etag = mem_printf("\"{%s},%u\"", guid, item->version);
	AUTO_TEXT ctag = mem_printf("\"c:{%s},%u\"", guid, item->written);
	json_put_text(object, "eTag", etag);
	if (!item->is_folder && !in_delta) /* OneDrive for work leaves it out there */
		json_put_text(object, "cTag", ctag);
}

static struct json *deleted_json(const struct drive *drive, const struct drive_item *item)
{
	struct json *object = json_new_object(), *deleted = json_new_object();
	char id[DRIVE_ID_TEXT];

	drive_item_id(item, id);
	json_put_text(object, "id", id);
	json_put_text(deleted, "state", "deleted");
	json_put(object, "deleted", deleted);
	json_put(object, "parentReference", parent_json(drive, item, true));
	return object;
}

/* A facet that an item does not have is left out, also where it was selected. */
static struct json *select_facets(struct json *object, const char *select)
{
	struct json *chosen = odata_select_apply(object, select, &graph_type_drive_item);
	struct json *there = json_new_object();
	size_t position = 0;
	const char *key;
	struct json *value;

	while (json_next(chosen, &position, &key, &value))
		if (value)
			json_put(there, key, json_share(value));
	json_free(chosen);
	return there;
}

static struct json *item_json(const struct drive *drive, const struct drive_item *item,
	const struct user *owner, bool in_delta)
{
	struct json *object = json_new_object(), *times = json_new_object();
	AUTO_TEXT url = web_url(owner);
	char id[DRIVE_ID_TEXT];

	if (item->is_deleted) {
		json_free(object);
		json_free(times);
		return deleted_json(drive, item);
	}
	drive_item_id(item, id);
	json_put_text(object, "id", id);
	json_put_text(object, "name", item->name);
	json_put_int(object, "size", (int64_t)item->size);
	put_time(object, "createdDateTime", item->modified_s);
	put_time(object, "lastModifiedDateTime", item->modified_s);
	put_time(times, "createdDateTime", item->modified_s);
	put_time(times, "lastModifiedDateTime", item->modified_s);
	json_put(object, "fileSystemInfo", times);
	json_put(object, "createdBy", owner_json(owner));
	json_put(object, "lastModifiedBy", owner_json(owner));
	json_put_text(object, "webUrl", url);
	put_tags(object, item, in_delta);
	json_put(object, "parentReference", parent_json(drive, item, in_delta));
	if (item->is_folder)
		put_folder(object, drive, item);
	else
		put_file(object, item);
	return object;
}

struct json *drive_item_json(const struct drive_view *view, const struct drive_item *item)
{
	return select_facets(
		item_json(view->drive, item, view->owner, view->in_delta), view->select);
}

struct drive *graph_open_drive(struct call *call, struct user **out_owner, size_t *out_at)
{
	struct tenant *tenant = call->sandbox->tenant;
	bool by_user = text_equal_nocase(call->path.segments[1], "users");
	struct drive *drive = NULL;

	*out_at = by_user ? 4 : 3;
	if (by_user) {
		*out_owner = graph_open_user(call);
		if (!*out_owner)
			return NULL;
		drive = (*out_owner)->drive;
	} else {
		tenant_lock(tenant);
		drive = tenant_drive(tenant, call->path.segments[2], out_owner);
	}
	if (drive)
		return drive;
	tenant_unlock(tenant);
	if (by_user)
		reply_error(call, 404, "ResourceNotFound", "User's mysite not found.");
	else
		reply_error(call, 404, "itemNotFound", "The resource could not be found.");
	return NULL;
}

/* The item in the path: "root", or what stands behind "items". */
static struct drive_item *open_item(
	struct call *call, struct drive **out_drive, struct user **out_owner)
{
	size_t at;
	struct drive *drive = *out_drive = graph_open_drive(call, out_owner, &at);

	if (!drive)
		return NULL;
	const char *word = call->path.segments[at];
	if (text_equal_nocase(word, "items"))
		word = call->path.segments[at + 1];
	struct drive_item *item = drive_find(drive, word);
	if (item)
		return item;
	tenant_unlock(call->sandbox->tenant);
	reply_error(call, 404, "itemNotFound", "The resource could not be found.");
	return NULL;
}

void graph_drive(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;
	struct user *owner;
	size_t at;

	if (!graph_accepts(call, accepted) || !graph_select(call, &graph_type_drive, &select))
		return;
	const struct drive *drive = graph_open_drive(call, &owner, &at);
	if (!drive)
		return;
	struct json *body =
		odata_select_apply(drive_json(drive, owner), select, &graph_type_drive);
	tenant_unlock(call->sandbox->tenant);
	graph_put_context(call, body, "drives/$entity");
	reply_json(call, 200, body);
}

void graph_drive_item(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	struct drive *drive;
	struct user *owner;
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_drive_item, &select))
		return;
	const struct drive_item *item = open_item(call, &drive, &owner);
	if (!item)
		return;
	AUTO_TEXT url = item->is_folder ? NULL : download_url(call, drive, item);
	struct json *body =
		drive_item_json(&(struct drive_view){drive, owner, select, false}, item);
	tenant_unlock(call->sandbox->tenant);
	if (url)
		json_put_text(body, "@microsoft.graph.downloadUrl", url);
	graph_put_context(call, body, "driveItem");
	reply_json(call, 200, body);
}

/* Graph sends to where the bytes are, to be asked for without a token. */
void graph_drive_content(struct call *call)
{
	static const char *const accepted[] = {NULL};
	struct drive *drive;
	struct user *owner;

	if (!graph_accepts(call, accepted))
		return;
	const struct drive_item *item = open_item(call, &drive, &owner);
	if (!item)
		return;
	AUTO_TEXT url = item->is_folder ? NULL : download_url(call, drive, item);
	tenant_unlock(call->sandbox->tenant);
	if (!url) {
		reply_error(call, 400, "invalidRequest", "You cannot get content for a folder");
		return;
	}
	http_reply_header(call->http, "Location", url);
	call->status = 302;
	http_reply(call->http, 302, "text/plain", "", 0);
}

static bool children_page(struct call *call, int64_t *out_top, size_t *out_at)
{
	int64_t otherwise = call->page_size ? call->page_size : CHILDREN_PAGE;

	if (odata_query_number(&call->query, "$top", (int64_t[]){1, CHILDREN_PAGE_MAX},
		    otherwise, out_top) < 0) {
		reply_error(call, 400, "invalidRequest", "%s", err_message());
		return false;
	}
	return graph_skiptoken(call, out_at);
}

void graph_drive_children(struct call *call)
{
	static const char *const accepted[] = {"$select", "$top", "$skiptoken", NULL};
	struct json *list = json_new_array();
	struct drive_item *folder = NULL;
	const struct drive_item *item;
	struct drive *drive;
	struct user *owner;
	const char *select;
	size_t at, seen = 0;
	int64_t top;

	if (graph_accepts(call, accepted) &&
		graph_select(call, &graph_type_drive_item, &select) &&
		children_page(call, &top, &at))
		folder = open_item(call, &drive, &owner);
	if (!folder) {
		json_free(list);
		return;
	}
	for (item = drive->items; item && (int64_t)json_count(list) < top;
		item = item->hh.next) {
		if (item->parent != folder || item->is_deleted || seen++ < at)
			continue;
		json_append(
			list, drive_item_json(
				      &(struct drive_view){drive, owner, select, false}, item));
	}
	while (item && (item->parent != folder || item->is_deleted))
		item = item->hh.next;
	tenant_unlock(call->sandbox->tenant);
	size_t next = at + json_count(list);
	struct json *body = reply_list(call, "Collection(driveItem)", list);
	if (item)
		graph_put_skiptoken(call, body, next);
	reply_json(call, 200, body);
}
