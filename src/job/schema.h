/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_SCHEMA_H
#define JOB_SCHEMA_H

#include <stddef.h>

/* The tables of garner.db, as numbered migrations; what each column means stands in schema.c.
 */
extern const char *const schema_scripts[];
extern const size_t schema_script_count;

#endif
