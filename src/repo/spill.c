/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/spill.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/page.h"

/*
 * Sorting. Entries lie one behind the other in memory, and when that is full, sorted, as a run
 * in the file, in the same form. Reading merges the runs and what is in memory, which is the
 * newest.
 */

enum {
	WINDOW_SIZE = 32 << 10, /* of a run while it is read */
	WRITE_SIZE = 256 << 10,
};

struct head {
	uint32_t key_size, value_size;
	uint8_t mark;
};

/* An entry in memory. */
struct slot {
	uint64_t prefix; /* the first bytes of the key, as a number that compares like them */
	uint32_t at;     /* in the arena */
};

/* What is merged: a run, or the memory. */
struct source {
	bool is_memory;
	size_t slot;          /* memory: the next one */
	uint64_t offset, end; /* run: what is not read yet */
	struct buf window;
	size_t used; /* bytes of the window that were handed out */
	struct spill_entry now;
};

struct spill {
	size_t memory;
	uint64_t put_count;
	struct buf arena;
	struct slot *slots;
	size_t count, capacity;
	bool is_rising;
	int fd; /* -1: there is none */
	uint64_t file_size;
	struct source *sources; /* the oldest first */
	size_t source_count, source_capacity;
	size_t *heap; /* numbers of sources, by their keys, of the same the newest first */
	size_t heap_size;
	bool has_given; /* the entry of the first in the heap */
};

struct spill *spill_new(size_t memory)
{
	struct spill *spill = mem_alloc(sizeof(*spill));

	spill->memory = memory ? memory : SPILL_MEMORY;
	spill->arena = buf_init(spill->memory + 2 * SPILL_ENTRY_MAX);
	spill->is_rising = true;
	spill->fd = -1;
	return spill;
}

static void clear_sources(struct spill *spill)
{
	for (size_t i = 0; i < spill->source_count; i++)
		buf_free(&spill->sources[i].window);
	mem_free(spill->sources);
	mem_free(spill->heap);
	spill->sources = NULL;
	spill->heap = NULL;
	spill->source_count = spill->source_capacity = spill->heap_size = 0;
	spill->has_given = false;
}

void spill_clear(struct spill *spill)
{
	clear_sources(spill);
	if (spill->fd >= 0)
		io_close(spill->fd);
	spill->fd = -1;
	spill->file_size = 0;
	spill->put_count = 0;
	spill->count = 0;
	spill->is_rising = true;
	buf_clear(&spill->arena);
}

void spill_free(struct spill *spill)
{
	if (!spill)
		return;
	spill_clear(spill);
	buf_free(&spill->arena);
	mem_free(spill->slots);
	mem_free(spill);
}

uint64_t spill_count(const struct spill *spill)
{
	return spill->put_count;
}

bool spill_is_rising(const struct spill *spill)
{
	return spill->is_rising && spill->source_count == 0;
}

bool spill_is_full(const struct spill *spill)
{
	return spill->arena.size + spill->count * sizeof(struct slot) >= spill->memory;
}

static size_t entry_size(const struct head *head)
{
	return sizeof(*head) + head->key_size + head->value_size;
}

static struct head head_at(const uint8_t *data)
{
	struct head head;

	memcpy(&head, data, sizeof(head));
	return head;
}

static struct spill_entry entry_at(const uint8_t *data)
{
	struct head head = head_at(data);

	return (struct spill_entry){.key = data + sizeof(head),
		.key_size = head.key_size,
		.value = data + sizeof(head) + head.key_size,
		.value_size = head.value_size,
		.mark = head.mark};
}

static struct spill_entry entry_of(const struct spill *spill, const struct slot *slot)
{
	return entry_at(spill->arena.data + slot->at);
}

static int compare_entries(const struct spill_entry *a, const struct spill_entry *b)
{
	return page_compare_keys(a->key, a->key_size, b->key, b->key_size);
}

static int compare_slots(const void *a, const void *b, void *context)
{
	const struct spill *spill = context;
	const struct slot *first = a, *second = b;

	if (first->prefix != second->prefix)
		return first->prefix < second->prefix ? -1 : 1;
	const struct spill_entry x = entry_of(spill, first), y = entry_of(spill, second);
	int keys = compare_entries(&x, &y);
	return keys ? keys : (first->at > second->at) - (first->at < second->at);
}

static void sort_slots(struct spill *spill)
{
	if (!spill->is_rising)
		qsort_r(spill->slots, spill->count, sizeof(*spill->slots), compare_slots,
			spill);
}

