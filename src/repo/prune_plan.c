/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/prune_plan.h"

bool prune_is_young(int64_t modified_s, const struct prune_moment *moment)
{
	return modified_s >= moment->begun_s || modified_s >= moment->oldest_s;
}

static bool may_change(const struct prune_pack *pack, const struct prune_moment *moment)
{
	return pack->is_named && !pack->condemned_s &&
	       !prune_is_young(pack->modified_s, moment);
}

static bool is_worth_it(const struct prune_pack *pack)
{
	return pack->must || pack->live == 0 ||
	       pack->live < pack->all / 100 * PRUNE_LIVE_PERCENT;
}

static bool is_tail(const struct prune_pack *pack, const struct prune_moment *moment)
{
	return may_change(pack, moment) && pack->size < PRUNE_TAIL_SIZE;
}

static enum prune_fate fate_of(const struct prune_pack *pack, const struct prune_moment *moment)
{
	if (pack->is_dropped)
		return PRUNE_REMOVE;
	if (!pack->is_named)
		return prune_is_young(pack->modified_s, moment) ? PRUNE_WAIT : PRUNE_REMOVE;
	/* A writer that began later has seen that it is condemned. */
	if (pack->condemned_s)
		return moment->oldest_s > pack->condemned_s ? PRUNE_DROP : PRUNE_WAIT;
	return may_change(pack, moment) && is_worth_it(pack) ? PRUNE_CONDEMN : PRUNE_KEEP;
}

void prune_plan(const struct prune_pack *packs, size_t count, const struct prune_moment *moment,
	enum prune_fate *out)
{
	size_t tails = 0;

	for (size_t i = 0; i < count; i++) {
		out[i] = fate_of(&packs[i], moment);
		tails += is_tail(&packs[i], moment);
	}
	for (size_t i = 0; i < count && tails >= PRUNE_TAILS; i++)
		if (is_tail(&packs[i], moment))
			out[i] = PRUNE_CONDEMN;
}
