/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIES_HISTORY_H
#define HISTORIES_HISTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "crypto/hash.h"
#include "license/lease.h"

/*
 * What a client of the licensing service did and was told: one operation, from the first time
 * that it was sent to the answer that was believed. Kept as one JSON object a line.
 */

enum operation_kind {
	OPERATION_CLAIM,
	OPERATION_RELEASE,
	OPERATION_LEASE,
};

enum { OPERATION_SUBJECTS_MAX = 16, OPERATION_OBJECTS_MAX = 4 };

struct operation_object {
	size_t first, count; /* of operation.subjects */
	bool granted;        /* claims */
	int64_t newly, missing;
};

struct operation {
	enum operation_kind kind;
	char license_id[LEASE_ID_SIZE];
	char instance_id[LEASE_ID_SIZE];
	int64_t begun_us, ended_us; /* by one clock for all clients */
	int tries;
	int subjects[OPERATION_SUBJECTS_MAX]; /* numbers within the license */
	size_t subject_count;
	struct operation_object objects[OPERATION_OBJECTS_MAX]; /* of a claim */
	size_t object_count;
	bool released[OPERATION_SUBJECTS_MAX]; /* of a release */
	char refused[32];                      /* "" where the answer decides */

	/* The lease that came with the answer. */
	int64_t revision, sequence, epoch, seats, used, issued_s, expires_s;
	char chain[2 * HASH_SIZE + 1];
};

/** The subject of that number, as the service knows it: 64 hexadecimal digits and a NUL. */
void history_subject(const char *license_id, int number, char out[2 * HASH_SIZE + 1]);

void history_write(FILE *file, const struct operation *operation);

/** Reads a whole file; the caller frees the array with mem_free. ERR_INVALID, ERR_IO. */
NODISCARD int history_read(const char *path, struct operation **out, size_t *out_count);

#endif
