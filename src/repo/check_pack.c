/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/check_priv.h"
#include "repo/mend.h"

/*
 * Checking one pack: what it says of itself, against the index, down to the chunks, and what
 * those refer to.
 */

struct pack_check {
	struct check *check;
	const struct index_pack *pack;
	char path[PACK_PATH_SIZE];
	bool all;       /* else its blocks of meta */
	uint32_t block; /* the one that is looked at: its number in the index */
	uint8_t piece;
	size_t bad; /* blocks that do not open */
	char why[256];
	bool can_mend, is_told;
};

static bool is_wanted(void *context, const struct directory_block *block)
{
	const struct pack_check *at = context;

	return at->all || block->piece == PIECE_META;
}

/* The index and the pack's own directory say the same of a block. */
static bool is_as_indexed(const struct pack_check *at, const struct directory_block *block)
{
	const struct index_block *indexed = &at->check->repo->index.blocks[at->block];

	return indexed->offset == block->offset && indexed->sealed == block->sealed &&
	       indexed->plain == block->plain && indexed->piece == block->piece &&
	       indexed->codec == block->codec;
}

static void tell_block(struct pack_check *at, const char *chunk)
{
	const struct check_fault fault = {
		.file = at->path, .chunk = chunk, .can_mend = at->can_mend};

	at->is_told = true;
	check_fault(at->check, &fault, "%s, block %" PRIu32 " is damaged: %s%s", at->path,
		index_block_number(&at->check->repo->index, at->block), at->why,
		at->can_mend ? "; its parity gives it back" : "");
}

static int take_block(void *context, const struct directory_block *block, const char *why)
{
	struct pack_check *at = context;
	struct check *check = at->check;

	if (block->number >= at->pack->block_count)
		return err_set(ERR_CORRUPT, "it has more blocks than the index knows");
	at->block = at->pack->first_block + block->number;
	at->piece = block->piece;
	at->is_told = false;
	if (!at->all)
		check_advance(check, block->sealed);
	bool is_other = !why && !is_as_indexed(at, block);
	snprintf(at->why, sizeof(at->why), "%s",
		why ? why : (is_other ? "the index says otherwise of it" : ""));
	if (why || is_other) {
		at->bad++;
		check->is_partial = true;
		check->damaged[at->block] = !at->can_mend;
	}
	/* What is lost for good is told with the first chunk that somebody may need. */
	if (is_other || (why && at->can_mend))
		tell_block(at, NULL);
	return check_cancelled(check);
}

/* After a repair the index has nothing any more of what is lost. */
static int take_lost(void *context, const struct directory_chunk *chunk)
{
	struct pack_check *at = context;
	struct index_place place;
	char id[REPO_ID_TEXT];

	if (at->is_told || !index_find(&at->check->repo->index, chunk->id, &place) ||
		place.block != at->block)
		return 0;
	text_to_hex(chunk->id, REPO_ID_SIZE, id);
	tell_block(at, id);
	return 0;
}

/* What a chunk refers to. */
struct references {
	struct check *check;
	struct check_sum sum;
	bool is_meta; /* what it lacks is lost, not doubted */
	bool lacks;
};

static int take_reference(void *context, const struct ref *ref)
{
	struct references *references = context;
	struct check *check = references->check;
	struct index_place place;

	check_sum_add(&references->sum, ref->id, 1);
	if (index_find(&check->repo->index, ref->id, &place))
		return 0;
	references->lacks = true;
	if (references->is_meta)
		idset_add(&check->lost, ref->id);
	return 0;
}

/* Pages and lists say what they are by where they lie, recipes do not: what begins like one
 * counts where all is there that it would refer to, which nobody's own data can bring about. */
static int count_references(
	struct pack_check *at, const struct directory_chunk *chunk, const uint8_t *data)
{
	struct references references = {.check = at->check, .is_meta = at->piece == PIECE_META};
	int shape = refs_shape(data, chunk->size);

	if (!references.is_meta && shape != REFS_RECIPE)
		return 0;
	if (shape < 0)
		return err_set(ERR_CORRUPT, "it is no page and no list");
	int r = refs_walk(
		(enum refs_shape)shape, data, chunk->size, take_reference, &references);
	/* What is condemned counts no more. */
	if (r == 0 && !at->pack->condemned_s && (references.is_meta || !references.lacks)) {
		at->check->counted.low += references.sum.low;
		at->check->counted.high += references.sum.high;
	}
	return r == ERR_CORRUPT && !references.is_meta ? 0 : r;
}

