/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_RANDOM_H
#define SIMULATION_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Numbers that look random and are the same for the same seed (splitmix64). Each event has a
 * seed of its own, so that what is taken out of a history leaves the rest as it was.
 */

struct random {
	uint64_t state;
};

/** A seed made of two: of a simulation and of something in it. */
uint64_t random_mix(uint64_t seed, uint64_t of);

uint64_t random_next(struct random *random);

/** 0 to limit - 1; 0 where limit is below 1. */
int64_t random_below(struct random *random, int64_t limit);

bool random_percent(struct random *random, int percent);

/** Between the two, short ones as likely as long ones: the exponent is drawn. */
int64_t random_span(struct random *random, int64_t least, int64_t most);

#endif
