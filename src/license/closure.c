/* SPDX-License-Identifier: Apache-2.0 */
#include "license/closure.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "license/directory_priv.h"

struct closure {
	const struct directory *directory;
	const struct nesting *nesting;
	uint32_t number; /* of the set; what has been at bears it */
	uint32_t *been_at_user;
	uint32_t *been_at_knot;
	uint32_t *waiting; /* knots that have still to be gone through */
	size_t waiting_count;
	uint32_t *users; /* the set */
	size_t count;
	bool everyone; /* it is everyone, whatever is in `users` */
};

struct closure *closure_new(const struct directory *directory, const struct nesting *nesting)
{
	struct closure *closure = mem_alloc(sizeof(*closure));

	closure->directory = directory;
	closure->nesting = nesting;
	closure->been_at_user = mem_array(directory->user_count + 1, sizeof(uint32_t));
	closure->been_at_knot = mem_array(nesting->knot_count + 1, sizeof(uint32_t));
	closure->waiting = mem_array(nesting->knot_count + 1, sizeof(uint32_t));
	closure->users = mem_array(directory->user_count + 1, sizeof(uint32_t));
	closure_begin(closure);
	return closure;
}

void closure_free(struct closure *closure)
{
	if (!closure)
		return;
	mem_free(closure->been_at_user);
	mem_free(closure->been_at_knot);
	mem_free(closure->waiting);
	mem_free(closure->users);
	mem_free(closure);
}

void closure_begin(struct closure *closure)
{
	closure->count = 0;
	closure->everyone = false;
	if (++closure->number > 0)
		return;
	memset(closure->been_at_user, 0, closure->directory->user_count * sizeof(uint32_t));
	memset(closure->been_at_knot, 0, closure->nesting->knot_count * sizeof(uint32_t));
	closure->number = 1;
}

static void add_user(struct closure *closure, uint32_t user)
{
	if (closure->been_at_user[user] == closure->number || !closure->directory->counts[user])
		return;
	closure->been_at_user[user] = closure->number;
	closure->users[closure->count++] = user;
}

static void wait_for(struct closure *closure, uint32_t knot)
{
	if (closure->been_at_knot[knot] == closure->number)
		return;
	closure->been_at_knot[knot] = closure->number;
	closure->waiting[closure->waiting_count++] = knot;
}

static void add_knot(struct closure *closure, uint32_t first)
{
	const struct nesting *nesting = closure->nesting;

	wait_for(closure, first);
	while (closure->waiting_count > 0) {
		uint32_t knot = closure->waiting[--closure->waiting_count];

		for (uint32_t i = nesting->knot_starts[knot];
			i < nesting->knot_starts[knot + 1]; i++) {
			uint32_t member = nesting->knot_members[i];

			if (member_kind(member) == DIRECTORY_USER)
				add_user(closure, member_place(member));
			else
				wait_for(closure, member_place(member));
		}
	}
}

void closure_add(struct closure *closure, struct directory_principal who)
{
	if (closure->everyone)
		return;
	if (who.kind == DIRECTORY_EVERYONE) {
		closure->everyone = true;
	} else if (who.kind == DIRECTORY_USER) {
		ASSERT(who.place < closure->directory->user_count);
		add_user(closure, who.place);
	} else {
		ASSERT(who.place < closure->nesting->group_count);
		uint32_t knot = closure->nesting->knot_of[who.place];

		if (closure->nesting->knot_everyone[knot])
			closure->everyone = true;
		else
			add_knot(closure, knot);
	}
}

static int compare_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

const uint32_t *closure_users(struct closure *closure, size_t *out_count)
{
	if (closure->everyone) {
		closure->count = 0;
		for (uint32_t user = 0; user < closure->directory->user_count; user++)
			if (closure->directory->counts[user])
				closure->users[closure->count++] = user;
	} else {
		qsort(closure->users, closure->count, sizeof(uint32_t), compare_places);
	}
	*out_count = closure->count;
	return closure->users;
}
