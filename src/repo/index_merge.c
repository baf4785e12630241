/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/directory.h"
#include "repo/index_priv.h"
#include "repo/repo_priv.h"

/*
 * Merging groups of index files, so that there are few: the small ones become one, in passes
 * over their files that keep little in memory. Files that were replaced more than a day ago are
 * removed; until then another merge at the same time may turn out not to count.
 */

enum {
	PART_ENTRIES = 256 << 10, /* so that a part is made in little memory */
	REPLACED_AGE_S = 24 * 60 * 60,
	GROWTH = 2, /* a group this much larger than all smaller ones together is left alone */
};

struct merge {
	struct repo *repo; /* borrowed */
	struct index_files files;
	struct index_sentences sentences;
	struct index index;             /* of what is merged: its packs */
	struct index_table *entries;    /* of them */
	struct index_table *references; /* with the delta in `size` */
	struct index_head head;
	struct index_file_writer *writer; /* of the part under way */
};

static int take_entry(void *context, const struct index_entry *entry)
{
	struct merge *merge = context;

	return index_table_add(merge->entries, entry);
}

static int add_reference(struct merge *merge, const struct index_reference *reference)
{
	struct index_entry entry = {.size = (uint32_t)reference->delta};

	if (reference->delta == 0)
		return 0;
	memcpy(entry.id, reference->id, REPO_ID_SIZE);
	return index_table_add(merge->references, &entry);
}

static int compare_references(const void *a, const void *b)
{
	return memcmp(a, b, REPO_ID_SIZE);
}

/* The first one of the files that stand at their references, which is summed up. */
static int sum_first(struct merge *merge, struct index_reference *heads, uint32_t *left)
{
	struct index_reference sum = {.delta = 0};
	bool begun = false;
	int r = 0;

	for (size_t i = 0; i < merge->files.count; i++) {
		if (left[i] > 0 && (!begun || compare_references(&heads[i], &sum) < 0)) {
			memcpy(sum.id, heads[i].id, REPO_ID_SIZE);
			begun = true;
		}
	}
	for (size_t i = 0; i < merge->files.count && r == 0; i++) {
		while (left[i] > 0 && compare_references(&heads[i], &sum) == 0 && r == 0) {
			sum.delta += heads[i].delta;
			if (--left[i] > 0)
				r = index_reader_reference(
					merge->files.list[i].reader, &heads[i]);
		}
	}
	return r < 0 ? r : add_reference(merge, &sum);
}

static int take_references(struct merge *merge)
{
	size_t count = merge->files.count;
	struct index_reference *heads = mem_array(count + 1, sizeof(*heads));
	uint32_t *left = mem_array(count + 1, sizeof(*left));
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct index_part *part = &merge->files.list[i];
		left[i] = part->counts ? index_reader_head(part->reader)->references : 0;
		if (left[i] > 0)
			r = index_reader_reference(part->reader, &heads[i]);
	}
	for (bool more = true; more && r == 0;) {
		more = false;
		for (size_t i = 0; i < count; i++)
			more = more || left[i] > 0;
		if (more)
			r = sum_first(merge, heads, left);
	}
	mem_free(heads);
	mem_free(left);
	return r;
}

/* How many entries and references the files that count have, at most. */
static void count_all(const struct merge *merge, size_t *out_entries, size_t *out_references)
{
	*out_entries = *out_references = 0;
	for (size_t i = 0; i < merge->files.count; i++) {
		const struct index_part *part = &merge->files.list[i];
		if (!part->counts)
			continue;
		*out_entries += index_reader_head(part->reader)->entries;
		*out_references += index_reader_head(part->reader)->references;
	}
}

static int collect(struct merge *merge)
{
	size_t entries, references;

	count_all(merge, &entries, &references);
	int r = index_files_packs(&merge->index, &merge->files, &merge->sentences);
	if (r == 0)
		r = index_table_new(entries, &merge->entries);
	/* A chunk that lies twice has counted twice, and one of its packs may be condemned. */
	if (r == 0)
		index_table_keep_equal(merge->entries);
	if (r == 0)
		r = index_table_new(references, &merge->references);
	if (r == 0)
		r = index_files_entries(&merge->index, &merge->files, take_entry, merge);
	if (r == 0)
		r = index_table_finish(merge->entries);
	if (r == 0)
		r = take_references(merge);
	return r < 0 ? r : index_table_finish(merge->references);
}

