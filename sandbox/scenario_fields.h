/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_SCENARIO_FIELDS_H
#define SANDBOX_SCENARIO_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"

/*
 * Checks JSON objects against tables: which keys there may be, and what each may hold. Used for
 * scenarios, patches and faults, so that all of them complain in the same words.
 */

enum field_kind {
	FIELD_TEXT,
	FIELD_NAME, /* a text that is not empty */
	FIELD_UPN,  /* something@something */
	FIELD_BOOL,
	FIELD_COUNT,   /* 0 to 1,000,000 */
	FIELD_SOURCE,  /* a count, or the name of a folder */
	FIELD_WORD,    /* one of `words` */
	FIELD_WORDS,   /* a list of some of them */
	FIELD_NAMES,   /* a list of texts that are not empty */
	FIELD_PATH,    /* a text that begins with "/" and does not end with it */
	FIELD_OBJECTS, /* a list of objects of `fields` */
	FIELD_OBJECT,  /* one of them */
	FIELD_ANY,
};

struct field {
	const char *key; /* NULL ends the table */
	enum field_kind kind;
	bool required;
	const char *const *words;   /* ended by NULL */
	const struct field *fields; /* of FIELD_OBJECT and FIELD_OBJECTS */
};

struct field_rules {
	bool nulls; /* null is fine wherever nothing is required: in a patch it removes */
};

/** Checks `object`, which is found at `where` ("" at the top). ERR_INVALID with the place and
 * what would be right. */
NODISCARD int fields_check(const struct json *object, const struct field *fields,
	const struct field_rules *rules, const char *where);

/** "where.key", or "key" at the top. The caller frees it. */
char *fields_place(const char *where, const char *key);

#endif
