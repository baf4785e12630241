/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_SCENARIO_RULES_H
#define SANDBOX_SCENARIO_RULES_H

#include "sandbox/scenario_fields.h"

/* The tables of the scenario format, for scenario.c and patches. */

/** A list of the scenario whose entries are found by one of their members. */
struct scenario_list {
	const char *key;    /* "users" */
	const char *member; /* "upn" */
	const struct field *fields;
};

enum { SCENARIO_LISTS = 4 };
extern const struct scenario_list scenario_lists[SCENARIO_LISTS];

extern const struct field scenario_fields[];
extern const struct field scenario_item_fields[]; /* an entry of a patch's "items" */
extern const char *const scenario_purposes[];     /* in the order of enum scenario_purpose */

/** Checks what the entries of a whole scenario say of each other. ERR_INVALID. */
NODISCARD int scenario_check_links(const struct json *document);

#endif
