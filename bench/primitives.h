/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_PRIMITIVES_H
#define BENCH_PRIMITIVES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The primitives that bench-primitives measures, and what they are measured on. */

struct sample_file {
	char *path;
	size_t size;
};

struct sample {
	uint8_t *data; /* all files, one after another */
	size_t size;
	struct sample_file *files;
	size_t file_count, file_capacity;
	const char *scratch; /* a file to write */
};

/* What one round did. */
struct primitive_work {
	uint64_t bytes, calls;
	uint64_t made; /* bytes that came out, where that tells of compression; else 0 */
};

struct primitive {
	const char *stage, *name;
	size_t unit;  /* bytes of a call; 0 where they are as the files are */
	int argument; /* of run: a level, a way */
	void (*run)(const struct sample *sample, int argument, struct primitive_work *work);
};

/** Makes what decoding and opening start from. */
void primitives_prepare(const struct sample *sample);

/** All of them, in the order of the stages. */
const struct primitive *primitives_all(size_t *out_count);

#endif
