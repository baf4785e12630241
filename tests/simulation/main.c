/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "base/log.h"
#include "base/text.h"
#include "sabotage.h"
#include "shrink.h"
#include "world.h"

static const char usage[] =
	"Use: simulate [--seeds FROM-TO] [--days N] [--fault NAME] [--large] [--twice] "
	"[--quiet]\n"
	"     simulate --self-test\n"
	"Runs one simulation of the licensing for each seed. Exit: 0 all invariants held, 1 "
	"one was\n"
	"broken (the seed and its shortest history are printed), 2 usage.\n";

enum { SELF_TEST_SEEDS = 99, SELF_TEST_DAYS = 30, HISTORY_MOST = 16, FAILURES_MOST = 1 };

struct options {
	int64_t from, to, days;
	const char *fault;
	bool is_quiet, is_self_test, is_twice, is_large;
};

/* Of the processor: the machine may have other things to do. */
static double seconds(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
}

static void print_failure(const struct plan *plan, const struct failure *failure)
{
	printf("seed %" PRIu64 ", %d days: invariant %d is broken: %s\n"
	       "  the shortest history that shows it (%zu events):\n",
		plan->seed, plan->days, failure->invariant, failure->text, plan->count);
	plan_print(plan);
}

/* The same again: it must go the same way. */
static void run_again(const struct plan *plan, const struct counts *first, struct failure *out)
{
	struct counts second = {0};
	struct failure failure = world_run(plan, &second);

	if (failure.invariant == 0 && memcmp(&second, first, sizeof(second)) == 0)
		return;
	out->invariant = INVARIANT_NO_ERROR;
	snprintf(out->text, sizeof(out->text), "the second run goes another way: %.200s",
		failure.text);
}

/* True where all invariants held. */
static bool run_seed(const struct options *options, uint64_t seed, struct counts *counts)
{
	struct counts own = {0};
	struct plan plan = plan_make(
		seed, (int)options->days, options->is_large ? PLAN_LARGE : PLAN_OF_SEED);
	struct failure failure = world_run(&plan, &own);

	counts_add(counts, &own);
	if (options->is_twice && !failure.invariant)
		run_again(&plan, &own, &failure);

	if (failure.invariant) {
		printf("seed %" PRIu64 ": invariant %d: %s (after %zu events); shrinking\n",
			seed, failure.invariant, failure.text, failure.event);
		fflush(stdout);
		shrink(&plan, &failure);
		print_failure(&plan, &failure);
	}
	plan_free(&plan);
	return failure.invariant == 0;
}

static int run_seeds(const struct options *options)
{
	struct counts counts = {0};
	double began = seconds();
	int64_t failed = 0;

	for (int64_t seed = options->from; seed <= options->to && failed < FAILURES_MOST;
		seed++)
		failed += !run_seed(options, (uint64_t)seed, &counts);
	double took = seconds() - began;
	int64_t count = options->to - options->from + 1;
	if (!options->is_quiet)
		counts_print(&counts);
	printf("%" PRId64 " seeds of %" PRId64
	       " days in %.1f s of the processor: %.2f seeds/s, %.0f steps/s, "
	       "%" PRId64 " events, %" PRId64 " steps; %" PRId64 " failed\n",
		count, options->days, took, (double)count / took,
		(double)counts.of[COUNT_STEPS] / took, counts.of[COUNT_EVENTS],
		counts.of[COUNT_STEPS], failed);
	return failed ? 1 : 0;
}

static bool is_expected(const struct sabotage *sabotage, int invariant)
{
	for (size_t i = 0; i < sizeof(sabotage->invariants) / sizeof(int); i++)
		if (invariant && sabotage->invariants[i] == invariant)
			return true;
	return false;
}

/* Looks for the fault, seed after seed; true where it was found and brought down. */
static bool find_fault(const struct sabotage *sabotage)
{
	struct counts counts = {0};

	for (uint64_t seed = 1; seed <= SELF_TEST_SEEDS; seed++) {
		struct plan plan = plan_make(seed, SELF_TEST_DAYS, PLAN_SMALL);
		struct failure failure = world_run(&plan, &counts);
		if (!failure.invariant) {
			plan_free(&plan);
			continue;
		}
		shrink(&plan, &failure);
		bool good =
			is_expected(sabotage, failure.invariant) && plan.count <= HISTORY_MOST;
		printf("%s %s (%s)\n  ", good ? "found" : "FOUND WRONGLY", sabotage->name,
			sabotage->what);
		print_failure(&plan, &failure);
		plan_free(&plan);
		return good;
	}
	printf("NOT FOUND %s (%s)\n", sabotage->name, sabotage->what);
	return false;
}

static int self_test(void)
{
	size_t missed = 0;

	for (size_t i = 1; i < sabotage_count; i++) {
		(void)sabotage_use(sabotages[i].name);
		missed += !find_fault(&sabotages[i]);
		fflush(stdout);
	}
	printf("%zu faults, %zu missed\n", sabotage_count - 1, missed);
	return missed ? 1 : 0;
}

static bool read_range(const char *text, struct options *options)
{
	char *end;

	options->from = strtoll(text, &end, 10);
	options->to = *end == '-' ? strtoll(end + 1, &end, 10) : options->from;
	return *end == 0 && options->from > 0 && options->to >= options->from;
}

static bool read_options(int count, char **arguments, struct options *out)
{
	bool good = true;

	*out = (struct options){.from = 1, .to = 20, .days = 30};
	for (int i = 1; i < count && good; i++) {
		const char *value = i + 1 < count ? arguments[i + 1] : "";
		bool takes_value = true;

		if (text_equal(arguments[i], "--seeds"))
			good = read_range(value, out);
		else if (text_equal(arguments[i], "--days"))
			good = text_to_int(value, 1, 4000, &out->days) == 0;
		else if (text_equal(arguments[i], "--fault"))
			good = sabotage_use(value);
		else
			takes_value = false;
		if (text_equal(arguments[i], "--quiet"))
			out->is_quiet = true;
		else if (text_equal(arguments[i], "--large"))
			out->is_large = true;
		else if (text_equal(arguments[i], "--twice"))
			out->is_twice = true;
		else if (text_equal(arguments[i], "--self-test"))
			out->is_self_test = true;
		else if (!takes_value)
			good = false;
		i += takes_value;
	}
	return good;
}

int main(int count, char **arguments)
{
	struct options options;

	if (!read_options(count, arguments, &options)) {
		fputs(usage, stderr);
		return 2;
	}
	log_set_level(LOG_ERROR);
	return options.is_self_test ? self_test() : run_seeds(&options);
}
