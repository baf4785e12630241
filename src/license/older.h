/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_OLDER_H
#define LICENSE_OLDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "license/required.h"

/*
 * The model before licenses were per user (up to version 2.1), beside what is needed now (rule
 * H1; docs/older-model.md): then a license for each mailbox, of whatever kind, and one for each
 * started volume of data for public folders, SharePoint and OneDrive. Pure; where the state of
 * such an installation lies is job/older_state.h's business.
 */

enum older_kind {
	OLDER_MAILBOX,
	OLDER_PUBLIC_FOLDER, /* this and those below by volume, of all such objects together */
	OLDER_SHAREPOINT,
	OLDER_ONEDRIVE,
	OLDER_KIND_COUNT,
};

/** "mailbox", "public_folder", "sharepoint", "onedrive". */
const char *older_kind_name(enum older_kind kind);

/** What was bought. */
struct older_owned {
	int64_t licenses[OLDER_KIND_COUNT];
	int64_t volume_bytes[OLDER_KIND_COUNT]; /* that a license covers; of a mailbox 0 */
};

struct older_object {
	enum older_kind kind;
	int64_t bytes; /* not negative */
	bool found;    /* it is there and supported now, and `now` says its need */
	struct required_object now;
};

/** What one kind had. */
struct older_had {
	int64_t objects;
	int64_t bytes;
	int64_t owned; /* licenses */
	int64_t used;  /* by each mailbox, or by each volume that was started */
};

/** What the objects of one rule need now. */
struct older_needs {
	int64_t objects;
	int64_t users; /* distinct ones of this rule; a user may be needed by others too */
	int64_t more;  /* of them, those whom no rule before this one needs */
};

enum { OLDER_RULE_COUNT = REQUIRED_SITE_RIGHTS + 1 };

/** What may be said to the administrator, as codes. */
enum older_advice {
	OLDER_ENOUGH,       /* as many per-user licenses as were owned are enough */
	OLDER_BUY,          /* they are not: `difference` more are needed */
	OLDER_FEWER,        /* fewer than were owned are enough */
	OLDER_OVERUSED,     /* of some kind more were used than owned */
	OLDER_FREE_MAILBOX, /* mailboxes that took a license need none now */
	OLDER_FREE_VOLUME,  /* data took licenses by its size, which no longer matters */
	OLDER_SHARED_USERS, /* users are needed only by what they share, not by what is theirs
			     */
	OLDER_EVERYONE, /* all users of the organization are needed: sharing costs no more */
	OLDER_GONE,     /* objects that are not there or not supported now */
	OLDER_ADVICE_COUNT,
};

/** "enough", "buy_more", "fewer_suffice", "overused", "free_mailboxes", "volume_is_free",
 * "users_by_sharing", "everyone_needed", "objects_gone". */
const char *older_advice_code(enum older_advice advice);

struct older_comparison {
	struct older_had had[OLDER_KIND_COUNT];
	int64_t owned; /* licenses of all kinds */
	int64_t used;
	struct older_needs needs[OLDER_RULE_COUNT]; /* by enum required_rule */
	int64_t users;      /* distinct ones over all rules: licenses that are needed now */
	int64_t difference; /* users minus what was owned; negative: so many less */
	int64_t gone;       /* objects that are not found now */
	bool advice[OLDER_ADVICE_COUNT];
};

/** Licenses for `bytes`: each volume that is started counts whole, no data takes none. */
int64_t older_volumes(int64_t bytes, int64_t volume_bytes);

/** Puts both models side by side. `required` is of the organization as it is now. */
void older_compare(const struct older_owned *owned, const struct older_object *objects,
	size_t count, struct required *required, struct older_comparison *out);

#endif
