/* SPDX-License-Identifier: Apache-2.0 */
#include "license/census.h"

#include <string.h>

#include "base/mem.h"
#include "license/directory_priv.h"
#include "license/nesting.h"
#include "license/required_priv.h"

enum {
	WORDS = 8, /* of a slice: what a processor fetches at once */
	SLICE = WORDS * 64,
};

/* A bit for each user of a slice. */
struct slice {
	uint64_t words[WORDS];
};

/* Users and what holds them, knots or objects, in the order of slices. */
struct pairs {
	size_t *starts; /* by slice, and one more */
	uint32_t *holders;
	uint32_t *users;
};

/* An object that has its users by groups or everyone, whole or in part. */
struct shared {
	uint32_t object;
	bool everyone;
	size_t first_knot; /* of the knots of all, up to those of the next one */
};

struct work {
	const struct census *census;
	size_t slice_count;
	struct pairs members; /* who is in a knot itself */
	struct pairs named;   /* who an object names itself */
	struct shared *shared;
	size_t shared_count;
	uint32_t *knots;
	struct slice *below; /* by knot, for the slice in hand */
};

static size_t count_bits(const struct slice *slice)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < WORDS; i++) {
		uint64_t word = slice->words[i];

		word -= word >> 1 & 0x5555555555555555;
		word = (word & 0x3333333333333333) + (word >> 2 & 0x3333333333333333);
		sum += (word + (word >> 4)) & 0x0f0f0f0f0f0f0f0f;
	}
	/* Each byte of the sum is at most 64; four of them are added in each half. */
	sum = (sum & 0x00ff00ff00ff00ff) + (sum >> 8 & 0x00ff00ff00ff00ff);
	return (size_t)(sum * 0x0001000100010001 >> 48);
}

static void set_user(struct slice *slice, uint32_t user)
{
	slice->words[user % SLICE / 64] |= (uint64_t)1 << (user % 64);
}

/* Pairs are put down in two rounds: counted, then placed. */
static void pairs_init(struct pairs *pairs, size_t slice_count)
{
	*pairs = (struct pairs){.starts = mem_array(slice_count + 2, sizeof(size_t))};
}

static void pairs_put(struct pairs *pairs, uint32_t holder, uint32_t user)
{
	size_t slice = user / SLICE;

	if (!pairs->users) {
		pairs->starts[slice + 2]++;
		return;
	}
	pairs->holders[pairs->starts[slice + 1]] = holder;
	pairs->users[pairs->starts[slice + 1]++] = user;
}

static void pairs_counted(struct pairs *pairs, size_t slice_count)
{
	for (size_t i = 2; i < slice_count + 2; i++)
		pairs->starts[i] += pairs->starts[i - 1];
	pairs->holders = mem_array(pairs->starts[slice_count + 1] + 1, sizeof(uint32_t));
	pairs->users = mem_array(pairs->starts[slice_count + 1] + 1, sizeof(uint32_t));
}

static void pairs_free(struct pairs *pairs)
{
	mem_free(pairs->starts);
	mem_free(pairs->holders);
	mem_free(pairs->users);
}

static void put_members(struct work *work)
{
	const struct nesting *nesting = work->census->nesting;

	for (uint32_t knot = 0; knot < nesting->knot_count; knot++) {
		for (uint32_t i = nesting->knot_starts[knot];
			i < nesting->knot_starts[knot + 1]; i++) {
			uint32_t member = nesting->knot_members[i];

			if (member_kind(member) == DIRECTORY_USER)
				pairs_put(&work->members, knot, member_place(member));
		}
	}
}

/* Whether a grant is one by which its object needs users. */
static bool is_needed(const struct required_object *object, size_t grant)
{
	return object->grants[grant].rights & required_rights(object->rule);
}

static void put_named(struct work *work)
{
	const struct census *census = work->census;

	for (size_t i = 0; i < census->count; i++) {
		const struct required_object *object = &census->objects[i];

		for (size_t j = 0; j < object->grant_count; j++) {
			struct directory_principal who = object->grants[j].who;

			if (who.kind == DIRECTORY_USER && is_needed(object, j) &&
				census->directory->counts[who.place])
				pairs_put(&work->named, (uint32_t)i, who.place);
		}
	}
}

/* Notes the knots of an object's grants; false where it has none, nor everyone. */
static bool note_knots(
	struct work *work, const struct required_object *object, size_t *end, bool *everyone)
{
	const struct nesting *nesting = work->census->nesting;
	size_t first = *end;

	*everyone = false;
	for (size_t i = 0; i < object->grant_count; i++) {
		struct directory_principal who = object->grants[i].who;

		if (who.kind == DIRECTORY_USER || !is_needed(object, i))
			continue;
		if (who.kind == DIRECTORY_EVERYONE ||
			nesting->knot_everyone[nesting->knot_of[who.place]])
			*everyone = true;
		else
			work->knots[(*end)++] = nesting->knot_of[who.place];
	}
	if (*everyone)
		*end = first;
	return *everyone || *end > first;
}

