/* SPDX-License-Identifier: Apache-2.0 */

/*
 * required.h against a model that is plainly right: sets as bits of one word, grown by what
 * their groups hold until nothing changes any more. Random organizations with circles, chains,
 * guests, everyone in groups; random runs. A failure names its case: GARNER_SEED repeats it.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "license/claim.h"
#include "license/required.h"
#include "random.h"

enum { USERS = 24, GROUPS = 12, OBJECTS = 8, GRANTS = 6, CASES = 100 * 1000 };

struct model {
	uint32_t users, groups, objects;
	uint32_t apart;    /* places from one user to the next; those between do not count */
	uint64_t counting; /* a bit for each user */
	uint64_t user_members[GROUPS];  /* by group, the same */
	uint64_t group_members[GROUPS]; /* by group, a bit for each group */
	bool everyone_member[GROUPS];
	struct required_grant grants[OBJECTS][GRANTS];
	struct required_object run[OBJECTS];
	uint64_t held;
	int64_t free;
	struct directory *directory;
};

/* A principal, as a directory has it. */
static struct directory_principal any_principal(struct model *model, struct random *random)
{
	uint32_t what = random_below(random, 20);

	if (what == 0)
		return (struct directory_principal){DIRECTORY_EVERYONE, 0};
	if (what < 10 && model->groups > 0)
		return (struct directory_principal){
			DIRECTORY_GROUP, random_below(random, model->groups)};
	return (struct directory_principal){
		DIRECTORY_USER, random_below(random, model->users) * model->apart};
}

static void add_membership(struct model *model, struct random *random)
{
	uint32_t group = random_below(random, model->groups);
	struct directory_principal who = any_principal(model, random);

	directory_add_member(model->directory, group, who);
	if (who.kind == DIRECTORY_USER)
		model->user_members[group] |= (uint64_t)1 << who.place / model->apart;
	else if (who.kind == DIRECTORY_GROUP)
		model->group_members[group] |= (uint64_t)1 << who.place;
	else
		model->everyone_member[group] = true;
}

static void make_organization(struct model *model, struct random *random)
{
	model->users = 1 + random_below(random, USERS);
	model->groups = random_below(random, GROUPS + 1);
	model->apart = random_below(random, 50) ? 1 : 97; /* beyond what is counted at once */
	model->directory = directory_new();
	for (uint32_t i = 0; i < model->users; i++) {
		bool counts = random_below(random, 5) > 0;

		directory_add_user(model->directory, counts);
		for (uint32_t j = 1; j < model->apart; j++)
			directory_add_user(model->directory, false);
		model->counting |= (uint64_t)counts << i;
	}
	for (uint32_t i = 0; i < model->groups; i++)
		directory_add_group(model->directory);
	for (uint32_t i = model->groups ? random_below(random, 3 * GROUPS) : 0; i > 0; i--)
		add_membership(model, random);
}

static void make_run(struct model *model, struct random *random)
{
	static const unsigned rights[] = {REQUIRED_READ, REQUIRED_CREATE, REQUIRED_EDIT,
		REQUIRED_DELETE, REQUIRED_ADMINISTER, REQUIRED_MEMBER,
		REQUIRED_READ | REQUIRED_EDIT, REQUIRED_MEMBER | REQUIRED_READ};

	model->objects = 1 + random_below(random, OBJECTS);
	for (uint32_t i = 0; i < model->objects; i++) {
		struct required_object *object = &model->run[i];

		*object = (struct required_object){
			.rule = (enum required_rule)random_below(random, 5),
			.grants = model->grants[i],
			.grant_count = random_below(random, GRANTS + 1)};
		for (size_t j = 0; j < object->grant_count; j++)
			model->grants[i][j] = (struct required_grant){
				any_principal(model, random), rights[random_below(random, 8)]};
	}
	model->held = model->counting & random_below(random, 1U << 31) &
		      random_below(random, 1U << 31);
	model->free = (int64_t)random_below(random, model->users + 3);
}

/* All users of a principal: what is reached is grown until it no longer grows. */
static uint64_t users_of(const struct model *model, struct directory_principal who)
{
	uint64_t users = 0, groups = 0, before;

	if (who.kind == DIRECTORY_EVERYONE)
		return model->counting;
	if (who.kind == DIRECTORY_USER)
		return (uint64_t)1 << who.place / model->apart & model->counting;
	groups = (uint64_t)1 << who.place;
	do {
		before = groups;
		for (uint32_t i = 0; i < model->groups; i++)
			if (groups >> i & 1)
				groups |= model->group_members[i];
	} while (groups != before);
	for (uint32_t i = 0; i < model->groups; i++)
		if (groups >> i & 1)
			users |= model->everyone_member[i] ? model->counting
							   : model->user_members[i];
	return users & model->counting;
}

/* The rules in words: owner and member need who is a member; a folder needs who creates, edits
 * or deletes; a site these and who administers it. */
static bool is_needed(enum required_rule rule, unsigned rights)
{
	bool changes = (rights & REQUIRED_CREATE) || (rights & REQUIRED_EDIT) ||
		       (rights & REQUIRED_DELETE);

	switch (rule) {
	case REQUIRED_NOBODY:
		return false;
	case REQUIRED_OWNER:
	case REQUIRED_MEMBERS:
		return (rights & REQUIRED_MEMBER) != 0;
	case REQUIRED_FOLDER_RIGHTS:
		return changes;
	case REQUIRED_SITE_RIGHTS:
		return changes || (rights & REQUIRED_ADMINISTER);
	}
	return false;
}

