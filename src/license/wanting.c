/* SPDX-License-Identifier: Apache-2.0 */
#include "license/wanting.h"

#include <string.h>

#include "base/mem.h"
#include "license/directory_priv.h"

struct wanting {
	const struct directory *directory;
	const struct nesting *nesting;
	bool *held;
	int64_t everyone;  /* how many who count want a license */
	uint32_t *members; /* of the knots, as in nesting.h; what wants nothing is struck out */
	uint32_t *ends;    /* by knot: where its members end now */
	bool *is_short;    /* by knot: more want a license than are left, which stays so: what
			      is given takes from both alike */

	uint32_t object; /* its number; what was come upon for it bears it */
	uint32_t *found_user;
	uint32_t *found_knot;
	uint32_t *users; /* who wants a license */
	uint32_t *knots; /* all that were come upon */
	int64_t user_count;
	size_t knot_count;
	int64_t left;
	bool too_many;
	bool adds_everyone;

	/* A search: the knots from the first one down, and which of their members is next. */
	uint32_t *path;
	uint32_t *before; /* by place in the path: users who were found before it was entered */
	uint32_t *next;   /* by knot */
	size_t depth;
};

struct wanting *wanting_new(
	const struct directory *directory, const struct nesting *nesting, bool *held)
{
	struct wanting *wanting = mem_alloc(sizeof(*wanting));
	size_t users = directory->user_count + 1, knots = nesting->knot_count + 1;
	size_t members = nesting->knot_starts[nesting->knot_count];

	*wanting = (struct wanting){.directory = directory, .nesting = nesting, .held = held};
	wanting->members = mem_array(members + 1, sizeof(uint32_t));
	memcpy(wanting->members, nesting->knot_members, members * sizeof(uint32_t));
	wanting->ends = mem_array(knots, sizeof(uint32_t));
	memcpy(wanting->ends, nesting->knot_starts + 1, (knots - 1) * sizeof(uint32_t));
	wanting->is_short = mem_array(knots, sizeof(bool));
	wanting->before = mem_array(knots, sizeof(uint32_t));
	wanting->found_user = mem_array(users, sizeof(uint32_t));
	wanting->users = mem_array(users, sizeof(uint32_t));
	wanting->found_knot = mem_array(knots, sizeof(uint32_t));
	wanting->knots = mem_array(knots, sizeof(uint32_t));
	wanting->path = mem_array(knots, sizeof(uint32_t));
	wanting->next = mem_array(knots, sizeof(uint32_t));
	for (size_t i = 0; i < directory->user_count; i++)
		wanting->everyone += directory->counts[i] && !held[i];
	return wanting;
}

void wanting_free(struct wanting *wanting)
{
	if (!wanting)
		return;
	mem_free(wanting->members);
	mem_free(wanting->ends);
	mem_free(wanting->is_short);
	mem_free(wanting->before);
	mem_free(wanting->found_user);
	mem_free(wanting->users);
	mem_free(wanting->found_knot);
	mem_free(wanting->knots);
	mem_free(wanting->path);
	mem_free(wanting->next);
	mem_free(wanting);
}

void wanting_begin(struct wanting *wanting, int64_t left)
{
	wanting->user_count = 0;
	wanting->knot_count = 0;
	wanting->left = left > 0 ? left : 0;
	wanting->too_many = wanting->adds_everyone = false;
	if (++wanting->object > 0)
		return;
	memset(wanting->found_user, 0, wanting->directory->user_count * sizeof(uint32_t));
	memset(wanting->found_knot, 0, wanting->nesting->knot_count * sizeof(uint32_t));
	wanting->object = 1;
}

static void add_user(struct wanting *wanting, uint32_t user)
{
	if (wanting->held[user] || wanting->found_user[user] == wanting->object ||
		!wanting->directory->counts[user])
		return;
	wanting->found_user[user] = wanting->object;
	wanting->users[wanting->user_count++] = user;
	wanting->too_many = wanting->user_count > wanting->left;
}

