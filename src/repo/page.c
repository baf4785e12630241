/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/page.h"

#include <string.h>

#include "repo/varint.h"

static const char magic[] = "GRNPAGE2";

enum {
	PAGE_MAGIC_SIZE = 8,
	HEAD_MAX = PAGE_MAGIC_SIZE + 1 + 3, /* a count of at most 65,535 */
};

int page_compare_keys(const void *a, size_t a_size, const void *b, size_t b_size)
{
	size_t both = a_size < b_size ? a_size : b_size;
	int bytes = both > 0 ? memcmp(a, b, both) : 0;

	if (bytes != 0)
		return bytes;
	return (a_size > b_size) - (a_size < b_size);
}

struct page_cursor page_cursor_init(void)
{
	return (struct page_cursor){.key = buf_init(PAGE_KEY_MAX)};
}

void page_cursor_free(struct page_cursor *cursor)
{
	buf_free(&cursor->key);
}

static int damaged(const char *what)
{
	return err_set(ERR_CORRUPT, "a page of a map is damaged: %s", what);
}

/* A number of at most `most`. */
static int get_number(struct reader *reader, uint64_t most, uint64_t *out)
{
	if (reader->size > 0 && reader->data[0] < 0x80 && reader->data[0] <= most) {
		*out = reader->data[0];
		reader->data++;
		reader->size--;
		return 0;
	}
	int r = varint_get(reader, out);
	return r == 0 && *out > most ? damaged("a number is too large") : r;
}

int page_begin(struct page_cursor *cursor, const void *data, size_t size)
{
	const unsigned char *head = NULL;
	uint64_t count = 0;

	cursor->rest = (struct reader){data, size};
	cursor->next = 0;
	buf_clear(&cursor->key);
	if (size > PAGE_MAX)
		return damaged("it is too large");
	int r = reader_bytes(&cursor->rest, PAGE_MAGIC_SIZE + 1, &head);
	if (r < 0 || memcmp(head, magic, PAGE_MAGIC_SIZE) != 0)
		return err_set(
			ERR_CORRUPT, "a chunk is not the page of a map that it should be");
	cursor->level = head[PAGE_MAGIC_SIZE];
	if (cursor->level >= PAGE_LEVELS)
		return damaged("its level is too high");
	r = get_number(&cursor->rest, PAGE_ENTRIES_MAX, &count);
	if (r == 0 && count == 0 && cursor->level > 0)
		r = damaged("it is empty");
	cursor->count = (uint32_t)count;
	return r;
}

/* How many bytes a key shares with the one before, and those that follow. */
static int get_key_parts(
	struct reader *reader, uint64_t *shared, uint64_t *size, const unsigned char **bytes)
{
	int r = get_number(reader, PAGE_KEY_MAX, shared);

	if (r == 0)
		r = get_number(reader, PAGE_KEY_MAX - *shared, size);
	return r < 0 ? r : reader_bytes(reader, (size_t)*size, bytes);
}

/* Keys rise, and share as much as they can: where the first byte that is not shared is larger
 * than the one in its place both are so. */
static int get_key(struct page_cursor *cursor)
{
	const unsigned char *bytes = NULL;
	struct buf *key = &cursor->key;
	uint64_t shared = 0, size = 0;
	int r = get_key_parts(&cursor->rest, &shared, &size, &bytes);

	if (r < 0)
		return r;
	if (shared > key->size)
		return damaged("a key shares more than there is");
	if (cursor->next > 0 &&
		(size == 0 || (shared < key->size && bytes[0] <= key->data[shared])))
		return damaged("its keys do not rise");
	key->size = (size_t)shared;
	return buf_append(key, bytes, (size_t)size);
}

static int get_body(struct reader *reader, bool is_leaf, struct page_entry *out)
{
	uint64_t size = 0;
	int r;

	if (is_leaf) {
		out->entries = 1;
		r = get_number(reader, PAGE_VALUE_MAX, &size);
		out->value_size = (size_t)size;
		return r < 0 ? r : reader_bytes(reader, out->value_size, &out->value);
	}
	r = reader_bytes(reader, REPO_ID_SIZE, &out->id);
	if (r == 0)
		r = get_number(reader, UINT64_MAX, &out->entries);
	if (r == 0)
		r = get_number(reader, UINT64_MAX, &out->bytes);
	return r == 0 && out->entries == 0 ? damaged("a page below it is empty") : r;
}

int page_next(struct page_cursor *cursor, struct page_entry *out)
{
	if (cursor->next == cursor->count)
		return cursor->rest.size == 0 ? 0 : damaged("bytes follow its end");
	*out = (struct page_entry){0};
	int r = get_key(cursor);
	if (r == 0)
		r = get_body(&cursor->rest, cursor->level == 0, out);
	if (r < 0)
		return r;
	cursor->next++;
	out->key = cursor->key.data;
	out->key_size = cursor->key.size;
	return 1;
}

/* What a search knows: the last key shares exactly `matched` bytes with the one that is wanted,
 * and is less than it. So most keys are told by the number of bytes that they share with the
 * one before, and none has to be put together. */
