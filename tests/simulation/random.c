/* SPDX-License-Identifier: Apache-2.0 */
#include "random.h"

static uint64_t scramble(uint64_t value)
{
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
	return value ^ (value >> 31);
}

uint64_t random_mix(uint64_t seed, uint64_t of)
{
	return scramble(scramble(seed + 0x9e3779b97f4a7c15U) ^ (of * 0xd1342543de82ef95U));
}

uint64_t random_next(struct random *random)
{
	random->state += 0x9e3779b97f4a7c15U;
	return scramble(random->state);
}

int64_t random_below(struct random *random, int64_t limit)
{
	uint64_t next = random_next(random);

	return limit > 0 ? (int64_t)(next % (uint64_t)limit) : 0;
}

bool random_percent(struct random *random, int percent)
{
	return random_below(random, 100) < percent;
}

int64_t random_span(struct random *random, int64_t least, int64_t most)
{
	int doublings = 0;

	while (least << (doublings + 1) <= most)
		doublings++;
	int64_t base = least << random_below(random, doublings + 1);
	int64_t span = base + random_below(random, base);
	return span < most ? span : most;
}
