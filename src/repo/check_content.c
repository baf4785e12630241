/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "repo/check_priv.h"
#include "repo/content.h"
#include "repo/pack.h"

/*
 * Whether a content is there. Where nothing is damaged or missing, what its id names is enough:
 * that all is there that the rest refers to was seen before.
 */

static int look_at_chunk(const struct check *check, const uint8_t id[REPO_ID_SIZE])
{
	const struct index *index = &check->repo->index;
	struct index_place place;
	char digits[REPO_ID_TEXT], path[PACK_PATH_SIZE];

	if (check_has(check, id))
		return 0;
	text_to_hex(id, REPO_ID_SIZE, digits);
	if (!index_find(&check->repo->index, id, &place))
		return err_set(ERR_CORRUPT, "chunk %s is in no pack", digits);
	pack_path(index->packs[index->blocks[place.block].pack].name, path);
	return err_set(ERR_CORRUPT, "chunk %s lies in %s, block %u, which is damaged", digits,
		path, index_block_number(index, place.block));
}

static int look_deep(struct check *check, const struct repo_content *content, int depth);

struct deep {
	struct check *check;
	int depth;
};

static int take_reference(void *context, const struct ref *ref)
{
	const struct deep *deep = context;

	return look_deep(deep->check, &ref->content, deep->depth + 1);
}

enum { DEEPEST = LIST_LEVELS + 1 }; /* a recipe and lists of lists */

static int look_deep(struct check *check, const struct repo_content *content, int depth)
{
	struct deep deep = {check, depth};
	struct chunk chunk;
	int r = look_at_chunk(check, content->id);

	if (r < 0 || content->kind == REPO_CHUNK)
		return r;
	if (depth > DEEPEST)
		return err_set(ERR_CORRUPT, "its lists do not end");
	if (idset_find(&check->whole, content->id) != IDSET_NONE)
		return 0;
	r = chunk_hold(check->repo, content->id, &chunk);
	if (r < 0)
		return r;
	r = refs_walk(content->kind == REPO_LIST ? REFS_LIST : REFS_RECIPE, chunk.data,
		chunk.size, take_reference, &deep);
	chunk_release(&chunk);
	if (r == 0)
		idset_add(&check->whole, content->id);
	return r;
}

int check_content(struct check *check, const struct repo_content *content)
{
	bool is_doubted =
		check->result->faults > check->result->mendable || check->lost.count > 0;

	return is_doubted ? look_deep(check, content, 0) : look_at_chunk(check, content->id);
}
