/* SPDX-License-Identifier: Apache-2.0 */

/*
 * What a mailbox of many items costs in the map that they are kept in (src/repo/map.h): made
 * for the first time, listed anew without a change, with ten changes, and made in no order.
 * Pages go to a file without a name, as they are, with SHA-256 for their ids.
 *
 * Use: map [ITEMS]     (a million where nothing is said)
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/hash.h"
#include "repo/tree_value.h"

enum { SLOTS = 1 << 18, TEXT_SIZE = 256 };

struct stored {
	uint8_t id[REPO_ID_SIZE];
	uint32_t size; /* 0: free */
	uint64_t at;
};

struct bench {
	int fd;
	uint64_t end;
	struct stored *slots;
	struct chunk_store store;
	struct maps *maps;
	uint32_t items;
	uint64_t reads, writes, bytes;
	struct timespec begun;
	double cpu_begun;
};

static struct stored *slot_of(struct bench *bench, const uint8_t id[REPO_ID_SIZE])
{
	uint32_t at;

	memcpy(&at, id, sizeof(at));
	for (at %= SLOTS; bench->slots[at].size; at = (at + 1) % SLOTS)
		if (memcmp(bench->slots[at].id, id, REPO_ID_SIZE) == 0)
			break;
	return &bench->slots[at];
}

static int put(void *context, const struct chunk_put *chunk, uint8_t out_id[REPO_ID_SIZE])
{
	struct bench *bench = context;
	uint8_t hash[HASH_SIZE];

	hash_sha256(chunk->data, chunk->size, hash);
	memcpy(out_id, hash, REPO_ID_SIZE);
	struct stored *slot = slot_of(bench, out_id);
	bench->writes++;
	if (slot->size)
		return 0;
	int r = io_write(bench->fd, chunk->data, chunk->size);
	memcpy(slot->id, out_id, REPO_ID_SIZE);
	slot->size = (uint32_t)chunk->size;
	slot->at = bench->end;
	bench->end += chunk->size;
	bench->bytes += chunk->size;
	return r;
}

static int get(void *context, const uint8_t id[REPO_ID_SIZE], struct buf *out)
{
	struct bench *bench = context;
	const struct stored *slot = slot_of(bench, id);
	unsigned char *into = buf_reserve(out, slot->size);

	bench->reads++;
	if (!into || !slot->size)
		return err_set(ERR_CORRUPT, "a page is not there");
	int r = io_read_at(bench->fd, slot->at, into, slot->size);
	if (r == 0)
		buf_commit(out, slot->size);
	return r;
}

static bool has(void *context, const uint8_t id[REPO_ID_SIZE])
{
	return slot_of(context, id)->size > 0;
}

static void must(int r)
{
	if (r >= 0)
		return;
	fprintf(stderr, "map: %s\n", err_message());
	exit(1);
}

static void open_store(struct bench *bench)
{
	const char *folder = getenv("TMPDIR");
	AUTO_TEXT path = mem_printf(
		"%s/.garner-bench-%ld", folder ? folder : "/var/tmp", (long)getpid());

	must(io_create(path, 0600, &bench->fd));
	must(io_remove(path));
	bench->slots = mem_array(SLOTS, sizeof(*bench->slots));
	bench->store = (struct chunk_store){put, get, has, bench};
}

