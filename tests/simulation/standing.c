/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "invariants.h"
#include "license_client/license_client_priv.h"

/* What an instance does, against what it was told. */

enum {
	LIMIT_S = 14 * 86400,
	KEPT_EACH_S = 300,   /* so old may the time be that a restart finds */
	SERVICE_OFF_S = 600, /* the service's own clock is off by at most so much */
	UNDER_WAY_S = 120,   /* a step takes no longer, retries included */
};

static void check_time(struct instance *instance, int64_t time_s)
{
	struct world *world = instance->world;
	int64_t least_s = instance->time_s - (instance->was_restarted ? KEPT_EACH_S : 0);
	int64_t truth_s = world_now_s(world);

	if (instance->answered) {
		if (time_s < instance->time_s)
			world_count(world, COUNT_HEALED);
		if (time_s < instance->seen.issued_s ||
			time_s > instance->seen.issued_s + UNDER_WAY_S)
			world_fail(world, 10,
				"after a contact at %" PRId64
				" instance %d says it is %" PRId64,
				instance->seen.issued_s, instance->number, time_s);
	} else if (instance->time_s && time_s < least_s) {
		world_fail(world, 10,
			"the time of instance %d falls from %" PRId64 " to %" PRId64,
			instance->number, instance->time_s, time_s);
	}
	if (!instance->clock_was_set &&
		llabs((long long)(time_s - truth_s)) > 2 * SERVICE_OFF_S + UNDER_WAY_S)
		world_fail(world, 10,
			"instance %d, whose clock is right, says %" PRId64
			", and it is %" PRId64,
			instance->number, time_s, truth_s);
}

static void check_belief(struct instance *instance)
{
	const struct proof *kept = &instance->client->record.proof;
	struct sight sight = kept->lease_text ? sight_of(kept->lease_text) : (struct sight){0};

	if (sight.sequence != instance->seen.sequence)
		world_fail(instance->world, 9,
			"instance %d goes by lease %" PRId64 ", and was given %" PRId64
			" (%" PRId64 " answers were none of the service's)",
			instance->number, sight.sequence, instance->seen.sequence,
			instance->lied);
}

static void check_state(
	struct instance *instance, const struct license_status *status, int64_t time_s)
{
	struct world *world = instance->world;
	const struct sight *seen = &instance->seen;
	bool may = seen->sequence && seen->is_active && time_s < seen->expires_s &&
		   time_s < seen->issued_s + seen->limit_s && status->key_masked[0];

	if (status->may_back_up != may)
		world_fail(world, 9, "instance %d is %s, and should %sback up",
			instance->number, license_state_name(status->state), may ? "" : "not ");
	if (status->state == LICENSE_SUSPENDED)
		world_count(world, COUNT_SUSPENDED);
	if (status->state == LICENSE_EXPIRED)
		world_count(world, COUNT_EXPIRED);
	if (instance->was_suspended && status->may_back_up)
		world_count(world, COUNT_RESUMED);
	instance->was_suspended = status->state == LICENSE_SUSPENDED;
}

void invariants_instance(struct instance *instance)
{
	struct license_status status;

	license_client_status(instance->client, &status);
	int64_t time_s = client_now_s(instance->client);
	check_belief(instance);
	check_state(instance, &status, time_s);
	if (!instance->client->record.proof.lease_text)
		return;
	check_time(instance, time_s);
	instance->time_s = time_s;
	if (instance->answered)
		instance->clock_was_set = instance->machine.error_us != 0;
}

/* Of a user who holds no license any more: whether the instance may not know that yet. */
static bool may_not_know(
	const struct instance *instance, const struct holder *holder, int64_t time_s)
{
	const struct sight *seen = &instance->seen;

	if (holder->gone_s && time_s < holder->gone_s + LIMIT_S)
		return true;
	if (!holder->lost_s || time_s >= holder->lost_s + LIMIT_S)
		return false;
	if (!holder->lost_by_reset)
		return true;
	if (seen->issued_s >= holder->lost_s)
		return false;
	return seen->issued_s < holder->order_s || time_s < holder->lost_s;
}

void invariants_backup(struct instance *instance, const struct license_claim *claim)
{
	struct world *world = instance->world;
	struct license_status status;
	int64_t time_s = client_now_s(instance->client);

	license_client_status(instance->client, &status);
	if (!status.may_back_up)
		world_fail(world, 9, "instance %d backs up while it is %s", instance->number,
			license_state_name(status.state));
	for (size_t i = 0; i < claim->count; i++) {
		const struct holder *holder = model_find(&world->model, claim->subjects[i]);
		if (!holder || (!holder->since_s && !may_not_know(instance, holder, time_s)))
			world_fail(world, 9, "instance %d backs up a user without a license",
				instance->number);
	}
}
