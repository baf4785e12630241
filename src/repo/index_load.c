/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/directory.h"
#include "repo/index_priv.h"
#include "repo/repo_priv.h"

/*
 * Taking index files in: those that are new are listed and opened, put together to groups, and
 * the entries of all groups that count merged in one go, page by page.
 */

enum {
	TRIES = 8,             /* a file that vanishes was merged: the list is read anew */
	HASHED_MAX = 32 << 10, /* so many new entries go into the hash, and make no table */
};

static int take_file(void *context, const struct storage_entry *entry)
{
	struct index_files *files = context;
	const char *name = strrchr(entry->name, '/');
	struct index_file_entry file = {.size = entry->size};

	if (!name || strlen(name + 1) != NAME_TEXT - 1 ||
		text_from_hex(name + 1, file.name, NAME_SIZE) < 0)
		return 0;
	if (files->known && idset_find(files->known, file.name) != IDSET_NONE)
		return 0;
	mem_grow(&files->list, &files->capacity, files->count + 1, sizeof(*files->list));
	files->list[files->count++] =
		(struct index_part){.file = file, .modified_s = entry->modified_s};
	return 0;
}

void index_files_free(struct index_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		index_reader_free(files->list[i].reader);
		idset_free(&files->list[i].claims);
	}
	mem_free(files->list);
	*files = (struct index_files){0};
}

static int compare_parts(const void *a, const void *b)
{
	const struct index_part *first = a, *second = b;
	const struct index_head *x = index_reader_head(first->reader);
	const struct index_head *y = index_reader_head(second->reader);
	int groups = memcmp(x->group, y->group, NAME_SIZE);

	return groups ? groups : (int)x->part - (int)y->part;
}

int index_files_open(struct repo *repo, const struct idset *known, struct index_files *out)
{
	*out = (struct index_files){.known = known};
	int r = storage_list(repo->storage, "index", take_file, out);
	for (size_t i = 0; i < out->count && r == 0; i++)
		r = index_reader_open(repo, &out->list[i].file, &out->list[i].reader);
	if (r < 0) {
		index_files_free(out);
		return r;
	}
	if (out->count > 0)
		qsort(out->list, out->count, sizeof(*out->list), compare_parts);
	return 0;
}

/* Files of one group that stand one behind the other; 0 where one of its parts is missing. */
size_t index_files_group(const struct index_files *files, size_t first)
{
	const struct index_head *head = index_reader_head(files->list[first].reader);
	size_t count = 0;

	while (first + count < files->count) {
		const struct index_head *part =
			index_reader_head(files->list[first + count].reader);
		if (memcmp(part->group, head->group, NAME_SIZE) != 0 ||
			part->parts != head->parts || part->part != count)
			break;
		count++;
	}
	return count == head->parts ? count : 0;
}

/* What a part says of packs to be removed. */
static int take_sentences(struct index_part *part, struct index_sentences *sentences)
{
	const struct index_head *head = index_reader_head(part->reader);
	uint8_t bytes[NAME_SIZE + 8];
	int r = 0;

	for (uint32_t i = 0; i < head->condemned && r == 0; i++) {
		r = index_reader_take(part->reader, bytes, sizeof(bytes));
		if (r < 0)
			return r;
		struct reader reader = {bytes + NAME_SIZE, 8};
		uint64_t since = 0;
		r = reader_u64(&reader, &since);
		mem_grow(&sentences->condemned, &sentences->capacity, sentences->count + 1,
			sizeof(*sentences->condemned));
		struct index_condemned *added = &sentences->condemned[sentences->count++];
		memcpy(added->name, bytes, NAME_SIZE);
		added->since_s = (int64_t)since;
	}
	for (uint32_t i = 0; i < head->dropped && r == 0; i++) {
		r = index_reader_take(part->reader, bytes, NAME_SIZE);
		if (r == 0)
			idset_add(&sentences->dropped, bytes);
	}
	return r;
}

static int take_pack(struct index *index, struct index_part *part, uint32_t *out_number)
{
	struct index_file_pack pack;
	struct directory_block block;
	bool known;
	int r = index_reader_pack(part->reader, &pack);

	if (r < 0)
		return r;
	uint64_t sum = pack.directory;
	*out_number = index_add_pack(index, &pack, &known);
	for (uint32_t i = 0; i < pack.block_count; i++) {
		r = index_reader_block(part->reader, &block);
		if (r < 0)
			return r;
		sum += block.sealed;
		if (!known)
			index_add_block(index, &block);
	}
	if (sum != pack.data)
		return err_set(ERR_CORRUPT, "an index file has a pack that is not its blocks");
	if (index->packs[*out_number].block_count != pack.block_count)
		return err_set(ERR_CORRUPT, "two index files say different things of a pack");
	return 0;
}

