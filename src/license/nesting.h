/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_NESTING_H
#define LICENSE_NESTING_H

#include "license/directory.h"

/*
 * How the groups of a directory lie in each other: the direct members of each, and which groups
 * hold each other and so have the same users in the end (B15). Groups that do are one knot; a
 * group by itself is a knot of one. Knots are numbered so that what a knot holds has lower
 * numbers, and so whoever goes through them by number has always seen what lies below.
 *
 * Plain data, made once and then only read. Users who do not count are left out.
 */

struct nesting {
	size_t group_count;
	uint32_t *starts;  /* by group, and one more: where its members begin */
	uint32_t *members; /* packed, as in directory_priv.h, in the order they were told */
	size_t knot_count;
	uint32_t *knot_of;      /* by group */
	uint32_t *knot_groups;  /* groups, those of a knot beside each other, by knot */
	uint32_t *knot_starts;  /* by knot, and one more: where its members begin */
	uint32_t *knot_members; /* packed; for a group the number of its knot, never the own */
	bool *knot_everyone;    /* by knot: everyone is in it or below */
};

/** Takes time by groups and memberships. To be freed with nesting_free. */
void nesting_init(struct nesting *nesting, const struct directory *directory);
void nesting_free(struct nesting *nesting);

#endif
