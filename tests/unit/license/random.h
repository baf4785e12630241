/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSE_RANDOM_H
#define TESTS_LICENSE_RANDOM_H

#include <stdint.h>

/*
 * Numbers for property tests: the same for the same seed. GARNER_SEED=N repeats a run, which
 * says its seed when it begins; GARNER_CASES=N makes it shorter or longer.
 */

struct random {
	uint64_t state;
};

/** The seed: GARNER_SEED, or one by the time; it is printed with the test's name. */
uint64_t random_seed(const char *test);

/** GARNER_CASES, or `usual`. */
uint64_t random_cases(uint64_t usual);

/** Begins the numbers of one case. */
struct random random_begin(uint64_t seed, uint64_t case_number);

uint32_t random_below(struct random *random, uint32_t bound); /* 0 … bound - 1 */

#endif