static void bad_chunk(
	struct pack_check *at, const struct directory_chunk *chunk, const char *what)
{
	char id[REPO_ID_TEXT];
	const struct check_fault fault = {.file = at->path, .chunk = id};

	text_to_hex(chunk->id, REPO_ID_SIZE, id);
	check_fault(at->check, &fault, "%s, block %" PRIu32 ", chunk %s: %s", at->path,
		index_block_number(&at->check->repo->index, at->block), id, what);
}

static int take_chunk(void *context, const struct directory_chunk *chunk, const uint8_t *data)
{
	struct pack_check *at = context;
	struct index_place place;

	/* What nobody needs any more may be left out of the index by a repair; that something
	 * that is needed is not in it is seen by who refers to it. */
	if (!index_find(&at->check->repo->index, chunk->id, &place))
		return 0;
	/* What lies in two packs is in the index once. */
	if (place.block == at->block &&
		(place.offset != chunk->offset || place.size != chunk->size))
		bad_chunk(at, chunk, "the index says that it lies elsewhere");
	int r = count_references(at, chunk, data);
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT why = mem_strdup(err_message());
	bad_chunk(at, chunk, why);
	return 0;
}

static void hit_pack(struct pack_check *at, const char *why)
{
	struct check *check = at->check;
	const struct check_fault fault = {.file = at->path, .can_mend = at->can_mend};

	for (uint32_t i = 0; i < at->pack->block_count && !at->can_mend; i++)
		check->damaged[at->pack->first_block + i] = true;
	check_fault(check, &fault, "%s is damaged: %s%s", at->path, why,
		at->can_mend ? "; its parity gives it back" : "");
}

static int finish(struct pack_check *at, int r)
{
	if (r != ERR_CORRUPT)
		return r;
	AUTO_TEXT why = mem_strdup(err_message());
	at->check->is_partial = true;
	hit_pack(at, why);
	return 0;
}

static struct pack_visitor visitor_of(struct pack_check *at)
{
	return (struct pack_visitor){is_wanted, take_block, take_chunk, take_lost, at};
}

/* Whether the pack is damaged, and whether its parity gives it back. */
static int ask_parity(struct pack_check *at, enum mend_state *out, struct mended *found)
{
	struct mend_file file = {.kind = MEND_PACK, .pack = at->pack};

	memcpy(file.name, at->pack->name, NAME_SIZE);
	int r = mend_look(at->check->repo, &file, found);
	*out = found->state;
	at->can_mend = found->state == MEND_MENDABLE;
	return r;
}

/* The whole file: first what its armor says, for what it gives back is no loss. */
static int check_whole(struct pack_check *at)
{
	struct pack_file file;
	const struct pack_visitor visitor = visitor_of(at);
	int r = pack_file_read(at->check->repo, at->pack->name, &file);

	check_advance(at->check, at->pack->size);
	at->check->result->packs_read++;
	if (r == 0 && !armor_is_whole(&file.report)) {
		enum mend_state state;
		struct mended found;
		r = ask_parity(at, &state, &found);
		if (r == 0 && file.report.damaged == 0)
			hit_pack(at, found.why);
		buf_free(&found.bytes);
	} else if (r == ERR_CORRUPT) {
		enum mend_state state;
		struct mended found;
		AUTO_TEXT why = mem_strdup(err_message());
		r = ask_parity(at, &state, &found);
		if (r == 0)
			r = err_set(ERR_CORRUPT, "%s", why);
		buf_free(&found.bytes);
	}
	if (r == 0)
		r = pack_file_verify(at->check->repo, &file, &visitor);
	if (r == 0 && at->bad == 0 && file.report.damaged > 0)
		hit_pack(at, "its parity is damaged");
	buf_free(&file.bytes);
	return r;
}

int check_pack(struct check *check, const struct index_pack *pack, bool all)
{
	struct pack_check at = {.check = check, .pack = pack, .all = all};
	const struct pack_visitor visitor = visitor_of(&at);

	pack_path(pack->name, at.path);
	int r = all ? check_whole(&at) : pack_verify(check->repo, pack, &visitor);
	return finish(&at, r);
}
