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
	/* Look-ups before what they brought into memory is let go: the kernel maps up to 64 KiB
	 * around each. */
	TOUCHES_MAX = 384,
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
	size_t touched;
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
	(void)madvise(map, size, MADV_RANDOM);
	return 0;
}

size_t index_table_count(const struct index_table *table)
{
	return table->count;
}

/* What was looked at does not stay in memory for ever. */
static void let_go(struct index_table *table)
{
	if (!table->mapped || ++table->touched < TOUCHES_MAX)
		return;
	table->touched = 0;
	(void)madvise(table->entries, table->mapped, MADV_DONTNEED);
}

void index_table_get(const struct index_table *table, size_t number, struct index_entry *out)
{
	ASSERT(number < table->count);
	*out = table->entries[number];
}

/* The 64 bits behind those of the fan. */
static uint64_t key_of(const uint8_t id[REPO_ID_SIZE])
{
	uint64_t key = 0;

	for (int i = 2; i < 10; i++)
		key = key << 8 | id[i];
	return key;
}

/* Ids are even over their range, so a guess by proportion is near. */
static bool search(struct index_table *table, const uint8_t id[REPO_ID_SIZE], size_t *out)
{
	size_t low = table->fan[fan_of(id)], high = table->fan[fan_of(id) + 1];
	uint64_t low_key = 0, high_key = UINT64_MAX, key = key_of(id);

	while (low < high) {
		size_t guess =
			low + (size_t)((unsigned __int128)(key - low_key) * (high - low) /
				       ((unsigned __int128)high_key - low_key + 1));
		int order = memcmp(table->entries[guess].id, id, REPO_ID_SIZE);
		if (order == 0) {
			*out = guess;
			return true;
		}
		if (order < 0) {
			low = guess + 1;
			low_key = key_of(table->entries[guess].id);
		} else {
			high = guess;
			high_key = key_of(table->entries[guess].id);
		}
	}
	return false;
}

bool index_table_number(struct index_table *table, const uint8_t id[REPO_ID_SIZE], size_t *out)
{
	if (table->count == 0 || !filter_may_have(table, id))
		return false;
	bool found = search(table, id, out);
	let_go(table);
	return found;
}

bool index_table_find(
	struct index_table *table, const uint8_t id[REPO_ID_SIZE], struct index_entry *out)
{
	size_t number;

	if (table->count == 0 || !filter_may_have(table, id))
		return false;
	bool found = search(table, id, &number);
	if (found)
		*out = table->entries[number];
	let_go(table);
	return found;
}