/* Whether a group that is merged now has replaced this one, whose file is still there. */
static bool was_merged_before(const struct merge *merge, const uint8_t group[NAME_SIZE])
{
	for (size_t i = 0; i < merge->files.count; i++) {
		const struct index_part *part = &merge->files.list[i];
		if (part->counts && idset_find(&part->claims, group) != IDSET_NONE)
			return true;
	}
	return false;
}

/* What is merged now, and what that has replaced before, is replaced; and what is void, for it
 * would count again without those that it is void for. Nothing else: what a group claims that
 * is left as it is, is that group's. */
static int put_replaced(struct merge *merge, struct index_file_writer *writer, uint32_t *count)
{
	int r = 0;

	*count = 0;
	for (size_t i = 0; i < merge->files.count && r == 0; i++) {
		const struct index_part *part = &merge->files.list[i];
		const struct index_head *head = index_reader_head(part->reader);
		if (part->is_kept || !part->whole || head->part != 0)
			continue;
		if (!part->counts && !part->is_void && !was_merged_before(merge, head->group))
			continue;
		++*count;
		if (writer)
			r = index_file_put(writer, head->group, NAME_SIZE);
	}
	return r;
}

static int put_sentences(struct merge *merge)
{
	const struct index_sentences *sentences = &merge->sentences;
	int r = 0;

	for (size_t i = 0; i < sentences->count && r == 0; i++) {
		AUTO_BUF bytes = buf_init(NAME_SIZE + 8);
		r = buf_append(&bytes, sentences->condemned[i].name, NAME_SIZE);
		if (r == 0)
			r = buf_put_u64(&bytes, (uint64_t)sentences->condemned[i].since_s);
		if (r == 0)
			r = index_file_put(merge->writer, bytes.data, bytes.size);
	}
	for (size_t i = 0; i < sentences->dropped.count && r == 0; i++)
		r = index_file_put(merge->writer, sentences->dropped.ids[i], NAME_SIZE);
	return r;
}

static int put_pack(struct merge *merge, const struct index_pack *pack)
{
	struct index_file_pack info = {
		.size = pack->size,
		.data = pack->data,
		.directory = pack->directory,
		.key_kind = pack->key_kind,
		.block_count = pack->block_count,
	};

	memcpy(info.name, pack->name, NAME_SIZE);
	memcpy(info.dictionary, pack->dictionary, REPO_ID_SIZE);
	int r = index_file_put_pack(merge->writer, &info);
	for (uint32_t i = 0; i < pack->block_count && r == 0; i++) {
		const struct index_block *block = &merge->index.blocks[pack->first_block + i];
		r = index_file_put_block(
			merge->writer, &(struct directory_block){.sealed = block->sealed,
					       .plain = block->plain,
					       .piece = block->piece,
					       .codec = block->codec});
	}
	return r;
}

/* The share of a part: from, and how many, of so many. */
static uint32_t share(size_t all, const struct index_head *head, size_t *out_from)
{
	size_t each = (all + head->parts - 1) / head->parts;
	size_t from = each * head->part;

	from = from < all ? from : all;
	*out_from = from;
	return (uint32_t)(all - from < each ? all - from : each);
}

static int put_rest(struct merge *merge, size_t packs, size_t entries, size_t references)
{
	const struct index_head *head = &merge->head;
	struct index_entry entry;
	int r = 0;

	for (size_t i = packs; i < packs + head->packs && r == 0; i++)
		r = put_pack(merge, &merge->index.packs[i]);
	for (size_t i = entries; i < entries + head->entries && r == 0; i++) {
		index_table_get(merge->entries, i, &entry);
		r = index_file_put_entry(merge->writer, &entry);
	}
	for (size_t i = references; i < references + head->references && r == 0; i++) {
		struct index_reference reference;
		index_table_get(merge->references, i, &entry);
		memcpy(reference.id, entry.id, REPO_ID_SIZE);
		reference.delta = (int32_t)entry.size;
		r = index_file_put_reference(merge->writer, &reference);
	}
	return r;
}

