/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSE_ORGANIZATION_H
#define TESTS_LICENSE_ORGANIZATION_H

#include "license/required.h"

/*
 * An organization and a run over its objects, put together line by line, for the tests of
 * required.h.
 */

enum { USERS_MAX = 256, GRANTS_MAX = 256, OBJECTS_MAX = 64 };

struct world {
	struct directory *directory;
	struct required *required;
	struct required_object objects[OBJECTS_MAX];
	struct required_grant grants[OBJECTS_MAX][GRANTS_MAX];
	size_t object_count;
	bool held[USERS_MAX];
	struct required_turn turns[OBJECTS_MAX];
};

/** An empty one as a test's state, and its end. */
int set_up(void **state);
int tear_down(void **state);

/** Adds `count` users and returns the place of the first; the others follow it. */
uint32_t add_users(struct world *world, uint32_t count, bool counts);

struct directory_principal user(uint32_t place);
struct directory_principal group(uint32_t place);
struct directory_principal everyone(void);

/** A group of `count` users from `first` on. */
uint32_t add_group(struct world *world, uint32_t first, uint32_t count);

/** Puts somebody into a group. */
void nest(struct world *world, uint32_t outer, struct directory_principal inner);

/** Adds an object without permissions to the run, and returns its number. */
size_t add_object(struct world *world, enum required_rule rule);

/** Adds a line to an object's permissions. */
void grant(struct world *world, size_t object, struct directory_principal who, unsigned rights);

size_t add_mailbox(struct world *world, uint32_t owner);

/** The mailbox or the team site of a group. */
size_t add_group_object(struct world *world, uint32_t place);

/** Made when it is asked for first: the organization is complete then. */
struct required *required_of(struct world *world);

/** Plays the run through with so many licenses left; what came of it stands in the turns. */
int64_t play(struct world *world, int64_t free);

size_t set_size(struct world *world, size_t object);

#endif
