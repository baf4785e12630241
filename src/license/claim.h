/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_CLAIM_H
#define LICENSE_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Which objects of a claim get their licenses (rules B13, C2; T21, T22): in order, each with
 * all of its subjects or with none. And when a license may be released again (D4).
 */

enum claim_mark {
	CLAIM_UNLICENSED,
	CLAIM_HELD,  /* before this claim */
	CLAIM_NEW,   /* assigned by this claim */
	CLAIM_TAKEN, /* while an object is being decided; never outside */
};

/** What a subject is after a claim, as it goes over the wire: "none", "held", "new". */
const char *claim_mark_name(enum claim_mark mark);

struct claim_object {
	const size_t
		*subjects; /* indexes into the marks; one may occur twice, and counts once */
	size_t count;
	/* out: */
	bool granted;
	int64_t newly;   /* licenses that this object took */
	int64_t missing; /* new subjects minus free licenses at its turn; 0 where granted */
};

/**
 * Decides all objects. `marks` says of each distinct subject whether it holds a license, and is
 * given back with CLAIM_NEW for those that got one, the others as they were; `free` licenses
 * are left at the start. An object that takes none is granted, whatever is left. Returns how
 * many were assigned.
 */
int64_t claim_decide(
	struct claim_object *objects, size_t count, enum claim_mark *marks, int64_t free);

enum { RELEASE_AFTER_S = 30 * 86400 };

/** The first moment at which a license that was assigned then can be released. */
int64_t release_first_moment(int64_t assigned_s);

bool release_is_allowed(int64_t assigned_s, int64_t now_s);

#endif
