/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_BUILD_H
#define ITEM_MIME_BUILD_H

#include <stddef.h>

#include "item/mime_split.h"

/*
 * Makes of a decoded body and its facts the bytes that stood in the message: the way back from
 * mime_split.h, streaming, in bounded memory.
 */

/** Takes the rebuilt bytes, borrowed for the call. 0 or an error, which comes back as it is. */
typedef int mime_out(void *context, const void *data, size_t size);

struct mime_encoder;

/** Begins a body; `facts` may come from outside. The caller frees *encoder with
 * mime_encoder_free. ERR_CORRUPT where no body can have such facts. */
NODISCARD int mime_encoder_new(const struct mime_facts *facts, mime_out *out, void *context,
	struct mime_encoder **encoder);
void mime_encoder_free(struct mime_encoder *encoder); /* NULL is fine */

/** The next decoded bytes. Errors: those of `out` alone. */
NODISCARD int mime_encoder_add(struct mime_encoder *encoder, const void *data, size_t size);

/** The body is whole. Errors: those of `out` alone. */
NODISCARD int mime_encoder_finish(struct mime_encoder *encoder);

#endif