/* The next slot of those that are sorted: of one key the last. False at the end. */
static bool next_slot(const struct spill *spill, size_t *slot, struct spill_entry *out)
{
	if (*slot == spill->count)
		return false;
	*out = entry_of(spill, &spill->slots[(*slot)++]);
	while (*slot < spill->count) {
		const struct spill_entry next = entry_of(spill, &spill->slots[*slot]);
		if (compare_entries(out, &next) != 0)
			break;
		*out = next;
		(*slot)++;
	}
	return true;
}

static int open_file(struct spill *spill)
{
	const char *folder = getenv("TMPDIR");
	uint8_t random[8];
	char name[2 * sizeof(random) + 1];

	if (!folder || !*folder)
		folder = "/var/tmp";
	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), name);
	AUTO_TEXT path = mem_printf("%s/.garner-sort-%s", folder, name);
	int r = io_create(path, 0600, &spill->fd);
	if (r == 0)
		r = io_remove(path);
	return err_wrap(r, "what is too much to sort in memory goes to a temporary file (the "
			   "variable TMPDIR says in which folder)");
}

static int write_all(struct spill *spill, struct buf *out)
{
	int r = io_write(spill->fd, out->data, out->size);

	spill->file_size += out->size;
	buf_clear(out);
	return err_wrap(r, "the temporary file for sorting (the variable TMPDIR says in which "
			   "folder)");
}

static struct source *add_source(struct spill *spill)
{
	mem_grow(&spill->sources, &spill->source_capacity, spill->source_count + 1,
		sizeof(*spill->sources));
	return &spill->sources[spill->source_count++];
}

static int write_entries(struct spill *spill, struct buf *out)
{
	struct spill_entry entry;
	size_t slot = 0;
	int r = 0;

	while (r == 0 && next_slot(spill, &slot, &entry)) {
		const uint8_t *data = (const uint8_t *)entry.key - sizeof(struct head);
		const struct head head = head_at(data);
		r = buf_append(out, data, entry_size(&head));
		if (r == 0 && out->size >= WRITE_SIZE)
			r = write_all(spill, out);
	}
	return r < 0 ? r : write_all(spill, out);
}

/* Writes what is in memory as a run. */
static int write_run(struct spill *spill)
{
	AUTO_BUF out = buf_init(WRITE_SIZE + SPILL_ENTRY_MAX + sizeof(struct head));
	uint64_t begin = spill->file_size;
	int r = spill->fd < 0 ? open_file(spill) : 0;

	sort_slots(spill);
	if (r == 0)
		r = write_entries(spill, &out);
	if (r < 0)
		return r;
	struct source *run = add_source(spill);
	run->offset = begin;
	run->end = spill->file_size;
	run->window = buf_init(WINDOW_SIZE + SPILL_ENTRY_MAX + sizeof(struct head));
	spill->count = 0;
	spill->is_rising = true;
	buf_clear(&spill->arena);
	return 0;
}

static uint64_t prefix_of(const struct spill_entry *entry)
{
	const uint8_t *key = entry->key;
	uint64_t prefix = 0;

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix = prefix << 8 | (i < entry->key_size ? key[i] : 0);
	return prefix;
}

static int keep(struct spill *spill, const struct spill_entry *entry)
{
	const struct head head = {
		(uint32_t)entry->key_size, (uint32_t)entry->value_size, entry->mark};
	struct buf *arena = &spill->arena;
	size_t at = arena->size;
	int r = buf_append(arena, &head, sizeof(head));

	if (r == 0)
		r = buf_append(arena, entry->key, entry->key_size);
	if (r == 0)
		r = buf_append(arena, entry->value, entry->value_size);
	if (r < 0)
		return r;
	if (spill->is_rising && spill->count > 0) {
		const struct spill_entry last =
			entry_of(spill, &spill->slots[spill->count - 1]);
		spill->is_rising = compare_entries(&last, entry) < 0;
	}
	mem_grow(&spill->slots, &spill->capacity, spill->count + 1, sizeof(*spill->slots));
	spill->slots[spill->count++] = (struct slot){prefix_of(entry), (uint32_t)at};
	spill->put_count++;
	return 0;
}

int spill_put(struct spill *spill, const struct spill_entry *entry)
{
	ASSERT(!spill->heap);
	if (entry->key_size > SPILL_ENTRY_MAX ||
		entry->value_size > SPILL_ENTRY_MAX - entry->key_size)
		return err_set(ERR_INVALID, "an entry of more than %d bytes", SPILL_ENTRY_MAX);
	int r = spill_is_full(spill) ? write_run(spill) : 0;
	return r < 0 ? r : keep(spill, entry);
}

