/* SPDX-License-Identifier: Apache-2.0 */
#include "license/closure.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "license/directory_priv.h"

enum {
	KEPT_MAX = 64 * 1024 * 1024, /* bytes for what is below knots */
	STEPS_MIN = 256,             /* a walk of so few steps is never worth keeping */
};

struct closure {
	struct nesting nesting;
	size_t user_count;
	size_t word_count; /* of a bit for each user */
	uint64_t *counting;
	size_t counting_count;
	bool *holds_everyone; /* by knot */
	uint64_t **kept;      /* by knot: the users below it; NULL where it is walked through */
	uint64_t *kept_bits;

	/* A walk: the knots it has been at, and those it has still to go to. */
	uint32_t *visited; /* by knot: the walk's number */
	uint32_t walk;
	uint32_t *waiting;

	/* The set: everyone; or its bits, and a list too as long as nothing kept was added. */
	bool everyone;
	bool dense;
	uint64_t *bits;
	uint32_t *list; /* its first list_count are the set; all is room for closure_users */
	size_t list_count;
};

static bool has_bit(const uint64_t *bits, uint32_t place)
{
	return bits[place / 64] >> (place % 64) & 1;
}

static void set_bit(uint64_t *bits, uint32_t place)
{
	bits[place / 64] |= (uint64_t)1 << (place % 64);
}

