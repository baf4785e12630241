/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_WRITER_H
#define REPO_WRITER_H

#include "repo/repo.h"

/*
 * Writing into a repository: contents, then the lists and the tree of an object, then the
 * snapshot. Nothing that refers to other data is visible before that data is durable; a crash
 * at any point leaves what was committed, and nothing that a later run stumbles over.
 *
 *   repo_writer_open → for each object: object_writer_begin → for each folder:
 * object_writer_folder → (content_begin, content_add…, content_finish, folder_put |
 * folder_remove)… → folder_finish → object_writer_finish → repo_writer_commit now and then →
 * repo_writer_snapshot
 *
 * One thread at a time. Every pointer given is borrowed for the call only.
 */

struct repo_writer;

NODISCARD int repo_writer_open(struct repo *repo, struct repo_writer **out);

/** To be called often while the writer is at work (with each item): says to those who remove
 * data that it is. A writer that was not heard of for half an hour cannot commit any more. The
 * error that has ended the writer, where one has. */
NODISCARD int repo_writer_tick(struct repo_writer *writer);

/** Ends it; what was not committed is lost. NULL is fine. */
void repo_writer_close(struct repo_writer *writer);

/** About how many bytes this writer has added to the repository so far; it never becomes less.
 */
uint64_t repo_writer_stored(struct repo_writer *writer);

/* Contents. One at a time for each writer. */
struct content_writer;
enum content_kind {
	CONTENT_FILE,
	CONTENT_MESSAGE, /* is taken apart at its parts where that makes it smaller */
};
NODISCARD int content_begin(
	struct repo_writer *writer, enum content_kind kind, struct content_writer **out);
NODISCARD int content_add(struct content_writer *content, const void *data, size_t size);
/** Ends it well, and frees it in either case. */
NODISCARD int content_finish(struct content_writer *content, struct repo_content *out);
/** Drops it; NULL is fine. */
void content_drop(struct content_writer *content);

/* Objects. */
struct object_writer;

/** Begins an object; `previous` is its tree as it was last stored, NULL at first. */
NODISCARD int object_writer_begin(struct repo_writer *writer,
	const uint8_t *previous /* REPO_ID_SIZE */, struct object_writer **out);

/* Folders of an object: each that exists now is named once, parents before children; one that
 * is not named is gone. Its items are those of the previous tree until they are put or removed.
 */
struct folder_writer;
NODISCARD int object_writer_folder(struct object_writer *object,
	const struct tree_folder *folder, struct folder_writer **out); /* id, parent_id, name */

/** The list as it was last stored: hexadecimal list_id; "" where the folder is new. */
const char *folder_previous(const struct folder_writer *folder);

/** The item as it was last stored, whatever was put since; *out is NULL where there is none.
 * Borrowed until the next call on the folder. Cheapest by rising ids. ERR_CORRUPT, ERR_IO. */
NODISCARD int folder_find(
	struct folder_writer *folder, const char *item_id, const struct tree_item **out);

/** In any order, the last one of an item counts; cheapest by rising ids. ERR_INVALID, ERR_IO,
 * ERR_CORRUPT. */
NODISCARD int folder_put(struct folder_writer *folder, const struct tree_item *item);
NODISCARD int folder_remove(struct folder_writer *folder, const char *item_id);

/** For a source that has listed the folder anew: called before the first put, it removes what
 * is neither put nor kept. The items then come by rising ids, as strcmp has them (an item may
 * come several times in a row), else it is ERR_INVALID. */
NODISCARD int folder_relist(struct folder_writer *folder);
/** Leaves an item as it was last stored. */
NODISCARD int folder_keep(struct folder_writer *folder, const char *item_id);

/** Ends the folder and frees it in either case. `list_id` (may be NULL) gets the id of what was
 * stored, as folder_previous will give it. */
NODISCARD int folder_finish(struct folder_writer *folder, char list_id[REPO_ID_TEXT]);
/** Leaves the folder as it was last stored, a new one empty; NULL is fine. */
void folder_drop(struct folder_writer *folder);

/** Ends the object: *tree is what to put into a snapshot, with *items and *bytes counted;
 * *changed is false where the tree is the previous one. Frees it in either case. */
struct object_summary {
	uint8_t tree[REPO_ID_SIZE];
	uint64_t items;
	uint64_t bytes;
	bool changed;
};
NODISCARD int object_writer_finish(struct object_writer *object, struct object_summary *out);
void object_writer_drop(struct object_writer *object); /* NULL is fine */

/** Makes durable all that was written: packs, then the index. After it, a tree that was
 * finished before can be given as `previous` by any later run, even where no snapshot was made.
 */
NODISCARD int repo_writer_commit(struct repo_writer *writer);

/** Commits, and makes a snapshot of the given objects (job name, objects and created_s are
 * read; id is set). */
NODISCARD int repo_writer_snapshot(struct repo_writer *writer, struct snapshot *snapshot);

#endif
