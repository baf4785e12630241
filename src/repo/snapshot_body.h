/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SNAPSHOT_BODY_H
#define REPO_SNAPSHOT_BODY_H

#include "base/buf.h"
#include "crypto/hash.h"
#include "repo/derived.h"
#include "repo/repo.h"

/*
 * The bytes of snapshots and of notes of forgetting: signed, and each with the names and hashes
 * of those before it. Without I/O.
 */

enum snapshot_kind { SNAPSHOT_KEPT = 1, SNAPSHOT_NOTE = 2 };

enum { SNAPSHOT_EARLIER_MAX = 64 };

struct snapshot_link {
	uint8_t name[NAME_SIZE];
	uint8_t hash[HASH_SIZE]; /* of the body, from kind on */
};

/** What the chain needs of a file. */
struct snapshot_node {
	struct snapshot_link self;
	enum snapshot_kind kind;
	int64_t created_s;
	uint32_t place; /* in the chain: one more than the highest before it; the first has 1 */
	struct snapshot_link *earlier;
	size_t earlier_count;
	struct snapshot_link *forgotten; /* of a note */
	size_t forgotten_count;
};

void snapshot_node_free(struct snapshot_node *node); /* what it holds, not itself */

/** Appends signature and body of a node whose name is set; `snapshot` is NULL of a note. Sets
 * the node's hash. ERR_LIMIT, ERR_INVALID. */
NODISCARD int snapshot_encode(const struct repo_keys *keys, struct snapshot_node *node,
	const struct snapshot *snapshot, struct buf *out);

/** Takes one apart, whose name is set in `node`, and verifies its signature. *out_snapshot (it
 * may be NULL) is NULL of a note, else the caller's. ERR_CORRUPT. */
NODISCARD int snapshot_decode(const struct repo_keys *keys, const struct buf *bytes,
	struct snapshot_node *node, struct snapshot **out_snapshot);

#endif
