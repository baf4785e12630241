/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/index_file.h"
#include "repo/refs.h"
#include "repo/repair_priv.h"
#include "repo/repair_sorted.h"

/*
 * The index made anew from the packs: their blocks, the chunks of those that are whole, and
 * what those refer to.
 */

struct rebuild {
	struct repair *repair;
	struct sorted *sorted; /* entries and references, by ids */
	struct buf packs;      /* as they stand in an index file */
	uint32_t pack_count;
	/* The pack that is being looked at: */
	struct buf blocks;
	uint32_t block_count, block; /* of those, the one that is looked at */
	uint8_t piece;
	size_t lost; /* blocks */
};

static int take_block(void *context, const struct directory_block *block, const char *why)
{
	struct rebuild *rebuild = context;
	const uint8_t kinds[2] = {block->piece, block->codec};
	int r = buf_put_u32(&rebuild->blocks, block->sealed);

	rebuild->block = block->number;
	rebuild->piece = block->piece;
	rebuild->block_count++;
	rebuild->lost += why != NULL;
	if (r == 0)
		r = buf_put_u32(&rebuild->blocks, block->plain);
	return r == 0 ? buf_append(&rebuild->blocks, kinds, sizeof(kinds)) : r;
}

static int take_none(void *context, const struct ref *ref)
{
	(void)context, (void)ref;
	return 0;
}

static int take_reference(void *context, const struct ref *ref)
{
	struct rebuild *rebuild = context;

	return sorted_refer(rebuild->sorted, ref->id);
}

static int take_chunk(void *context, const struct directory_chunk *chunk, const uint8_t *data)
{
	struct rebuild *rebuild = context;
	struct index_entry entry = {.pack = rebuild->pack_count,
		.place = rebuild->block << 20 | (chunk->offset & 0xfffff),
		.size = chunk->size};
	int shape = refs_shape(data, chunk->size);
	bool refers = rebuild->piece == PIECE_META ? shape >= 0 : shape == REFS_RECIPE;

	if (idset_find(&rebuild->repair->gone, chunk->id) != IDSET_NONE)
		return 0;
	memcpy(entry.id, chunk->id, REPO_ID_SIZE);
	int r = sorted_place(rebuild->sorted, &entry);
	if (r < 0 || !refers)
		return r;
	/* Somebody's own data may begin like a recipe: nothing of it counts then. */
	r = refs_walk((enum refs_shape)shape, data, chunk->size, take_none, NULL);
	if (r == 0)
		r = refs_walk(
			(enum refs_shape)shape, data, chunk->size, take_reference, rebuild);
	return r == ERR_CORRUPT ? 0 : r;
}

static int put_pack(struct rebuild *rebuild, const struct pack_file *file,
	const struct directory_head *head)
{
	struct buf *out = &rebuild->packs;
	int r = buf_append(out, file->name, NAME_SIZE);

	if (r == 0)
		r = buf_put_u32(out, (uint32_t)file->bytes.size);
	if (r == 0)
		r = buf_put_u32(out, (uint32_t)file->trailer.data);
	if (r == 0)
		r = buf_put_u32(out, file->trailer.directory);
	if (r == 0)
		r = buf_append(out, head->dictionary, REPO_ID_SIZE);
	if (r == 0)
		r = buf_append(out, &head->key_kind, 1);
	if (r == 0)
		r = buf_put_u32(out, rebuild->block_count);
	if (r == 0)
		r = buf_append(out, rebuild->blocks.data, rebuild->blocks.size);
	return r;
}

static void tell_hurt(struct rebuild *rebuild, const struct mended *found)
{
	const struct repair_note note = {.kind = REPAIR_LOST, .file = found->path};

	repair_note(rebuild->repair, &note,
		"%s: %s; %zu of its %u blocks are lost, the others stay", found->path,
		found->why, rebuild->lost, rebuild->block_count);
}

