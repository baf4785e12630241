/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/heldset.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { ENTRY_SIZE = HELDSET_ID_SIZE + 8 + 8 };

void heldset_free(struct heldset *set)
{
	mem_free(set->entries);
	*set = (struct heldset){0};
}

struct heldset heldset_copy(const struct heldset *set)
{
	struct heldset copy = {.count = set->count};

	mem_grow(&copy.entries, &copy.capacity, set->count, sizeof(*set->entries));
	if (set->count)
		memcpy(copy.entries, set->entries, set->count * sizeof(*set->entries));
	return copy;
}

static int order_by_id(const void *a, const void *b)
{
	return memcmp(a, b, HELDSET_ID_SIZE); /* the id is an entry's first member */
}

_Static_assert(offsetof(struct heldset_entry, id) == 0, "entries are compared by their start");

const struct heldset_entry *heldset_find(
	const struct heldset *set, const uint8_t id[HELDSET_ID_SIZE])
{
	if (!set->count)
		return NULL;
	return bsearch(id, set->entries, set->count, sizeof(*set->entries), order_by_id);
}

bool heldset_append(struct heldset *set, const struct heldset_entry *entry)
{
	if (set->count && order_by_id(&set->entries[set->count - 1], entry) >= 0)
		return false;
	mem_grow(&set->entries, &set->capacity, set->count + 1, sizeof(*set->entries));
	set->entries[set->count++] = *entry;
	return true;
}

void heldset_add(struct heldset *set, struct heldset_entry *entries, size_t count)
{
	struct heldset merged = {0};
	size_t old = 0;

	if (!count)
		return;
	qsort(entries, count, sizeof(*entries), order_by_id);
	mem_grow(&merged.entries, &merged.capacity, set->count + count, sizeof(*entries));
	for (size_t i = 0; i < count; i++) {
		while (old < set->count && order_by_id(&set->entries[old], &entries[i]) <= 0)
			merged.entries[merged.count++] = set->entries[old++];
		(void)heldset_append(&merged, &entries[i]); /* refused where it is there */
	}
	while (old < set->count)
		merged.entries[merged.count++] = set->entries[old++];
	heldset_free(set);
	*set = merged;
}

void heldset_remove(struct heldset *set, const uint8_t id[HELDSET_ID_SIZE])
{
	const struct heldset_entry *found = heldset_find(set, id);

	if (!found)
		return;
	size_t at = (size_t)(found - set->entries);
	memmove(&set->entries[at], &set->entries[at + 1],
		(set->count - at - 1) * sizeof(*set->entries));
	set->count--;
}

bool heldset_matches(const struct heldset *set, const struct lease *lease)
{
	char text[2 * HELDSET_ID_SIZE + 1];
	uint8_t digest[HASH_SIZE];

	if (lease->assigned_count != (int64_t)set->count)
		return false;
	struct hash_stream *stream = hash_stream_new();
	for (size_t i = 0; i < set->count; i++) {
		text_to_hex(set->entries[i].id, HELDSET_ID_SIZE, text);
		lease_assigned_add(stream, text);
	}
	hash_stream_finish(stream, digest);
	return memcmp(digest, lease->assigned_digest, sizeof(digest)) == 0;
}

int heldset_write(const struct heldset *set, struct buf *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < set->count; i++) {
		const struct heldset_entry *entry = &set->entries[i];
		r = buf_append(out, entry->id, HELDSET_ID_SIZE);
		if (r == 0)
			r = buf_put_u64(out, (uint64_t)entry->assigned_s);
		if (r == 0)
			r = buf_put_u64(out, (uint64_t)entry->releasable_s);
	}
	return r;
}

static int read_entry(struct reader *reader, struct heldset_entry *out)
{
	const unsigned char *id;
	uint64_t assigned, releasable;
	int r = reader_bytes(reader, HELDSET_ID_SIZE, &id);

	if (r == 0)
		r = reader_u64(reader, &assigned);
	if (r == 0)
		r = reader_u64(reader, &releasable);
	if (r != 0)
		return r;
	memcpy(out->id, id, HELDSET_ID_SIZE);
	out->assigned_s = (int64_t)assigned;
	out->releasable_s = (int64_t)releasable;
	return 0;
}

int heldset_read(struct reader *reader, struct heldset *out)
{
	struct heldset_entry entry;
	int r = 0;

	heldset_free(out);
	mem_grow(&out->entries, &out->capacity, reader->size / ENTRY_SIZE, sizeof(entry));
	while (r == 0 && reader->size > 0) {
		r = read_entry(reader, &entry);
		if (r == 0 && !heldset_append(out, &entry))
			r = err_set(ERR_CORRUPT, "the subjects are not in order");
	}
	return r;
}
