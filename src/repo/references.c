/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/references.h"

#include <string.h>

#include "base/mem.h"
#include "repo/content.h"
#include "repo/refs.h"
#include "repo/repo_priv.h"

enum {
	PLACE_BITS = 20,
	CHUNK_WEIGHT = 64, /* of a chunk beside its bytes, so that an empty one counts */
};

bool reference_is_good(const struct references *references, const struct index_entry *entry)
{
	return !references->index.packs[entry->pack].condemned_s;
}

static void add_extra(struct references *references, const struct index_entry *entry)
{
	mem_grow(&references->extras, &references->extra_capacity, references->extra_count + 1,
		sizeof(*references->extras));
	references->extras[references->extra_count++] =
		(struct reference_extra){(uint32_t)references->count, *entry};
}

static int flush(struct references *references)
{
	if (!references->is_pending)
		return 0;
	references->is_pending = false;
	references->count++;
	return index_table_add(references->table, &references->pending);
}

/* Entries come by their ids: of equal ones, the best becomes the first. */
static int take_entry(void *context, const struct index_entry *entry)
{
	struct references *references = context;
	struct index_entry *pending = &references->pending;

	if (references->is_pending && memcmp(pending->id, entry->id, REPO_ID_SIZE) == 0) {
		if (pending->pack == entry->pack && pending->place == entry->place)
			return 0;
		bool better = !reference_is_good(references, pending) &&
			      reference_is_good(references, entry);
		add_extra(references, better ? pending : entry);
		if (better)
			*pending = *entry;
		return 0;
	}
	int r = flush(references);
	*pending = *entry;
	references->is_pending = true;
	return r;
}

static int take_references(struct references *references)
{
	struct index_reference reference;
	int r = 0;

	for (size_t i = 0; i < references->files.count && r == 0; i++) {
		struct index_part *part = &references->files.list[i];
		uint32_t left = part->counts ? index_reader_head(part->reader)->references : 0;
		for (; left > 0 && r == 0; left--) {
			r = index_reader_reference(part->reader, &reference);
			int64_t number =
				r < 0 ? -1 : references_number(references, reference.id);
			if (number >= 0)
				references->sums[number] += reference.delta;
		}
	}
	return r;
}

static int load(struct references *references)
{
	size_t most = 0;
	int r = index_files_choose(&references->files);

	if (r == 0)
		r = index_files_packs(
			&references->index, &references->files, &references->sentences);
	index_pass_sentences(&references->index, &references->sentences);
	for (size_t i = 0; i < references->files.count; i++)
		if (references->files.list[i].counts)
			most += index_reader_head(references->files.list[i].reader)->entries;
	if (r == 0)
		r = index_table_new(most, &references->table);
	if (r == 0)
		r = index_files_entries(
			&references->index, &references->files, take_entry, references);
	if (r == 0)
		r = flush(references);
	if (r == 0)
		r = index_table_finish(references->table);
	references->sums = mem_array(references->count + 1, sizeof(*references->sums));
	references->flags = mem_array(references->count + 1, sizeof(*references->flags));
	references->packs =
		mem_array(references->index.pack_count + 1, sizeof(*references->packs));
	return r < 0 ? r : take_references(references);
}

int references_load(struct repo *repo, struct references *out)
{
	*out = (struct references){.repo = repo};
	int r = index_files_open(repo, NULL, &out->files);

	if (r == 0)
		r = load(out);
	if (r < 0)
		references_free(out);
	return r;
}

void references_free(struct references *references)
{
	index_sentences_free(&references->sentences);
	index_files_close(&references->files);
	index_table_free(references->table);
	index_free(&references->index);
	mem_free(references->extras);
	mem_free(references->sums);
	mem_free(references->flags);
	mem_free(references->work);
	mem_free(references->packs);
	*references = (struct references){0};
}

int64_t references_number(const struct references *references, const uint8_t id[REPO_ID_SIZE])
{
	size_t number;

	return index_table_number(references->table, id, &number) ? (int64_t)number : -1;
}

struct reference_places reference_places(const struct references *references, uint32_t number)
{
	return (struct reference_places){references, number, 0};
}