/* The packs of a group are numbered through its parts. */
static int take_group_packs(struct index *index, struct index_part *parts, size_t count,
	struct index_sentences *out)
{
	size_t total = 0, at = 0;
	int r = 0;

	for (size_t i = 0; i < count; i++)
		total += index_reader_head(parts[i].reader)->packs;
	struct index_numbers *numbers = mem_alloc(sizeof(*numbers));
	numbers->users = count;
	numbers->count = total;
	numbers->of = mem_array(total + 1, sizeof(*numbers->of));
	for (size_t i = 0; i < count; i++)
		parts[i].numbers = numbers;
	for (size_t i = 0; i < count && r == 0; i++) {
		uint32_t packs = index_reader_head(parts[i].reader)->packs;
		r = take_sentences(&parts[i], out);
		for (uint32_t j = 0; j < packs && r == 0; j++)
			r = take_pack(index, &parts[i], &numbers->of[at++]);
	}
	return r;
}

int index_files_packs(
	struct index *index, struct index_files *files, struct index_sentences *out)
{
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0;) {
		if (!files->list[i].counts) {
			i++;
			continue;
		}
		size_t count = index_files_group(files, i);
		r = take_group_packs(index, files->list + i, count, out);
		i += count;
	}
	return r;
}

/* What was said of packs to be removed counts for those that are known by now. */
void index_pass_sentences(struct index *index, const struct index_sentences *sentences)
{
	for (size_t i = 0; i < sentences->count; i++) {
		int64_t pack = idset_find(&index->pack_names, sentences->condemned[i].name);
		if (pack != IDSET_NONE &&
			index->packs[pack].condemned_s < sentences->condemned[i].since_s)
			index->packs[pack].condemned_s = sentences->condemned[i].since_s;
	}
	for (size_t i = 0; i < sentences->dropped.count; i++) {
		int64_t pack = idset_find(&index->pack_names, sentences->dropped.ids[i]);
		if (pack != IDSET_NONE)
			index->packs[pack].dropped = true;
	}
}

void index_sentences_free(struct index_sentences *sentences)
{
	mem_free(sentences->condemned);
	idset_free(&sentences->dropped);
}

/* The next entry of a part, with its pack's number in the index. */
static int next_entry(const struct index *index, struct index_part *part)
{
	uint8_t last[REPO_ID_SIZE];

	memcpy(last, part->entry.id, sizeof(last));
	int r = index_reader_entry(part->reader, &part->entry);
	if (r < 0)
		return r;
	if (part->taken > 0 && memcmp(last, part->entry.id, sizeof(last)) > 0)
		return err_set(ERR_CORRUPT, "an index file has entries out of their order");
	if (part->entry.pack >= part->numbers->count)
		return err_set(ERR_CORRUPT, "a chunk in a pack that is not named");
	part->entry.pack = part->numbers->of[part->entry.pack];
	part->taken++;
	return index_judge_entry(index, &part->entry);
}

static bool is_before(const struct index_part *a, const struct index_part *b)
{
	return memcmp(a->entry.id, b->entry.id, REPO_ID_SIZE) < 0;
}

static void sift(struct index_part **heap, size_t count, size_t at)
{
	for (;;) {
		size_t least = at, left = 2 * at + 1;
		if (left < count && is_before(heap[left], heap[least]))
			least = left;
		if (left + 1 < count && is_before(heap[left + 1], heap[least]))
			least = left + 1;
		if (least == at)
			return;
		struct index_part *other = heap[at];
		heap[at] = heap[least];
		heap[least] = other;
		at = least;
	}
}

/* Gives all entries by their ids. */
int index_files_entries(const struct index *index, struct index_files *files,
	index_entry_fn *visit, void *context)
{
	struct index_part **heap = mem_array(files->count + 1, sizeof(struct index_part *));
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < files->count && r == 0; i++) {
		struct index_part *part = &files->list[i];
		if (!part->counts || index_reader_head(part->reader)->entries == 0)
			continue;
		r = next_entry(index, part);
		heap[count++] = part;
	}
	for (size_t i = count; i-- > 0;)
		sift(heap, count, i);
	while (count > 0 && r == 0) {
		struct index_part *part = heap[0];
		if (!index->packs[part->entry.pack].dropped)
			r = visit(context, &part->entry);
		if (part->taken == index_reader_head(part->reader)->entries)
			heap[0] = heap[--count];
		else if (r == 0)
			r = next_entry(index, part);
		sift(heap, count, 0);
	}
	mem_free(heap);
	return r;
}

