/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "repo/content.h"
#include "repo/folders.h"
#include "repo/refs.h"
#include "repo/repair_priv.h"
#include "repo/scan.h"
#include "repo/tree_value.h"
#include "repo/writer.h"

/*
 * An object's tree without what is lost of it: folders and items that can be read stay as they
 * are, the others are named.
 */

struct tree {
	struct repair *repair;
	const struct repair_object *which;
	char *label; /* "KIND:NAME" */
	struct folder_node *folders;
	const struct tree_folder *folder; /* the one that is looked at */
	struct buf texts;
	struct idset lost;   /* contents */
	uint64_t lost_items; /* of this folder */
	bool pages_lost;     /* of its list */
	bool folders_lost;
	struct folder_writer *writer; /* where the folder is written anew */
};

PRINTF_LIKE(3, 4)
static void say_lost(struct tree *tree, const char *item, const char *format, ...)
{
	char words[2048];
	va_list arguments;
	const struct repair_note note = {.kind = REPAIR_LOST,
		.snapshot = tree->which->snapshot->id,
		.object = tree->label,
		.item = item};

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	repair_note(tree->repair, &note, "snapshot %.8s, %s, %s", tree->which->snapshot->id,
		tree->label, words);
}

static int content_is_there(struct repo *repo, const struct repo_content *content, int depth);

struct deep {
	struct repo *repo;
	int depth;
};

static int take_reference(void *context, const struct ref *ref)
{
	const struct deep *deep = context;

	return content_is_there(deep->repo, &ref->content, deep->depth + 1);
}

/* By the index, which has nothing that is lost. ERR_CORRUPT where something is not there. */
static int content_is_there(struct repo *repo, const struct repo_content *content, int depth)
{
	struct deep deep = {repo, depth};
	struct index_place place;
	struct chunk chunk;

	if (!index_find(&repo->index, content->id, &place) || depth > LIST_LEVELS + 1)
		return err_set(ERR_CORRUPT, "it is lost");
	if (content->kind == REPO_CHUNK)
		return 0;
	int r = chunk_hold(repo, content->id, &chunk);
	if (r < 0)
		return r;
	r = refs_walk(content->kind == REPO_LIST ? REFS_LIST : REFS_RECIPE, chunk.data,
		chunk.size, take_reference, &deep);
	chunk_release(&chunk);
	return r;
}

static char *item_path(const struct tree *tree, const char *name)
{
	char *path = mem_strdup(name);
	const struct tree_folder *folder = tree->folder;

	for (int depth = 0; folder && depth <= DEPTH_MAX; depth++) {
		if (folder->name[0])
			mem_replace(&path, mem_printf("%s/%s", folder->name, path));
		const struct folder_node *above =
			folder->parent_id[0] ? folders_find(tree->folders, folder->parent_id)
					     : NULL;
		folder = above ? &above->folder : NULL;
	}
	return path;
}

/* First look: what of a folder is lost. */
static int judge_item(void *context, const struct map_entry *entry)
{
	struct tree *tree = context;
	struct tree_item item;
	int r = tree_get_item(entry, &tree->texts, &item);

	if (r == 0)
		r = content_is_there(tree->repair->repo, &item.content, 0);
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT path = item_path(tree, item.name);
	tree->lost_items++;
	idset_add(&tree->lost, item.content.id);
	say_lost(tree, path, "%s is lost", path);
	return 0;
}

static int lose_items(
	void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries, const char *why)
{
	struct tree *tree = context;
	AUTO_TEXT path = item_path(tree, "");

	(void)id, (void)why;
	tree->pages_lost = true;
	tree->lost_items += entries ? entries : tree->folder->items;
	say_lost(tree, path, "%" PRIu64 " items of the folder /%s are lost, with their names",
		entries ? entries : tree->folder->items, path);
	return 0;
}

/* Second look: what stays is put into the folder that is written anew. */
static int keep_item(void *context, const struct map_entry *entry)
{
	struct tree *tree = context;
	struct tree_item item;

	if (tree_get_item(entry, &tree->texts, &item) < 0 ||
		idset_find(&tree->lost, item.content.id) != IDSET_NONE)
		return 0;
	return folder_put(tree->writer, &item);
}

static int lose_nothing(
	void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries, const char *why)
{
	(void)context, (void)id, (void)entries, (void)why;
	return 0;
}

