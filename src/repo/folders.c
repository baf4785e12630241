/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/folders.h"

#include <string.h>

#include "base/mem.h"
#include "repo/tree_value.h"

struct folder_node *folders_find(struct folder_node *folders, const char *id)
{
	struct folder_node *node;

	HASH_FIND_STR(folders, id, node);
	return node;
}

struct folder_node *folders_add(struct folder_node **folders, const struct tree_folder *folder)
{
	struct folder_node *node = mem_alloc(sizeof(*node));
	char *id = mem_strdup(folder->id);

	node->folder = *folder;
	node->folder.id = id;
	node->folder.parent_id = mem_strdup(folder->parent_id);
	node->folder.name = mem_strdup(folder->name);
	HASH_ADD_KEYPTR(hh, *folders, id, strlen(id), node);
	return node;
}

void folders_free(struct folder_node **folders)
{
	struct folder_node *node, *next;

	HASH_ITER(hh, *folders, node, next)
	{
		HASH_DEL(*folders, node);
		mem_free(node->folder.id);
		mem_free(node->folder.parent_id);
		mem_free(node->folder.name);
		mem_free(node);
	}
}

struct loading {
	struct folder_node **folders;
	struct buf texts;
};

/* A map has each key once. */
static int take_folder(void *context, const struct map_entry *entry)
{
	struct loading *loading = context;
	struct tree_folder folder;
	int r = tree_get_folder(entry, &loading->texts, &folder);

	if (r == 0)
		folders_add(loading->folders, &folder);
	return r;
}

int folders_load(
	struct folder_node **folders, struct maps *maps, const uint8_t tree[REPO_ID_SIZE])
{
	struct loading loading = {folders, buf_init(TREE_TEXTS_MAX)};
	int r = map_walk(maps, tree, NULL, take_folder, &loading);

	buf_free(&loading.texts);
	return r;
}

static int no_tree(void)
{
	return err_set(ERR_CORRUPT, "the folders of an object are no tree");
}

/* Those above a folder that have no depth yet get one, from the top down. */
static int set_depth(struct folder_node *folders, struct folder_node *node)
{
	struct folder_node *way[DEPTH_MAX];
	uint32_t count = 0, depth = 0;

	while (!node->is_done) {
		if (count == DEPTH_MAX)
			return no_tree(); /* or a ring */
		way[count++] = node;
		if (!node->folder.parent_id[0])
			break;
		node = folders_find(folders, node->folder.parent_id);
		if (!node)
			return no_tree();
	}
	if (node->is_done)
		depth = node->depth + 1;
	if (count > 0 && depth + count > DEPTH_MAX)
		return no_tree();
	while (count > 0) {
		way[--count]->depth = depth++;
		way[count]->is_done = true;
	}
	return 0;
}

static int compare(const struct folder_node *a, const struct folder_node *b)
{
	if (a->depth != b->depth)
		return a->depth < b->depth ? -1 : 1;
	return strcmp(a->folder.id, b->folder.id);
}

int folders_order(struct folder_node **folders)
{
	struct folder_node *node, *next;
	int r = 0;

	HASH_ITER(hh, *folders, node, next)
	{
		r = set_depth(*folders, node);
		if (r < 0)
			return r;
	}
	HASH_SORT(*folders, compare);
	return 0;
}