static int take_pack(struct rebuild *rebuild, const struct mended *found, const uint8_t *name)
{
	struct pack_file file = {.bytes = found->bytes}; /* borrowed */
	const struct pack_visitor visitor = {
		.block = take_block, .chunk = take_chunk, .context = rebuild};
	struct directory_head head;

	memcpy(file.name, name, NAME_SIZE);
	buf_clear(&rebuild->blocks);
	rebuild->block_count = 0;
	rebuild->lost = 0;
	int r = armor_check(file.bytes.data, file.bytes.size, PACK_MAGIC, &file.report);
	file.trailer = file.report.trailer;
	if (r == 0)
		r = pack_file_head(rebuild->repair->repo, &file, &head);
	if (r == 0)
		r = pack_file_verify(rebuild->repair->repo, &file, &visitor);
	if (r == 0)
		r = put_pack(rebuild, &file, &head);
	if (r == 0) {
		rebuild->pack_count++;
		if (rebuild->lost > 0 && idset_add(&rebuild->repair->told, name))
			tell_hurt(rebuild, found);
		return 0;
	}
	if (r != ERR_CORRUPT)
		return r;
	if (rebuild->repair->gone.count > 0)
		return 0; /* was told before */
	const struct repair_note note = {.kind = REPAIR_LOST, .file = found->path};
	AUTO_TEXT why = mem_strdup(err_message());
	repair_note(rebuild->repair, &note, "%s: %s; all of it is lost", found->path, why);
	return 0;
}

static int look_at_pack(void *context, const struct storage_entry *entry)
{
	struct rebuild *rebuild = context;
	struct mend_file file = {.kind = MEND_PACK};
	struct mended found;
	int r = repair_cancelled(rebuild->repair);

	if (r < 0 || !mend_name(entry->name, file.name))
		return r;
	r = mend_look(rebuild->repair->repo, &file, &found);
	if (r == 0)
		r = take_pack(rebuild, &found, file.name);
	buf_free(&found.bytes);
	return r == ERR_NOTFOUND ? 0 : r;
}

/* The groups that are there, which the new one replaces: the name of a group is that of its
 * first file, so all names of files are named. */
struct old {
	uint8_t (*names)[NAME_SIZE];
	size_t count, capacity;
};

static int note_old(void *context, const struct storage_entry *entry)
{
	struct old *old = context;
	uint8_t name[NAME_SIZE];

	if (!mend_name(entry->name, name))
		return 0;
	mem_grow(&old->names, &old->capacity, old->count + 1, sizeof(*old->names));
	memcpy(old->names[old->count++], name, NAME_SIZE);
	return 0;
}

static int put_entries(struct index_file_writer *writer, struct rebuild *rebuild,
	const struct index_head *head)
{
	struct index_entry entry;
	struct index_reference reference;
	int r = 0;

	for (uint32_t i = 0; i < head->entries && r == 0; i++) {
		r = sorted_next_place(rebuild->sorted, &entry);
		if (r == 0)
			r = index_file_put_entry(writer, &entry);
	}
	for (uint32_t i = 0; i < head->references && r == 0; i++) {
		r = sorted_next_reference(rebuild->sorted, &reference);
		if (r == 0)
			r = index_file_put_reference(writer, &reference);
	}
	return r;
}

static int put_part(struct rebuild *rebuild, struct index_head *head, const struct old *old)
{
	struct index_file_writer *writer = index_file_writer_new(rebuild->repair->repo, head);
	struct index_file_entry file;
	int r = 0;

	if (head->part == 0 && old->count > 0)
		r = index_file_put(writer, old->names, old->count * NAME_SIZE);
	if (r == 0 && head->part == 0 && rebuild->packs.size > 0)
		r = index_file_put(writer, rebuild->packs.data, rebuild->packs.size);
	if (r == 0)
		r = put_entries(writer, rebuild, head);
	if (r == 0)
		r = index_file_finish(writer, &file);
	index_file_writer_free(writer);
	return r;
}

