/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_HEADER_PRIV_H
#define ITEM_MIME_HEADER_PRIV_H

#include <stdbool.h>

#include "item/mime_split.h"

/*
 * The two header fields that matter for taking a message apart, read as tolerantly as mail
 * programs do: a wrong guess costs deduplication, never a byte.
 */

enum {
	HEADER_TYPE_MAX = 1000,
	HEADER_ENCODING_MAX = 60,
	MIME_BOUNDARY_MAX = 200, /* RFC 2046 allows 70 */
};

struct header_field {
	bool is_there;
	size_t size; /* no more than there is room for; the rest of the field is dropped */
};

struct mime_header {
	struct header_field type_field, encoding_field;
	struct header_field *open; /* which a folded line goes on with; NULL for any other */
	char type[HEADER_TYPE_MAX + 1];
	char encoding[HEADER_ENCODING_MAX + 1];
};

void mime_header_clear(struct mime_header *header);

/** A line of the header, or, without `starts`, what follows of a line that is too long for one
 * call. */
void mime_header_add(struct mime_header *header, const uint8_t *line, size_t size, bool starts);

/** What the header says; only after its last line. */
bool mime_header_is_multipart(const struct mime_header *header);
bool mime_header_is_message(const struct mime_header *header);
enum mime_encoding mime_header_encoding(const struct mime_header *header);
enum mime_kind mime_header_kind(const struct mime_header *header);

/** Writes the boundary into `out` (MIME_BOUNDARY_MAX bytes, no NUL); returns its size, 0 where
 * there is none or it is too long. */
size_t mime_header_boundary(const struct mime_header *header, char *out);

/** True where a content of no telling type begins like an image, a film or an archive. */
bool mime_is_media(const uint8_t *data, size_t size);

#endif
