/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "repo/path_node.h"
#include "repo/repo_priv.h"

/*
 * The order in which items are stored.
 */

struct stored {
	uint64_t at;
	struct path_child *child;
};

static int compare_stored(const void *a, const void *b)
{
	const struct stored *first = a, *second = b;

	if (first->at != second->at)
		return first->at < second->at ? -1 : 1;
	return strcmp(first->child->id, second->child->id);
}

static uint64_t stored_at(const struct path_child *child, struct repo *repo)
{
	struct index_place place;

	return index_find(&repo->index, child->item->content.id, &place)
		       ? (uint64_t)place.block << 32 | place.offset
		       : 0;
}

void path_children_sort(struct path_child **children, size_t count, struct repo *repo)
{
	struct stored *stored = mem_array(count + 1, sizeof(*stored));

	for (size_t i = 0; i < count; i++)
		stored[i] = (struct stored){stored_at(children[i], repo), children[i]};
	qsort(stored, count, sizeof(*stored), compare_stored);
	for (size_t i = 0; i < count; i++)
		children[i] = stored[i].child;
	mem_free(stored);
}
