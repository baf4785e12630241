/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_PLAN_H
#define SIMULATION_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What happens in a simulation, written down before it begins: all of it follows from the seed,
 * and any event can be taken out without a change in the others. That is how a failure is
 * brought down to its shortest history.
 */

enum event_kind {
	EVENT_ACTIVATE, /* the instance, with the license key */
	EVENT_JOB,      /* starts at the instance: `amount` objects from number `first` on */
	EVENT_RELEASE,  /* the instance releases `amount` users */
	EVENT_GROW,     /* a group gets another member */
	EVENT_ADD,      /* `amount` more licenses are bought */
	EVENT_RENEW,    /* for `amount` percent of the number that there is */
	EVENT_REVOKE,   /* the license */
	EVENT_CUT,      /* the instance is off the network, */
	EVENT_MEND,     /* and on it again */
	EVENT_STORM,    /* `amount` percent of its messages go wrong; 0: as usual */
	EVENT_SERVICE_STOP,    /* the service does not answer, */
	EVENT_SERVICE_START,   /* and answers again */
	EVENT_SERVICE_CRASH,   /* it dies and is started again */
	EVENT_SERVICE_CLOCK,   /* its clock is off by `amount` seconds from now on */
	EVENT_CLOCK,           /* the instance's clock is off by so many */
	EVENT_CRASH,           /* the instance dies at its `amount`th call for a file */
	EVENT_REBOOT,          /* its machine starts anew */
	EVENT_IMAGE,           /* its state folder is kept, */
	EVENT_PUT_BACK,        /* and put back to what it was */
	EVENT_COPY,            /* the service's database is copied, */
	EVENT_COPY_BACK,       /* and put back; `amount` 0: and nobody says so */
	EVENT_ACCEPT,          /* the operator accepts that */
	EVENT_REVOKE_INSTANCE, /* the vendor serves this one no more */
	EVENT_KINDS,
};

struct event {
	int64_t at_s;
	enum event_kind kind;
	int instance;
	int64_t first;
	int64_t amount;
	uint64_t random; /* of what is drawn while it happens */
};

struct plan {
	uint64_t seed;
	int days;
	int instances;
	int64_t users;
	int64_t seats;   /* of the first order */
	int64_t start_s; /* where the days begin; the first instance is older */
	int64_t end_s;
	bool polls; /* instances ask the service every 45 minutes */
	struct event *events;
	size_t count, capacity;
};

enum { PLAN_INSTANCES_MAX = 50, PLAN_USERS = 5000 };

/* How large a customer: as the seed has it, as large as can be, or never as large. */
enum plan_size { PLAN_OF_SEED, PLAN_LARGE, PLAN_SMALL };

struct plan plan_make(uint64_t seed, int days, enum plan_size size);
struct plan plan_copy(const struct plan *plan);
void plan_free(struct plan *plan);

/** "release", … */
const char *event_kind_name(enum event_kind kind);

/** Writes what happens, in a line. */
void plan_print(const struct plan *plan);

#endif
