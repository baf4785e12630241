/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MOUNT_CONTENTS_H
#define MOUNT_CONTENTS_H

#include "repo/repo.h"

/*
 * Contents that are read at any place, while a repository gives them from their beginning: one
 * that is open is held in memory, a large one in a file without a name in $TMPDIR (else
 * /var/tmp). Small ones are kept for a while after they are closed.
 */

enum {
	CONTENTS_SMALL = 8 << 20, /* what is larger goes into a file */
	CONTENTS_KEPT = 32 << 20, /* bytes in memory that nobody has open */
};

struct contents;
struct content; /* one that is open */

struct contents *contents_new(struct repo *repo);
void contents_free(struct contents *contents);

/** Reads it whole, verified. contents_close ends it. ERR_CORRUPT, ERR_IO. */
NODISCARD int contents_open(
	struct contents *contents, const struct repo_content *which, struct content **out);
void contents_close(struct contents *contents, struct content *content);

/** Up to `size` bytes from there; *out_size is less at the end. ERR_IO. */
NODISCARD int contents_read(const struct content *content, uint64_t offset, void *data,
	size_t size, size_t *out_size);

#endif
