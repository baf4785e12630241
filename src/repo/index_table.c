/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/index_table.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"

enum {
	HEAP_ENTRIES = (4 << 20) / sizeof(struct index_entry),
	WRITE_ENTRIES = (256 << 10) / sizeof(struct index_entry),
	FAN = 1 << 16,
	FILTER_BITS = 10, /* of the filter for each entry */
	FILTER_WORDS = 8, /* of 64 bits: a cache line, which all bits of an id lie in */
	FILTER_PROBES = 6,
	WINDOW = 64,          /* entries that a look-up in the file reads at once */
	WALKED_MAX = 1 << 18, /* entries before what a walk brought into memory is let go */
};

/* An id is a keyed hash: its bytes need no hashing of their own. */
struct index_table {
	struct index_entry *entries; /* heap, or mapped */
	size_t count, capacity;
	int fd; /* of the temporary file; -1: on the heap */
	size_t mapped;
	struct index_entry *pending; /* not yet in the file */
	size_t pending_count;
	uint8_t last[REPO_ID_SIZE];
	uint32_t *fan; /* how many entries come before each first 16 bits */
	uint64_t *filter;
	size_t filter_lines;
	size_t walked;
	bool keeps_equal;
};

static int open_temporary(int *out_fd)
{
	const char *folder = getenv("TMPDIR");

	folder = folder && *folder ? folder : "/var/tmp";
	*out_fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (*out_fd >= 0)
		return 0;
	AUTO_TEXT path = mem_printf("%s/garner-XXXXXX", folder);
	*out_fd = mkostemp(path, O_CLOEXEC);
	if (*out_fd < 0)
		return err_errno("cannot make a temporary file in %s", folder);
	unlink(path);
	return 0;
}

int index_table_new(size_t count, struct index_table **out)
{
	struct index_table *table = mem_alloc(sizeof(*table));
	int r = 0;

	table->fd = -1;
	if (count > HEAP_ENTRIES) {
		table->pending = mem_array(WRITE_ENTRIES, sizeof(*table->pending));
		r = open_temporary(&table->fd);
	}
	if (r < 0) {
		index_table_free(table);
		return r;
	}
	table->fan = mem_array(FAN + 1, sizeof(*table->fan));
	table->filter_lines = count * FILTER_BITS / (FILTER_WORDS * 64) + 1;
	table->filter = mem_array(table->filter_lines, FILTER_WORDS * sizeof(uint64_t));
	*out = table;
	return 0;
}

void index_table_keep_equal(struct index_table *table)
{
	table->keeps_equal = true;
}

void index_table_free(struct index_table *table)
{
	if (!table)
		return;
	if (table->mapped)
		munmap(table->entries, table->mapped);
	else
		mem_free(table->entries);
	if (table->fd >= 0)
		io_close(table->fd);
	mem_free(table->pending);
	mem_free(table->fan);
	mem_free(table->filter);
	mem_free(table);
}

/* The line of the filter, and where in it the bits lie. */
static uint64_t *filter_line(
	const struct index_table *table, const uint8_t id[REPO_ID_SIZE], uint64_t *out_bits)
{
	uint64_t low;

	memcpy(&low, id, sizeof(low));
	memcpy(out_bits, id + 8, sizeof(*out_bits));
	size_t line = (size_t)(((unsigned __int128)low * table->filter_lines) >> 64);
	return table->filter + line * FILTER_WORDS;
}

static void filter_add(struct index_table *table, const uint8_t id[REPO_ID_SIZE])
{
	uint64_t bits;
	uint64_t *line = filter_line(table, id, &bits);

	for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9)
		line[bits >> 6 & 7] |= (uint64_t)1 << (bits & 63);
}

static bool filter_may_have(const struct index_table *table, const uint8_t id[REPO_ID_SIZE])
{
	uint64_t bits;
	const uint64_t *line = filter_line(table, id, &bits);

	for (int i = 0; i < FILTER_PROBES; i++, bits >>= 9)
		if (!(line[bits >> 6 & 7] >> (bits & 63) & 1))
			return false;
	return true;
}

static int flush(struct index_table *table)
{
	int r = io_write(
		table->fd, table->pending, table->pending_count * sizeof(*table->pending));

	table->pending_count = 0;
	return err_wrap(r, "the temporary file of the index");
}

static size_t fan_of(const uint8_t id[REPO_ID_SIZE])
{
	return (size_t)id[0] << 8 | id[1];
}

