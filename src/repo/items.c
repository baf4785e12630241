/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/items.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/secret.h"
#include "repo/record.h"

static const size_t arena_max = (size_t)4 << 30;

enum { FIRST_SLOTS = 64 };

void items_init(struct items *items)
{
	*items = (struct items){.arena = buf_init(arena_max)};
	secret_random(&items->seed, sizeof(items->seed));
}

void items_free(struct items *items)
{
	buf_free(&items->arena);
	mem_free(items->entries);
	mem_free(items->slots);
	*items = (struct items){.arena = buf_init(arena_max)};
}

/* FNV-1a from a random seed, mixed at the end: ids come from outside. */
static uint32_t hash_of(const struct items *items, const char *id)
{
	uint64_t hash = 0xcbf29ce484222325 ^ items->seed;

	for (; *id; id++)
		hash = (hash ^ (unsigned char)*id) * 0x100000001b3;
	hash = (hash ^ hash >> 32) * 0x9e3779b97f4a7c15;
	return (uint32_t)(hash >> 32);
}

static const uint8_t *record_at(const struct items *items, const struct items_entry *entry)
{
	/* NOLINTNEXTLINE: entries is NULL only while count is 0. */
	return items->arena.data + entry->at;
}

/* A record begins with its length and then its id. */
static const char *id_at(const struct items *items, const struct items_entry *entry)
{
	return (const char *)record_at(items, entry) + RECORD_LENGTH_SIZE;
}

static struct tree_item item_at(const struct items *items, const struct items_entry *entry)
{
	struct reader reader = {record_at(items, entry), RECORD_LENGTH_SIZE};
	struct tree_item item = {0};
	uint32_t size = 0;
	int r = reader_u32(&reader, &size);

	if (r == 0)
		r = record_get_item(record_at(items, entry) + RECORD_LENGTH_SIZE, size, &item);
	ASSERT(r == 0); /* written by record_put_item */
	return item;
}

/* The slot where the id is, or would go. */
static size_t slot_of(const struct items *items, const char *id, uint32_t hash)
{
	size_t slot = hash & (items->slot_count - 1);

	for (; items->slots[slot]; slot = (slot + 1) & (items->slot_count - 1)) {
		const struct items_entry *entry = &items->entries[items->slots[slot] - 1];
		if (entry->hash == hash && strcmp(id_at(items, entry), id) == 0)
			break;
	}
	return slot;
}

static struct items_entry *entry_of(const struct items *items, const char *id)
{
	if (items->slot_count == 0)
		return NULL;
	uint32_t number = items->slots[slot_of(items, id, hash_of(items, id))];
	return number ? &items->entries[number - 1] : NULL;
}

static void widen(struct items *items)
{
	mem_free(items->slots);
	items->slot_count = items->slot_count ? items->slot_count * 2 : FIRST_SLOTS;
	items->slots = mem_array(items->slot_count, sizeof(*items->slots));
	for (size_t i = 0; i < items->count; i++) {
		struct items_entry *entry = &items->entries[i];
		items->slots[slot_of(items, id_at(items, entry), entry->hash)] =
			(uint32_t)i + 1;
	}
}

/* Adds an entry for the record that has just been put at `at`. */
static void add_entry(struct items *items, const char *id, uint64_t at)
{
	uint32_t hash = hash_of(items, id);

	if (2 * (items->count + 1) > items->slot_count)
		widen(items);
	size_t slot = slot_of(items, id, hash);
	ASSERT(items->count < INT32_MAX);
	mem_grow(&items->entries, &items->capacity, items->count + 1, sizeof(*items->entries));
	items->entries[items->count++] = (struct items_entry){.at = at, .hash = hash};
	items->slots[slot] = (uint32_t)items->count;
}

bool items_find(const struct items *items, const char *id, struct tree_item *out)
{
	const struct items_entry *entry = entry_of(items, id);

	if (!entry || entry->removed)
		return false;
	*out = item_at(items, entry);
	return true;
}

int items_put(struct items *items, const struct tree_item *item)
{
	AUTO_BUF record = buf_init(RECORD_LENGTH_SIZE + RECORD_MAX);
	struct items_entry *entry = entry_of(items, item->id);
	uint64_t at = items->arena.size;
	int r = record_put_item(&record, item);

	if (r < 0)
		return r;
	/* Two records of one length are equal where their bytes are; the length comes first. */
	if (entry && !entry->removed && items->arena.size - entry->at >= record.size &&
		memcmp(record_at(items, entry), record.data, record.size) == 0) {
		entry->kept = true;
		return 0;
	}
	AUTO_TEXT id = mem_strdup(item->id); /* may lie in the arena, which moves */
	r = buf_append(&items->arena, record.data, record.size);
	if (r < 0)
		return r;
	if (!entry)
		add_entry(items, id, at);
	entry = entry_of(items, id);
	entry->at = at;
	entry->removed = false;
	entry->kept = true;
	items->changed = true;
	return 0;
}

static int load_item(void *context, const struct tree_item *item)
{
	struct items *items = context;
	uint64_t at = items->arena.size;
	int r = record_put_item(&items->arena, item);

	if (r < 0)
		return r;
	if (entry_of(items, item->id))
		return err_set(ERR_CORRUPT, "an item is twice in a list");
	add_entry(items, item->id, at);
	return 0;
}

int items_load(struct items *items, struct repo *repo, const uint8_t list_id[REPO_ID_SIZE])
{
	struct tree_folder folder = {0};

	memcpy(folder.list_id, list_id, REPO_ID_SIZE);
	return repo_items(repo, &folder, load_item, items);
}

void items_remove(struct items *items, const char *id)
{
	struct items_entry *entry = entry_of(items, id);

	if (!entry || entry->removed)
		return;
	entry->removed = true;
	items->changed = true;
}

void items_keep(struct items *items, const char *id)
{
	struct items_entry *entry = entry_of(items, id);

	if (entry)
		entry->kept = true;
}

void items_remove_others(struct items *items)
{
	for (size_t i = 0; i < items->count; i++) {
		struct items_entry *entry = &items->entries[i];
		if (entry->kept || entry->removed)
			continue;
		entry->removed = true;
		items->changed = true;
	}
}

static int compare_ids(const void *a, const void *b)
{
	const char *const *first = a;
	const char *const *second = b;

	return strcmp(*first, *second);
}

int items_walk(const struct items *items, tree_item_fn *visit, void *context)
{
	const char **ids = mem_array(items->count + 1, sizeof(*ids));
	size_t count = 0;
	int r = 0;

	for (size_t i = 0; i < items->count; i++)
		if (!items->entries[i].removed)
			ids[count++] = id_at(items, &items->entries[i]);
	qsort(ids, count, sizeof(*ids), compare_ids);
	for (size_t i = 0; i < count && r == 0; i++) {
		struct tree_item item = item_at(items, entry_of(items, ids[i]));
		r = visit(context, &item);
	}
	mem_free(ids);
	return r;
}
