/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/check_priv.h"
#include "repo/content.h"
#include "repo/folders.h"
#include "repo/history.h"
#include "repo/scan.h"
#include "repo/snapshot_file.h"
#include "repo/tree_value.h"

/*
 * Checking the chain of snapshots, and their trees, naming what is hit.
 */

/* Where a check is, for the words of a fault. Borrowed. */
struct place {
	struct check *check;
	const struct snapshot *snapshot;
	const struct repo_object *object;
	struct folder_node *folders;
	const struct tree_folder *folder;
	char *label; /* "KIND:NAME" */
	struct buf texts;
};

/* "Inbox/2026/": the names of a folder and of those above it, for people. */
static char *folder_path(struct folder_node *folders, const struct tree_folder *folder)
{
	char *path = mem_strdup("");

	for (int depth = 0; folder && depth <= DEPTH_MAX; depth++) {
		if (folder->name[0])
			mem_replace(&path, mem_printf("%s/%s", folder->name, path));
		const struct folder_node *above =
			folder->parent_id[0] ? folders_find(folders, folder->parent_id) : NULL;
		folder = above ? &above->folder : NULL;
	}
	return path;
}

PRINTF_LIKE(3, 4)
static void object_fault(const struct place *at, const char *item, const char *format, ...)
{
	char words[512];
	va_list arguments;
	const struct check_fault fault = {
		.snapshot = at->snapshot->id, .object = at->label, .item = item};

	va_start(arguments, format);
	vsnprintf(words, sizeof(words), format, arguments);
	va_end(arguments);
	check_fault(
		at->check, &fault, "snapshot %.8s, %s, %s", at->snapshot->id, at->label, words);
}

/* A page is looked at once for all snapshots that share it. */
static bool enter_page(void *context, const uint8_t id[REPO_ID_SIZE])
{
	const struct place *at = context;

	return idset_add(&at->check->pages, id);
}

static int check_item(void *context, const struct map_entry *entry)
{
	struct place *at = context;
	struct tree_item item;
	int r = tree_get_item(entry, &at->texts, &item);
	AUTO_TEXT folder = folder_path(at->folders, at->folder);

	if (r < 0) {
		object_fault(at, NULL, "an item of the folder /%s is none: %s", folder,
			err_message());
		return 0;
	}
	r = check_content(at->check, &item.content);
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT cause = mem_strdup(err_message());
	AUTO_TEXT path = mem_printf("%s%s", folder, item.name);
	object_fault(at, path, "%s cannot be restored from it: %s", path, cause);
	return 0;
}

static int lose_items(
	void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries, const char *why)
{
	struct place *at = context;
	AUTO_TEXT path = folder_path(at->folders, at->folder);

	(void)id;
	if (entries > 0)
		object_fault(at, path, "%" PRIu64 " items of the folder /%s are lost: %s",
			entries, path, why);
	else
		object_fault(at, path, "the list of the folder /%s is damaged: %s", path, why);
	return 0;
}

static int check_folder(struct place *at, const struct tree_folder *folder)
{
	const struct scan_visitor visitor = {enter_page, check_item, lose_items, at};
	int r = check_cancelled(at->check);

	at->folder = folder;
	return r == 0 ? scan_map(at->check->repo, folder->list_id, &visitor) : r;
}

static int take_folder(void *context, const struct map_entry *entry)
{
	struct place *at = context;
	struct tree_folder folder;
	int r = tree_get_folder(entry, &at->texts, &folder);

	if (r < 0)
		object_fault(at, NULL, "a folder of it is none: %s", err_message());
	else if (!folders_find(at->folders, folder.id))
		(void)folders_add(&at->folders, &folder);
	return 0;
}

static int lose_folders(
	void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries, const char *why)
{
	struct place *at = context;

	(void)id;
	if (entries > 0)
		object_fault(at, NULL, "%" PRIu64 " of its folders are lost: %s", entries, why);
	else
		object_fault(at, NULL, "its folders are damaged: %s", why);
	return 0;
}

static int check_object(struct place *at)
{
	const struct scan_visitor visitor = {NULL, take_folder, lose_folders, at};
	int r = scan_map(at->check->repo, at->object->tree, &visitor);
	struct folder_node *node, *next;

	HASH_ITER(hh, at->folders, node, next)
	{
		if (r == 0)
			r = check_folder(at, &node->folder);
	}
	folders_free(&at->folders);
	return r;
}

static int check_snapshot(struct check *check, const struct snapshot *snapshot)
{
	int r = 0;

	check->result->snapshots++;
	for (size_t i = 0; i < snapshot->object_count && r == 0; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		struct place at = {.check = check,
			.snapshot = snapshot,
			.object = object,
			.label = mem_printf("%s:%s", object->kind, object->name),
			.texts = buf_init(TREE_TEXTS_MAX)};
		if (idset_add(&check->pages, object->tree))
			r = check_object(&at);
		buf_free(&at.texts);
		mem_free(at.label);
	}
	return r;
}

static int check_chain(struct check *check)
{
	static const char *const words[] = {
		[HISTORY_MISSING] = "is missing, and nobody forgot it",
		[HISTORY_PUT_BACK] = "was forgotten and is there again",
		[HISTORY_EXCHANGED] = "is another one than was written",
	};
	struct history_finding *findings = NULL;
	size_t count = 0;
	int r = repo_chain_check(check->repo, &findings, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct check_fault fault = {.snapshot = findings[i].id};
		check_fault(check, &fault, "snapshot %.8s %s; %.8s speaks of it",
			findings[i].id, words[findings[i].fault], findings[i].by);
	}
	mem_free(findings);
	return r;
}

int check_snapshots(struct check *check)
{
	char(*ids)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0;
	int r = check_chain(check);

	if (r == 0)
		r = snapshot_ids(check->repo, &ids, &count);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct snapshot *snapshot = NULL;
		r = snapshot_read(check->repo, ids[i], &snapshot);
		if (r == ERR_CORRUPT) {
			const struct check_fault fault = {.snapshot = ids[i]};
			check_fault(
				check, &fault, "the snapshot is damaged: %s", err_message());
			r = 0;
		} else if (r == ERR_NOTFOUND) {
			r = 0; /* forgotten meanwhile */
		} else if (r == 0) {
			r = check_snapshot(check, snapshot);
			snapshot_free(snapshot);
		}
	}
	mem_free(ids);
	return r;
}