/* Bits that are set, without an instruction that not every processor has. */
static size_t count_bits(uint64_t word)
{
	word -= word >> 1 & 0x5555555555555555;
	word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
	word = (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	return (size_t)(word * 0x0101010101010101 >> 56);
}

static void note_everyone(struct closure *closure)
{
	const struct nesting *nesting = &closure->nesting;

	for (size_t knot = 0; knot < nesting->knot_count; knot++) {
		bool *holds = &closure->holds_everyone[knot];

		for (uint32_t i = nesting->knot_starts[knot];
			i < nesting->knot_starts[knot + 1] && !*holds; i++) {
			uint32_t group = nesting->knot_groups[i];

			for (uint32_t j = nesting->starts[group];
				j < nesting->starts[group + 1] && !*holds; j++) {
				uint32_t member = nesting->members[j];

				if (member_kind(member) == DIRECTORY_EVERYONE)
					*holds = true;
				else if (member_kind(member) == DIRECTORY_GROUP)
					*holds = closure->holds_everyone
							 [nesting->knot_of[member_place(
								 member)]];
			}
		}
	}
}

/* The steps that a walk from a knot takes at most, where walks of more than `limit` steps are
 * kept; by `steps` for the knots below. */
static uint64_t count_steps(const struct closure *closure, size_t knot, const uint64_t *steps)
{
	const struct nesting *nesting = &closure->nesting;
	uint64_t sum = 1;

	for (uint32_t i = nesting->knot_starts[knot]; i < nesting->knot_starts[knot + 1]; i++) {
		uint32_t group = nesting->knot_groups[i];

		sum += nesting->starts[group + 1] - nesting->starts[group];
		for (uint32_t j = nesting->starts[group]; j < nesting->starts[group + 1]; j++) {
			uint32_t member = nesting->members[j];
			uint32_t below;

			if (member_kind(member) != DIRECTORY_GROUP)
				continue;
			below = nesting->knot_of[member_place(member)];
			if (below != knot)
				sum += steps[below];
		}
	}
	return sum;
}

/* Chooses the knots to be kept: those from which a walk would take more than `limit` steps.
 * Returns how many; `steps` says for each knot what it takes then. */
static size_t choose(const struct closure *closure, uint64_t limit, uint64_t *steps, bool *keep)
{
	size_t chosen = 0;

	for (size_t knot = 0; knot < closure->nesting.knot_count; knot++) {
		steps[knot] =
			closure->holds_everyone[knot] ? 1 : count_steps(closure, knot, steps);
		keep[knot] = steps[knot] > limit;
		if (keep[knot]) {
			steps[knot] = 1 + closure->word_count / 8;
			chosen++;
		}
	}
	return chosen;
}

static void visit(struct closure *closure, size_t *waiting_count, uint32_t knot)
{
	if (closure->visited[knot] == closure->walk)
		return;
	closure->visited[knot] = closure->walk;
	closure->waiting[(*waiting_count)++] = knot;
}

static void add_user(struct closure *closure, uint32_t user)
{
	if (has_bit(closure->bits, user))
		return;
	set_bit(closure->bits, user);
	closure->list[closure->list_count++] = user;
}

static void add_kept(struct closure *closure, const uint64_t *kept)
{
	for (size_t i = 0; i < closure->word_count; i++)
		closure->bits[i] |= kept[i];
	closure->dense = true;
}

static void go_through(struct closure *closure, size_t *waiting_count, uint32_t knot)
{
	const struct nesting *nesting = &closure->nesting;

	for (uint32_t i = nesting->knot_starts[knot]; i < nesting->knot_starts[knot + 1]; i++) {
		uint32_t group = nesting->knot_groups[i];

		for (uint32_t j = nesting->starts[group]; j < nesting->starts[group + 1]; j++) {
			uint32_t member = nesting->members[j];

			if (member_kind(member) == DIRECTORY_USER)
				add_user(closure, member_place(member));
			else
				visit(closure, waiting_count,
					nesting->knot_of[member_place(member)]);
		}
	}
}

static void walk_from(struct closure *closure, uint32_t first)
{
	size_t waiting_count = 0;

	visit(closure, &waiting_count, first);
	while (waiting_count > 0 && !closure->everyone) {
		uint32_t knot = closure->waiting[--waiting_count];

		if (closure->holds_everyone[knot])
			closure->everyone = true;
		else if (closure->kept[knot])
			add_kept(closure, closure->kept[knot]);
		else
			go_through(closure, &waiting_count, knot);
	}
}

/* Knots that are kept are filled from below, each by a walk that stops at those below it. */
static void fill(struct closure *closure, const bool *keep, size_t chosen)
{
	uint64_t *free_bits = mem_array(chosen * closure->word_count + 1, sizeof(uint64_t));

	closure->kept_bits = free_bits;
	for (uint32_t knot = 0; knot < closure->nesting.knot_count; knot++) {
		if (!keep[knot])
			continue;
		closure_begin(closure);
		walk_from(closure, knot);
		memcpy(free_bits, closure->bits, closure->word_count * sizeof(uint64_t));
		closure->kept[knot] = free_bits;
		free_bits += closure->word_count;
	}
	closure_begin(closure);
}

/* The fewest steps for a walk that the memory allows. */
static void keep_large(struct closure *closure)
{
	size_t most = KEPT_MAX / sizeof(uint64_t) / (closure->word_count + 1);
	uint64_t *steps = mem_array(closure->nesting.knot_count + 1, sizeof(uint64_t));
	bool *keep = mem_array(closure->nesting.knot_count + 1, sizeof(bool));
	uint64_t limit = closure->word_count / 2 + STEPS_MIN;
	size_t chosen;

	while ((chosen = choose(closure, limit, steps, keep)) > most)
		limit += limit / 2;
	fill(closure, keep, chosen);
	mem_free(steps);
	mem_free(keep);
}

struct closure *closure_new(const struct directory *directory)
{
	struct closure *closure = mem_alloc(sizeof(*closure));
	size_t knots;

	nesting_init(&closure->nesting, directory);
	knots = closure->nesting.knot_count + 1;
	closure->user_count = directory->user_count;
	closure->word_count = directory->user_count / 64 + 1;
	closure->counting = mem_array(closure->word_count, sizeof(uint64_t));
	closure->bits = mem_array(closure->word_count, sizeof(uint64_t));
	closure->list = mem_array(directory->user_count + 1, sizeof(uint32_t));
	closure->holds_everyone = mem_array(knots, sizeof(bool));
	closure->kept = mem_array(knots, sizeof(uint64_t *));
	closure->visited = mem_array(knots, sizeof(uint32_t));
	closure->waiting = mem_array(knots, sizeof(uint32_t));
	for (uint32_t user = 0; user < directory->user_count; user++) {
		if (directory->counts[user]) {
			set_bit(closure->counting, user);
			closure->counting_count++;
		}
	}
	note_everyone(closure);
	keep_large(closure);
	return closure;
}

void closure_free(struct closure *closure)
{
	if (!closure)
		return;
	nesting_free(&closure->nesting);
	mem_free(closure->counting);
	mem_free(closure->holds_everyone);
	mem_free(closure->kept);
	mem_free(closure->kept_bits);
	mem_free(closure->visited);
	mem_free(closure->waiting);
	mem_free(closure->bits);
	mem_free(closure->list);
	mem_free(closure);
}

const struct nesting *closure_nesting(const struct closure *closure)
{
	return &closure->nesting;
}

void closure_begin(struct closure *closure)
{
	if (closure->dense) {
		memset(closure->bits, 0, closure->word_count * sizeof(uint64_t));
	} else {
		for (size_t i = 0; i < closure->list_count; i++)
			closure->bits[closure->list[i] / 64] = 0;
	}
	closure->everyone = closure->dense = false;
	closure->list_count = 0;
	if (++closure->walk == 0) {
		memset(closure->visited, 0, closure->nesting.knot_count * sizeof(uint32_t));
		closure->walk = 1;
	}
}

void closure_add(struct closure *closure, struct directory_principal who)
{
	if (closure->everyone)
		return;
	switch (who.kind) {
	case DIRECTORY_USER:
		ASSERT(who.place < closure->user_count);
		if (has_bit(closure->counting, who.place))
			add_user(closure, who.place);
		return;
	case DIRECTORY_GROUP:
		ASSERT(who.place < closure->nesting.group_count);
		walk_from(closure, closure->nesting.knot_of[who.place]);
		return;
	case DIRECTORY_EVERYONE:
		closure->everyone = true;
		return;
	}
}

size_t closure_size(const struct closure *closure)
{
	size_t size = 0;

	if (closure->everyone)
		return closure->counting_count;
	if (!closure->dense)
		return closure->list_count;
	for (size_t i = 0; i < closure->word_count; i++)
		size += count_bits(closure->bits[i]);
	return size;
}

static int compare_places(const void *left, const void *right)
{
	uint32_t a = *(const uint32_t *)left, b = *(const uint32_t *)right;

	return (a > b) - (a < b);
}

const uint32_t *closure_users(struct closure *closure, size_t *out_count)
{
	const uint64_t *bits = closure->everyone ? closure->counting : closure->bits;
	size_t count = 0;

	if (!closure->everyone && !closure->dense) {
		qsort(closure->list, closure->list_count, sizeof(uint32_t), compare_places);
		*out_count = closure->list_count;
		return closure->list;
	}
	/* The bits alone are the set from now on. */
	if (closure->everyone)
		memcpy(closure->bits, bits, closure->word_count * sizeof(uint64_t));
	closure->dense = true;
	for (size_t i = 0; i < closure->word_count; i++) {
		for (uint64_t word = bits[i]; word; word &= word - 1)
			closure->list[count++] =
				(uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);
	}
	*out_count = count;
	return closure->list;
}

void closure_marks_init(
	struct closure_marks *marks, const struct closure *closure, const bool *flags)
{
	*marks = (struct closure_marks){
		.bits = mem_array(closure->word_count, sizeof(uint64_t))};
	for (uint32_t user = 0; user < closure->user_count; user++) {
		if (flags[user] && has_bit(closure->counting, user)) {
			set_bit(marks->bits, user);
			marks->count++;
		}
	}
}

void closure_marks_free(struct closure_marks *marks)
{
	mem_free(marks->bits);
	*marks = (struct closure_marks){0};
}

size_t closure_unmarked(const struct closure *closure, const struct closure_marks *marks)
{
	size_t unmarked = 0;

	if (closure->everyone)
		return closure->counting_count - marks->count;
	if (!closure->dense) {
		for (size_t i = 0; i < closure->list_count; i++)
			unmarked += !has_bit(marks->bits, closure->list[i]);
		return unmarked;
	}
	for (size_t i = 0; i < closure->word_count; i++)
		unmarked += count_bits(closure->bits[i] & ~marks->bits[i]);
	return unmarked;
}

void closure_mark(const struct closure *closure, struct closure_marks *marks, bool *flags)
{
	const uint64_t *bits = closure->everyone ? closure->counting : closure->bits;

	if (!closure->everyone && !closure->dense) {
		for (size_t i = 0; i < closure->list_count; i++) {
			uint32_t user = closure->list[i];

			marks->count += !has_bit(marks->bits, user);
			set_bit(marks->bits, user);
			flags[user] = true;
		}
		return;
	}
	for (size_t i = 0; i < closure->word_count; i++) {
		uint64_t fresh = bits[i] & ~marks->bits[i];

		marks->bits[i] |= fresh;
		marks->count += count_bits(fresh);
		for (; fresh; fresh &= fresh - 1)
			flags[i * 64 + (size_t)__builtin_ctzll(fresh)] = true;
	}
}
