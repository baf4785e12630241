/* SPDX-License-Identifier: Apache-2.0 */
#include "license/required.h"

#include <string.h>

#include "base/mem.h"
#include "license/census.h"
#include "license/directory_priv.h"
#include "license/required_priv.h"
#include "license/wanting.h"

struct required *required_new(const struct directory *directory)
{
	struct required *required = mem_alloc(sizeof(*required));

	required->directory = directory;
	nesting_init(&required->nesting, directory);
	required->closure = closure_new(directory, &required->nesting);
	return required;
}

void required_free(struct required *required)
{
	if (!required)
		return;
	closure_free(required->closure);
	nesting_free(&required->nesting);
	mem_free(required->above);
	mem_free(required->queue);
	mem_free(required->reached);
	mem_free(required);
}

unsigned required_rights(enum required_rule rule)
{
	switch (rule) {
	case REQUIRED_NOBODY:
		return 0;
	case REQUIRED_OWNER:
	case REQUIRED_MEMBERS:
		return REQUIRED_MEMBER;
	case REQUIRED_FOLDER_RIGHTS:
		return REQUIRED_CREATE | REQUIRED_EDIT | REQUIRED_DELETE;
	case REQUIRED_SITE_RIGHTS:
		return REQUIRED_CHANGES;
	}
	return 0;
}

const uint32_t *required_set(
	struct required *required, const struct required_object *object, size_t *out_count)
{
	unsigned rights = required_rights(object->rule);

	closure_begin(required->closure);
	for (size_t i = 0; i < object->grant_count; i++) {
		if (object->grants[i].rights & rights)
			closure_add(required->closure, object->grants[i].who);
	}
	return closure_users(required->closure, out_count);
}

static void begin_search(struct required *required)
{
	size_t groups = required->directory->group_count + 1;

	if (!required->above) {
		required->above = mem_array(groups, sizeof(uint32_t));
		required->queue = mem_array(groups, sizeof(uint32_t));
		required->reached = mem_array(groups, sizeof(uint32_t));
	}
	if (++required->search == 0) {
		memset(required->reached, 0, groups * sizeof(uint32_t));
		required->search = 1;
	}
}

/* Whether a group holds the user itself; the groups in it are put at the queue's end. */
static bool look_into(
	struct required *required, uint32_t group, uint32_t user, size_t *queue_count)
{
	const struct nesting *nesting = &required->nesting;

	for (uint32_t i = nesting->starts[group]; i < nesting->starts[group + 1]; i++) {
		uint32_t member = nesting->members[i];
		uint32_t place = member_place(member);

		if (member_kind(member) == DIRECTORY_EVERYONE)
			return true;
		if (member_kind(member) == DIRECTORY_USER) {
			if (place == user)
				return true;
		} else if (required->reached[place] != required->search) {
			required->reached[place] = required->search;
			required->above[place] = group;
			required->queue[(*queue_count)++] = place;
		}
	}
	return false;
}

/* The way down to a group, written into the queue, which has served. */
static void tell_way(struct required *required, uint32_t group, struct required_way *out)
{
	size_t count = 1;

	for (uint32_t at = group; required->above[at] != at; at = required->above[at])
		count++;
	out->group_count = count;
	out->groups = required->queue;
	required->queue[--count] = group;
	while (required->above[group] != group) {
		group = required->above[group];
		required->queue[--count] = group;
	}
}

/* Groups that an earlier grant of the object led to hold no way to the user, and are not looked
 * into again. */
static bool find_way(
	struct required *required, uint32_t first, uint32_t user, struct required_way *out)
{
	size_t queue_count = 0;

	if (required->reached[first] == required->search)
		return false;
	required->reached[first] = required->search;
	required->above[first] = first;
	required->queue[queue_count++] = first;
	for (size_t i = 0; i < queue_count; i++) {
		uint32_t group = required->queue[i];

		if (look_into(required, group, user, &queue_count)) {
			tell_way(required, group, out);
			return true;
		}
	}
	return false;
}

bool required_why(struct required *required, const struct required_object *object,
	uint32_t user, struct required_way *out)
{
	unsigned rights = required_rights(object->rule);

	*out = (struct required_way){0};
	if (!directory_user_counts(required->directory, user))
		return false;
	begin_search(required);
	for (size_t i = 0; i < object->grant_count; i++) {
		const struct required_grant *grant = &object->grants[i];

		out->grant = i;
		if (!(grant->rights & rights))
			continue;
		if (grant->who.kind == DIRECTORY_EVERYONE)
			return true;
		if (grant->who.kind == DIRECTORY_USER) {
			if (grant->who.place == user)
				return true;
		} else if (find_way(required, grant->who.place, user, out)) {
			return true;
		}
	}
	*out = (struct required_way){0};
	return false;
}

/* Decides which objects get their licenses, in their order; `granted` and the numbers of new
 * ones are told. */
static int64_t decide(const struct census *run, struct wanting *wanting, int64_t free,
	bool *granted, struct required_turn *turns)
{
	int64_t assigned = 0;

	for (size_t i = 0; i < run->count; i++) {
		const struct required_object *object = &run->objects[i];
		unsigned rights = required_rights(object->rule);
		int64_t left = free - assigned, given;

		wanting_begin(wanting, left);
		for (size_t j = 0; j < object->grant_count; j++) {
			if (object->grants[j].rights & rights)
				wanting_add(wanting, object->grants[j].who);
		}
		given = wanting_give(wanting);
		granted[i] = given >= 0;
		turns[i] = (struct required_turn){
			.newly = granted[i] ? given : 0, .missing = granted[i] ? 0 : -left};
		assigned += turns[i].newly;
	}
	return assigned;
}

int64_t required_play(struct required *required, const struct required_object *objects,
	size_t count, bool *held, int64_t free, struct required_turn *turns)
{
	size_t users = required->directory->user_count;
	struct wanting *wanting = wanting_new(required->directory, &required->nesting, held);
	bool *granted = mem_array(count + 1, sizeof(bool));
	bool *before = mem_array(users + 1, sizeof(bool));
	struct census census = {.directory = required->directory,
		.nesting = &required->nesting,
		.objects = objects,
		.count = count,
		.held = before,
		.granted = granted};

	if (users > 0)
		memcpy(before, held, users * sizeof(bool));
	int64_t assigned = decide(&census, wanting, free, granted, turns);
	wanting_free(wanting);
	census_take(&census, turns);
	/* What is missing is what is wanted, less what was left. */
	for (size_t i = 0; i < count; i++) {
		if (!granted[i])
			turns[i].missing += turns[i].required - turns[i].held;
	}
	mem_free(granted);
	mem_free(before);
	return assigned;
}