static uint32_t share(uint64_t count, uint16_t part)
{
	uint64_t before = (uint64_t)part * INDEX_ENTRIES_MAX;
	uint64_t left = count > before ? count - before : 0;

	return (uint32_t)(left < INDEX_ENTRIES_MAX ? left : INDEX_ENTRIES_MAX);
}

static int put_group(struct rebuild *rebuild, const struct old *old)
{
	uint64_t entries = sorted_places(rebuild->sorted);
	uint64_t references = sorted_references(rebuild->sorted);
	uint64_t more = entries > references ? entries : references;
	uint64_t parts = more == 0 ? 1 : (more + INDEX_ENTRIES_MAX - 1) / INDEX_ENTRIES_MAX;
	struct index_head head = {.parts = (uint16_t)parts};
	int r = 0;

	if (parts > INDEX_PARTS_MAX || old->count > INDEX_FILE_REPLACED_MAX)
		return err_set(ERR_LIMIT, "the index would have too many parts");
	for (uint16_t part = 0; part < parts && r == 0; part++) {
		head.part = part;
		head.replaced = part == 0 ? (uint32_t)old->count : 0;
		head.packs = part == 0 ? rebuild->pack_count : 0;
		head.entries = share(entries, part);
		head.references = share(references, part);
		r = put_part(rebuild, &head, old);
	}
	return r;
}

static int remove_old(struct rebuild *rebuild, const struct old *old)
{
	char path[PACK_PATH_SIZE];
	int r = 0;

	for (size_t i = 0; i < old->count && r == 0; i++) {
		mend_path(MEND_INDEX, old->names[i], path);
		r = storage_remove(rebuild->repair->repo->storage, path);
	}
	return r;
}

static int write_index(struct rebuild *rebuild)
{
	struct repo *repo = rebuild->repair->repo;
	struct old old = {0};
	int r = storage_list(repo->storage, mend_folder(MEND_INDEX), note_old, &old);

	if (r == 0)
		r = put_group(rebuild, &old);
	if (r == 0)
		r = remove_old(rebuild, &old);
	mem_free(old.names);
	return r;
}

/* Packs that the index had and that are gone, with all that was in them. */
static int name_missing(struct repair *repair)
{
	const struct index *index = &repair->repo->index;
	char path[PACK_PATH_SIZE];
	uint64_t size;
	int r = 0;

	for (size_t i = 0; i < index->pack_count && r == 0; i++) {
		const struct repair_note note = {.kind = REPAIR_LOST, .file = path};
		if (index->packs[i].dropped)
			continue;
		pack_path(index->packs[i].name, path);
		r = storage_size(repair->repo->storage, path, &size);
		if (r != ERR_NOTFOUND)
			continue;
		repair_note(repair, &note, "%s is missing; all of it is lost", path);
		r = 0;
	}
	return r;
}

int repair_index(struct repair *repair)
{
	const struct repair_note note = {.kind = REPAIR_MADE, .file = "index"};
	struct rebuild rebuild = {.repair = repair,
		.sorted = sorted_new(),
		.packs = buf_init(SIZE_MAX / 2),
		.blocks = buf_init(PACK_BLOCKS_MAX * 10)};
	int r = repair->gone.count == 0 ? name_missing(repair) : 0;

	if (r == 0)
		r = storage_list(
			repair->repo->storage, mend_folder(MEND_PACK), look_at_pack, &rebuild);

	if (r == 0)
		r = sorted_finish(rebuild.sorted);
	if (r == 0 && repair->gone.count == 0)
		repair_note(repair, &note,
			"the index is made anew from the %u packs: %llu chunks",
			rebuild.pack_count, (unsigned long long)sorted_places(rebuild.sorted));
	if (r == 0 && !repair->options->dry_run) {
		r = write_index(&rebuild);
		cache_free(&repair->repo->cache);
		index_free(&repair->repo->index);
		if (r == 0)
			r = repo_refresh(repair->repo);
	}
	sorted_free(rebuild.sorted);
	buf_free(&rebuild.packs);
	buf_free(&rebuild.blocks);
	return r;
}
