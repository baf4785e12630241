/* SPDX-License-Identifier: Apache-2.0 */
#include "license/nesting.h"

#include "base/mem.h"
#include "license/directory_priv.h"

enum { NO_KNOT = UINT32_MAX };

static bool is_left_out(const struct directory *directory, uint32_t member)
{
	return member_kind(member) == DIRECTORY_USER &&
	       !directory->counts[member_place(member)];
}

static void lay_out_members(struct nesting *nesting, const struct directory *directory)
{
	uint32_t *starts = mem_array(directory->group_count + 2, sizeof(uint32_t));

	nesting->members = mem_array(directory->membership_count + 1, sizeof(uint32_t));
	/* Counts two places ahead become starts one place ahead, which filling moves into
	 * place. */
	for (size_t i = 0; i < directory->membership_count; i++) {
		if (!is_left_out(directory, directory->memberships[i].member))
			starts[directory->memberships[i].group + 2]++;
	}
	for (size_t i = 2; i < directory->group_count + 2; i++)
		starts[i] += starts[i - 1];
	for (size_t i = 0; i < directory->membership_count; i++) {
		const struct directory_membership *told = &directory->memberships[i];

		if (!is_left_out(directory, told->member))
			nesting->members[starts[told->group + 1]++] = told->member;
	}
	nesting->starts = starts;
}

/* Tarjan's search for strongly connected components. Its path is an array, for groups may be
 * nested deeper than a stack is. */
struct search {
	struct nesting *nesting;
	uint32_t *found;   /* by group: when it was come upon, from 1; 0: not yet */
	uint32_t *lowest;  /* by group: the earliest on the path that it leads back to */
	uint32_t *next;    /* by group: its member to be looked at next */
	uint32_t *path;    /* groups that are being gone through, from the first one down */
	uint32_t *pending; /* found, their knot not known yet */
	size_t depth;
	size_t pending_count;
	uint32_t clock;
	size_t placed; /* groups in knots */
};

static void enter(struct search *search, uint32_t group)
{
	search->found[group] = search->lowest[group] = ++search->clock;
	search->next[group] = search->nesting->starts[group];
	search->path[search->depth++] = group;
	search->pending[search->pending_count++] = group;
}

/* Looks at further members of a group, until one has to be gone into first. */
static bool go_deeper(struct search *search, uint32_t group)
{
	const struct nesting *nesting = search->nesting;

	while (search->next[group] < nesting->starts[group + 1]) {
		uint32_t member = nesting->members[search->next[group]++];
		uint32_t below = member_place(member);

		if (member_kind(member) != DIRECTORY_GROUP)
			continue;
		if (!search->found[below]) {
			enter(search, below);
			return true;
		}
		if (nesting->knot_of[below] == NO_KNOT &&
			search->found[below] < search->lowest[group])
			search->lowest[group] = search->found[below];
	}
	return false;
}

/* All that was found since `group` and is pending lies in a circle with it. */
static void tie_knot(struct search *search, uint32_t group)
{
	struct nesting *nesting = search->nesting;
	uint32_t member;

	do {
		member = search->pending[--search->pending_count];
		nesting->knot_of[member] = (uint32_t)nesting->knot_count;
		nesting->knot_groups[search->placed++] = member;
	} while (member != group);
	nesting->knot_count++;
}

static void leave(struct search *search, uint32_t group)
{
	search->depth--;
	if (search->lowest[group] == search->found[group])
		tie_knot(search, group);
	if (search->depth > 0) {
		uint32_t above = search->path[search->depth - 1];

		if (search->lowest[group] < search->lowest[above])
			search->lowest[above] = search->lowest[group];
	}
}

static void find_knots(struct nesting *nesting)
{
	size_t count = nesting->group_count;
	uint32_t *memory = mem_array(count + 1, 5 * sizeof(uint32_t));
	struct search search = {.nesting = nesting,
		.found = memory,
		.lowest = memory + count,
		.next = memory + 2 * count,
		.path = memory + 3 * count,
		.pending = memory + 4 * count};

	for (uint32_t first = 0; first < count; first++) {
		if (search.found[first])
			continue;
		enter(&search, first);
		while (search.depth > 0) {
			uint32_t group = search.path[search.depth - 1];

			if (!go_deeper(&search, group))
				leave(&search, group);
		}
	}
	mem_free(memory);
}

/* Adds what a group of a knot holds to the members of the knot. */
static uint32_t lay_out_group(struct nesting *nesting, uint32_t group, uint32_t end)
{
	uint32_t knot = nesting->knot_of[group];

	for (uint32_t i = nesting->starts[group]; i < nesting->starts[group + 1]; i++) {
		uint32_t member = nesting->members[i];

		if (member_kind(member) == DIRECTORY_EVERYONE) {
			nesting->knot_everyone[knot] = true;
		} else if (member_kind(member) == DIRECTORY_GROUP) {
			uint32_t below = nesting->knot_of[member_place(member)];

			if (below == knot)
				continue;
			if (nesting->knot_everyone[below])
				nesting->knot_everyone[knot] = true;
			member = member_pack(
				(struct directory_principal){DIRECTORY_GROUP, below});
		}
		nesting->knot_members[end++] = member;
	}
	return end;
}

static void lay_out_knots(struct nesting *nesting)
{
	uint32_t end = 0;
	size_t placed = 0;

	nesting->knot_starts = mem_array(nesting->knot_count + 1, sizeof(uint32_t));
	nesting->knot_everyone = mem_array(nesting->knot_count + 1, sizeof(bool));
	nesting->knot_members =
		mem_array(nesting->starts[nesting->group_count] + (size_t)1, sizeof(uint32_t));
	for (uint32_t knot = 0; knot < nesting->knot_count; knot++) {
		while (placed < nesting->group_count &&
			nesting->knot_of[nesting->knot_groups[placed]] == knot)
			end = lay_out_group(nesting, nesting->knot_groups[placed++], end);
		nesting->knot_starts[knot + 1] = end;
	}
}

void nesting_init(struct nesting *nesting, const struct directory *directory)
{
	size_t count = directory->group_count;

	*nesting = (struct nesting){.group_count = count};
	lay_out_members(nesting, directory);
	nesting->knot_of = mem_array(count + 1, sizeof(uint32_t));
	nesting->knot_groups = mem_array(count + 1, sizeof(uint32_t));
	for (size_t i = 0; i < count; i++)
		nesting->knot_of[i] = NO_KNOT;
	find_knots(nesting);
	lay_out_knots(nesting);
}

void nesting_free(struct nesting *nesting)
{
	mem_free(nesting->starts);
	mem_free(nesting->members);
	mem_free(nesting->knot_of);
	mem_free(nesting->knot_starts);
	mem_free(nesting->knot_members);
	mem_free(nesting->knot_everyone);
	mem_free(nesting->knot_groups);
	*nesting = (struct nesting){0};
}
