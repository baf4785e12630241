/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RECIPE_H
#define REPO_RECIPE_H

#include "base/buf.h"
#include "item/mime_split.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * Recipes as bytes (docs/format.md, section 7): the steps that make a message again. Every
 * number that is read is checked; whether a body's facts make sense, its encoder says.
 */

enum recipe_kind { RECIPE_LITERAL = 0, RECIPE_BODY = 1, RECIPE_SHORT = 2 };

struct recipe_step {
	uint8_t kind;                /* enum recipe_kind */
	struct mime_facts facts;     /* not of a literal */
	struct repo_content content; /* of RECIPE_BODY: REPO_CHUNK or REPO_LIST */
	const uint8_t *data;         /* of the others; borrowed */
	size_t size;
};

/** Begins to read a recipe; the data is borrowed until the last recipe_next. ERR_CORRUPT. */
NODISCARD int recipe_begin(struct reader *reader, const void *data, size_t size);

/** 1 and the next step; 0 at the end. ERR_CORRUPT. */
NODISCARD int recipe_next(struct reader *reader, struct recipe_step *out);

/** Appends the beginning of a recipe, and a step. ERR_LIMIT. */
NODISCARD int recipe_put_head(struct buf *out);
NODISCARD int recipe_put(struct buf *out, const struct recipe_step *step);

#endif
