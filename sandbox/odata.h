/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_ODATA_H
#define SANDBOX_ODATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/graph_types.h"

/*
 * OData as Graph speaks it: the path of a request taken apart, its query options, and the
 * choice of properties.
 */

enum { ODATA_SEGMENTS_MAX = 12, ODATA_OPTIONS_MAX = 24 };

/** A path in decoded segments; users('x')/messages is the same as users/x/messages. */
struct odata_path {
	char *segments[ODATA_SEGMENTS_MAX];
	size_t count;
};

/** ERR_INVALID for a broken encoding or too many segments. */
NODISCARD int odata_path_parse(const char *path, struct odata_path *out);
void odata_path_free(struct odata_path *path);

struct odata_option {
	char *name;  /* "$select"; a custom one without "$" */
	char *value; /* decoded */
};

struct odata_query {
	struct odata_option options[ODATA_OPTIONS_MAX];
	size_t count;
};

/** Takes a query apart. A known option may be written without its "$", as in Graph.
 * ERR_INVALID for a broken encoding, an option given twice, or too many. */
NODISCARD int odata_query_parse(const char *query, struct odata_query *out);
void odata_query_free(struct odata_query *query);

/** Value of an option; NULL. */
const char *odata_query_get(const struct odata_query *query, const char *name);

/** Reads a number option within [low, high]; `otherwise` where it is not given. ERR_INVALID. */
NODISCARD int odata_query_number(const struct odata_query *query, const char *name,
	const int64_t bounds[2], int64_t otherwise, int64_t *out);

/** The options as a query again, encoded, without the option `except` (NULL: all of them). The
 * caller frees it. */
char *odata_query_text(const struct odata_query *query, const char *except);

/** Checks a $select (NULL is fine). ERR_INVALID in Graph's words. */
NODISCARD int odata_select_check(const char *select, const struct graph_type *type);

/** True where the property is selected; all are where `select` is NULL or "*". */
bool odata_select_has(const char *select, const char *property);

/** Leaves in the object what is selected, and puts null or [] for selected properties that it
 * does not have. "id" and what begins with "@" stay. */
struct json *odata_select_apply(
	struct json *object, const char *select, const struct graph_type *type);

#endif
