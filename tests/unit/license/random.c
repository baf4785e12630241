/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

uint64_t random_seed(const char *test)
{
	const char *given = getenv("GARNER_SEED");
	uint64_t seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);

	/* To the errors' side: the other one is for the results of tests. */
	fprintf(stderr, "%s: GARNER_SEED=%" PRIu64 "\n", test, seed);
	return seed;
}

uint64_t random_cases(uint64_t usual)
{
	const char *given = getenv("GARNER_CASES");

	return given ? strtoull(given, NULL, 10) : usual;
}

static uint64_t next(struct random *random)
{
	uint64_t x = random->state += 0x9e3779b97f4a7c15;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

struct random random_begin(uint64_t seed, uint64_t case_number)
{
	struct random random = {seed * 0xd1342543de82ef95 + case_number};

	next(&random);
	return (struct random){next(&random)};
}

uint32_t random_below(struct random *random, uint32_t bound)
{
	return (uint32_t)(next(random) % bound);
}
