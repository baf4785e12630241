/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/diff.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "item/filename.h"
#include "repo/folders.h"
#include "repo/map.h"
#include "repo/repo_priv.h"
#include "repo/tree_value.h"

struct comparison {
	const struct diff *diff;
	struct maps *maps;
	const struct repo_object *object;
	struct folder_node *before, *after; /* its folders */
	char *folder;                       /* the path of the one in hand */
	struct buf texts_before, texts_after;
};

static int take(
	struct comparison *at, const struct map_entry *before, const struct map_entry *after)
{
	struct tree_item old = {0}, new = {0};
	int r = before ? tree_get_item(before, &at->texts_before, &old) : 0;

	if (r == 0 && after)
		r = tree_get_item(after, &at->texts_after, &new);
	if (r < 0)
		return r;
	const struct diff_change change = {
		at->object, at->folder, before ? &old : NULL, after ? &new : NULL};
	return at->diff->visit(at->diff->context, &change);
}

static int take_change(
	void *context, const struct map_entry *before, const struct map_entry *after)
{
	return take(context, before, after);
}

static int take_new(void *context, const struct map_entry *entry)
{
	return take(context, NULL, entry);
}

static int take_gone(void *context, const struct map_entry *entry)
{
	return take(context, entry, NULL);
}

/* The names from the top down; a top folder without a name is the object itself. A folder whose
 * parent is not there counts as one at the top. */
static char *path_of(struct folder_node *folders, const struct folder_node *folder)
{
	char *path = mem_strdup("");

	for (int depth = 0; folder && depth < DEPTH_MAX; depth++) {
		if (*folder->folder.name) {
			AUTO_TEXT component = filename_encode(folder->folder.name);
			mem_replace(&path, *path ? mem_printf("%s/%s", component, path)
						 : mem_strdup(component));
		}
		folder = folders_find(folders, folder->folder.parent_id);
	}
	return path;
}

static int compare_folder(struct comparison *at, const struct folder_node *before,
	const struct folder_node *after)
{
	if (before && after) {
		const struct map_difference difference = {
			before->folder.list_id, after->folder.list_id, take_change, at};
		if (memcmp(difference.before, difference.after, REPO_ID_SIZE) == 0)
			return 0;
		return map_diff(at->maps, &difference);
	}
	return after ? map_walk(at->maps, after->folder.list_id, NULL, take_new, at)
		     : map_walk(at->maps, before->folder.list_id, NULL, take_gone, at);
}

static int compare_folders(struct comparison *at)
{
	struct folder_node *node, *next;
	int r = 0;

	HASH_ITER(hh, at->after, node, next)
	{
		if (r != 0)
			return r;
		mem_replace(&at->folder, path_of(at->after, node));
		r = compare_folder(at, folders_find(at->before, node->folder.id), node);
	}
	HASH_ITER(hh, at->before, node, next)
	{
		if (r != 0)
			return r;
		if (folders_find(at->after, node->folder.id))
			continue;
		mem_replace(&at->folder, path_of(at->before, node));
		r = compare_folder(at, node, NULL);
	}
	return r;
}

static int load(
	struct comparison *at, const struct repo_object *object, struct folder_node **out)
{
	int r = object ? folders_load(out, at->maps, object->tree) : 0;

	return r < 0 || !object ? r : folders_order(out);
}

static int compare_object(struct comparison *at, const struct repo_object *before,
	const struct repo_object *after)
{
	if (before && after && memcmp(before->tree, after->tree, REPO_ID_SIZE) == 0)
		return 0;
	at->object = after ? after : before;
	int r = load(at, before, &at->before);
	if (r == 0)
		r = load(at, after, &at->after);
	if (r == 0)
		r = compare_folders(at);
	folders_free(&at->before);
	folders_free(&at->after);
	return err_wrap(r, "%s:%s", at->object->kind, at->object->name);
}

static const struct repo_object *find(
	const struct snapshot *snapshot, const struct repo_object *wanted)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		if (text_equal(object->kind, wanted->kind) &&
			text_equal(object->name, wanted->name))
			return object;
	}
	return NULL;
}

static int compare_objects(struct comparison *at)
{
	const struct snapshot *before = at->diff->before, *after = at->diff->after;
	int r = 0;

	for (size_t i = 0; i < after->object_count && r == 0; i++)
		r = compare_object(at, find(before, &after->objects[i]), &after->objects[i]);
	for (size_t i = 0; i < before->object_count && r == 0; i++)
		if (!find(after, &before->objects[i]))
			r = compare_object(at, &before->objects[i], NULL);
	return r;
}

int repo_diff(struct repo *repo, const struct diff *diff)
{
	const struct chunk_store store = repo_chunk_store(repo);
	struct comparison at = {.diff = diff,
		.maps = maps_new(&store),
		.texts_before = buf_init(TREE_TEXTS_MAX),
		.texts_after = buf_init(TREE_TEXTS_MAX)};
	int r = compare_objects(&at);

	mem_free(at.folder);
	buf_free(&at.texts_before);
	buf_free(&at.texts_after);
	maps_free(at.maps);
	return r;
}
