/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLIENT_LICENSE_CLIENT_H
#define LICENSE_CLIENT_LICENSE_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * The customer's side of the licensing: activation, leases, claims, releases, and the state of
 * an instance. Everything that the service says is believed only with a valid signature under
 * the root key; no path here says "licensed" without a verified lease.
 *
 * The state lies in one folder (mode 0700). Several processes may use one folder at a time:
 * each change is made under a lock on it. A struct license_client is used by one thread at a
 * time.
 */

struct license_client;

enum { LICENSE_SUBJECT_SIZE = 32, LICENSE_SUBJECT_TEXT = 65 };

/** Opens the folder, makes it at first, with an identity (id and Ed25519 key) of its own.
 * ERR_IO; ERR_CORRUPT for a damaged file, with what to do. */
NODISCARD int license_client_open(const char *folder, struct license_client **out);
void license_client_close(struct license_client *client); /* NULL is fine */

/** Where the service is, kept in the folder. `root_key_file` (a root.pub) only in a development
 * build, NULL: the built-in one; `ca_file` NULL: the system's authorities. Plain http is
 * accepted for loopback only. ERR_INVALID, ERR_NOTFOUND. Does not contact the service. */
NODISCARD int license_client_set_server(struct license_client *client, const char *url,
	const char *root_key_file, const char *ca_file);

/** Enrols this instance under a key and takes the first lease. ERR_INVALID for a mistyped key
 * (told without asking the service); ERR_LICENSE for an unknown or revoked one (each with its
 * own words, and nothing changed); ERR_NETWORK, … An expired key can be activated. */
NODISCARD int license_client_activate(struct license_client *client, const char *key);

/** Asks for a new lease, and for the list of subjects where others changed it; without a key
 * for the trials that have begun. On any failure
 * the last lease goes on, and the time of the first failed contact is kept. ERR_NETWORK,
 * ERR_UNAVAILABLE and the like mean offline; ERR_CORRUPT an answer that is not the service's,
 * which is offline too. ERR_LICENSE where there is neither a key nor a trial, ERR_INVALID where
 * no server is set. It takes `timeout_ms` in all. */
NODISCARD int license_client_contact(struct license_client *client, int64_t timeout_ms);

enum license_state {
	LICENSE_NONE, /* what was entered, or the trial, cannot be verified now */
	LICENSE_ACTIVE,
	LICENSE_EXPIRES_SOON, /* 30 days */
	LICENSE_OFFLINE,      /* working from the lease */
	LICENSE_SUSPENDED,    /* offline for the longest time */
	LICENSE_EXPIRED,
	LICENSE_REVOKED,
	LICENSE_TRIAL, /* no key was entered; also before the trial has begun */
	LICENSE_TRIAL_OVER,
};

/** "none", "active", "expires_soon", "offline", "suspended", "expired", "revoked", "trial",
 * "trial_over". */
const char *license_state_name(enum license_state state);

struct license_status {
	enum license_state state;
	bool may_back_up; /* active, expires_soon, offline, a trial that has begun */
	bool is_trial; /* no key was entered here: whatever is backed up counts as licensed */
	char key_masked[48]; /* "ABCDE-*****-*****-*****-*****"; "" where none */
	int64_t seats;
	int64_t used;
	int64_t trial_items; /* of a trial: how many items of a folder a restore hands out */
	int64_t expires_s;   /* of the subscription or trial; 0 where none */
	int64_t offline_until_s; /* 0 where none */
	int64_t offline_since_s; /* 0: the last contact was good */
	int64_t leased_s;        /* the last signed time; 0 where none */
	int64_t now_s;           /* the effective time of this judgement */
	char server[256];        /* "" where none is set */
	bool development;
	char trouble[256]; /* what was noticed and is worth telling (clock, old answer); "" */
};

/** Judged now, from the lease alone, without asking anybody. Cannot fail: what cannot be
 * verified is LICENSE_NONE, with `trouble` saying why and what helps. */
void license_client_status(struct license_client *client, struct license_status *out);

/** The same for backups of one tenant: without a key it is the tenant's own trial that counts,
 * and not the one that ends last. */
void license_client_tenant_status(
	struct license_client *client, const char *tenant_id, struct license_status *out);

/** Whether a license key was entered here, whatever became of its subscription: there is a
 * verified lease (rule F4). */
bool license_client_has_key(struct license_client *client);

/** Begins the trial of a tenant, or finds how it stands: asked when a backup of the tenant
 * starts and no key was entered (rule F1). The outcome is in license_client_tenant_status.
 * ERR_LICENSE where a key was entered, or too many instances have this trial; ERR_INVALID where
 * no server is set; ERR_NETWORK and the like as license_client_contact. */
NODISCARD int license_client_trial_begin(
	struct license_client *client, const char *tenant_id, int64_t timeout_ms);

/** The subject of a user: a pseudonym under the license's secret. ERR_LICENSE where never
 * activated. */
NODISCARD int license_client_subject(struct license_client *client, const char *tenant_id,
	const char *directory_id, char out[LICENSE_SUBJECT_TEXT]);

/** Whether a license is assigned to the subject, as far as the last answers say. */
bool license_client_is_held(struct license_client *client, const char *subject);

/** One object of a claim: all its subjects or none. */
struct license_claim {
	const char *const *subjects;
	size_t count;
	/* out: */
	bool granted;
	int64_t newly;   /* licenses that this object took now */
	int64_t missing; /* new subjects minus free licenses at its turn; 0 where granted */
};

/**
 * Claims for objects, in their order. Where all subjects of all are held already and the state
 * allows backups, nothing is asked. ERR_NETWORK and the like where the service is needed and
 * not there: what is held is then granted, the rest is not, and `missing` counts its new
 * subjects. ERR_LICENSE where the state allows no backup.
 */
NODISCARD int license_client_claim(
	struct license_client *client, struct license_claim *claims, size_t count);

struct license_subject {
	char id[LICENSE_SUBJECT_TEXT];
	int64_t assigned_s;
	int64_t releasable_s;
};

/** All subjects that hold a license under this key, by id, fresh from the service where it
 * answers, else from the last answers. ERR_LICENSE where never activated. The caller frees the
 * array with mem_free. */
NODISCARD int license_client_subjects(
	struct license_client *client, struct license_subject **out, size_t *out_count);

struct license_release {
	const char *subject;
	/* out: */
	bool released;
	int64_t releasable_s; /* first possible time where it was too early; 0: not assigned */
};

/** Releases several at once: each that may not go yet is marked, the others go. Needs the
 * service: ERR_NETWORK and the like, after which the list shows what became of it. ERR_INVALID,
 * and nothing asked, for what is no subject; ERR_LICENSE where never activated, or revoked. */
NODISCARD int license_client_release(
	struct license_client *client, struct license_release *releases, size_t count);

#endif
