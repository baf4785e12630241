/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_ARMOR_H
#define REPO_ARMOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What stands around the data of a file: parity, sums and the trailer (docs/format.md, section
 * 4). It tells which part of a file is damaged and repairs it, up to a bound; whether a file is
 * what it says, and who wrote it, only the seals say. It knows no keys and no disk.
 *
 * A file: data ‖ parity ‖ sums ‖ trailer ‖ trailer.
 */

enum {
	ARMOR_TRAILER_SIZE = 64,
	ARMOR_END_SIZE = 2 * ARMOR_TRAILER_SIZE, /* what a reader needs of the end of a file */
	ARMOR_SHARDS = 64,                       /* of data */
	ARMOR_PARITY = 2, /* shards of parity: as many damaged shards are repaired */
	ARMOR_SHARDS_ALL = ARMOR_SHARDS + ARMOR_PARITY,
	ARMOR_MAGIC_SIZE = 8,
	ARMOR_COMMITMENT_SIZE = 32,
	ARMOR_DATA_MAX = 1 << 30,
};

struct armor_trailer {
	char magic[ARMOR_MAGIC_SIZE]; /* no NUL behind */
	uint64_t data;                /* size of the data */
	uint32_t directory;           /* of it, at its end, the sealed directory; a pack's */
	uint16_t shards, parity;      /* ARMOR_SHARDS; 0 or ARMOR_PARITY */
	uint8_t commitment[ARMOR_COMMITMENT_SIZE];
};

/** What was found in a file whose trailer could be read. */
struct armor_report {
	struct armor_trailer trailer;
	bool shards[ARMOR_SHARDS_ALL]; /* true: damaged; those of data, then those of parity */
	unsigned damaged;              /* how many of them; not told where sums_lost */
	bool sums;                     /* the sums themselves are damaged */
	bool sums_lost;                /* and so much that they tell nothing of the shards */
	bool trailers[2];              /* true: damaged */
};

/** True where nothing is damaged as far as the armor can tell: with parity 0 it knows of the
 * trailers only. */
bool armor_is_whole(const struct armor_report *report);

/** The size of a file with so much data; data is at most ARMOR_DATA_MAX, parity 0 or
 * ARMOR_PARITY. */
uint64_t armor_file_size(uint64_t data, uint16_t parity);

/** The other way round, for a file whose trailers are both lost. False where no size of data
 * gives this size of file. */
bool armor_data_size(uint64_t file_size, uint16_t parity, uint64_t *out);

/** Appends parity, sums and trailers to the data that `file` is. Of the trailer it takes magic,
 * directory, commitment, and parity (0 or ARMOR_PARITY); the sizes are its own. ERR_LIMIT where
 * the buffer's ceiling or ARMOR_DATA_MAX would be passed; the data is then as it was. */
NODISCARD int armor_close(struct buf *file, const struct armor_trailer *trailer);

/** Reads the trailer from the last `size` bytes of a file, ARMOR_END_SIZE or more (or the whole
 * of a shorter file). Every number in it then fits a file of this size. ERR_CORRUPT. */
NODISCARD int armor_trailer_read(const uint8_t *end, size_t size, uint64_t file_size,
	const char *magic, struct armor_trailer *out);

/** Tells what of a whole file is damaged. ERR_CORRUPT where no trailer can be read, and nothing
 * can be told. */
NODISCARD int armor_check(
	const uint8_t *file, size_t size, const char *magic, struct armor_report *out);

/** Repairs a file in place, and tells what was damaged; ERR_CORRUPT where too much is: `file`
 * is then as it was. The seals have yet to say whether the result is right. */
NODISCARD int armor_repair(
	uint8_t *file, size_t size, const char *magic, struct armor_report *out);

#endif
