/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PATH_H
#define REPO_PATH_H

#include "repo/repo.h"

/*
 * Paths inside a snapshot: KIND/NAME/FOLDER/…/ITEM, each component as filename_encode
 * (item/filename.h) gives it, so that a path is also where a restore puts a file. Where two
 * children of one folder would get the same component, the later ones by id get "~2", "~3", …
 * behind.
 */

/** One thing under a path. Borrowed. */
struct path_entry {
	const char *path; /* whole: KIND/NAME/… */
	const char *name; /* the last component, decoded: as people see it */
	enum { PATH_OBJECT, PATH_FOLDER, PATH_ITEM } kind;
	const struct repo_object *object;
	const struct tree_item *item; /* for PATH_ITEM; else NULL */
	uint64_t position; /* of an item among those of its folder, by their ids, from 0 */
	uint64_t items;    /* for objects and folders: own items, without subfolders */
	uint64_t bytes;
};

typedef int path_fn(void *context, const struct path_entry *entry);

/** Who is called, and for how much. */
struct path_visitor {
	path_fn *visit;
	void *context;
	bool deep;
};

/**
 * Calls `visit` for what lies at `path`: "" is the whole snapshot, KIND all objects of a kind.
 *   deep: all of it, the object, folder or item at `path` first; folders come before what they
 *     hold, the items of a folder in the order in which they are stored, so that reading them
 *     all decodes each block once;
 *   else: the direct children, in the order of their ids; an item is its own child.
 * A top folder whose name is "" is the object itself: what lies in it lies in the object.
 * The visitor may read contents. ERR_NOTFOUND where nothing lies there.
 */
NODISCARD int path_walk(struct repo *repo, const struct snapshot *snapshot, const char *path,
	const struct path_visitor *visitor);

#endif
