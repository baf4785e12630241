/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RECORD_H
#define REPO_RECORD_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * The records that lists and trees are made of. A list of items is a magic number and a record
 * for each item, a tree is one and a record for each folder. A record is a length and a body, a
 * body texts that end with NUL and numbers.
 */

enum {
	RECORD_MAX = 4 * (TEXT_MAX + 1) + 128,
	RECORD_LENGTH_SIZE = 4,
};

/** What a tree has of a folder: list_id in it is the id of `list`. */
struct folder_record {
	struct tree_folder folder;
	struct repo_content list;
};

/** Append a record. ERR_INVALID where a text is too long, ERR_LIMIT. */
NODISCARD int record_put_item(struct buf *out, const struct tree_item *item);
NODISCARD int record_put_folder(struct buf *out, const struct folder_record *record);

/** Take the body of a record apart; the texts are borrowed from it. ERR_CORRUPT. */
NODISCARD int record_get_item(const uint8_t *body, size_t size, struct tree_item *out);
NODISCARD int record_get_folder(const uint8_t *body, size_t size, struct folder_record *out);

/** A content as it stands in records and in snapshots. */
NODISCARD int record_put_content(struct buf *out, const struct repo_content *content);
NODISCARD int record_get_content(struct reader *reader, struct repo_content *out);

/** A text that ends with NUL. */
NODISCARD int record_put_text(struct buf *out, const char *text);
NODISCARD int record_get_text(struct reader *reader, const char **out);

/** Called with the body of each record. Not 0 ends the walk and is returned. */
typedef int record_fn(void *context, const uint8_t *body, size_t size);

struct record_visitor {
	const char *magic; /* that the content begins with */
	record_fn *visit;
	void *context;
};

/** Reads a content of records. ERR_CORRUPT, ERR_IO. */
NODISCARD int record_walk(struct repo *repo, const struct repo_content *content,
	const struct record_visitor *visitor);

#endif
