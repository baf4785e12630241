/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "repo/content.h"
#include "repo/repo_priv.h"
#include "repo/writer_priv.h"

/*
 * Writing an object: the folders of its previous tree, and those of the one that is being made.
 * A tree has its folders by their depth, then by their ids, so that equal objects have equal
 * trees in whatever order their folders came.
 */

struct node {
	struct folder_record record; /* texts are our own */
	uint32_t depth;
	bool taken; /* the record is whole */
	UT_hash_handle hh;
};

struct object_writer {
	struct repo_writer *writer; /* borrowed */
	bool has_previous;
	uint8_t previous_tree[REPO_ID_SIZE];
	struct node *previous; /* by id */
	struct node *now;
};

static struct node *node_find(struct node *nodes, const char *id)
{
	struct node *node;

	HASH_FIND_STR(nodes, id, node);
	return node;
}

static struct node *node_add(struct node **nodes, const struct tree_folder *folder)
{
	struct node *node = mem_alloc(sizeof(*node));
	char *id = mem_strdup(folder->id);

	node->record.folder = *folder;
	node->record.folder.id = id;
	node->record.folder.parent_id = mem_strdup(folder->parent_id);
	node->record.folder.name = mem_strdup(folder->name);
	HASH_ADD_KEYPTR(hh, *nodes, id, strlen(id), node);
	return node;
}

static void free_text(const char *text)
{
	char *own;

	memcpy(&own, &text, sizeof(own));
	mem_free(own);
}

static void nodes_free(struct node **nodes)
{
	struct node *node, *next;

	HASH_ITER(hh, *nodes, node, next)
	{
		HASH_DEL(*nodes, node);
		free_text(node->record.folder.id);
		free_text(node->record.folder.parent_id);
		free_text(node->record.folder.name);
		mem_free(node);
	}
}

static int take_previous(void *context, const uint8_t *body, size_t size)
{
	struct object_writer *object = context;
	struct folder_record record;
	int r = record_get_folder(body, size, &record);

	if (r < 0)
		return r;
	if (node_find(object->previous, record.folder.id))
		return err_set(ERR_CORRUPT, "a folder is twice in a tree");
	node_add(&object->previous, &record.folder)->record.list = record.list;
	return 0;
}

int object_writer_begin(
	struct repo_writer *writer, const uint8_t *previous, struct object_writer **out)
{
	int r = writer_state(writer);

	if (r < 0)
		return r;
	struct object_writer *object = mem_alloc(sizeof(*object));
	struct record_visitor visitor = {TREE_MAGIC, take_previous, object};
	object->writer = writer;
	if (previous) {
		object->has_previous = true;
		struct repo_content tree;
		memcpy(object->previous_tree, previous, REPO_ID_SIZE);
		r = content_of_items(writer->repo, previous, &tree);
		if (r == 0)
			r = record_walk(writer->repo, &tree, &visitor);
	}
	if (r < 0) {
		object_writer_drop(object);
		return err_wrap(r, "the tree as it was last stored");
	}
	*out = object;
	return 0;
}

void object_writer_drop(struct object_writer *object)
{
	if (!object)
		return;
	nodes_free(&object->previous);
	nodes_free(&object->now);
	mem_free(object);
}

struct repo_writer *object_writer_of(const struct object_writer *object)
{
	return object->writer;
}

const struct folder_record *object_previous(
	const struct object_writer *object, const char *folder_id)
{
	const struct node *node = node_find(object->previous, folder_id);

	return node ? &node->record : NULL;
}

int object_writer_folder(struct object_writer *object, const struct tree_folder *folder,
	struct folder_writer **out)
{
	struct tree_folder named = {
		.id = folder->id, .parent_id = folder->parent_id, .name = folder->name};
	uint32_t depth = 0;

	if (folder->id[0] == '\0')
		return err_set(ERR_INVALID, "the folder \"%s\" has no id", folder->name);
	if (node_find(object->now, folder->id))
		return err_set(ERR_INVALID, "the folder \"%s\" comes twice", folder->name);
	if (folder->parent_id[0]) {
		const struct node *parent = node_find(object->now, folder->parent_id);
		if (!parent)
			return err_set(ERR_INVALID,
				"the folder \"%s\" comes before the one that it lies in",
				folder->name);
		depth = parent->depth + 1;
	}
	if (depth >= DEPTH_MAX)
		return err_set(ERR_INVALID, "the folder \"%s\" lies more than %d folders deep",
			folder->name, DEPTH_MAX);
	node_add(&object->now, &named)->depth = depth;
	*out = folder_writer_new(object, &named);
	return 0;
}

void object_take(struct object_writer *object, const struct folder_record *record)
{
	struct node *node = node_find(object->now, record->folder.id);

	ASSERT(node);
	struct tree_folder *folder = &node->record.folder;
	memcpy(folder->list_id, record->list.id, REPO_ID_SIZE);
	folder->items = record->folder.items;
	folder->bytes = record->folder.bytes;
	node->record.list = record->list;
	node->taken = true;
}

static int compare_nodes(const struct node *a, const struct node *b)
{
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return strcmp(a->record.folder.id, b->record.folder.id);
}

static int write_folders(struct object_writer *object, struct content_writer *content,
	struct object_summary *summary)
{
	AUTO_BUF scratch = buf_init(RECORD_LENGTH_SIZE + RECORD_MAX);
	struct node *node, *next;

	HASH_SORT(object->now, compare_nodes);
	HASH_ITER(hh, object->now, node, next)
	{
		ASSERT(node->taken); /* its folder_finish said otherwise, or never came */
		buf_clear(&scratch);
		int r = record_put_folder(&scratch, &node->record);
		if (r == 0)
			r = content_add(content, scratch.data, scratch.size);
		if (r < 0)
			return r;
		summary->items += node->record.folder.items;
		summary->bytes += node->record.folder.bytes;
	}
	return 0;
}

static int finish(struct object_writer *object, struct object_summary *summary)
{
	int r = writer_state(object->writer);

	if (r < 0)
		return r;
	struct content_writer *content = content_writer_new(object->writer, PIECE_META);
	r = content_add(content, TREE_MAGIC, MAGIC_SIZE);
	if (r == 0)
		r = write_folders(object, content, summary);
	if (r < 0) {
		content_drop(content);
		return r;
	}
	struct repo_content tree;
	r = content_finish(content, &tree);
	memcpy(summary->tree, tree.id, REPO_ID_SIZE);
	return r;
}

int object_writer_finish(struct object_writer *object, struct object_summary *out)
{
	*out = (struct object_summary){0};
	int r = finish(object, out);

	if (r == 0)
		out->changed =
			!object->has_previous ||
			memcmp(out->tree, object->previous_tree, REPO_ID_SIZE) != 0;
	object_writer_drop(object);
	return r;
}