struct search {
	const uint8_t *key;
	size_t size;
	size_t matched;
};

static int compare_next(struct search *search, size_t shared, const uint8_t *rest, size_t size)
{
	if (shared != search->matched)
		return shared > search->matched ? -1 : 1;
	const uint8_t *wanted = search->size ? search->key + shared : NULL;
	size_t wanted_size = search->size - shared;
	size_t same = 0;
	while (same < size && same < wanted_size && rest[same] == wanted[same])
		same++;
	search->matched += same;
	if (same == size || same == wanted_size)
		return (size > same) - (wanted_size > same);
	return rest[same] < wanted[same] ? -1 : 1;
}

int page_search(
	const void *data, size_t size, const struct page_entry *wanted, struct page_found *out)
{
	struct page_cursor cursor = {0};
	struct search search = {wanted->key, wanted->key_size, 0};
	int r = page_begin(&cursor, data, size);

	*out = (struct page_found){0};
	while (r == 0 && cursor.next < cursor.count) {
		const unsigned char *rest = NULL;
		uint64_t shared = 0, rest_size = 0;
		struct page_entry entry = {0};
		r = get_key_parts(&cursor.rest, &shared, &rest_size, &rest);
		int order =
			r < 0 ? 0
			      : compare_next(&search, (size_t)shared, rest, (size_t)rest_size);
		if (r == 0)
			r = get_body(&cursor.rest, cursor.level == 0, &entry);
		if (r < 0)
			return r;
		if (order >= 0) {
			out->is_same = order == 0;
			out->entry = entry;
			return 1;
		}
		out->before += entry.entries;
		cursor.next++;
	}
	return r;
}

struct page_writer page_writer_init(uint8_t level)
{
	return (struct page_writer){.level = level,
		.entries = buf_init(PAGE_MAX - HEAD_MAX),
		.key = buf_init(PAGE_KEY_MAX)};
}

void page_writer_free(struct page_writer *writer)
{
	buf_free(&writer->entries);
	buf_free(&writer->key);
}

/* The count of first bytes that a key shares with the one before it, which is less. */
static size_t shared_with_last(const struct page_writer *writer, const struct page_entry *entry)
{
	const struct buf *last = &writer->key;
	size_t shared = 0;

	if (writer->count == 0)
		return 0;
	while (shared < last->size && shared < entry->key_size &&
		last->data[shared] == entry->key[shared])
		shared++;
	ASSERT(shared < entry->key_size &&
		(shared == last->size || last->data[shared] < entry->key[shared]));
	return shared;
}

static int put_key(struct page_writer *writer, const struct page_entry *entry)
{
	size_t shared = shared_with_last(writer, entry);
	size_t size = entry->key_size - shared;
	uint8_t numbers[2 * VARINT_MAX];
	size_t used = varint_encode(shared, numbers);

	used += varint_encode(size, numbers + used);
	int r = buf_append(&writer->entries, numbers, used);
	if (r < 0 || size == 0)
		return r;
	r = buf_append(&writer->entries, entry->key + shared, size);
	writer->key.size = shared;
	return r < 0 ? r : buf_append(&writer->key, entry->key + shared, size);
}

static int put_body(struct buf *out, bool is_leaf, const struct page_entry *entry)
{
	int r;

	if (is_leaf) {
		r = varint_put(out, entry->value_size);
		return r < 0 ? r : buf_append(out, entry->value, entry->value_size);
	}
	r = buf_append(out, entry->id, REPO_ID_SIZE);
	if (r == 0)
		r = varint_put(out, entry->entries);
	return r < 0 ? r : varint_put(out, entry->bytes);
}

int page_put(struct page_writer *writer, const struct page_entry *entry)
{
	if (entry->key_size > PAGE_KEY_MAX)
		return err_set(ERR_INVALID, "a name or id of more than %d bytes", PAGE_KEY_MAX);
	if (entry->value_size > PAGE_VALUE_MAX)
		return err_set(
			ERR_INVALID, "an entry of a map of more than %d bytes", PAGE_VALUE_MAX);
	if (writer->count == PAGE_ENTRIES_MAX)
		return err_set(ERR_LIMIT, "a page of more than %d entries", PAGE_ENTRIES_MAX);
	if (writer->count == 0)
		buf_clear(&writer->key);
	int r = put_key(writer, entry);
	if (r == 0)
		r = put_body(&writer->entries, writer->level == 0, entry);
	if (r == 0)
		writer->count++;
	return r;
}

int page_finish(struct page_writer *writer, struct buf *out)
{
	int r = buf_append(out, magic, PAGE_MAGIC_SIZE);

	if (r == 0)
		r = buf_append(out, &writer->level, 1);
	if (r == 0)
		r = varint_put(out, writer->count);
	if (r == 0)
		r = buf_append(out, writer->entries.data, writer->entries.size);
	buf_clear(&writer->entries);
	buf_clear(&writer->key);
	writer->count = 0;
	return r;
}
