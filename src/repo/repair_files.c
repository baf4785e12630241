/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "repo/check.h"
#include "repo/config.h"
#include "repo/keys.h"
#include "repo/repair_priv.h"
#include "repo/snapshot_file.h"

/*
 * Files that are given back as they were.
 */

static int repair_config(struct repair *repair)
{
	bool good[CONFIG_FILES];
	int mended = 0;
	int r = config_check(repair->repo->storage, &repair->repo->keys, good);

	for (int i = 0; i < CONFIG_FILES && r == 0; i++) {
		const struct repair_note note = {
			.kind = REPAIR_MENDED, .file = config_names[i]};
		if (!good[i])
			repair_note(repair, &note, "%s is written anew from its copy",
				config_names[i]);
		mended += !good[i];
	}
	return r == 0 && mended > 0 && !repair->options->dry_run
		       ? config_repair(repair->repo->storage, &repair->repo->keys, &mended)
		       : r;
}

static int repair_keys(struct repair *repair)
{
	struct key_info *keys = NULL;
	size_t count = 0;
	int mended = 0;
	int r = keys_list(repair->repo->storage, &keys, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		AUTO_TEXT path = mem_printf("keys/%s", keys[i].id);
		const struct repair_note note = {.file = path,
			.kind = keys[i].bad_copies == 1 ? REPAIR_MENDED : REPAIR_LOST};
		if (keys[i].bad_copies == 1)
			repair_note(repair, &note, "%s is written anew from its copy", path);
		else if (keys[i].bad_copies > 1)
			repair_note(repair, &note,
				"%s is lost and opens nothing; add the key again, and remove "
				"this one with garner key remove",
				path);
		mended += keys[i].bad_copies == 1;
	}
	mem_free(keys);
	return r == 0 && mended > 0 && !repair->options->dry_run
		       ? keys_repair(repair->repo->storage, &mended)
		       : r;
}

struct repairing {
	struct repair *repair;
	enum mend_kind kind;
};

static const struct snapshot_link *link_to(
	const struct snapshot_chain *chain, const uint8_t name[NAME_SIZE])
{
	for (size_t i = 0; i < chain->count; i++)
		for (size_t j = 0; j < chain->nodes[i].earlier_count; j++)
			if (memcmp(chain->nodes[i].earlier[j].name, name, NAME_SIZE) == 0)
				return &chain->nodes[i].earlier[j];
	return NULL;
}

/* Removes the file of a snapshot that nothing gives back; where others speak of it, behind a
 * note that it was forgotten. */
static int give_up_snapshot(struct repo *repo, const char *path, const uint8_t name[NAME_SIZE])
{
	struct snapshot_chain chain = {0};
	size_t damaged = 0;
	int r = snapshot_chain_load(repo, &chain, &damaged);
	const struct snapshot_link *link = r == 0 ? link_to(&chain, name) : NULL;

	if (link) {
		struct snapshot_link forgotten = *link, *heads = NULL;
		struct snapshot_node note = {.kind = SNAPSHOT_NOTE,
			.created_s = clock_now_s(),
			.forgotten = &forgotten,
			.forgotten_count = 1};
		note.earlier_count = snapshot_chain_heads(&chain, SNAPSHOT_EARLIER_MAX, &heads);
		note.earlier = heads;
		r = snapshot_put(repo, &note, NULL);
		mem_free(heads);
	}
	snapshot_chain_free(&chain);
	return r == 0 ? storage_remove(repo->storage, path) : r;
}

static int put_back(struct repair *repair, const struct mended *found)
{
	const struct repair_note note = {.kind = REPAIR_MENDED, .file = found->path};
	int r = repair->options->dry_run ? 0
					 : storage_replace(repair->repo->storage, found->path,
						   found->bytes.data, found->bytes.size);

	if (r == 0)
		repair_note(
			repair, &note, "%s: %s; given back as it was", found->path, found->why);
	return r;
}

struct need {
	struct repair *repair;
	const struct index_pack *pack;
	uint32_t block;
	bool is_needed;
};

static int note_number(void *context, const struct directory_block *block, const char *why)
{
	struct need *need = context;

	(void)why;
	need->block = need->pack->first_block + block->number;
	return 0;
}

static int note_need(void *context, const struct directory_chunk *chunk)
{
	struct need *need = context;
	struct index_place place;

	if (index_find(&need->repair->repo->index, chunk->id, &place) &&
		place.block == need->block)
		need->is_needed = true;
	return 0;
}

