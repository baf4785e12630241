/* SPDX-License-Identifier: Apache-2.0 */

/*
 * How fast each primitive of the repository is on this machine, one thread, in processor time,
 * on real bytes: the files below a folder, one after another, as blocks of 1 MiB. What the
 * engine takes for a stage of its own is to be set beside these.
 *
 * Use: bench-primitives FOLDER [SCRATCH-FILE]      (1/4 s a primitive, the best of five)
 * Prints one object of JSON: { "schema": 1, "bytes", "files", "primitives": [ { "stage",
 * "name", "unit", "bytes_per_s", "cpu_ns_per_byte", "cpu_ns_per_call" } ] }. A stage is list,
 * read, memory, scan, chunk, hash, compress, seal, verify or write. Bytes are those that the
 * primitive is given: plain ones, but for decoding base64.
 */

#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/mem.h"
#include "primitives.h"

enum { CORPUS_MAX = 64 << 20, FOLDERS_OPEN = 32, TURNS = 5 };

static struct sample sample;

static double cpu_s(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int note_file(const char *path, const struct stat *stat, int kind, struct FTW *walk)
{
	(void)walk;
	if (kind != FTW_F || !S_ISREG(stat->st_mode) || stat->st_size > CORPUS_MAX)
		return 0;
	mem_grow(&sample.files, &sample.file_capacity, sample.file_count + 1,
		sizeof(*sample.files));
	sample.files[sample.file_count++] =
		(struct sample_file){mem_strdup(path), (size_t)stat->st_size};
	return 0;
}

/* Reads every so manieth file, so that what is read is of all parts of the folder. */
static void take_files(void)
{
	uint64_t total = 0;
	size_t taken = 0;

	for (size_t i = 0; i < sample.file_count; i++)
		total += sample.files[i].size;
	size_t step = (size_t)(total / CORPUS_MAX) + 1;
	for (size_t i = 0; i < sample.file_count; i += step) {
		struct sample_file file = sample.files[i];
		if (file.size > CORPUS_MAX - sample.size)
			continue;
		int fd = open(file.path, O_RDONLY | O_CLOEXEC);
		if (fd < 0)
			continue;
		ssize_t got = read(fd, sample.data + sample.size, file.size);
		close(fd);
		file.size = got > 0 ? (size_t)got : 0;
		sample.size += file.size;
		sample.files[taken++] = file;
	}
	sample.file_count = taken;
}

/* Calls it until a quarter of a second is over, five times; the fastest turn counts. */
static void measure(const struct primitive *primitive, bool first)
{
	enum { QUARTER_MS = 250 };
	double best_s = 1e9;
	struct primitive_work work = {0};

	for (int turn = 0; turn < TURNS; turn++) {
		double begun_s = cpu_s(), taken_s;
		uint64_t rounds = 0;
		do {
			work = (struct primitive_work){0};
			primitive->run(&sample, primitive->argument, &work);
			rounds++;
			taken_s = cpu_s() - begun_s;
		} while (taken_s * 1000 < QUARTER_MS / TURNS);
		if (taken_s / (double)rounds < best_s)
			best_s = taken_s / (double)rounds;
	}
	printf("%s\n  {\"stage\":\"%s\",\"name\":\"%s\",\"unit\":%zu,\"bytes_per_s\":%.0f,"
	       "\"cpu_ns_per_byte\":%.4f,\"cpu_ns_per_call\":%.0f",
		first ? "" : ",", primitive->stage, primitive->name, primitive->unit,
		(double)work.bytes / best_s, best_s * 1e9 / (double)work.bytes,
		best_s * 1e9 / (double)(work.calls ? work.calls : 1));
	if (work.made)
		printf(",\"ratio\":%.3f", (double)work.bytes / (double)work.made);
	printf("}");
}

int main(int argc, char **argv)
{
	size_t count;

	if (argc < 2 || argc > 3) {
		fprintf(stderr, "use: bench-primitives FOLDER [SCRATCH-FILE]\n");
		return 2;
	}
	sample.scratch = argc > 2 ? argv[2] : "bench-primitives.scratch";
	sample.data = mem_alloc(CORPUS_MAX);
	int r = nftw(argv[1], note_file, FOLDERS_OPEN, FTW_PHYS);
	take_files();
	if (r != 0 || sample.size < 1 << 20) {
		fprintf(stderr, "%s: no folder with 1 MiB of files that can be read\n",
			argv[1]);
		return 1;
	}
	primitives_prepare(&sample);
	const struct primitive *all = primitives_all(&count);
	printf("{\"schema\":1,\"bytes\":%zu,\"files\":%zu,\"primitives\":[", sample.size,
		sample.file_count);
	for (size_t i = 0; i < count; i++)
		measure(&all[i], i == 0);
	printf("\n]}\n");
	unlink(sample.scratch);
	return 0;
}
