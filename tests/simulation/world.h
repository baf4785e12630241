/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_WORLD_H
#define SIMULATION_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "counts.h"
#include "license/key.h"
#include "license/lease.h"
#include "license_client/license_client.h"
#include "license_client/transport.h"
#include "license_service/api.h"
#include "license_service/home.h"
#include "license_service/store.h"
#include "model.h"
#include "plan.h"
#include "random.h"

/*
 * One licensing service and its customer's instances, all of them the real code, in one thread
 * and in one time. What is simulated is what lies between and below them: the network, the
 * clocks, the disk, who dies when.
 */

/* A machine with a clock of its own. */
struct machine {
	int64_t error_us;  /* of its wall clock */
	int64_t booted_us; /* in the time of the world */
};

/* What the network saw of a lease on its way, read by simulation's own means. */
struct sight {
	int64_t sequence; /* 0: none */
	int64_t revision;
	int64_t epoch;
	int64_t issued_s;
	int64_t expires_s;
	int64_t limit_s;
	int64_t resets_s;
	bool is_active;
};

struct instance {
	struct world *world;
	int number;
	char *folder;
	struct machine machine;
	int boots;
	struct license_client *client;
	struct license_transport transport;
	bool wants_license, is_cut; /* the key was entered; no network */
	int storm;                  /* percent of messages that go wrong */
	int64_t next_poll_s;
	int64_t poll_number;
	int64_t polled_s; /* the last poll that was made */
	bool polled_well;
	struct sight seen;    /* of the last genuine answer that was to be believed */
	int64_t most;         /* the highest sequence of those */
	struct sight offered; /* of one that came, and may depend on its history */
	bool asks_history;    /* the instance asked for the events that lead to it */
	bool has_history;     /* and got them */
	bool answered;        /* such a one came in this step */
	int64_t lied;         /* answers that were none, in this step */
	int64_t asked;        /* questions in this step */
	int64_t time_s;       /* effective time at the end of the last step; 0: none */
	bool clock_was_set;   /* since the last contact */
	bool clock_moved;     /* since the last poll */
	bool was_restarted;   /* in this step */
	bool was_suspended;
	bool is_revoked, copy_is_revoked; /* by the vendor; in the database's copy */
	int64_t fault_at;                 /* dies at so many calls from now; 0: lives */
};

/* A failure: the number of the invariant, and what was seen. */
struct failure {
	int invariant; /* 0: none */
	char text[400];
	int64_t at_s;
	size_t event; /* how many events had begun */
};

enum { GROUPS = 40, GROUP_MAX = 64, INVARIANT_NO_ERROR = 14 };

struct group {
	int64_t users[GROUP_MAX];
	size_t count;
};

struct json;
struct late; /* requests on their way, see network.c */
struct kept; /* answers that somebody kept, see network.c */

struct world {
	const struct plan *plan;
	char *folder;
	int64_t now_us;
	struct machine *machine; /* whose clock is read */
	struct clock clock;
	struct random random; /* of the step */
	struct random bytes;  /* of the step, for secret_random */

	/* the service */
	struct home *home;
	struct store *vendor; /* the vendor's command line */
	struct api api;
	bool is_open, is_stopped;
	bool is_put_back;  /* to an old copy, which is not accepted yet */
	bool was_put_back; /* at any time */
	bool is_held;      /* and the service knows that: it issues nothing */
	bool copy_is_held;
	struct model copied;
	bool is_calm; /* nothing goes wrong any more */
	struct machine service;
	char key[KEY_TEXT_SIZE];
	char license_id[LEASE_ID_SIZE];

	/* the customer */
	struct instance *instances;
	struct group groups[GROUPS];
	char (*subjects)[LICENSE_SUBJECT_TEXT]; /* of the users; "" where not asked yet */

	struct json *document; /* the last good answer */
	struct late *late;
	struct kept *kept;
	struct model model;
	struct counts counts;
	struct failure failure;
	size_t event;
};

/* Makes a world, lets the plan happen until its end or the first failure, and takes it away. */
struct failure world_run(const struct plan *plan, struct counts *counts);

int64_t world_now_s(const struct world *world);

/* Remembers the first failure. */
PRINTF_LIKE(3, 4)
void world_fail(struct world *world, int invariant, const char *format, ...);

/* What is random in the next step follows from this. */
void world_seed(struct world *world, uint64_t seed);

void world_count(struct world *world, enum count count);

/* The service's side: service.c. Errors are failures of the simulation. */
void service_open(struct world *world);
void service_close(struct world *world);
void service_crash(struct world *world);
/* Hands a request to the service, and looks at what comes of it. */
int service_call(struct world *world, const struct http_request *request,
	struct http_response *response);

/* The vendor's orders: vendor.c. */
void vendor_sell(struct world *world);
void vendor_add(struct world *world, int64_t seats);
void vendor_renew(struct world *world, int64_t percent);
void vendor_revoke(struct world *world);
void vendor_revoke_instance(struct world *world, struct instance *instance);

/* A database that is put back: restore.c. `is_told`: with `garner-licensing restore`. */
void restore_copy(struct world *world);
void restore_put_back(struct world *world, bool is_told);
void restore_accept(struct world *world);

/* The network: network.c. */
int network_send(void *instance, const struct http_request *request, int64_t timeout_ms,
	struct http_response *response);
/* Whether what came last is to be believed is clear by now. */
void network_settle(struct instance *instance);
void network_deliver_late(struct world *world);
int64_t network_next_late_us(const struct world *world); /* INT64_MAX: none */
void network_open(struct world *world);
void network_free(struct world *world);

/* The instances: instance.c. */
void instance_open(struct instance *instance);
void instance_close(struct instance *instance);
void instance_reboot(struct instance *instance);
void instance_take_image(struct instance *instance);
void instance_put_back(struct instance *instance);
/* Every step of an instance lies between these two. */
void instance_begin(struct instance *instance);
void instance_end(struct instance *instance);
void instance_activate(struct instance *instance);
/* A contact, and an activation where the service does not know this instance any more. */
int instance_contact(struct instance *instance);
void instance_job(struct instance *instance, int64_t first, int64_t amount);
void instance_release(struct instance *instance, int64_t amount);
/* Makes the polls that are due, or counts them where they change nothing. */
void instance_poll(struct instance *instance);

/* A disk that fails: fault.c. */
void fault_arm(int64_t calls); /* 0: never */
bool fault_next(void);         /* counts a call; true where it must fail */
bool fault_happened(void);
void fault_pause(bool paused);

#endif