static size_t first_extra(const struct references *references, uint32_t number)
{
	size_t low = 0, high = references->extra_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (references->extras[middle].number < number)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

bool reference_places_next(struct reference_places *places, struct index_entry *out)
{
	const struct references *references = places->references;

	if (places->next == 0) {
		index_table_get(references->table, places->number, out);
		places->next = first_extra(references, places->number) + 1;
		return true;
	}
	size_t at = places->next - 1;
	if (at >= references->extra_count || references->extras[at].number != places->number)
		return false;
	*out = references->extras[at].entry;
	places->next++;
	return true;
}

void references_add_root(struct references *references, const uint8_t id[REPO_ID_SIZE])
{
	int64_t number = references_number(references, id);

	if (number >= 0)
		references->flags[number] |= REFERENCE_ROOT;
}

struct visiting {
	struct references *references;
	reference_fn *visit;
	void *context;
};

static int visit_ref(void *context, const struct ref *ref)
{
	const struct visiting *at = context;

	return at->visit(at->context, references_number(at->references, ref->id), ref->id);
}

static int pass_ref(void *context, const struct ref *ref)
{
	(void)context;
	(void)ref;
	return 0;
}

/* Anybody's data may begin as a recipe does: what is none refers to nothing. */
static int walk_refs(struct visiting *at, uint8_t piece, const struct chunk *chunk)
{
	int shape = refs_shape(chunk->data, chunk->size);
	bool is_recipe = piece != PIECE_META && shape == REFS_RECIPE &&
			 refs_walk(REFS_RECIPE, chunk->data, chunk->size, pass_ref, NULL) == 0;

	if (is_recipe || (piece == PIECE_META && (shape == REFS_PAGE || shape == REFS_LIST)))
		return refs_walk(
			(enum refs_shape)shape, chunk->data, chunk->size, visit_ref, at);
	return 0;
}

/* Pages and lists lie in blocks of meta, recipes with texts, and the largest of them alone. */
static bool may_refer(uint8_t piece, const struct index_entry *entry)
{
	return piece == PIECE_META || piece == PIECE_TEXT ||
	       (piece == PIECE_LARGE && entry->size <= RECIPE_MAX);
}

int references_of(
	struct references *references, uint32_t number, reference_fn *visit, void *context)
{
	struct visiting at = {references, visit, context};
	struct index_entry entry;
	struct chunk chunk;

	index_table_get(references->table, number, &entry);
	const struct index_pack *pack = &references->index.packs[entry.pack];
	uint8_t piece =
		references->index.blocks[pack->first_block + (entry.place >> PLACE_BITS)].piece;
	if (!may_refer(piece, &entry))
		return 0;
	int r = chunk_hold(references->repo, entry.id, &chunk);
	if (r < 0)
		return r;
	r = walk_refs(&at, piece, &chunk);
	chunk_release(&chunk);
	return r;
}

static void push(struct references *references, uint32_t number, uint8_t flag)
{
	references->flags[number] |= flag;
	mem_grow(&references->work, &references->work_capacity, references->work_count + 1,
		sizeof(*references->work));
	references->work[references->work_count++] = number;
}

/* The first place is the best one. */
static bool has_good(const struct references *references, uint32_t number)
{
	struct index_entry entry;

	index_table_get(references->table, number, &entry);
	return reference_is_good(references, &entry);
}

static void rescue_if_needed(struct references *references, uint32_t number)
{
	uint8_t flags = references->flags[number];

	if ((references->sums[number] > 0 || flags & REFERENCE_ROOT) &&
		!(flags & REFERENCE_RESCUED) && !has_good(references, number))
		push(references, number, REFERENCE_RESCUED);
}

static int count_rescued(void *context, int64_t number, const uint8_t id[REPO_ID_SIZE])
{
	struct references *references = context;

	(void)id;
	if (number < 0)
		return err_set(ERR_CORRUPT,
			"a chunk that is in use refers to one that is not in "
			"the repository; run garner repair");
	references->sums[number]++;
	rescue_if_needed(references, (uint32_t)number);
	return 0;
}

/* What writers that were at work have come to refer to, and lies in condemned packs alone. */
static int rescue(struct references *references)
{
	int r = 0;

	for (size_t i = 0; i < references->count; i++)
		rescue_if_needed(references, (uint32_t)i);
	while (references->work_count > 0 && r == 0)
		r = references_of(references, references->work[--references->work_count],
			count_rescued, references);
	return r;
}

struct killing {
	struct references *references;
	const struct prune_moment *moment;
	uint32_t weight; /* how often the chunk that is walked has counted */
	bool refers;
};

static void kill_if_dead(struct killing *killing, uint32_t number)
{
	struct references *references = killing->references;
	uint8_t flags = references->flags[number];
	struct reference_places places = reference_places(references, number);
	struct index_entry entry;
	bool is_good = flags & REFERENCE_RESCUED;

	if (references->sums[number] != 0 || flags & (REFERENCE_ROOT | REFERENCE_DEAD))
		return;
	while (reference_places_next(&places, &entry)) {
		if (prune_is_young(references->packs[entry.pack].modified_s, killing->moment))
			return;
		is_good = is_good || reference_is_good(references, &entry);
	}
	if (is_good)
		push(references, number, REFERENCE_DEAD);
}

static int uncount(void *context, int64_t number, const uint8_t id[REPO_ID_SIZE])
{
	struct killing *killing = context;

	(void)id;
	killing->refers = true;
	if (number < 0)
		return 0;
	killing->references->sums[number] -= (int32_t)killing->weight;
	kill_if_dead(killing, (uint32_t)number);
	return 0;
}

static int walk_dead(struct killing *killing, uint32_t number)
{
	struct references *references = killing->references;
	struct reference_places places = reference_places(references, number);
	struct index_entry entry;

	killing->refers = false;
	killing->weight = references->flags[number] & REFERENCE_RESCUED ? 1 : 0;
	while (reference_places_next(&places, &entry))
		killing->weight += reference_is_good(references, &entry);
	int r = references_of(references, number, uncount, killing);
	places = reference_places(references, number);
	while (killing->refers && reference_places_next(&places, &entry))
		references->packs[entry.pack].must = true;
	return r;
}

static int find_dead(struct references *references, const struct prune_moment *moment)
{
	struct killing killing = {.references = references, .moment = moment};
	int r = 0;

	for (size_t i = 0; i < references->count; i++)
		kill_if_dead(&killing, (uint32_t)i);
	while (references->work_count > 0 && r == 0)
		r = walk_dead(&killing, references->work[--references->work_count]);
	return r;
}

/* A chunk that lies twice lives at its first place. */
static void weigh(struct references *references)
{
	struct index_entry entry;

	for (size_t i = 0; i < references->count; i++) {
		struct reference_places places = reference_places(references, (uint32_t)i);
		bool lives = !(references->flags[i] & REFERENCE_DEAD);
		while (reference_places_next(&places, &entry)) {
			struct prune_pack *pack = &references->packs[entry.pack];
			pack->all += entry.size + CHUNK_WEIGHT;
			pack->live += lives ? entry.size + CHUNK_WEIGHT : 0;
			lives = false;
		}
	}
}

int references_judge(struct references *references, const struct prune_moment *moment)
{
	int r = rescue(references);

	if (r == 0)
		r = find_dead(references, moment);
	if (r == 0)
		weigh(references);
	return r;
}
