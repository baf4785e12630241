/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <stdio.h>

#include "license/claim.h"
#include "license/term.h"
#include "license_service/verify.h"
#include "world.h"

/*
 * Random histories of one license against a model that is as plain as can be: an array of
 * subjects with their moments, the terms as a list. After each step both must say the same.
 */

enum { SUBJECTS = 24, TERMS_MAX = 40, STEPS = 150, HISTORIES = 8 };

struct term {
	int64_t start_s;
	int64_t seats;
};

struct model {
	int64_t now_s;
	int64_t seats;
	int64_t anchor_s, years;
	struct term ahead[TERMS_MAX];
	size_t ahead_count;
	int64_t assigned_s[SUBJECTS]; /* 0: holds none */
};

static uint32_t seed;

static uint32_t below(uint32_t limit)
{
	seed = seed * 1664525U + 1013904223U;
	return (seed >> 8) % limit;
}

static int64_t model_used(const struct model *model)
{
	int64_t used = 0;

	for (size_t i = 0; i < SUBJECTS; i++)
		used += model->assigned_s[i] != 0;
	return used;
}

static int64_t model_end(const struct model *model)
{
	return term_end(model->anchor_s, model->years);
}

static void model_begin_term(struct model *model, int64_t seats)
{
	if (seats < model->seats)
		memset(model->assigned_s, 0, sizeof(model->assigned_s));
	model->seats = seats;
}

static void model_pass(struct model *model, int64_t seconds)
{
	model->now_s += seconds;
	while (model->ahead_count && model->ahead[0].start_s <= model->now_s) {
		model_begin_term(model, model->ahead[0].seats);
		model->ahead_count--;
		memmove(model->ahead, model->ahead + 1,
			model->ahead_count * sizeof(model->ahead[0]));
	}
}

static void model_renew(struct model *model, int64_t seats)
{
	if (model->now_s < model_end(model)) {
		model->ahead[model->ahead_count++] =
			(struct term){.start_s = model_end(model), .seats = seats};
		model->years++;
		return;
	}
	model->anchor_s = model->now_s;
	model->years = 1;
	model_begin_term(model, seats);
}

static int64_t model_claim(struct model *model, unsigned first, unsigned count)
{
	int64_t fresh = 0;

	if (model->now_s >= model_end(model))
		return WORLD_REFUSED;
	for (unsigned i = first; i < first + count; i++)
		fresh += model->assigned_s[i] == 0;
	if (fresh > model->seats - model_used(model))
		return -1;
	for (unsigned i = first; i < first + count; i++)
		if (!model->assigned_s[i])
			model->assigned_s[i] = model->now_s;
	return fresh;
}

static const char *model_release(struct model *model, unsigned subject)
{
	if (!model->assigned_s[subject])
		return "not_assigned";
	if (model->now_s - model->assigned_s[subject] < 30 * WORLD_DAY_S)
		return "too_early";
	model->assigned_s[subject] = 0;
	return NULL;
}

static void step_claim(struct world *world, const char *id, struct model *model)
{
	unsigned count = 1 + below(5), first = below(SUBJECTS - count + 1);

	assert_int_equal(world_claim(world->store, id, first, count, model->now_s),
		model_claim(model, first, count));
}

static void step_release(struct world *world, const char *id, struct model *model)
{
	unsigned subject = below(SUBJECTS);
	const char *expected = model_release(model, subject);
	const char *reason = world_release(world->store, id, subject, model->now_s);

	assert_string_equal(reason ? reason : "done", expected ? expected : "done");
}

static void step_order(struct world *world, const char *id, struct model *model)
{
	int64_t seats = 1 + below(15);

	if (below(2) && model->ahead_count < 5) {
		assert_int_equal(world_renew(world, id, seats, model->now_s), 0);
		model_renew(model, seats);
		return;
	}
	assert_int_equal(world_add(world, id, 1, model->now_s), 0);
	model->seats++;
	for (size_t i = 0; i < model->ahead_count; i++)
		model->ahead[i].seats++;
}

static void step(struct world *world, const char *id, struct model *model)
{
	uint32_t choice = below(100);

	if (choice < 45)
		step_claim(world, id, model);
	else if (choice < 75)
		step_release(world, id, model);
	else if (choice < 80)
		step_order(world, id, model);
	else if (choice < 98)
		model_pass(model, below(12 * WORLD_DAY_S));
	else
		model_pass(model, (int64_t)below(400) * WORLD_DAY_S);
}

static void assert_alike(struct world *world, const char *id, const struct model *model)
{
	struct license license = world_look(world->store, id, model->now_s);

	assert_int_equal(license.used, model_used(model));
	assert_int_equal(license.seats, model->seats);
	assert_int_equal(license_expires(&license), model_end(model));
	assert_true(license.used <= license.seats);
	assert_int_equal(world_count_rows(world->store, id, license.epoch), license.used);
}

static void run_history(struct world *world, int64_t start_s)
{
	char id[LEASE_ID_SIZE];
	struct world_instance instance;
	struct model model = {.now_s = start_s, .seats = 10, .anchor_s = start_s, .years = 1};

	world_new_instance(&instance);
	world_order(world, 10, start_s, id, NULL);
	assert_int_equal(world_activate(world->store, id, &instance, start_s), 0);
	for (int i = 0; i < STEPS; i++) {
		step(world, id, &model);
		assert_alike(world, id, &model);
	}
	struct verify_finding finding;
	assert_int_equal(verify_license(world->store, id, model.now_s, &finding), 0);
	assert_string_equal(finding.what, "");
}

static void C5_random_histories_agree_with_a_plain_model(void **state)
{
	(void)state;
	for (uint32_t history = 1; history <= HISTORIES; history++) {
		struct world world;

		/* Printed, so that a failure can be run again. */
		fprintf(stderr, "# history %u\n", history);
		seed = history;
		world_open(&world);
		run_history(&world, world_start_s);
		world_close(&world);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(C5_random_histories_agree_with_a_plain_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
