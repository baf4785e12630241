/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/check_priv.h"
#include "repo/content.h"
#include "repo/path_node.h"
#include "repo/snapshot_file.h"

/*
 * Checking what snapshots refer to.
 */

/* Where a check is, for the words of a fault. Borrowed. */
struct place {
	struct check *check;
	const struct snapshot *snapshot;
	const struct repo_object *object;
	const struct path_tree *tree;
	const struct path_folder *folder;
};

static int look_at_chunk(void *context, const uint8_t id[REPO_ID_SIZE], uint64_t size)
{
	struct check *check = context;
	struct index_place place;

	if (!index_find(&check->repo->index, id, &place))
		return err_set(ERR_CORRUPT, "it is not in the repository");
	if (place.size != size)
		return err_set(ERR_CORRUPT, "it has another size than was stored");
	if (check->damaged[place.block])
		return err_set(ERR_CORRUPT, "it lies in a damaged block");
	return 0;
}

/* Whether all chunks of a content are there, its lists among them; the message says what is
 * not. */
static int look_at(struct check *check, const struct repo_content *content)
{
	return content_walk(check->repo, content, look_at_chunk, check);
}

static const struct path_folder *folder_by_id(const struct path_tree *tree, const char *id)
{
	for (size_t i = 1; i < tree->count; i++)
		if (text_equal(tree->folders[i].id, id))
			return &tree->folders[i];
	return NULL;
}

/* "Inbox/2026/": the names of a folder and of those above it, for people. */
static char *folder_path(const struct path_tree *tree, const struct path_folder *folder)
{
	char *path = mem_strdup("");

	while (folder) {
		if (folder->name[0])
			mem_replace(&path, mem_printf("%s/%s", folder->name, path));
		folder = folder->parent_id[0] ? folder_by_id(tree, folder->parent_id) : NULL;
	}
	return path;
}

static int check_item(void *context, const struct tree_item *item)
{
	const struct place *at = context;
	int r = look_at(at->check, &item->content);

	if (r == 0)
		return 0;
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT cause = mem_strdup(err_message());
	AUTO_TEXT folder = folder_path(at->tree, at->folder);
	check_fault(at->check, "snapshot %.8s, %s:%s, %s%s cannot be restored from it: %s",
		at->snapshot->id, at->object->kind, at->object->name, folder, item->name,
		cause);
	return 0;
}

/* The items of a folder, once for all snapshots that share its list. */
static int check_folder(struct place *at)
{
	struct check *check = at->check;
	struct tree_folder folder = {0};

	if (!idset_add(&check->seen, at->folder->list_id))
		return 0;
	memcpy(folder.list_id, at->folder->list_id, REPO_ID_SIZE);
	int r = check_cancelled(check);
	if (r == 0)
		r = repo_items(check->repo, &folder, check_item, at);
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT cause = mem_strdup(err_message());
	AUTO_TEXT path = folder_path(at->tree, at->folder);
	check_fault(check, "snapshot %.8s, %s:%s, the list of the folder %s is damaged: %s",
		at->snapshot->id, at->object->kind, at->object->name, path, cause);
	return 0;
}

static int check_tree(struct place *at)
{
	struct path_tree tree;
	int r = path_tree_load(&tree, at->check->repo, at->object->tree);

	at->tree = &tree;
	if (r == ERR_CORRUPT) {
		check_fault(at->check, "snapshot %.8s, %s:%s, its folders are damaged: %s",
			at->snapshot->id, at->object->kind, at->object->name, err_message());
		r = 0;
	} else {
		for (size_t i = 1; i < tree.count && r == 0; i++) {
			at->folder = &tree.folders[i];
			r = check_folder(at);
		}
	}
	at->tree = NULL;
	path_tree_free(&tree);
	return r;
}

static int check_snapshot(struct check *check, const struct snapshot *snapshot)
{
	int r = 0;

	check->result->snapshots++;
	for (size_t i = 0; i < snapshot->object_count && r == 0; i++) {
		struct place at = {check, snapshot, &snapshot->objects[i], NULL, NULL};
		if (idset_add(&check->seen, at.object->tree))
			r = check_tree(&at);
	}
	return r;
}

int check_snapshots(struct check *check)
{
	char(*ids)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0;
	int r = snapshot_ids(check->repo, &ids, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct snapshot *snapshot = NULL;
		r = snapshot_read(check->repo, ids[i], &snapshot);
		if (r == ERR_CORRUPT) {
			check_fault(check, "the snapshot is damaged: %s", err_message());
			r = 0;
		} else if (r == 0) {
			r = check_snapshot(check, snapshot);
			snapshot_free(snapshot);
		}
	}
	mem_free(ids);
	return r;
}