static uint64_t set_of(const struct model *model, const struct required_object *object)
{
	uint64_t set = 0;

	for (size_t i = 0; i < object->grant_count; i++)
		if (is_needed(object->rule, object->grants[i].rights))
			set |= users_of(model, object->grants[i].who);
	return set;
}

static void check_sets(const struct model *model, struct required *required)
{
	for (uint32_t i = 0; i < model->objects; i++) {
		size_t count;
		const uint32_t *set = required_set(required, &model->run[i], &count);
		uint64_t bits = 0;

		for (size_t j = 0; j < count; j++) {
			assert_true(set[j] % model->apart == 0);
			assert_true(set[j] < model->users * model->apart);
			assert_true(j == 0 || set[j] > set[j - 1]);
			bits |= (uint64_t)1 << set[j] / model->apart;
		}
		assert_true(bits == set_of(model, &model->run[i]));
	}
}

static bool holds(const struct model *model, uint32_t group, uint32_t user)
{
	return (model->user_members[group] >> user & 1) || model->everyone_member[group];
}

/* How many groups the shortest way from a granted group to a user has; 0 where there is none.
 */
static size_t shortest(const struct model *model, uint32_t group, uint32_t user)
{
	uint64_t reached = (uint64_t)1 << group, next;

	for (size_t length = 1; length <= model->groups; length++, reached = next) {
		next = reached;
		for (uint32_t i = 0; i < model->groups; i++) {
			if (!(reached >> i & 1))
				continue;
			if (holds(model, i, user))
				return length;
			next |= model->group_members[i];
		}
	}
	return 0;
}

static void check_way(const struct model *model, const struct required_object *object,
	uint32_t user, const struct required_way *way)
{
	struct directory_principal who = object->grants[way->grant].who;

	for (size_t i = 0; i < way->grant; i++)
		assert_false(is_needed(object->rule, object->grants[i].rights) &&
			     (users_of(model, object->grants[i].who) >> user & 1));
	assert_true(is_needed(object->rule, object->grants[way->grant].rights));
	assert_true(users_of(model, who) >> user & 1);
	if (who.kind != DIRECTORY_GROUP) {
		assert_int_equal(way->group_count, 0);
		return;
	}
	assert_int_equal(way->group_count, shortest(model, who.place, user));
	assert_int_equal(way->groups[0], who.place);
	for (size_t i = 1; i < way->group_count; i++)
		assert_true(model->group_members[way->groups[i - 1]] >> way->groups[i] & 1);
	assert_true(holds(model, way->groups[way->group_count - 1], user));
}

static void check_ways(const struct model *model, struct required *required)
{
	for (uint32_t i = 0; i < model->objects; i++) {
		uint64_t set = set_of(model, &model->run[i]);

		for (uint32_t user = 0; user < model->users; user++) {
			struct required_way way;
			bool found = required_why(
				required, &model->run[i], user * model->apart, &way);

			assert_int_equal(found, set >> user & 1);
			if (found)
				check_way(model, &model->run[i], user, &way);
		}
	}
}

/* What claim_decide says of the model's sets, and the turns that follow from it. */
static void check_play(const struct model *model, struct required *required)
{
	size_t subjects[OBJECTS][USERS];
	struct claim_object claims[OBJECTS] = {0};
	enum claim_mark marks[USERS];
	uint64_t before[OBJECTS], sets[OBJECTS];
	bool held[USERS * 97] = {false};
	struct required_turn turns[OBJECTS];

	for (uint32_t i = 0; i < model->users; i++) {
		held[i * model->apart] = model->held >> i & 1;
		marks[i] = model->held >> i & 1 ? CLAIM_HELD : CLAIM_UNLICENSED;
	}
	int64_t assigned =
		required_play(required, model->run, model->objects, held, model->free, turns);
	int64_t claimed = 0;
	for (uint32_t i = 0; i < model->objects; i++) {
		sets[i] = set_of(model, &model->run[i]);
		before[i] = 0;
		for (uint32_t j = 0; j < model->users; j++) {
			before[i] |= (uint64_t)(marks[j] != CLAIM_UNLICENSED) << j;
			if (sets[i] >> j & 1)
				subjects[i][claims[i].count++] = j;
		}
		claims[i].subjects = subjects[i];
		claimed += claim_decide(&claims[i], 1, marks, model->free - claimed);
	}

	assert_true(assigned == claimed && assigned <= model->free);
	for (uint32_t i = 0; i < model->objects; i++) {
		assert_int_equal(turns[i].required, __builtin_popcountll(sets[i]));
		assert_int_equal(turns[i].held, __builtin_popcountll(sets[i] & before[i]));
		assert_int_equal(turns[i].newly, claims[i].newly);
		assert_int_equal(turns[i].missing, claims[i].missing);
	}
	for (uint32_t i = 0; i < model->users; i++)
		assert_int_equal(held[i * model->apart], marks[i] != CLAIM_UNLICENSED);
}

static void check_case(uint64_t seed, uint64_t number)
{
	struct random random = random_begin(seed, number);
	struct model model = {0};

	make_organization(&model, &random);
	make_run(&model, &random);
	struct required *required = required_new(model.directory);
	check_sets(&model, required);
	check_ways(&model, required);
	check_play(&model, required);
	required_free(required);
	directory_free(model.directory);
}

static void B2_B8_B10_B13_B15_C2_T22_D9_sets_ways_and_runs_are_what_a_model_says(void **state)
{
	(void)state;
	uint64_t seed = random_seed("required"), cases = random_cases(CASES);

	for (uint64_t i = 0; i < cases; i++)
		check_case(seed, i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			B2_B8_B10_B13_B15_C2_T22_D9_sets_ways_and_runs_are_what_a_model_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
