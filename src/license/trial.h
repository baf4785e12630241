/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_TRIAL_H
#define LICENSE_TRIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/hash.h"
#include "crypto/sign.h"
#include "license/keyset.h"
#include "license/lease.h"

/*
 * A trial (rules F1 to F4): what the service signs for one instance that has no license key,
 * for one tenant. Its clock is the tenant's, begun by the first backup job that any instance
 * started; the text is the domain line "GARNER-TRIAL/1" and the fields of trial.c's table, in
 * the form of a lease.
 */

enum {
	TRIAL_TEXT_MAX = 4096, /* bytes of a text, its NUL included */
	TRIAL_DAYS = 30,       /* the service's defaults */
	TRIAL_ITEMS_PER_FOLDER = 5,
	TRIAL_ITEMS_MAX = 1000 * 1000,
};

enum trial_state {
	TRIAL_RUNS,
	TRIAL_ENDED,
};

struct trial {
	char key_id[KEYSET_ID_SIZE]; /* of the online key that signed */
	uint8_t tenant[HASH_SIZE];   /* trial_tenant */
	char instance_id[LEASE_ID_SIZE];
	uint8_t instance_public[SIGN_PUBLIC_SIZE];
	int64_t sequence; /* of the instance in this trial, one more each time; never falls */
	enum trial_state state;
	int64_t started_s;
	int64_t ends_s;           /* that moment itself is over */
	int64_t items_per_folder; /* that a restore hands out */
	int64_t issued_s;         /* the service's time */
	int64_t renew_after_s;
	int64_t offline_limit_s;         /* a length: how long after issued_s it may be used */
	uint8_t nonce[LEASE_NONCE_SIZE]; /* the caller's */
};

/** SHA-256 over "GARNER-TENANT/1", a line feed, and the tenant's id in lower case: all that the
 * service learns of a tenant. */
void trial_tenant(const char *tenant_id, uint8_t out[HASH_SIZE]);

/** The signed text; `key_id` is set from the key. The caller frees it. */
char *trial_write(struct trial *trial, const struct sign_key *key);

/** Reads a trial and believes it, as lease_read does. Whether it is for this instance and
 * tenant and answers this nonce, the caller checks. ERR_CORRUPT. */
NODISCARD int trial_read(const char *text, const struct keyset *keyset, struct trial *out);

/** How an instance stands in a trial that was believed: the first that is true, in this order.
 */
enum trial_standing {
	TRIAL_OVER,
	TRIAL_SUSPENDED, /* offline for the longest time: waits for the service */
	TRIAL_OFFLINE,   /* works from the text */
	TRIAL_ACTIVE,
};

/** Judges at `now_s`, the instance's effective time; `failed_since_s` as in standing_judge. */
enum trial_standing trial_judge(
	const struct trial *trial, int64_t now_s, int64_t failed_since_s);

/** Whether backups run: offline, active. */
bool trial_may_back_up(enum trial_standing standing);

/** The moment at which it becomes suspended without another contact. */
int64_t trial_offline_until(const struct trial *trial);

/** Whether a restore hands out the item: `position` is its place among the items of its folder,
 * from 0, in the order of a listing; `limit` is what the item was stored with, 0 for none. */
bool trial_hands_out(int64_t limit, uint64_t position);

#endif