static double cpu_seconds(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
	       (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A part begins with no page in memory. */
static void begin(struct bench *bench)
{
	maps_free(bench->maps);
	bench->maps = maps_new(&bench->store);
	bench->reads = bench->writes = bench->bytes = 0;
	bench->cpu_begun = cpu_seconds();
	clock_gettime(CLOCK_MONOTONIC, &bench->begun);
}

static void end(const struct bench *bench, const char *name)
{
	struct timespec now;
	struct rusage usage;
	double cpu = cpu_seconds() - bench->cpu_begun;

	clock_gettime(CLOCK_MONOTONIC, &now);
	getrusage(RUSAGE_SELF, &usage);
	printf("%-22s %8.3f s  cpu %8.3f s %6.2f us/item  read %6" PRIu64 "  written %6" PRIu64
	       " pages, %9" PRIu64 " bytes  peak %5.1f MB\n",
		name,
		(double)(now.tv_sec - bench->begun.tv_sec) +
			(double)(now.tv_nsec - bench->begun.tv_nsec) / 1e9,
		cpu, cpu * 1e6 / bench->items, bench->reads, bench->writes, bench->bytes,
		(double)usage.ru_maxrss / 1024);
}

/* Like those of Exchange: long, and alike but for their end. */
static void item_id(uint32_t number, char out[TEXT_SIZE])
{
	snprintf(out, TEXT_SIZE,
		"AAkALgAAAAAAHYQDEapmEc2byACqAC-EWg0AZjRhMzU2NzgtYWJjZC00ZTRmLTg2ZTAtMTIzNDU2"
		"Nzg5MDEyAABGAAAAAADqGbk8-xAA%010uAAA=",
		number);
}

static void put_item(
	struct bench *bench, struct map_edit *edit, uint32_t number, uint32_t change)
{
	char id[TEXT_SIZE], name[TEXT_SIZE], tag[TEXT_SIZE];
	const uint64_t content = (uint64_t)number * 7 + change;
	struct tree_item item = {id, name, "message", tag, 1700000000 + number, {.size = 4000}};
	AUTO_BUF value = buf_init(TREE_VALUE_MAX);

	(void)bench;
	item_id(number, id);
	snprintf(name, sizeof(name), "Re: minutes of the meeting of %u.eml", number % 9973);
	snprintf(tag, sizeof(tag), "CQAAABYAAABj%016" PRIx64, content * 0x9e3779b97f4a7c15);
	for (size_t i = 0; i < REPO_ID_SIZE; i++)
		item.content.id[i] =
			(uint8_t)((content * 0x9e3779b97f4a7c15 >> (i % 8 * 8)) + i);
	const struct map_key key = tree_key(id);
	must(tree_put_item(&value, &item));
	must(map_edit_put(edit, &key, value.data, value.size));
}

static struct map_edit *new_edit(struct bench *bench, const uint8_t *old)
{
	static const uint8_t boundary[16] = "boundary of test";
	const struct map_edit_options options = {boundary, old, tree_item_value};
	struct map_edit *edit = NULL;

	must(map_edit_new(bench->maps, &options, &edit));
	return edit;
}

static struct map_summary finish(struct map_edit *edit)
{
	struct map_summary out;

	must(map_edit_finish(edit, &out));
	map_edit_free(edit);
	return out;
}

static struct map_summary make(struct bench *bench, uint64_t step)
{
	struct map_edit *edit = new_edit(bench, NULL);

	for (uint64_t i = 0; i < bench->items; i++)
		put_item(bench, edit, (uint32_t)(i * step % bench->items), 0);
	return finish(edit);
}

/* As a folder is listed anew: the old items are gone through beside the listing. */
static void relist(struct bench *bench, const struct map_summary *map)
{
	AUTO_BUF texts = buf_init(TREE_TEXTS_MAX);
	struct map_walker *walker = NULL;
	struct map_entry entry;
	struct tree_item item;
	char id[TEXT_SIZE];

	must(map_walker_new(bench->maps, map->root, &walker));
	for (uint32_t i = 0; i < bench->items; i++) {
		item_id(i, id);
		if (map_walker_next(walker, &entry) != 1)
			must(err_set(ERR_CORRUPT, "an item is not there"));
		must(tree_get_item(&entry, &texts, &item));
		if (strcmp(item.id, id) != 0)
			must(err_set(ERR_CORRUPT, "an item is not there"));
	}
	map_walker_free(walker);
}

static void look_up(struct bench *bench, const struct map_summary *map)
{
	AUTO_BUF value = buf_init(TREE_VALUE_MAX);
	char id[TEXT_SIZE];

	for (uint32_t i = 0; i < bench->items; i++) {
		item_id(i, id);
		const struct map_key key = tree_key(id);
		if (map_find(bench->maps, map->root, &key, &value, NULL) != 1)
			must(err_set(ERR_CORRUPT, "an item is not there"));
	}
}

static int count(void *context, const struct map_entry *before, const struct map_entry *after)
{
	(void)before;
	(void)after;
	++*(int *)context;
	return 0;
}

int main(int argc, char **argv)
{
	struct bench bench = {
		.items = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 1000 * 1000};
	int changes = 0;

	open_store(&bench);
	begin(&bench);
	const struct map_summary first = make(&bench, 1);
	end(&bench, "first, by ids");
	begin(&bench);
	relist(&bench, &first);
	end(&bench, "listed anew, unchanged");
	begin(&bench);
	look_up(&bench, &first);
	end(&bench, "each looked up, by ids");
	begin(&bench);
	struct map_edit *edit = new_edit(&bench, first.root);
	for (uint32_t i = 0; i < 10; i++)
		put_item(&bench, edit, (uint32_t)((uint64_t)bench.items * i / 10 + 7), 1);
	const struct map_summary second = finish(edit);
	end(&bench, "ten changes");
	begin(&bench);
	const struct map_difference difference = {first.root, second.root, count, &changes};
	must(map_diff(bench.maps, &difference));
	end(&bench, "difference of both");
	begin(&bench);
	const struct map_summary third = make(&bench, 7919);
	end(&bench, "first, in no order");
	maps_free(bench.maps);
	mem_free(bench.slots);
	io_close(bench.fd);
	if (changes != 10 || memcmp(third.root, first.root, REPO_ID_SIZE) != 0)
		must(err_set(ERR_CORRUPT, "the maps are not what they should be"));
	return 0;
}
