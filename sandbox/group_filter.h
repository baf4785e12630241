/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GROUP_FILTER_H
#define SANDBOX_GROUP_FILTER_H

#include <stdbool.h>

#include "base/err.h"
#include "sandbox/group.h"

/*
 * A $filter over groups: terms joined by "and", each "property eq value" over the properties
 * that administrators filter by, or "groupTypes/any(c:c eq 'Unified')". Everything else is
 * refused in Graph's words.
 */

enum { GROUP_FILTER_MAX = 8 };

struct group_filter {
	struct {
		char *property;
		char *value;
	} terms[GROUP_FILTER_MAX];
	size_t count;
};

/** NULL is a filter that lets all through. ERR_INVALID. The caller frees what it holds. */
NODISCARD int group_filter_parse(const char *text, struct group_filter *out);
void group_filter_free(struct group_filter *filter);

bool group_filter_fits(const struct group_filter *filter, const struct group *group);

#endif
