/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "repo/history.h"
#include "repo/repair_priv.h"
#include "repo/snapshot_file.h"
#include "repo/writer.h"

/*
 * Snapshots that need what is lost: each gets another one in its place, of the same time, job
 * and objects, whose trees have no more than is there.
 */

/* Trees that were looked at, for snapshots share them. */
struct trees {
	struct idset before;
	uint8_t (*after)[REPO_ID_SIZE]; /* by the numbers there */
	bool *changed;
	uint64_t (*sizes)[2]; /* items and bytes */
	size_t capacity, changed_capacity, sizes_capacity;
};

static void remember(struct trees *trees, const uint8_t *before,
	const struct repo_object *after, bool changed)
{
	size_t at = trees->before.count;

	idset_add(&trees->before, before);
	mem_grow(&trees->after, &trees->capacity, at + 1, sizeof(*trees->after));
	mem_grow(&trees->changed, &trees->changed_capacity, at + 1, sizeof(*trees->changed));
	mem_grow(&trees->sizes, &trees->sizes_capacity, at + 1, sizeof(*trees->sizes));
	memcpy(trees->after[at], after->tree, REPO_ID_SIZE);
	trees->changed[at] = changed;
	trees->sizes[at][0] = after->items;
	trees->sizes[at][1] = after->bytes;
}

struct mending {
	struct repair *repair;
	struct repo_writer *writer; /* opened at the first need; never in a dry run */
	struct trees trees;
	char (*gone)[SNAPSHOT_ID_TEXT]; /* to be forgotten */
	size_t gone_count, gone_capacity;
};

static int mend_object(struct mending *mending, const struct snapshot *snapshot,
	struct repo_object *object, bool *changed)
{
	struct trees *trees = &mending->trees;
	const struct repair_object which = {snapshot, object};
	int64_t number = idset_find(&trees->before, object->tree);
	uint8_t before[REPO_ID_SIZE];
	bool own = false;
	int r = 0;

	if (number == IDSET_NONE) {
		memcpy(before, object->tree, REPO_ID_SIZE);
		if (!mending->writer && !mending->repair->options->dry_run)
			r = repo_writer_open(mending->repair->repo, &mending->writer);
		if (r == 0)
			r = repair_tree(mending->repair, &which, mending->writer, object, &own);
		if (r == 0)
			remember(trees, before, object, own);
	} else {
		ASSERT(trees->changed);
		own = trees->changed[number];
		memcpy(object->tree, trees->after[number], REPO_ID_SIZE);
		if (own) {
			object->items = trees->sizes[number][0];
			object->bytes = trees->sizes[number][1];
		}
	}
	if (own && number == IDSET_NONE)
		idset_add(&mending->repair->gone, before);
	*changed |= own;
	return r;
}

static int mend_snapshot(struct mending *mending, struct snapshot *snapshot)
{
	struct repair *repair = mending->repair;
	char before[SNAPSHOT_ID_TEXT];
	bool changed = false;
	int r = repair_cancelled(repair);

	memcpy(before, snapshot->id, sizeof(before));
	for (size_t i = 0; i < snapshot->object_count && r == 0; i++)
		r = mend_object(mending, snapshot, &snapshot->objects[i], &changed);
	if (r < 0 || !changed)
		return r;
	const struct repair_note note = {.kind = REPAIR_MADE, .snapshot = before};
	if (repair->options->dry_run) {
		repair_note(repair, &note,
			"snapshot %.8s would be made anew without what it lost", before);
		return 0;
	}
	r = repo_writer_snapshot(mending->writer, snapshot);
	if (r < 0)
		return r;
	repair_note(repair, &note, "snapshot %.8s is made anew without what it lost: %.8s",
		before, snapshot->id);
	mem_grow(&mending->gone, &mending->gone_capacity, mending->gone_count + 1,
		sizeof(*mending->gone));
	memcpy(mending->gone[mending->gone_count++], before, sizeof(before));
	return 0;
}

static int mend_all(struct mending *mending)
{
	struct repo *repo = mending->repair->repo;
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	for (size_t i = 0; i < count; i++) {
		if (r == 0)
			r = mend_snapshot(mending, snapshots[i]);
		snapshot_free(snapshots[i]);
	}
	mem_free(snapshots);
	if (r == 0 && mending->gone_count > 0)
		r = repo_forget(repo, (const char(*)[SNAPSHOT_ID_TEXT])mending->gone,
			mending->gone_count);
	return r;
}

int repair_snapshots(struct repair *repair)
{
	struct mending mending = {.repair = repair};
	int r = mend_all(&mending);

	repo_writer_close(mending.writer);
	idset_free(&mending.trees.before);
	mem_free(mending.trees.after);
	mem_free(mending.trees.changed);
	mem_free(mending.trees.sizes);
	mem_free(mending.gone);
	return r;
}
