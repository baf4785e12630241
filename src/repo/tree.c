/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/content.h"
#include "repo/record.h"

/*
 * Reading trees: the folders of an object, and the items of a folder.
 */

struct folder_visit {
	tree_folder_fn *visit;
	void *context;
};

static int visit_folder(void *context, const uint8_t *body, size_t size)
{
	const struct folder_visit *visit = context;
	struct folder_record record;
	int r = record_get_folder(body, size, &record);

	return r < 0 ? r : visit->visit(visit->context, &record.folder);
}

int repo_folders(struct repo *repo, const uint8_t tree[REPO_ID_SIZE], tree_folder_fn *visit,
	void *context)
{
	struct folder_visit folders = {visit, context};
	struct record_visitor visitor = {TREE_MAGIC, visit_folder, &folders};

	struct repo_content content;
	int r = content_of_items(repo, tree, &content);

	return r < 0 ? r : record_walk(repo, &content, &visitor);
}

struct item_visit {
	tree_item_fn *visit;
	void *context;
};

static int visit_item(void *context, const uint8_t *body, size_t size)
{
	const struct item_visit *visit = context;
	struct tree_item item;
	int r = record_get_item(body, size, &item);

	return r < 0 ? r : visit->visit(visit->context, &item);
}

int repo_items(
	struct repo *repo, const struct tree_folder *folder, tree_item_fn *visit, void *context)
{
	struct item_visit items = {visit, context};
	struct record_visitor visitor = {ITEMS_MAGIC, visit_item, &items};
	struct repo_content list;
	int r = content_of_items(repo, folder->list_id, &list);

	return r < 0 ? r : record_walk(repo, &list, &visitor);
}