int index_table_add(struct index_table *table, const struct index_entry *entry)
{
	int r = 0;

	if (table->count > 0) {
		int order = memcmp(table->last, entry->id, REPO_ID_SIZE);
		ASSERT(order <= 0);
		if (order == 0 && !table->keeps_equal)
			return 0;
	}
	memcpy(table->last, entry->id, REPO_ID_SIZE);
	if (table->fd >= 0) {
		table->pending[table->pending_count++] = *entry;
		if (table->pending_count == WRITE_ENTRIES)
			r = flush(table);
	} else {
		mem_grow(&table->entries, &table->capacity, table->count + 1,
			sizeof(*table->entries));
		table->entries[table->count] = *entry;
	}
	table->count++;
	ASSERT(table->count < UINT32_MAX);
	table->fan[fan_of(entry->id) + 1]++;
	filter_add(table, entry->id);
	return r;
}

int index_table_finish(struct index_table *table)
{
	for (size_t i = 0; i < FAN; i++)
		table->fan[i + 1] += table->fan[i];
	if (table->fd < 0)
		return 0;
	int r = flush(table);
	mem_free(table->pending);
	table->pending = NULL;
	if (r < 0 || table->count == 0)
		return r;
	size_t size = table->count * sizeof(*table->entries);
	void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, table->fd, 0);
	if (map == MAP_FAILED)
		return err_errno("cannot map the temporary file of the index");
	table->entries = map;
	table->mapped = size;
	return 0;
}

size_t index_table_count(const struct index_table *table)
{
	return table->count;
}

/* What a walk has been through does not stay in memory. */
static void let_go(struct index_table *table)
{
	if (!table->mapped || ++table->walked < WALKED_MAX)
		return;
	table->walked = 0;
	(void)madvise(table->entries, table->mapped, MADV_DONTNEED);
}

void index_table_get(struct index_table *table, size_t number, struct index_entry *out)
{
	ASSERT(number < table->count);
	*out = table->entries[number];
	let_go(table);
}

/* The 64 bits behind those of the fan. */
static uint64_t key_of(const uint8_t id[REPO_ID_SIZE])
{
	uint64_t key = 0;

	for (int i = 2; i < 10; i++)
		key = key << 8 | id[i];
	return key;
}

/* Where an entry is looked for: its neighbours there, or in a piece that is read. */
struct search {
	size_t low, high; /* it is in none before and behind */
	uint64_t low_key, high_key;
	bool by_map;         /* nothing is read: a failure would look like an absence */
	size_t first, count; /* of the piece */
	struct index_entry piece[WINDOW];
};

/* The entry of that number; NULL where the file cannot be read. A file is read, not mapped:
 * what is mapped comes into memory with much around it. */
static const struct index_entry *entry_at(
	const struct index_table *table, struct search *search, size_t number)
{
	if (table->fd < 0 || search->by_map)
		return &table->entries[number];
	if (number < search->first || number >= search->first + search->count) {
		search->first = number < WINDOW / 2 ? 0 : number - WINDOW / 2;
		search->count = table->count - search->first;
		if (search->count > WINDOW)
			search->count = WINDOW;
		size_t size = search->count * sizeof(*search->piece);
		if (io_read_at(table->fd, search->first * sizeof(*search->piece), search->piece,
			    size) < 0)
			return NULL;
	}
	return &search->piece[number - search->first];
}

/* Ids are even over their range, so a guess by proportion is near. */
static size_t guess(const struct search *search, uint64_t key)
{
	unsigned __int128 range = (unsigned __int128)search->high_key - search->low_key + 1;
	unsigned __int128 part = key - search->low_key;

	return search->low + (size_t)(part * (search->high - search->low) / range);
}

static bool find(const struct index_table *table, const uint8_t id[REPO_ID_SIZE], bool by_map,
	struct index_entry *out, size_t *out_number)
{
	struct search search = {.low = table->fan[fan_of(id)],
		.high = table->fan[fan_of(id) + 1],
		.high_key = UINT64_MAX,
		.by_map = by_map};
	uint64_t key = key_of(id);

	while (search.low < search.high) {
		size_t number = guess(&search, key);
		const struct index_entry *entry = entry_at(table, &search, number);
		if (!entry)
			return false;
		int order = memcmp(entry->id, id, REPO_ID_SIZE);
		if (order == 0) {
			*out = *entry;
			*out_number = number;
			return true;
		}
		if (order < 0) {
			search.low = number + 1;
			search.low_key = key_of(entry->id);
		} else {
			search.high = number;
			search.high_key = key_of(entry->id);
		}
	}
	return false;
}

bool index_table_find(const struct index_table *table, const uint8_t id[REPO_ID_SIZE],
	struct index_entry *out)
{
	size_t number;

	return table->count > 0 && filter_may_have(table, id) &&
	       find(table, id, false, out, &number);
}

bool index_table_number(struct index_table *table, const uint8_t id[REPO_ID_SIZE], size_t *out)
{
	struct index_entry entry;

	if (table->count == 0 || !filter_may_have(table, id))
		return false;
	let_go(table);
	return find(table, id, true, &entry, out);
}
