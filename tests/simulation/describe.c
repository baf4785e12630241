/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>

#include "base/timestamp.h"
#include "plan.h"

/* Events in words. */

static const struct {
	const char *name;
	bool of_instance;
	const char *before, *after; /* the amount; after NULL: there is none */
} kinds[EVENT_KINDS] = {
	[EVENT_ACTIVATE] = {"activate", true, "enters the license key", NULL},
	[EVENT_JOB] = {"job", true, "starts a job of ", " objects"},
	[EVENT_RELEASE] = {"release", true, "releases ", " users"},
	[EVENT_GROW] = {"grow", false, "a group gets another member", NULL},
	[EVENT_ADD] = {"add", false, "licenses are added: ", ""},
	[EVENT_RENEW] = {"renew", false, "a renewal for ", " percent"},
	[EVENT_REVOKE] = {"revoke", false, "the license is revoked", NULL},
	[EVENT_CUT] = {"cut", true, "loses the network", NULL},
	[EVENT_MEND] = {"mend", true, "has the network again", NULL},
	[EVENT_STORM] = {"storm", true, "has a network that fails in ", " percent"},
	[EVENT_SERVICE_STOP] = {"service_stop", false, "the service stops", NULL},
	[EVENT_SERVICE_START] = {"service_start", false, "the service starts", NULL},
	[EVENT_SERVICE_CRASH] = {"service_crash", false, "the service dies and comes back",
		NULL},
	[EVENT_SERVICE_CLOCK] = {"service_clock", false, "the service's clock is off by ",
		" s"},
	[EVENT_CLOCK] = {"clock", true, "has a clock that is off by ", " s"},
	[EVENT_CRASH] = {"crash", true, "dies in what it does next, at call ", " for a file"},
	[EVENT_IMAGE] = {"image", true, "has its state kept", NULL},
	[EVENT_PUT_BACK] = {"put_back", true, "is put back to the state that was kept", NULL},
	[EVENT_COPY] = {"copy", false, "the service's database is copied", NULL},
	[EVENT_COPY_BACK] = {"copy_back", false, "and put back to the copy; held: ", ""},
	[EVENT_ACCEPT] = {"accept", false, "the operator accepts what is there", NULL},
	[EVENT_REVOKE_INSTANCE] = {"revoke_instance", true, "is revoked by the vendor", NULL},
	[EVENT_REBOOT] = {"reboot", true, "starts its machine anew", NULL},
};

const char *event_kind_name(enum event_kind kind)
{
	return kinds[kind].name;
}

static void print_event(const struct event *event)
{
	char at[TIMESTAMP_SIZE];

	timestamp_format(event->at_s, at);
	printf("    %s  ", at);
	if (kinds[event->kind].of_instance)
		printf("instance %d ", event->instance);
	printf("%s", kinds[event->kind].before);
	if (kinds[event->kind].after)
		printf("%" PRId64 "%s", event->amount, kinds[event->kind].after);
	printf("\n");
}

void plan_print(const struct plan *plan)
{
	printf("    %" PRId64 " licenses, %d instances, %s\n", plan->seats, plan->instances,
		plan->polls ? "which ask every 45 minutes" : "which do not ask by themselves");
	for (size_t i = 0; i < plan->count; i++)
		print_event(&plan->events[i]);
}
