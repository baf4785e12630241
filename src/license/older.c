/* SPDX-License-Identifier: Apache-2.0 */
#include "license/older.h"

#include <string.h>

#include "base/mem.h"
#include "license/directory_priv.h"
#include "license/required_priv.h"

const char *older_kind_name(enum older_kind kind)
{
	static const char *const names[] = {
		[OLDER_MAILBOX] = "mailbox",
		[OLDER_PUBLIC_FOLDER] = "public_folder",
		[OLDER_SHAREPOINT] = "sharepoint",
		[OLDER_ONEDRIVE] = "onedrive",
	};

	return names[kind];
}

const char *older_advice_code(enum older_advice advice)
{
	static const char *const codes[] = {
		[OLDER_ENOUGH] = "enough",
		[OLDER_BUY] = "buy_more",
		[OLDER_FEWER] = "fewer_suffice",
		[OLDER_OVERUSED] = "overused",
		[OLDER_FREE_MAILBOX] = "free_mailboxes",
		[OLDER_FREE_VOLUME] = "volume_is_free",
		[OLDER_SHARED_USERS] = "users_by_sharing",
		[OLDER_EVERYONE] = "everyone_needed",
		[OLDER_GONE] = "objects_gone",
	};

	return codes[advice];
}

int64_t older_volumes(int64_t bytes, int64_t volume_bytes)
{
	ASSERT(bytes >= 0 && volume_bytes > 0);
	return bytes / volume_bytes + (bytes % volume_bytes > 0);
}

/* What is beyond all measure stays at the end of it. */
static int64_t add(int64_t sum, int64_t bytes)
{
	return bytes > INT64_MAX - sum ? INT64_MAX : sum + bytes;
}

static void reckon_had(const struct older_owned *owned, const struct older_object *objects,
	size_t count, struct older_comparison *out)
{
	for (size_t i = 0; i < count; i++) {
		struct older_had *had = &out->had[objects[i].kind];

		had->objects++;
		had->bytes = add(had->bytes, objects[i].bytes);
		out->gone += !objects[i].found;
	}
	for (int kind = 0; kind < OLDER_KIND_COUNT; kind++) {
		struct older_had *had = &out->had[kind];

		had->owned = owned->licenses[kind];
		had->used = kind == OLDER_MAILBOX
				    ? had->objects
				    : older_volumes(had->bytes, owned->volume_bytes[kind]);
		out->owned = add(out->owned, had->owned);
		out->used = add(out->used, had->used);
	}
}

/* Plays the objects of one rule through, as if there were licenses for all. */
static void play_rule(struct required *required, const struct required_object *objects,
	size_t count, bool *held, struct older_needs *out)
{
	size_t users = required->directory->user_count;
	struct required_turn *turns = mem_array(count + 1, sizeof(turns[0]));
	bool *nobody = mem_array(users + 1, sizeof(bool));

	out->objects = (int64_t)count;
	out->users = required_play(required, objects, count, nobody, INT64_MAX, turns);
	out->more = required_play(required, objects, count, held, INT64_MAX, turns);
	mem_free(nobody);
	mem_free(turns);
}

static void reckon_needs(const struct older_object *objects, size_t count,
	struct required *required, struct older_comparison *out)
{
	struct required_object *of_rule = mem_array(count + 1, sizeof(of_rule[0]));
	bool *held = mem_array(required->directory->user_count + 1, sizeof(bool));

	for (int rule = 0; rule < OLDER_RULE_COUNT; rule++) {
		size_t found = 0;

		for (size_t i = 0; i < count; i++) {
			if (objects[i].found && (int)objects[i].now.rule == rule)
				of_rule[found++] = objects[i].now;
		}
		if (found > 0)
			play_rule(required, of_rule, found, held, &out->needs[rule]);
		out->users += out->needs[rule].more;
	}
	mem_free(of_rule);
	mem_free(held);
}

/* Mailboxes that took a license and need nobody now: shared ones, rooms, equipment (B4, B5). */
static bool has_free_mailbox(const struct older_object *objects, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (objects[i].kind == OLDER_MAILBOX && objects[i].found &&
			objects[i].now.rule == REQUIRED_NOBODY)
			return true;
	}
	return false;
}

static int64_t count_counting(const struct directory *directory)
{
	int64_t counting = 0;

	for (size_t i = 0; i < directory->user_count; i++)
		counting += directory->counts[i];
	return counting;
}

static void advise(const struct older_object *objects, size_t count,
	const struct required *required, struct older_comparison *out)
{
	bool *advice = out->advice;

	advice[OLDER_ENOUGH] = out->difference <= 0;
	advice[OLDER_BUY] = out->difference > 0;
	advice[OLDER_FEWER] = out->difference < 0;
	for (int kind = 0; kind < OLDER_KIND_COUNT; kind++) {
		advice[OLDER_OVERUSED] |= out->had[kind].used > out->had[kind].owned;
		advice[OLDER_FREE_VOLUME] |= kind != OLDER_MAILBOX && out->had[kind].used > 0;
	}
	advice[OLDER_FREE_MAILBOX] = has_free_mailbox(objects, count);
	advice[OLDER_SHARED_USERS] = out->users > out->needs[REQUIRED_OWNER].users;
	advice[OLDER_EVERYONE] =
		out->users > 0 && out->users == count_counting(required->directory);
	advice[OLDER_GONE] = out->gone > 0;
}

void older_compare(const struct older_owned *owned, const struct older_object *objects,
	size_t count, struct required *required, struct older_comparison *out)
{
	*out = (struct older_comparison){0};
	reckon_had(owned, objects, count, out);
	reckon_needs(objects, count, required, out);
	out->difference = out->users - out->owned;
	advise(objects, count, required, out);
}
