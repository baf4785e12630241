/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_MODEL_H
#define SIMULATION_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <uthash.h>

#include "license/lease.h"

/*
 * The licensing as it should be, as plainly as it can be told: who holds a license since when,
 * the terms as a list, the answers that were given. It shares no code with the service.
 */

struct json;

enum { MODEL_TERMS_MAX = 64, MODEL_KEY_SIZE = 100 };

/* Somebody who holds or held a license. */
struct holder {
	char subject[65];
	int64_t since_s; /* 0: holds none */
	int64_t lost_s;  /* when it went; 0: never had one */
	bool lost_by_reset;
	int64_t order_s; /* of a reset: when it was known that it would come */
	bool in_log;     /* as the event log tells it */
	int64_t gone_s;  /* when the service's database lost it, put back from a copy */
	int64_t mark;    /* of the claim that is being looked at */
	UT_hash_handle hh;
};

struct given {
	char key[MODEL_KEY_SIZE]; /* instance and idempotency key */
	char *answer;
	int64_t at_s;
	UT_hash_handle hh;
};

struct model_term {
	int64_t start_s, seats, order_s;
};

struct model {
	int64_t now_s; /* the service's time; never falls */
	int64_t seats, used;
	int64_t activated_s, anchor_s, years, revoked_s;
	int64_t epoch;
	struct model_term ahead[MODEL_TERMS_MAX];
	size_t ahead_count;
	struct holder *holders;
	struct given *given;
	int64_t marks;
	int64_t resets;

	/* As far as the event log was read. */
	int64_t revision;
	uint8_t chain[HASH_SIZE];
	int64_t log_seats, log_used, log_epoch;
};

void model_free(struct model *model);
struct model model_copy(const struct model *model);

/* Is what it was when it was copied. Instances do not know that yet. */
void model_go_back(struct model *model, const struct model *copy, int64_t now_s);

/* Time goes on to the service's clock, and what is due happens. */
void model_pass(struct model *model, int64_t clock_s);

int64_t model_end(const struct model *model); /* 0: not activated */
bool model_is_active(const struct model *model);

struct holder *model_holder(struct model *model, const char *subject); /* made where needed */
const struct holder *model_find(const struct model *model, const char *subject); /* or NULL */

void model_activate(struct model *model);
void model_add(struct model *model, int64_t seats);
bool model_renew(struct model *model, int64_t seats); /* false: refused */

/* What one object of a claim should get; it takes it. */
struct model_result {
	bool granted;
	int64_t newly, missing;
};
struct model_result model_claim(struct model *model, const struct json *subjects);

/* NULL where it goes, else the reason. */
const char *model_release(struct model *model, const char *subject);

#endif
