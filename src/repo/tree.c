/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "repo/folders.h"
#include "repo/repo_priv.h"
#include "repo/tree_priv.h"
#include "repo/tree_value.h"

/*
 * Reading trees: the folders of an object, and the items of a folder.
 */

int tree_folders(struct maps *maps, const uint8_t tree[REPO_ID_SIZE], tree_folder_fn *visit,
	void *context)
{
	struct folder_node *folders = NULL, *node, *next;
	int r = folders_load(&folders, maps, tree);

	if (r == 0)
		r = folders_order(&folders);
	if (r == 0) {
		HASH_ITER(hh, folders, node, next)
		{
			r = visit(context, &node->folder);
			if (r != 0)
				break;
		}
	}
	folders_free(&folders);
	return r;
}

struct item_visit {
	tree_item_fn *visit;
	void *context;
	struct buf texts;
};

static int visit_item(void *context, const struct map_entry *entry)
{
	struct item_visit *items = context;
	struct tree_item item;
	int r = tree_get_item(entry, &items->texts, &item);

	return r < 0 ? r : items->visit(items->context, &item);
}

int tree_items(
	struct maps *maps, const uint8_t root[REPO_ID_SIZE], tree_item_fn *visit, void *context)
{
	struct item_visit items = {visit, context, buf_init(TREE_TEXTS_MAX)};
	int r = map_walk(maps, root, NULL, visit_item, &items);

	buf_free(&items.texts);
	return r;
}

int repo_folders(struct repo *repo, const uint8_t tree[REPO_ID_SIZE], tree_folder_fn *visit,
	void *context)
{
	const struct chunk_store store = repo_chunk_store(repo);
	struct maps *maps = maps_new(&store);
	int r = tree_folders(maps, tree, visit, context);

	maps_free(maps);
	return r;
}

int repo_items(
	struct repo *repo, const struct tree_folder *folder, tree_item_fn *visit, void *context)
{
	const struct chunk_store store = repo_chunk_store(repo);
	struct maps *maps = maps_new(&store);
	int r = tree_items(maps, folder->list_id, visit, context);

	maps_free(maps);
	return r;
}
