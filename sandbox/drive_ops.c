/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/drive_priv.h"
#include "sandbox/item_ops.h"

struct operation {
	struct drive *drive;
	const struct json *object;
	const struct scenario_base *base;
	int64_t now_s;
};

static struct drive_item *child(
	const struct drive *drive, const struct drive_item *folder, const char *name)
{
	for (struct drive_item *item = drive->items; item; item = item->hh.next)
		if (item->parent == folder && !item->is_deleted &&
			text_equal_nocase(item->name, name))
			return item;
	return NULL;
}

/* The item at a path of names as they are now; NULL. */
static struct drive_item *find(const struct drive *drive, const char *path)
{
	struct drive_item *item = drive->root;

	while (item && *path) {
		size_t size = strcspn(path, "/");
		AUTO_TEXT name = mem_strndup(path, size);
		item = child(drive, item, name);
		path += size + (path[size] == '/');
	}
	return item;
}

/* A path from which an id can be derived that no item has yet. */
static struct drive_item *put(
	struct drive *drive, struct drive_item *folder, const char *name, const char *path)
{
	AUTO_TEXT key = mem_strdup(path);

	while (drive_by_path(drive, key))
		mem_replace(&key, mem_printf("%s?", key));
	return drive_put(drive, folder, name, key);
}

/* The folder at a path; made with those above it where it is not there. */
static int make_folder(
	const struct operation *operation, const char *path, struct drive_item **out)
{
	struct drive *drive = operation->drive;
	struct drive_item *folder = drive->root;

	for (const char *at = path; *at;) {
		size_t size = strcspn(at, "/");
		AUTO_TEXT name = mem_strndup(at, size);
		AUTO_TEXT here = mem_strndup(path, (size_t)(at - path) + size);
		struct drive_item *next = child(drive, folder, name);
		if (!next) {
			next = put(drive, folder, name, here);
			next->is_folder = true;
			next->modified_s = operation->now_s;
		}
		if (!next->is_folder)
			return err_set(ERR_EXISTS, "\"%s\" is a file", here);
		folder = next;
		at += size + (at[size] == '/');
	}
	*out = folder;
	return 0;
}

/* The item that the operation names: "folder" and "item" as one path. */
static char *path_of(const struct operation *operation)
{
	const char *folder = json_get_text_or(operation->object, "folder", "");
	const char *item = json_get_text_or(operation->object, "item", "");
	const char *file = json_get_text_or(operation->object, "file", "");
	const char *slash = strrchr(file, '/');

	if (!item[0])
		item = file[0] ? (slash ? slash + 1 : file) : "added.txt";
	return folder[0] && !text_equal(folder, "/") ? mem_printf("%s/%s", folder, item)
						     : mem_strdup(item);
}

static int find_item(const struct operation *operation, struct drive_item **out)
{
	AUTO_TEXT path = path_of(operation);

	*out = find(operation->drive, path);
	if (!*out || !(*out)->parent)
		return err_set(ERR_NOTFOUND, "the drive has no item \"%s\"", path);
	return 0;
}

static int write_item(const struct operation *operation, struct drive_item *item)
{
	struct content *content;
	int r = item_ops_content(operation->object, operation->base, &content);

	return r < 0 ? r : drive_write(item, content, operation->now_s);
}

static int add(const struct operation *operation)
{
	AUTO_TEXT path = path_of(operation);
	char *slash = strrchr(path, '/');
	AUTO_TEXT above = mem_strndup(path, slash ? (size_t)(slash - path) : 0);
	struct drive_item *folder;
	int r = make_folder(operation, above, &folder);

	if (r < 0)
		return r;
	const char *name = slash ? slash + 1 : path;
	if (child(operation->drive, folder, name))
		return err_set(ERR_EXISTS, "the drive has an item \"%s\" already", path);
	return write_item(operation, put(operation->drive, folder, name, path));
}

static int replace(const struct operation *operation)
{
	struct drive_item *item;
	int r = find_item(operation, &item);

	if (r == 0 && item->is_folder)
		r = err_set(ERR_INVALID, "\"%s\" is a folder", item->name);
	if (r == 0)
		r = write_item(operation, item);
	if (r == 0)
		drive_touch(operation->drive, item);
	return r;
}

static bool lies_below(const struct drive_item *item, const struct drive_item *folder)
{
	for (; item; item = item->parent)
		if (item == folder)
			return true;
	return false;
}

/* "to" is the whole new path: so it renames, too. */
static int move(const struct operation *operation)
{
	const char *to = json_get_text_or(operation->object, "to", "");
	const char *slash = strrchr(to, '/');
	AUTO_TEXT above = mem_strndup(to, slash ? (size_t)(slash - to) : 0);
	struct drive_item *item, *folder;
	int r = find_item(operation, &item);

	if (r == 0)
		r = make_folder(operation, above, &folder);
	if (r < 0)
		return r;
	const char *name = slash ? slash + 1 : to;
	struct drive_item *there = child(operation->drive, folder, name);
	if (there && there != item)
		return err_set(ERR_EXISTS, "the drive has an item \"%s\" already", to);
	if (lies_below(folder, item) || !name[0])
		return err_set(ERR_INVALID, "\"%s\" cannot be moved to \"%s\"", item->name, to);
	mem_replace(&item->name, mem_strdup(name));
	item->parent = folder;
	drive_touch(operation->drive, item);
	return 0;
}

static int delete_item(const struct operation *operation)
{
	struct drive_item *item;
	int r = find_item(operation, &item);

	if (r == 0)
		drive_delete(operation->drive, item);
	return r;
}

int drive_apply(struct drive *drive, const struct json *object,
	const struct scenario_base *base, int64_t now_s)
{
	static const struct {
		const char *op;
		int (*apply)(const struct operation *operation);
	} operations[] = {
		{"add", add}, {"replace", replace}, {"move", move}, {"delete", delete_item}};
	const struct operation operation = {drive, object, base, now_s};
	const char *op = json_get_text_or(object, "op", "");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (text_equal(operations[i].op, op))
			return operations[i].apply(&operation);
	return err_set(ERR_INVALID, "%s is not for a drive", op);
}