static void enter(struct wanting *wanting, uint32_t knot)
{
	wanting->found_knot[knot] = wanting->object;
	wanting->knots[wanting->knot_count++] = knot;
	wanting->next[knot] = wanting->nesting->knot_starts[knot];
	wanting->before[wanting->depth] = (uint32_t)wanting->user_count;
	wanting->path[wanting->depth++] = knot;
	wanting->too_many |= wanting->is_short[knot];
}

static bool is_empty(const struct wanting *wanting, uint32_t knot)
{
	return wanting->ends[knot] == wanting->nesting->knot_starts[knot];
}

/* Whether a member wants nothing any more. */
static bool is_done(const struct wanting *wanting, uint32_t member)
{
	uint32_t place = member_place(member);

	return member_kind(member) == DIRECTORY_USER ? wanting->held[place]
						     : is_empty(wanting, place);
}

/* Looks at a knot's next member; one that is done gives its place to the last one. A knot below
 * is entered first, and looked at again when it has been gone through. */
static void look_at_next(struct wanting *wanting, uint32_t knot)
{
	uint32_t *place = &wanting->members[wanting->next[knot]];

	if (is_done(wanting, *place)) {
		*place = wanting->members[--wanting->ends[knot]];
	} else if (member_kind(*place) == DIRECTORY_USER) {
		add_user(wanting, member_place(*place));
		wanting->next[knot]++;
	} else if (wanting->found_knot[member_place(*place)] != wanting->object) {
		enter(wanting, member_place(*place));
	} else {
		wanting->next[knot]++;
	}
}

/* Notes of the knots in the path which of them have too many users: those that lead to a knot
 * which is known to, and those below which all were found. */
static void note_short(struct wanting *wanting)
{
	bool below_short = wanting->is_short[wanting->path[wanting->depth - 1]];

	for (size_t i = 0; i < wanting->depth; i++)
		wanting->is_short[wanting->path[i]] |= below_short || wanting->before[i] == 0;
}

static void add_knot(struct wanting *wanting, uint32_t first)
{
	if (wanting->found_knot[first] == wanting->object)
		return;
	wanting->depth = 0;
	enter(wanting, first);
	while (wanting->depth > 0 && !wanting->too_many) {
		uint32_t knot = wanting->path[wanting->depth - 1];

		if (wanting->next[knot] < wanting->ends[knot])
			look_at_next(wanting, knot);
		else
			wanting->depth--;
	}
	if (wanting->too_many)
		note_short(wanting);
}

void wanting_add(struct wanting *wanting, struct directory_principal who)
{
	if (wanting->too_many || wanting->adds_everyone)
		return;
	if (who.kind == DIRECTORY_USER) {
		ASSERT(who.place < wanting->directory->user_count);
		add_user(wanting, who.place);
		return;
	}
	uint32_t knot = 0;
	if (who.kind == DIRECTORY_GROUP) {
		ASSERT(who.place < wanting->nesting->group_count);
		knot = wanting->nesting->knot_of[who.place];
	}
	if (who.kind == DIRECTORY_EVERYONE || wanting->nesting->knot_everyone[knot]) {
		wanting->adds_everyone = true;
		wanting->too_many = wanting->everyone > wanting->left;
	} else {
		add_knot(wanting, knot);
	}
}

static int64_t give_everyone(struct wanting *wanting)
{
	int64_t given = wanting->everyone;

	if (given > 0) {
		for (size_t i = 0; i < wanting->directory->user_count; i++)
			wanting->held[i] = wanting->held[i] || wanting->directory->counts[i];
	}
	wanting->everyone = 0;
	return given;
}

int64_t wanting_give(struct wanting *wanting)
{
	if (wanting->too_many)
		return -1;
	if (wanting->adds_everyone)
		return give_everyone(wanting);
	for (int64_t i = 0; i < wanting->user_count; i++)
		wanting->held[wanting->users[i]] = true;
	wanting->everyone -= wanting->user_count;
	for (size_t i = 0; i < wanting->knot_count; i++) {
		uint32_t knot = wanting->knots[i];

		wanting->ends[knot] = wanting->nesting->knot_starts[knot];
	}
	return wanting->user_count;
}
