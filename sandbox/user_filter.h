/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_USER_FILTER_H
#define SANDBOX_USER_FILTER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "sandbox/tenant.h"

/*
 * A $filter over users: comparisons "property eq value" joined by "and", over the properties
 * that administrators filter by. Everything else is refused in Graph's words.
 */

enum { USER_FILTER_MAX = 8 };

struct user_filter {
	struct {
		char *property;
		char *value; /* a text without its quotes, or "true" or "false" */
	} terms[USER_FILTER_MAX];
	size_t count;
};

/** NULL is a filter that lets all through. ERR_INVALID. The caller frees what it holds. */
NODISCARD int user_filter_parse(const char *text, struct user_filter *out);
void user_filter_free(struct user_filter *filter);

bool user_filter_fits(const struct user_filter *filter, const struct user *user);

#endif
