/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_PRIV_H
#define LICENSE_CLIENT_PRIV_H

#include <stdbool.h>
#include <stdint.h>

#include "crypto/secret.h"
#include "license/key.h"
#include "license/keyset.h"
#include "license/lease.h"
#include "license/sunset.h"
#include "license/trial.h"
#include "license_client/endpoint.h"
#include "license_client/heldset.h"
#include "license_client/identity.h"
#include "license_client/license_client.h"
#include "license_client/statefile.h"
#include "license_client/timefloor.h"

struct http_client;
struct json;
struct license_transport;

/** What an activation gave: which license this is, and the secret of its subjects. */
struct grant {
	char license_id[LEASE_ID_SIZE]; /* "" where never activated */
	char key_masked[KEY_TEXT_SIZE];
	uint8_t secret[SECRET_KEY_SIZE];
};

/** A lease that was believed, with the texts that prove it. */
struct proof {
	char *lease_text; /* NULL where there is none */
	char *keyset_text;
	int64_t keyset_version;
	struct lease lease;
};

void proof_free(struct proof *proof);
struct proof proof_copy(const struct proof *proof);

/** A place in the license's history, see history.h. */
struct history_head {
	int64_t revision; /* 0: not at all */
	uint8_t chain[HASH_SIZE];
};

/** The last answers: the lease, and what is known of time and contact. */
struct record {
	struct proof proof; /* of a lease; none where trials are meant */
	/* The lease up to which the license's history was followed, see history.h; none: that
	 * is `proof`. A signed one, so that an edited file does not make all later ones wrong.
	 */
	struct proof head;
	struct timefloor floor;
	int64_t failed_s;  /* first failed contact since the answer, effective time; 0: none */
	char refused[160]; /* what was wrong with an answer that was refused; "" */
	char machine[33];  /* where the state was at the last contact */
};

/** A trial that was believed, with the texts that prove it. */
struct trial_proof {
	char *text;
	char *keyset_text;
	int64_t keyset_version;
	struct trial trial;
};

/** The trials of an instance without a key, one for each tenant. */
struct trials {
	struct trial_proof *list;
	size_t count, capacity;
	struct record known; /* time and contact alone */
};

enum client_file {
	CLIENT_ENDPOINT,
	CLIENT_GRANT,
	CLIENT_RECORD,
	CLIENT_HELD,
	CLIENT_TRIALS,
	CLIENT_SUNSET,
	CLIENT_FILES,
};

struct license_client {
	struct statefile_folder folder;
	struct identity identity;
	char boot[TIMEFLOOR_BOOT_SIZE];
	char machine[33];

	/* The files as they were read last. */
	struct statefile_stamp stamps[CLIENT_FILES];
	bool read_once;
	char damage[CLIENT_FILES][160]; /* why one is not believed; "" */
	struct endpoint endpoint;
	struct grant grant;
	struct record record;
	struct sunset sunset;    /* believed; until_s 0: none */
	struct heldset held;     /* believed with its own lease, which may be older than */
	struct proof held_proof; /* the record's: see assignments.c */
	struct trials trials;

	/* Of this process. */
	const struct license_transport *transport; /* NULL: over the network */
	struct http_client *http; /* for the endpoint; NULL until it is needed */
	int64_t service_ahead_s; /* what the service said of our clock, for Garner-Time alone */
	int64_t failed_us;       /* when a contact failed last; 0: the last one was good */
	struct history_head followed; /* on the way from the head; revision 0: nowhere */
	int64_t followed_us;          /* when the history was followed last; 0: never */
	int64_t listed_us;            /* when the list was asked for last; 0: never */
	char *believed_text;          /* of the keyset that was read last: most leases come */
	uint8_t believed_root[SIGN_PUBLIC_SIZE]; /* under the same one, signed by this key */
	struct keyset believed;
};

/** Reads again what changed. Never fails: what cannot be believed is as if it were not there,
 * and `damage` says so. */
void client_refresh(struct license_client *client);

/** Takes the lock and reads again what changed; client_end frees it. ERR_LOCKED, ERR_IO. */
NODISCARD int client_begin(struct license_client *client, int *out_lock);
void client_end(int lock);

struct timefloor_reading client_clocks(const struct license_client *client);

/** Whether no key was entered here: neither is there an activation, nor one that is damaged. */
bool client_is_trial(const struct license_client *client);

/** What is known of time and contact: from the lease, or without a key from the trials. NULL
 * where nothing was believed. */
struct record *client_known(struct license_client *client);

/** Keeps that, under the lock. ERR_IO. */
NODISCARD int client_write_known(struct license_client *client);

/** Time and contact as they stand in a file. */
void client_get_known(const struct json *json, struct record *record);
void client_put_known(struct json *json, const struct record *record);

/** Nothing is wrong any more, and this is the machine. */
void client_note_good_contact(const struct license_client *client, struct record *record);

/** Remembers a file as it was written here. */
void client_stamp_own(struct license_client *client, enum client_file file);

/** The effective time; the wall clock's where nothing was believed. */
int64_t client_now_s(const struct license_client *client);

/**
 * Believes a lease or not: signed by a key that the root key signed, for this instance and this
 * license. ERR_CORRUPT. Copies the texts.
 */
NODISCARD int client_believe(struct license_client *client, const char *license_id,
	const char *const texts[2], struct proof *out);

/** What was signed last holds, whatever a file says of time beside it. */
void client_bind_floor(struct timefloor *floor, int64_t issued_s);

/** Keeps the activation, the record or the held set, under the lock. ERR_IO. */
NODISCARD int client_write_grant(struct license_client *client);
NODISCARD int client_write_record(struct license_client *client);
NODISCARD int client_write_held(struct license_client *client);

NODISCARD int client_write_sunset(struct license_client *client, const char *text);

/** Whether the instance works without the service at that moment, whatever the lease says. */
bool client_works_by_sunset(const struct license_client *client, int64_t now_s);

/** Forgets the held set, under the lock. ERR_IO. */
NODISCARD int client_drop_held(struct license_client *client);

/** Keeps the proof of a good answer, taken over, under the lock: a contact was made. An older
 * one than another process kept meanwhile changes nothing. `follows`: the license's history was
 * followed up to it. ERR_IO. */
NODISCARD int client_keep_proof(
	struct license_client *client, struct proof *proof, bool follows);

#endif