static int judge_folder(struct tree *tree, const struct tree_folder *folder, bool *out)
{
	const struct scan_visitor visitor = {NULL, judge_item, lose_items, tree};

	tree->folder = folder;
	tree->lost_items = 0;
	tree->pages_lost = false;
	int r = scan_map(tree->repair->repo, folder->list_id, &visitor);
	tree->repair->result->lost_items += tree->lost_items;
	*out = tree->lost_items > 0 || tree->pages_lost;
	return r;
}

/* Into an object that has no earlier tree, so that no lost page is looked for. */
static int write_folder(
	struct tree *tree, struct object_writer *object, const struct tree_folder *folder)
{
	const struct scan_visitor visitor = {NULL, keep_item, lose_nothing, tree};
	int r = object_writer_folder(object, folder, &tree->writer);

	if (r < 0)
		return r;
	tree->folder = folder;
	r = scan_map(tree->repair->repo, folder->list_id, &visitor);
	if (r == 0)
		return folder_finish(tree->writer, NULL);
	folder_drop(tree->writer);
	return r;
}

static int write_tree(struct tree *tree, struct repo_writer *writer, struct repo_object *out)
{
	struct object_writer *object = NULL;
	struct object_summary summary;
	struct folder_node *node, *next;
	int r = object_writer_begin(writer, NULL, &object);

	if (r < 0)
		return r;
	HASH_ITER(hh, tree->folders, node, next)
	{
		if (r == 0)
			r = write_folder(tree, object, &node->folder);
	}
	if (r < 0) {
		object_writer_drop(object);
		return r;
	}
	r = object_writer_finish(object, &summary);
	if (r < 0)
		return r;
	memcpy(out->tree, summary.tree, REPO_ID_SIZE);
	out->items = summary.items;
	out->bytes = summary.bytes;
	return 0;
}

static int take_folder(void *context, const struct map_entry *entry)
{
	struct tree *tree = context;
	struct tree_folder folder;

	if (tree_get_folder(entry, &tree->texts, &folder) == 0 &&
		!folders_find(tree->folders, folder.id))
		(void)folders_add(&tree->folders, &folder);
	return 0;
}

static int lose_folders(
	void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries, const char *why)
{
	struct tree *tree = context;

	(void)id, (void)why;
	tree->folders_lost = true;
	if (entries > 0)
		say_lost(tree, "", "%" PRIu64 " of its folders are lost, with all in them",
			entries);
	else
		say_lost(tree, "", "its folders are lost, %" PRIu64 " items with them",
			tree->which->object->items);
	tree->repair->result->lost_items += entries ? entries : tree->which->object->items;
	return 0;
}

/* A folder whose parent is lost comes to stand at the top. */
static int order_folders(struct tree *tree)
{
	struct folder_node *node, *next;

	HASH_ITER(hh, tree->folders, node, next)
	{
		if (!node->folder.parent_id[0] ||
			folders_find(tree->folders, node->folder.parent_id))
			continue;
		mem_free(node->folder.parent_id);
		node->folder.parent_id = mem_strdup("");
	}
	return folders_order(&tree->folders);
}

static int judge_and_write(
	struct tree *tree, struct repo_writer *writer, struct repo_object *out, bool *changed)
{
	const struct scan_visitor visitor = {NULL, take_folder, lose_folders, tree};
	struct folder_node *node, *next;
	int r = scan_map(tree->repair->repo, tree->which->object->tree, &visitor);

	*changed = tree->folders_lost;
	if (r == 0)
		r = order_folders(tree);
	HASH_ITER(hh, tree->folders, node, next)
	{
		bool is_hit = false;
		if (r == 0)
			r = judge_folder(tree, &node->folder, &is_hit);
		*changed |= is_hit;
	}
	return r == 0 && *changed && writer ? write_tree(tree, writer, out) : r;
}

int repair_tree(struct repair *repair, const struct repair_object *which,
	struct repo_writer *writer, struct repo_object *out, bool *changed)
{
	struct tree tree = {.repair = repair,
		.which = which,
		.label = mem_printf("%s:%s", which->object->kind, which->object->name),
		.texts = buf_init(TREE_TEXTS_MAX)};
	int r = judge_and_write(&tree, writer, out, changed);

	folders_free(&tree.folders);
	idset_free(&tree.lost);
	buf_free(&tree.texts);
	mem_free(tree.label);
	return r;
}
