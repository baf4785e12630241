/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CENSUS_H
#define LICENSE_CENSUS_H

#include "license/required.h"

struct nesting;

/*
 * Counts the users of all objects of a run at once: of each how many it needs and how many of
 * them hold a license at its turn, where it is known which objects get theirs.
 *
 * The users are taken some hundreds at a time. What all groups hold of them fits into the
 * processor's nearest memory as a bit each, and is put together once; so the time does not
 * depend on how large the sets are or how much they overlap, only on users times memberships
 * and permissions, of which sixty-four are done in a step.
 */

struct census {
	const struct directory *directory;
	const struct nesting *nesting;
	const struct required_object *objects;
	size_t count;
	const bool *held;    /* by user, before the run */
	const bool *granted; /* by object: it gets all that it needs */
};

/** Fills `required` and `held` of each object's turn; the rest is left. */
void census_take(const struct census *census, struct required_turn *turns);

#endif
