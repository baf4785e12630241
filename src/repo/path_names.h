/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_PATH_NAMES_H
#define REPO_PATH_NAMES_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Components that are unique in one place: names that others have too get "~2", "~3", … behind.
 */

struct path_names; /* those that are taken */

struct path_names *path_names_new(void);
void path_names_free(struct path_names *names);

/** Takes `component` where it is free. */
void path_names_reserve(struct path_names *names, const char *component);

/** Whether somebody who was not reserved has the component. */
typedef bool path_taken_fn(void *context, const char *component);

/** The component for the next one whose encoded name is `component`, which was reserved: that
 * at the first time, then the next that is free; `is_taken` (may be NULL) is asked too. The
 * caller frees it. */
char *path_names_take(struct path_names *names, const char *component, path_taken_fn *is_taken,
	void *context);

#endif