/* Whether the index has something of what is lost of a pack; after a repair it has not. */
static int judge_pack(struct repair *repair, const struct mend_file *file,
	const struct mended *found, bool *out)
{
	struct need need = {.repair = repair, .pack = file->pack};
	const struct pack_visitor visitor = {
		.block = note_number, .lost = note_need, .context = &need};
	struct pack_file whole = {.bytes = found->bytes}; /* borrowed */

	*out = false;
	if (repair->index_is_lost || !file->pack)
		return 0;
	memcpy(whole.name, file->name, NAME_SIZE);
	int r = armor_check(found->bytes.data, found->bytes.size, PACK_MAGIC, &whole.report);
	whole.trailer = whole.report.trailer;
	if (r == 0)
		r = pack_file_verify(repair->repo, &whole, &visitor);
	*out = need.is_needed;
	if (r == ERR_CORRUPT) /* that all of it is lost is told when the index is made anew */
		repair->packs_are_hurt = true;
	return r == ERR_CORRUPT ? 0 : r;
}

static int give_up_pack(
	struct repair *repair, const struct mend_file *file, const struct mended *found)
{
	const struct repair_note note = {.kind = REPAIR_LOST, .file = found->path};
	bool is_needed = false;
	int r = judge_pack(repair, file, found, &is_needed);

	if (r == 0 && is_needed) {
		repair->packs_are_hurt = true;
		idset_add(&repair->told, file->name);
		repair_note(repair, &note, "%s: %s; what is whole of it stays", found->path,
			found->why);
	}
	return r;
}

/* Nothing else is left of a snapshot whose file cannot be read. */
static int give_up(
	struct repairing *repairing, const struct mend_file *file, const struct mended *found)
{
	struct repair *repair = repairing->repair;
	const struct repair_note note = {.kind = REPAIR_LOST, .file = found->path};

	switch (repairing->kind) {
	case MEND_PACK:
		return give_up_pack(repair, file, found);
	case MEND_INDEX:
		repair->index_is_lost = true;
		return 0; /* that it is made anew is told then */
	case MEND_SNAPSHOT:
		break;
	}
	repair_note(repair, &note, "%s: %s; the snapshot is lost", found->path, found->why);
	return repair->options->dry_run
		       ? 0
		       : give_up_snapshot(repair->repo, found->path, file->name);
}

static const struct index_pack *pack_of(struct repo *repo, const uint8_t name[NAME_SIZE])
{
	int64_t number = idset_find(&repo->index.pack_names, name);

	return number == IDSET_NONE ? NULL : &repo->index.packs[number];
}

static void advance(struct repair *repair, uint64_t bytes)
{
	repair->done += bytes;
	if (repair->done > repair->total)
		repair->total = repair->done;
	if (repair->options->progress)
		repair->options->progress(
			repair->options->context, repair->done, repair->total);
}

static int repair_file(void *context, const struct storage_entry *entry)
{
	struct repairing *repairing = context;
	struct repair *repair = repairing->repair;
	struct mend_file file = {.kind = repairing->kind};
	struct mended found;
	int r = repair_cancelled(repair);

	if (r < 0 || !mend_name(entry->name, file.name))
		return r;
	if (file.kind == MEND_PACK)
		file.pack = pack_of(repair->repo, file.name);
	r = mend_look(repair->repo, &file, &found);
	if (r == 0 && found.state == MEND_MENDABLE)
		r = put_back(repair, &found);
	else if (r == 0 && found.state == MEND_LOST)
		r = give_up(repairing, &file, &found);
	buf_free(&found.bytes);
	if (file.kind == MEND_PACK)
		advance(repair, entry->size);
	return r == ERR_NOTFOUND ? 0 : r;
}

static int add_size(void *context, const struct storage_entry *entry)
{
	struct repair *repair = context;

	repair->total += entry->size;
	return 0;
}

int repair_files(struct repair *repair)
{
	static const enum mend_kind order[] = {MEND_INDEX, MEND_SNAPSHOT, MEND_PACK};
	struct storage *storage = repair->repo->storage;
	int r = repair_config(repair);

	if (r == 0)
		r = repair_keys(repair);
	if (r == 0)
		r = storage_list(storage, mend_folder(MEND_PACK), add_size, repair);
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]) && r == 0; i++) {
		struct repairing repairing = {repair, order[i]};
		/* Given back by now, the index helps with packs whose end is lost. */
		if (order[i] == MEND_PACK && !repair->index_is_lost) {
			r = repo_refresh(repair->repo);
			repair->index_is_lost = r == ERR_CORRUPT;
			r = r == ERR_CORRUPT ? 0 : r;
		}
		if (r == 0)
			r = storage_list(
				storage, mend_folder(order[i]), repair_file, &repairing);
	}
	return r;
}
