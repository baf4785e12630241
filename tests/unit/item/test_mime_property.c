/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mime_round.h"
#include "mutate.h"

/*
 * Whatever comes in comes back, and what was given for it does not depend on how it came in:
 * messages made up, and mutated ones made from them. GARNER_SEED=N repeats a run,
 * GARNER_CASES=N makes it longer.
 */

enum { MESSAGE_MAX = 32 << 20, CASES = 200 * 1000, MUTATED_EACH = 40, WHOLE_EACH = 4 };

static uint64_t number(const char *name, uint64_t usual)
{
	const char *given = getenv(name);

	return given ? strtoull(given, NULL, 10) : usual;
}

static void assert_round(
	struct mime_round *round, const struct buf *message, uint64_t seed, bool also_whole)
{
	uint64_t random = seed;
	size_t most = 1 + (size_t)mime_random(&random, (uint64_t)1 << mime_random(&random, 14));

	if (!mime_round_check(round, message->data, message->size, most, seed))
		fail_msg("case %llu does not come back", (unsigned long long)seed);
	if (!also_whole)
		return;
	uint64_t events = round->events;
	if (!mime_round_check(round, message->data, message->size, 0, 0))
		fail_msg("case %llu does not come back whole", (unsigned long long)seed);
	if (round->events != events)
		fail_msg("case %llu gives something else in pieces", (unsigned long long)seed);
}

static void whatever_comes_in_comes_back_however_it_comes(void **state)
{
	(void)state;
	uint64_t seed = number("GARNER_SEED", 1), cases = number("GARNER_CASES", CASES);
	struct mime_round round;
	struct buf first = buf_init(MESSAGE_MAX), second = buf_init(MESSAGE_MAX);
	struct buf mutated = buf_init(MESSAGE_MAX);

	print_message("# GARNER_SEED=%llu GARNER_CASES=%llu\n", (unsigned long long)seed,
		(unsigned long long)cases);
	mime_round_init(&round);
	for (uint64_t i = 0; i < cases; i++) {
		uint64_t random = seed << 32 | i;
		if (i % MUTATED_EACH == 0) {
			struct buf old = second;
			second = first;
			first = old;
			mutate_invent(&random, &first);
			assert_round(&round, &first, random, true);
		}
		mutate_make(&first, &second, &random, &mutated);
		assert_round(&round, &mutated, random, i % WHOLE_EACH == 0);
	}
	/* They did not all stay literal. */
	assert_true(round.bodies[MIME_PLAIN] > cases * 100);
	assert_true(round.bodies[MIME_BASE64] > cases * 100);
	assert_true(round.bodies[MIME_QUOTED] > cases * 100);
	print_message("# base64 %zu, quoted-printable %zu, plain %zu, literal %zu\n",
		round.bodies[MIME_BASE64], round.bodies[MIME_QUOTED], round.bodies[MIME_PLAIN],
		round.literal);
	mime_round_free(&round);
	buf_free(&first);
	buf_free(&second);
	buf_free(&mutated);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_comes_in_comes_back_however_it_comes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
