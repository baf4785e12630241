/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PANEL_OPERATION_PRIV_H
#define PANEL_OPERATION_PRIV_H

#include "panel/operation.h"

/* The operations, a file for each subject. */

typedef int operation_fn(const struct operation_call *call, struct json **out);

struct operation {
	const char *name; /* NULL ends a table */
	operation_fn *run;
};

extern const struct operation operations_connection[];
extern const struct operation operations_job[];
extern const struct operation operations_license[];
extern const struct operation operations_notify[];
extern const struct operation operations_subject[];
extern const struct operation operations_why[];

/** A text argument that must be there. ERR_INVALID. */
NODISCARD int operation_want(
	const struct operation_call *call, const char *key, const char **out);

/** A subject as people write it: its id, the start of its id, or the name that is known here.
 * The caller frees *out. ERR_NOTFOUND. */
NODISCARD int operation_subject(
	const struct operation_call *call, const char *word, char **out);

#endif