static int write_part(struct merge *merge)
{
	struct index_head *head = &merge->head;
	struct index_file_entry file;
	size_t packs, entries, references;
	int r = 0;

	head->packs = share(merge->index.pack_count, head, &packs);
	head->entries = share(index_table_count(merge->entries), head, &entries);
	head->references = share(index_table_count(merge->references), head, &references);
	head->replaced = head->condemned = head->dropped = 0;
	if (head->part == 0) {
		r = put_replaced(merge, NULL, &head->replaced);
		head->condemned = (uint32_t)merge->sentences.count;
		head->dropped = (uint32_t)merge->sentences.dropped.count;
	}
	merge->writer = index_file_writer_new(merge->repo, head);
	if (r == 0 && head->part == 0)
		r = put_replaced(merge, merge->writer, &head->replaced);
	if (r == 0 && head->part == 0)
		r = put_sentences(merge);
	if (r == 0)
		r = put_rest(merge, packs, entries, references);
	if (r == 0)
		r = index_file_finish(merge->writer, &file);
	index_file_writer_free(merge->writer);
	return r;
}

static int write_group(struct merge *merge)
{
	size_t most = index_table_count(merge->entries);
	int r = 0;

	if (index_table_count(merge->references) > most)
		most = index_table_count(merge->references);
	if (most / PART_ENTRIES + 1 > INDEX_PARTS_MAX)
		return err_set(ERR_LIMIT, "the index is too large for one group");
	merge->head.parts = (uint16_t)(most / PART_ENTRIES + 1);
	for (; merge->head.part < merge->head.parts && r == 0; merge->head.part++)
		r = write_part(merge);
	return r;
}

struct group {
	size_t first, count; /* of its parts in the list */
	uint64_t entries;
};

static int compare_groups(const void *a, const void *b)
{
	const struct group *x = a, *y = b;

	return (x->entries > y->entries) - (x->entries < y->entries);
}

/* Takes the small groups, and leaves the others as they are. */
static void choose_small(struct index_files *files, size_t most)
{
	struct group *groups = mem_array(files->count + 1, sizeof(*groups));
	size_t count = 0;
	uint64_t sum = 0;

	for (size_t i = 0; i < files->count; i++) {
		if (!files->list[i].counts)
			continue;
		const struct index_head *head = index_reader_head(files->list[i].reader);
		if (head->part == 0)
			groups[count++] = (struct group){.first = i};
		groups[count - 1].count++;
		groups[count - 1].entries += head->entries;
	}
	qsort(groups, count, sizeof(*groups), compare_groups);
	bool keep = false;
	for (size_t i = 0; i < count; i++) {
		keep = keep || (i > most / 2 && groups[i].entries > GROWTH * sum);
		sum += groups[i].entries;
		for (size_t j = 0; j < groups[i].count && keep; j++) {
			files->list[groups[i].first + j].counts = false;
			files->list[groups[i].first + j].is_kept = true;
		}
	}
	mem_free(groups);
}

/* Files of groups that were replaced long ago. */
static int remove_replaced(struct merge *merge)
{
	int64_t now_s = 0;
	int r = storage_now(merge->repo->storage, &now_s);

	for (size_t i = 0; i < merge->files.count && r == 0; i++) {
		const struct index_part *part = &merge->files.list[i];
		char digits[NAME_TEXT];
		if (part->counts || part->is_kept || !part->is_replaced ||
			part->modified_s > now_s - REPLACED_AGE_S)
			continue;
		text_to_hex(part->file.name, NAME_SIZE, digits);
		AUTO_TEXT path = mem_printf("index/%s", digits);
		r = storage_remove(merge->repo->storage, path);
	}
	return r;
}

static int merge_files(struct merge *merge, size_t most)
{
	int r = index_files_open(merge->repo, NULL, &merge->files);

	if (r < 0)
		return r;
	r = index_files_choose(&merge->files);
	if (r == 0) {
		choose_small(&merge->files, most);
		r = collect(merge);
	}
	if (r == 0)
		r = write_group(merge);
	if (r == 0)
		r = remove_replaced(merge);
	return r;
}

int index_merge(struct repo *repo, size_t most)
{
	struct merge merge = {.repo = repo};

	if (repo->index.live_groups <= most)
		return 0;
	int r = merge_files(&merge, most);
	index_sentences_free(&merge.sentences);
	index_files_close(&merge.files);
	index_table_free(merge.entries);
	index_table_free(merge.references);
	index_free(&merge.index);
	if (r == ERR_NOTFOUND)
		r = 0; /* another one merges */
	return r < 0 ? err_wrap(r, "merging the index") : index_load(repo);
}
