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
	char *lines;
	size_t size, capacity;
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

static void forget(struct assigned *assigned, struct set *set)
{
	HASH_DEL(assigned->sets, set);
	assigned->kept -= set->capacity + SET_COST;
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

bool assigned_find(struct assigned *assigned, const char *license_id,
	const uint8_t chain[HASH_SIZE], struct store_assigned *out)
{
	struct set *set = find(assigned, license_id, chain);

	if (!set)
		return false;
	if (!set->has_digest)
		hash_sha256(set->lines, set->size, set->digest);
	set->has_digest = true;
	out->count = (int64_t)(set->size / LINE_SIZE);
	memcpy(out->digest, set->digest, HASH_SIZE);
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
	assigned->kept += set->capacity + SET_COST;
	make_room(assigned);
}

static int compare(const void *left, const void *right)
{
	return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* From the end, so that each line moves once. */
static void merge(struct set *set, const char **subjects, size_t count)
{
	char *from = set->lines + set->size;
	char *to = from + count * LINE_SIZE;

	set->size += count * LINE_SIZE;
	while (count) {
		to -= LINE_SIZE;
		if (from == set->lines ||
			memcmp(from - LINE_SIZE, subjects[count - 1], SUBJECT_SIZE) < 0) {
			memcpy(to, subjects[--count], SUBJECT_SIZE);
			to[SUBJECT_SIZE] = '\n';
		} else {
			from -= LINE_SIZE;
			memcpy(to, from, LINE_SIZE);
		}
	}
}

void assigned_grow(struct assigned *assigned, const struct store_growth *growth)
{
	struct set *set = find(assigned, growth->license_id, growth->before);
	const char **subjects = mem_array(growth->count, sizeof(*subjects));

	for (size_t i = 0; set && i < growth->count; i++) {
		subjects[i] = growth->subjects[i];
		if (strlen(subjects[i]) != SUBJECT_SIZE) {
			forget(assigned, set);
			set = NULL;
		}
	}
	if (set) {
		qsort(subjects, growth->count, sizeof(*subjects), compare);
		assigned->kept -= set->capacity;
		mem_grow(&set->lines, &set->capacity, set->size + growth->count * LINE_SIZE, 1);
		assigned->kept += set->capacity;
		merge(set, subjects, growth->count);
		memcpy(set->chain, growth->after, HASH_SIZE);
		set->has_digest = false;
		make_room(assigned);
	}
	mem_free(subjects);
}
