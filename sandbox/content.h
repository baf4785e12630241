/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_CONTENT_H
#define SANDBOX_CONTENT_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Where the bytes of a message lie: in a file, in a text that came with a change, or nowhere
 * until somebody asks, because they are generated. Never changed once made; shared by counting,
 * so that a reader keeps what it has while a change puts another in its place.
 */

struct content;

/** What a generated message is made from. */
struct content_recipe {
	const char *tenant;
	const char *domain;
	const char *owner; /* the mailbox's address */
	uint32_t number;
};

/** Each returns the only owner; the caller frees it. Texts are copied. */
struct content *content_from_file(const char *path, uint64_t size, int64_t modified_s);
struct content *content_from_text(const char *text);
struct content *content_from_recipe(const struct content_recipe *recipe);

struct content *content_share(struct content *content); /* another owner */
void content_free(struct content *content);             /* NULL is fine */

#define AUTO_CONTENT __attribute__((cleanup(content_free_slot))) struct content *
void content_free_slot(struct content **content);

/** The file's path; NULL where there is none. Borrowed. */
const char *content_path(const struct content *content);

/** Differs where the bytes may: size and time of a file, hash of a text, number of a recipe. */
uint64_t content_stamp(const struct content *content);

/** When a file was modified; 0 for the others. */
int64_t content_modified_s(const struct content *content);

/** Appends the beginning of the message to `out`, its header as far as the ceiling of the
 * buffer reaches. ERR_IO, ERR_NOTFOUND. */
NODISCARD int content_read_head(const struct content *content, struct buf *out);

/** Appends all of it, but for a file, which is to be streamed. ERR_LIMIT. */
NODISCARD int content_read_made(const struct content *content, struct buf *out);

#endif