static int hash_entry(void *context, const struct index_entry *entry)
{
	return index_add_entry(context, entry);
}

static int table_entry(void *context, const struct index_entry *entry)
{
	return index_table_add(context, entry);
}

/* Of entries with the same id, one that is not in a condemned pack is passed on. */
struct choosing {
	const struct index *index;
	index_entry_fn *visit;
	void *context;
	struct index_entry entry;
	bool has;
};

static int choose_last(struct choosing *choosing)
{
	bool had = choosing->has;

	choosing->has = false;
	return had ? choosing->visit(choosing->context, &choosing->entry) : 0;
}

static int choose_entry(void *context, const struct index_entry *entry)
{
	struct choosing *choosing = context;
	int r = 0;

	if (choosing->has && memcmp(choosing->entry.id, entry->id, REPO_ID_SIZE) == 0) {
		if (choosing->index->packs[choosing->entry.pack].condemned_s)
			choosing->entry = *entry;
		return 0;
	}
	r = choose_last(choosing);
	choosing->entry = *entry;
	choosing->has = true;
	return r;
}

static int load_chosen(
	struct index *index, struct index_files *files, index_entry_fn *visit, void *context)
{
	struct choosing choosing = {.index = index, .visit = visit, .context = context};
	int r = index_files_entries(index, files, choose_entry, &choosing);

	return r < 0 ? r : choose_last(&choosing);
}

static int load_entries(struct index *index, struct index_files *files)
{
	struct index_table *table = NULL;
	size_t total = 0;

	for (size_t i = 0; i < files->count; i++)
		if (files->list[i].counts)
			total += index_reader_head(files->list[i].reader)->entries;
	if (total <= HASHED_MAX)
		return load_chosen(index, files, hash_entry, index);
	int r = index_table_new(total, &table);
	if (r == 0)
		r = load_chosen(index, files, table_entry, table);
	if (r == 0)
		r = index_table_finish(table);
	if (r == 0)
		return index_add_table(index, table);
	index_table_free(table);
	return r;
}

/* Whether something that is in the index already was put into another group since. */
static bool replaces_loaded(const struct index *index, const struct index_files *files)
{
	for (size_t i = 0; i < files->replaced.count; i++)
		if (idset_find(&index->groups, files->replaced.ids[i]) != IDSET_NONE)
			return true;
	return false;
}

static void remember(struct index *index, const struct index_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		const struct index_part *part = &files->list[i];
		const struct index_head *head = index_reader_head(part->reader);
		if (!part->whole)
			continue;
		idset_add(&index->files, part->file.name);
		if (idset_add(&index->groups, head->group) && part->counts)
			index->live_groups++;
	}
}

void index_files_close(struct index_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		struct index_numbers *numbers = files->list[i].numbers;
		if (!numbers || --numbers->users > 0)
			continue;
		mem_free(numbers->of);
		mem_free(numbers);
	}
	idset_free(&files->replaced);
	index_files_free(files);
}

static int load_once(struct repo *repo, bool *again)
{
	struct index *index = &repo->index;
	struct index_sentences sentences = {0};
	struct index_files files;
	int r = index_files_open(repo, &index->files, &files);

	*again = r == ERR_NOTFOUND;
	if (r < 0)
		return r;
	r = index_files_choose(&files);
	if (r == 0 && replaces_loaded(index, &files)) {
		*again = true;
		cache_free(&repo->cache);
		index_free(index);
	} else {
		if (r == 0)
			r = index_files_packs(index, &files, &sentences);
		index_pass_sentences(index, &sentences);
		if (r == 0)
			r = load_entries(index, &files);
		if (r == 0)
			remember(index, &files);
	}
	/* What was taken in by half is not to be built upon. */
	if (r < 0) {
		cache_free(&repo->cache);
		index_free(index);
	}
	*again = *again || r == ERR_NOTFOUND;
	index_sentences_free(&sentences);
	index_files_close(&files);
	return r;
}

int index_load(struct repo *repo)
{
	bool again = true;
	int r = 0;

	for (int i = 0; i < TRIES && again; i++)
		r = load_once(repo, &again);
	/* An index file that is listed and never there is damage, nothing that was asked for.
	 */
	return r == ERR_NOTFOUND ? err_wrap((int)ERR_CORRUPT, "index") : r;
}
