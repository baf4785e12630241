/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLOSURE_H
#define LICENSE_CLOSURE_H

#include "license/directory.h"
#include "license/nesting.h"

/*
 * The users behind principals: groups resolved to the end, each user once, only those who
 * count. One set is put together at a time, and asked.
 *
 * Nothing of it is slow, however the groups lie: what is below the large knots is kept, as a
 * bit for each user, for as many as a fixed amount of memory takes, chosen so that no principal
 * leads through more than a known number of steps before all it leads to is in the set.
 */

struct closure;

/** The directory is borrowed, and may no longer change. */
struct closure *closure_new(const struct directory *directory);
void closure_free(struct closure *closure); /* NULL is fine */

/** How its groups lie in each other; borrowed. */
const struct nesting *closure_nesting(const struct closure *closure);

/** Begins another set, which is empty. */
void closure_begin(struct closure *closure);

/** Adds all users behind a principal of the directory. */
void closure_add(struct closure *closure, struct directory_principal who);

/** How many users are in the set. */
size_t closure_size(const struct closure *closure);

/** The users of the set, rising; borrowed until the next call of any of these. */
const uint32_t *closure_users(struct closure *closure, size_t *out_count);

/** Users that are marked, among those who count. */
struct closure_marks {
	uint64_t *bits; /* by user */
	size_t count;
};

/** The marks that `flags` has by user. To be freed with closure_marks_free. */
void closure_marks_init(
	struct closure_marks *marks, const struct closure *closure, const bool *flags);
void closure_marks_free(struct closure_marks *marks);

/** How many users of the set are not marked. */
size_t closure_unmarked(const struct closure *closure, const struct closure_marks *marks);

/** Marks all users of the set, in `flags` too. */
void closure_mark(const struct closure *closure, struct closure_marks *marks, bool *flags);

#endif
