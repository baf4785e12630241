/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/io.h"
#include "base/mem.h"
#include "repo/directory.h"
#include "repo/index.h"

/*
 * How long the index takes, and how much memory: bench-index [MILLIONS]. Entries come as a run
 * that is merged page by page, then are looked up, there and not there.
 */

enum { LOOKUPS = 1000 * 1000 };

static uint64_t next(uint64_t *seed)
{
	uint64_t x = (*seed += 0x9e3779b97f4a7c15);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

/* Of this process: others use the machine too. */
static int64_t cpu_us(void)
{
	return (int64_t)clock() * 1000000 / CLOCKS_PER_SEC;
}

static long resident_kib(void)
{
	AUTO_BUF status = buf_init(64 << 10);
	const char *at = NULL;

	if (io_read_file("/proc/self/status", &status) == 0)
		at = buf_text(&status) ? strstr(buf_text(&status), "VmRSS:") : NULL;
	return at ? strtol(at + 6, NULL, 10) : 0;
}

/* Ids that rise evenly; the low half is random. */
static void id_of(uint64_t number, uint64_t count, uint8_t out[REPO_ID_SIZE])
{
	uint64_t step = UINT64_MAX / count, seed = number;
	uint64_t high = step * number + next(&seed) % step, low = next(&seed);

	for (int i = 0; i < 8; i++) {
		out[i] = (uint8_t)(high >> (56 - 8 * i));
		out[8 + i] = (uint8_t)(low >> (8 * i));
	}
}

static int make(struct index *index, uint64_t count)
{
	struct index_table *table = NULL;
	struct index_entry entry = {.size = 100};
	int r = index_table_new(count, &table);

	for (uint64_t i = 0; i < count && r == 0; i++) {
		id_of(i, count, entry.id);
		r = index_table_add(table, &entry);
	}
	if (r == 0)
		r = index_table_finish(table);
	return r < 0 ? r : index_add_table(index, table);
}

static void look_up(struct index *index, uint64_t count, bool there)
{
	struct index_place place;
	uint8_t id[REPO_ID_SIZE];
	uint64_t seed = 5, found = 0;
	int64_t begin = cpu_us();

	for (int i = 0; i < LOOKUPS; i++) {
		id_of(next(&seed) % count, count, id);
		id[9] = (uint8_t)(id[9] ^ !there);
		found += index_find(index, id, &place);
	}
	double seconds = (double)(cpu_us() - begin) / 1e6;
	printf("%s: %.2f million a second, %llu found, %ld KiB resident\n",
		there ? "hits" : "misses", LOOKUPS / seconds / 1e6, (unsigned long long)found,
		resident_kib());
}

int main(int argc, char **argv)
{
	uint64_t count = (argc > 1 ? strtoull(argv[1], NULL, 10) : 10) * 1000 * 1000;
	const struct index_file_pack pack = {.block_count = 0};
	const struct directory_block block = {.sealed = 1000, .plain = 1 << 20};
	struct index index = {0};
	bool known;

	index_add_pack(&index, &pack, &known);
	index_add_block(&index, &block);
	long before = resident_kib();
	int64_t begin = cpu_us();
	if (count == 0 || make(&index, count) < 0) {
		fprintf(stderr, "bench-index: %s\n", count ? err_message() : "no entries");
		return 1;
	}
	double seconds = (double)(cpu_us() - begin) / 1e6;
	printf("%llu entries: %.2f s to take in (%.1f million a second), %ld KiB more memory\n",
		(unsigned long long)count, seconds, (double)count / seconds / 1e6,
		resident_kib() - before);
	look_up(&index, count, false);
	look_up(&index, count, true);
	index_free(&index);
	return 0;
}
