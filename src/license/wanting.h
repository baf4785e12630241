/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_WANTING_H
#define LICENSE_WANTING_H

#include "license/directory.h"
#include "license/nesting.h"

/*
 * Who of an organization still wants a license, while a run is played through: decides object
 * by object whether all who want one can have it. What is given is never taken back in a run,
 * and so whoever and whatever no longer wants anything is struck out of the groups for good:
 * groups that were given all are never gone through again.
 */

struct wanting;

/** All are borrowed; `held` says of each user whether a license is assigned, and is kept up to
 * date. */
struct wanting *wanting_new(
	const struct directory *directory, const struct nesting *nesting, bool *held);
void wanting_free(struct wanting *wanting); /* NULL is fine */

/** Begins an object that can be given at most `left` licenses: those that there were at first,
 * less what was given since. */
void wanting_begin(struct wanting *wanting, int64_t left);

/** Adds the users behind a principal. */
void wanting_add(struct wanting *wanting, struct directory_principal who);

/** Gives all of them their licenses where there are enough, and nothing otherwise. Returns how
 * many were given, or -1 where they are more than are left. */
int64_t wanting_give(struct wanting *wanting);

#endif
