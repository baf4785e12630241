/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REFS_H
#define REPO_REFS_H

#include "repo/repo.h"

/*
 * Which chunks a chunk refers to, told from its bytes alone (docs/format.md, sections 6 to 8):
 * for who looks at all chunks, whatever they belong to.
 */

enum refs_shape {
	REFS_PAGE,   /* of a tree: the pages below, or what its values need */
	REFS_LIST,   /* of the chunks of a content */
	REFS_RECIPE, /* of a message */
};

/** One reference. */
struct ref {
	uint8_t id[REPO_ID_SIZE];
	bool is_content; /* and then what it is, else a page */
	struct repo_content content;
};

/** Not 0 ends it and is returned. */
typedef int ref_fn(void *context, const struct ref *ref);

/** The shape that a chunk's first bytes say; -1 where they say none. Only of blocks of meta can
 * it be believed: anybody's data may begin with the same bytes. */
int refs_shape(const void *data, size_t size);

/** Calls `visit` for each reference of a chunk of this shape, as often as it refers.
 * ERR_CORRUPT where it is none. */
NODISCARD int refs_walk(
	enum refs_shape shape, const void *data, size_t size, ref_fn *visit, void *context);

#endif