/* Makes at least `size` bytes of a run be in its window, behind what was handed out. */
static int fill(const struct spill *spill, struct source *run, size_t size)
{
	struct buf *window = &run->window;
	size_t left = window->size - run->used;

	if (left >= size)
		return 0;
	if (left > 0)
		memmove(window->data, window->data + run->used, left);
	window->size = left;
	run->used = 0;
	size_t more = size > WINDOW_SIZE ? size - left : WINDOW_SIZE - left;
	if (more > run->end - run->offset)
		more = (size_t)(run->end - run->offset);
	if (left + more < size)
		return err_set(ERR_CORRUPT, "the temporary file for sorting has changed");
	unsigned char *into = buf_reserve(window, more);
	if (!into)
		return ERR_LIMIT;
	int r = io_read_at(spill->fd, run->offset, into, more);
	if (r < 0)
		return r;
	buf_commit(window, more);
	run->offset += more;
	return 0;
}

static int next_of_run(const struct spill *spill, struct source *run)
{
	struct head head;

	if (run->offset == run->end && run->used == run->window.size)
		return 0;
	int r = fill(spill, run, sizeof(head));
	if (r < 0)
		return r;
	head = head_at(run->window.data + run->used);
	if (head.key_size > SPILL_ENTRY_MAX ||
		head.value_size > SPILL_ENTRY_MAX - head.key_size)
		return err_set(ERR_CORRUPT, "the temporary file for sorting has changed");
	r = fill(spill, run, entry_size(&head));
	if (r < 0)
		return r;
	run->now = entry_at(run->window.data + run->used);
	run->used += entry_size(&head);
	return 1;
}

static int next_of(const struct spill *spill, struct source *source)
{
	if (source->is_memory)
		return next_slot(spill, &source->slot, &source->now);
	return next_of_run(spill, source);
}

static bool goes_before(const struct spill *spill, size_t a, size_t b)
{
	int keys = compare_entries(&spill->sources[a].now, &spill->sources[b].now);

	return keys ? keys < 0 : a > b;
}

static void sift_down(struct spill *spill, size_t at)
{
	for (size_t child; (child = 2 * at + 1) < spill->heap_size; at = child) {
		size_t moved = spill->heap[at];
		if (child + 1 < spill->heap_size &&
			goes_before(spill, spill->heap[child + 1], spill->heap[child]))
			child++;
		if (!goes_before(spill, spill->heap[child], moved))
			break;
		spill->heap[at] = spill->heap[child];
		spill->heap[child] = moved;
	}
}

/* Moves the source at this place of the heap, the first or one right below it, to its next. */
static int advance(struct spill *spill, size_t at)
{
	int r = next_of(spill, &spill->sources[spill->heap[at]]);

	if (r == 0)
		spill->heap[at] = spill->heap[--spill->heap_size];
	if (r >= 0 && at < spill->heap_size)
		sift_down(spill, at);
	return r < 0 ? r : 0;
}

int spill_sort(struct spill *spill)
{
	struct source *memory = add_source(spill);

	sort_slots(spill);
	memory->is_memory = true;
	spill->heap = mem_array(spill->source_count, sizeof(*spill->heap));
	for (size_t i = 0; i < spill->source_count; i++) {
		int r = next_of(spill, &spill->sources[i]);
		if (r < 0)
			return r;
		if (r == 1)
			spill->heap[spill->heap_size++] = i;
	}
	for (size_t i = spill->heap_size / 2; i-- > 0;)
		sift_down(spill, i);
	return 0;
}

/* Passes over the entry that was handed out, and over older ones of its key. */
static int pass(struct spill *spill)
{
	const struct spill_entry *given = &spill->sources[spill->heap[0]].now;
	size_t at = 1;

	while (at < 3 && at < spill->heap_size) {
		if (compare_entries(&spill->sources[spill->heap[at]].now, given) != 0) {
			at++;
			continue;
		}
		int r = advance(spill, at);
		if (r < 0)
			return r;
	}
	spill->has_given = false;
	return advance(spill, 0);
}

int spill_next(struct spill *spill, struct spill_entry *out)
{
	int r = spill->has_given ? pass(spill) : 0;

	if (r < 0 || spill->heap_size == 0)
		return r;
	spill->has_given = true;
	*out = spill->sources[spill->heap[0]].now;
	return 1;
}
