/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_FAKE_SERVICE_H
#define TESTS_FAKE_SERVICE_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "crypto/sign.h"
#include "license/lease.h"
#include "license/trial.h"
#include "license_client/heldset.h"

/*
 * A licensing service for tests that does what docs/licensing-protocol.md says, in memory, for
 * one license, and tells lies when it is asked to. Its time is clock.h's.
 */

enum lie {
	LIE_NONE,
	/* What is not the service's: */
	LIE_BAD_SIGNATURE,
	LIE_OTHER_ROOT,
	LIE_OTHER_NONCE,
	LIE_OLD_ANSWER, /* the last good one, again */
	LIE_FALLING_SEQUENCE,
	LIE_OLD_KEYSET,
	LIE_OTHER_INSTANCE,
	LIE_OTHER_LICENSE,
	LIE_CHANGED_ANSWER,
	LIE_NO_ANSWER, /* a lease alone where an answer belongs */
	LIE_GARBAGE,
	LIE_EMPTY,
	LIE_OTHER_JSON,
	/* What is no answer: */
	LIE_500,
	LIE_503,
	LIE_429,
	LIE_REDIRECT,
	LIE_SLOW,
	LIE_CUT,
	LIE_UNSIGNED_REVOKED, /* problems of which none is signed */
	LIE_INSTANCE_UNKNOWN,
	LIE_KEY_UNKNOWN,
	LIE_COUNT,
};

struct fake_service {
	struct http_server *server;
	pthread_mutex_t lock;
	struct sign_key root, other_root, online;
	/* What tests set between calls. */
	enum lie lie;
	int lies_left;     /* how often it lies still; -1: always */
	bool lose_answers; /* does what it was asked, and breaks off */
	int64_t ahead_s;   /* of clock.h's time */
	char license_id[LEASE_ID_SIZE];
	char key[32]; /* the license key that it knows */
	bool key_is_revoked;
	struct lease lease; /* seats, state, times: what leases are made of */
	struct trial trial; /* the same for a trial; started at the first request for it */
	bool trial_is_full;
	/* What it remembers. */
	struct heldset assigned;
	char *wrapped_secret;
	char *idempotency_key, *idempotent_answer;
	char *last_good;
	char instance_id[LEASE_ID_SIZE];
	uint8_t instance_public[SIGN_PUBLIC_SIZE];
	int calls;
	int claims;
	int lists;
};

/** Starts it with a license of 10, active, ending a year from now. */
struct fake_service *fake_service_start(void);
void fake_service_stop(struct fake_service *service);
const char *fake_service_url(const struct fake_service *service);

void fake_service_lie(struct fake_service *service, enum lie lie);

/** Assigns a license as another instance would. */
void fake_service_assign(struct fake_service *service, const char *subject);

#endif