static void note_shared(struct work *work)
{
	const struct census *census = work->census;
	size_t grant_count = 0, end = 0;

	for (size_t i = 0; i < census->count; i++)
		grant_count += census->objects[i].grant_count;
	work->knots = mem_array(grant_count + 1, sizeof(uint32_t));
	work->shared = mem_array(census->count + 1, sizeof(work->shared[0]));
	for (size_t i = 0; i < census->count; i++) {
		struct shared *shared = &work->shared[work->shared_count];
		size_t first = end;

		if (!note_knots(work, &census->objects[i], &end, &shared->everyone))
			continue;
		shared->object = (uint32_t)i;
		shared->first_knot = first;
		work->shared_count++;
	}
	work->shared[work->shared_count] =
		(struct shared){.object = UINT32_MAX, .first_knot = end};
}

/* What all knots hold of a slice; those below come first. */
static void fill_below(struct work *work, size_t slice)
{
	const struct nesting *nesting = work->census->nesting;
	const struct pairs *members = &work->members;

	memset(work->below, 0, nesting->knot_count * sizeof(work->below[0]));
	for (size_t i = members->starts[slice]; i < members->starts[slice + 1]; i++)
		set_user(&work->below[members->holders[i]], members->users[i]);
	for (uint32_t knot = 0; knot < nesting->knot_count; knot++) {
		struct slice *below = &work->below[knot];

		for (uint32_t i = nesting->knot_starts[knot];
			i < nesting->knot_starts[knot + 1]; i++) {
			uint32_t member = nesting->knot_members[i];

			if (member_kind(member) != DIRECTORY_GROUP)
				continue;
			for (size_t j = 0; j < WORDS; j++)
				below->words[j] |= work->below[member_place(member)].words[j];
		}
	}
}

static void collect_users(
	struct work *work, size_t slice, struct slice *counting, struct slice *held)
{
	const struct directory *directory = work->census->directory;

	*counting = *held = (struct slice){0};
	for (size_t user = slice * SLICE;
		user < (slice + 1) * SLICE && user < directory->user_count; user++) {
		if (!directory->counts[user])
			continue;
		set_user(counting, (uint32_t)user);
		if (work->census->held[user])
			set_user(held, (uint32_t)user);
	}
}

/* Counts what an object needs of a slice; where it is granted, all of it is held afterwards. */
static void count_object(const struct work *work, uint32_t object, const struct slice *users,
	struct slice *held, struct required_turn *turns)
{
	struct slice holding;
	uint64_t any = 0;

	for (size_t i = 0; i < WORDS; i++)
		any |= users->words[i];
	if (!any)
		return;
	for (size_t i = 0; i < WORDS; i++)
		holding.words[i] = users->words[i] & held->words[i];
	turns[object].required += (int64_t)count_bits(users);
	turns[object].held += (int64_t)count_bits(&holding);
	if (work->census->granted[object]) {
		for (size_t i = 0; i < WORDS; i++)
			held->words[i] |= users->words[i];
	}
}

static void collect_shared(const struct work *work, const struct shared *shared,
	const struct slice *counting, struct slice *users)
{
	*users = shared->everyone ? *counting : (struct slice){0};
	for (size_t i = shared->first_knot; i < shared[1].first_knot; i++) {
		const struct slice *below = &work->below[work->knots[i]];

		for (size_t j = 0; j < WORDS; j++)
			users->words[j] |= below->words[j];
	}
}

/* Goes through the objects in their order: those that have groups, and between them those that
 * name a user of the slice. */
static void count_slice(struct work *work, size_t slice, struct required_turn *turns)
{
	const struct pairs *named = &work->named;
	size_t at = named->starts[slice], end = named->starts[slice + 1];
	const struct shared *shared = work->shared;
	const struct shared *last = shared + work->shared_count;
	struct slice counting, held;

	fill_below(work, slice);
	collect_users(work, slice, &counting, &held);
	while (shared < last || at < end) {
		uint32_t object = shared->object;
		struct slice users = {0};

		if (at < end && named->holders[at] < object)
			object = named->holders[at];
		else
			collect_shared(work, shared++, &counting, &users);
		for (; at < end && named->holders[at] == object; at++)
			set_user(&users, named->users[at]);
		count_object(work, object, &users, &held, turns);
	}
}

void census_take(const struct census *census, struct required_turn *turns)
{
	struct work work = {.census = census,
		.slice_count = (census->directory->user_count + SLICE - 1) / SLICE};

	pairs_init(&work.members, work.slice_count);
	put_members(&work);
	pairs_counted(&work.members, work.slice_count);
	put_members(&work);
	pairs_init(&work.named, work.slice_count);
	put_named(&work);
	pairs_counted(&work.named, work.slice_count);
	put_named(&work);
	note_shared(&work);
	work.below = mem_array(census->nesting->knot_count + 1, sizeof(struct slice));
	for (size_t i = 0; i < census->count; i++)
		turns[i].required = turns[i].held = 0;
	for (size_t slice = 0; slice < work.slice_count; slice++)
		count_slice(&work, slice, turns);
	pairs_free(&work.members);
	pairs_free(&work.named);
	mem_free(work.shared);
	mem_free(work.knots);
	mem_free(work.below);
}
