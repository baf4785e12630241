/* SPDX-License-Identifier: Apache-2.0 */
#include "license/claim.h"

#include "base/err.h"

const char *claim_mark_name(enum claim_mark mark)
{
	static const char *const names[] = {
		[CLAIM_UNLICENSED] = "none", [CLAIM_HELD] = "held", [CLAIM_NEW] = "new"};

	ASSERT(mark != CLAIM_TAKEN);
	return names[mark];
}

/* Marks the object's unlicensed subjects as new, and counts them, each once. */
static int64_t take(const struct claim_object *object, enum claim_mark *marks)
{
	int64_t taken = 0;

	for (size_t i = 0; i < object->count; i++) {
		enum claim_mark *mark = &marks[object->subjects[i]];

		if (*mark == CLAIM_UNLICENSED) {
			*mark = CLAIM_TAKEN;
			taken++;
		}
	}
	return taken;
}

/* Turns what take() marked into what it becomes. */
static void settle(
	const struct claim_object *object, enum claim_mark *marks, enum claim_mark becomes)
{
	for (size_t i = 0; i < object->count; i++)
		if (marks[object->subjects[i]] == CLAIM_TAKEN)
			marks[object->subjects[i]] = becomes;
}

int64_t claim_decide(
	struct claim_object *objects, size_t count, enum claim_mark *marks, int64_t free)
{
	int64_t assigned = 0;

	for (size_t i = 0; i < count; i++) {
		struct claim_object *object = &objects[i];
		int64_t wanted = take(object, marks);
		int64_t left = free - assigned;

		object->granted = wanted == 0 || wanted <= left;
		object->newly = object->granted ? wanted : 0;
		object->missing = object->granted ? 0 : wanted - left;
		settle(object, marks, object->granted ? CLAIM_NEW : CLAIM_UNLICENSED);
		assigned += object->newly;
	}
	return assigned;
}

int64_t release_first_moment(int64_t assigned_s)
{
	return assigned_s + RELEASE_AFTER_S;
}

bool release_is_allowed(int64_t assigned_s, int64_t now_s)
{
	return now_s >= release_first_moment(assigned_s);
}
