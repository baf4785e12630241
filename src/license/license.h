/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_LICENSE_H
#define LICENSE_LICENSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * What is behind a license key, and how orders, the first activation and time change it (rules
 * A1 to A11). Plain data and transitions: the caller loads a struct license, passes it and the
 * moment through one of these, and stores it with the effects. After a refusal it is as it was.
 */

enum {
	LICENSE_SEATS_MAX = 10 * 1000 * 1000,
	LICENSE_WAITING_MAX = 16, /* renewals bought ahead */
};

/** A renewal that was bought before the end and has not taken effect yet. */
struct license_renewal {
	int64_t start_s; /* the end that it prolongs from */
	int64_t seats;   /* the total from then on */
};

struct license {
	int64_t seats;       /* licenses that may be assigned now */
	int64_t used;        /* assigned in this epoch */
	int64_t epoch;       /* a reset counts it up, and so frees all assignments before */
	int64_t activated_s; /* first activation ever; 0: none yet */
	int64_t anchor_s;    /* first activation, or the renewal that came after an end */
	int64_t years;       /* behind the anchor, renewals that wait included */
	int64_t revoked_s;   /* 0: not revoked */
	size_t waiting_count;
	struct license_renewal waiting[LICENSE_WAITING_MAX]; /* by start */
};

/** What a transition did, for the event log. */
struct license_effect {
	bool changed;  /* something was changed at all */
	bool reset;    /* all assignments were freed */
	int64_t at_s;  /* the moment from which it holds */
	int64_t seats; /* the number of licenses from that moment on */
};

enum license_phase {
	LICENSE_PHASE_NEW, /* never activated */
	LICENSE_PHASE_ACTIVE,
	LICENSE_PHASE_EXPIRED,
	LICENSE_PHASE_REVOKED,
};

/** A license as it is ordered: not activated. `seats` lies in 1..LICENSE_SEATS_MAX. */
struct license license_new(int64_t seats);

/** The end of the subscription, renewals that wait included; 0 before the first activation. */
int64_t license_expires(const struct license *license);

enum license_phase license_phase(const struct license *license, int64_t now_s);

/** "new", "active", "expired", "revoked". */
const char *license_phase_name(enum license_phase phase);

/** The moment at which a waiting renewal will free all assignments (T14b); 0 where none will.
 */
int64_t license_next_reset(const struct license *license);

/**
 * Lets the earliest waiting renewal take effect where its moment has come; false where none is
 * due. To be repeated before anything else is done with a license.
 */
bool license_settle(struct license *license, int64_t now_s, struct license_effect *out);

/* The transitions below expect a settled license. */

/** The first activation starts the term, later ones change nothing (A1, A2). ERR_LICENSE where
 * revoked. An expired one can be activated (A11). */
NODISCARD int license_activate(
	struct license *license, int64_t now_s, struct license_effect *out);

/** Renews for a total of `seats` (A5 to A7, A9): before the end it prolongs from there, and its
 * number counts from there; after the end it counts from now, and at once. ERR_LICENSE where
 * revoked or never activated; ERR_LIMIT where too many wait; ERR_INVALID for a bad number. */
NODISCARD int license_renew(
	struct license *license, int64_t seats, int64_t now_s, struct license_effect *out);

/** Adds licenses to the key; the end does not move; renewals that wait are raised too (A8).
 * ERR_LICENSE where revoked, ERR_INVALID for a bad number. */
NODISCARD int license_add(
	struct license *license, int64_t seats, int64_t now_s, struct license_effect *out);

/** Revokes for good (A11). ERR_EXISTS where it is already. */
NODISCARD int license_revoke(
	struct license *license, int64_t now_s, struct license_effect *out);

#endif
