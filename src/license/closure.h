/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLOSURE_H
#define LICENSE_CLOSURE_H

#include "license/directory.h"
#include "license/nesting.h"

/*
 * The users behind principals: groups resolved to the end, each user once, only those who
 * count. One set is put together at a time. For a whole run of objects see wanting.h and
 * census.h, which do not go through the same groups again and again.
 */

struct closure;

/** Both are borrowed, and may no longer change. */
struct closure *closure_new(const struct directory *directory, const struct nesting *nesting);
void closure_free(struct closure *closure); /* NULL is fine */

/** Begins another set, which is empty. */
void closure_begin(struct closure *closure);

/** Adds all users behind a principal of the directory. */
void closure_add(struct closure *closure, struct directory_principal who);

/** The users of the set, rising; borrowed until the next call of any of these. */
const uint32_t *closure_users(struct closure *closure, size_t *out_count);

#endif
