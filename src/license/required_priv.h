/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_REQUIRED_PRIV_H
#define LICENSE_REQUIRED_PRIV_H

#include "license/closure.h"
#include "license/required.h"

struct required {
	const struct directory *directory;
	struct nesting nesting;
	struct closure *closure;
	/* For the ways: by group, and made when a way is asked for first. */
	uint32_t *above;   /* the group that led to it, or itself for the first */
	uint32_t *queue;   /* groups in the order in which they were come upon */
	uint32_t *reached; /* the search's number */
	uint32_t search;
};

/** The rights by which a rule needs somebody; none for REQUIRED_NOBODY. */
unsigned required_rights(enum required_rule rule);

#endif
