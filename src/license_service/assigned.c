/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/assigned.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/mem.h"

enum {
	SUBJECT_SIZE = 2 * HASH_SIZE,
	LINE_SIZE = SUBJECT_SIZE + 1, /* and a newline */
	SET_COST = 512,               /* about, beside its lines */
	KEPT_MAX = 128 * 1024 * 1024,
};

struct set {
	char license_id[LEASE_ID_SIZE];
	uint8_t chain[HASH_SIZE];
	char *lines; /* sorted */
	size_t size, capacity;
	char *added; /* since, not sorted in yet: once for all of a transaction's claims */
	size_t added_size, added_capacity;
	bool has_digest;
	uint8_t digest[HASH_SIZE];
	UT_hash_handle hh;
};

struct assigned {
	struct set *sets; /* by license, the one that was used last at the end */
	size_t kept;      /* bytes */
};

struct assigned *assigned_new(void)
{
	return mem_alloc(sizeof(struct assigned));
}

static size_t cost_of(const struct set *set)
{
	return set->capacity + set->added_capacity + SET_COST;
}

static void forget(struct assigned *assigned, struct set *set)
{
	HASH_DEL(assigned->sets, set);
	assigned->kept -= cost_of(set);
	mem_free(set->added);
	mem_free(set->lines);
	mem_free(set);
}

void assigned_free(struct assigned *assigned)
{
	struct set *set, *next;

	if (!assigned)
		return;
	HASH_ITER(hh, assigned->sets, set, next)
	{
		forget(assigned, set);
	}
	mem_free(assigned);
}

static void make_room(struct assigned *assigned)
{
	struct set *set, *next;

	HASH_ITER(hh, assigned->sets, set, next)
	{
		if (assigned->kept <= KEPT_MAX)
			break;
		forget(assigned, set);
	}
}

/* What was found has been used: it goes to the end. */
static struct set *find(
	struct assigned *assigned, const char *license_id, const uint8_t chain[HASH_SIZE])
{
	struct set *set;

	HASH_FIND_STR(assigned->sets, license_id, set);
	if (!set || memcmp(set->chain, chain, HASH_SIZE) != 0)
		return NULL;
	HASH_DEL(assigned->sets, set);
	HASH_ADD_STR(assigned->sets, license_id, set);
	return set;
}

static int compare(const void *left, const void *right)
{
	return memcmp(left, right, SUBJECT_SIZE);
}

/* How many bytes of the first `size` lie before the line. */
static size_t place_of(const struct set *set, size_t size, const char *line)
{
	size_t from = 0, to = size / LINE_SIZE;

	while (from < to) {
		size_t middle = from + (to - from) / 2;
		if (memcmp(set->lines + middle * LINE_SIZE, line, SUBJECT_SIZE) < 0)
			from = middle + 1;
		else
			to = middle;
	}
	return from * LINE_SIZE;
}

/* From the end, so that each line moves once, in as few pieces as lines were added. */
static void merge(struct set *set)
{
	size_t left = set->size, count = set->added_size / LINE_SIZE;

	qsort(set->added, count, LINE_SIZE, compare);
	mem_grow(&set->lines, &set->capacity, set->size + set->added_size, 1);
	set->size += set->added_size;
	for (size_t i = count; i-- > 0;) {
		const char *line = set->added + i * LINE_SIZE;
		size_t at = place_of(set, left, line);

		/* As many lines are still to be put in before these. */
		memmove(set->lines + at + (i + 1) * LINE_SIZE, set->lines + at, left - at);
		memcpy(set->lines + at + i * LINE_SIZE, line, LINE_SIZE);
		left = at;
	}
	set->added_size = 0;
}

bool assigned_find(struct assigned *assigned, const char *license_id,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out)
{
	struct set *set = find(assigned, license_id, chain);

	if (!set)
		return false;
	if (set->added_size) {
		assigned->kept -= cost_of(set);
		merge(set);
		assigned->kept += cost_of(set);
	}
	if (!set->has_digest)
		hash_sha256(set->lines, set->size, set->digest);
	set->has_digest = true;
	out->count = (int64_t)(set->size / LINE_SIZE);
	memcpy(out->digest, set->digest, HASH_SIZE);
	make_room(assigned);
	return true;
}

void assigned_keep(struct assigned *assigned, const char *license_id,
	const uint8_t chain[HASH_SIZE], char *lines, size_t size)
{
	struct set *set;

	HASH_FIND_STR(assigned->sets, license_id, set);
	if (set)
		forget(assigned, set);
	set = mem_alloc(sizeof(*set));
	ASSERT(strlen(license_id) < LEASE_ID_SIZE);
	memcpy(set->license_id, license_id, strlen(license_id) + 1);
	memcpy(set->chain, chain, HASH_SIZE);
	set->lines = lines;
	set->size = set->capacity = size;
	HASH_ADD_STR(assigned->sets, license_id, set);
	assigned->kept += cost_of(set);
	make_room(assigned);
}

static void add(struct set *set, const char *subject)
{
	mem_grow(&set->added, &set->added_capacity, set->added_size + LINE_SIZE, 1);
	memcpy(set->added + set->added_size, subject, SUBJECT_SIZE);
	set->added_size += LINE_SIZE;
	set->added[set->added_size - 1] = '\n';
}

void assigned_grow(struct assigned *assigned, const struct store_growth *growth)
{
	struct set *set = find(assigned, growth->license_id, growth->before);

	if (!set)
		return;
	assigned->kept -= cost_of(set);
	bool good = true;
	for (size_t i = 0; good && i < growth->count; i++) {
		good = strlen(growth->subjects[i]) == SUBJECT_SIZE;
		if (good)
			add(set, growth->subjects[i]);
	}
	assigned->kept += cost_of(set);
	memcpy(set->chain, growth->after, HASH_SIZE);
	set->has_digest = false;
	if (good)
		make_room(assigned);
	else
		forget(assigned, set);
}
