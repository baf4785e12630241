/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_REQUIRED_H
#define LICENSE_REQUIRED_H

#include "license/directory.h"

/*
 * The required subjects of an object (rules B1 to B16): the set of users that must hold a
 * license before it may be backed up, each once, whatever way leads to it. A pure function of
 * what the source says; whether a mailbox can be backed up at all is subject.h's business.
 */

/** The rule by which an object needs its users. */
enum required_rule {
	REQUIRED_NOBODY,        /* B4, B5, folders of the machine */
	REQUIRED_OWNER,         /* B1, B4 with a license, B12: the one user */
	REQUIRED_MEMBERS,       /* B2, B11: members of the group, not its owners */
	REQUIRED_FOLDER_RIGHTS, /* B8: who may create, edit or delete items of a public folder;
				   its owners as such not */
	REQUIRED_SITE_RIGHTS,   /* B10: who may create, edit or delete contents of a site */
};

/** What somebody may do with an object, or is to it. Only those of REQUIRED_CHANGES need a
 * license by a right; owners of a group never do (ruling on B2, B11). */
enum required_right {
	REQUIRED_READ = 1,
	REQUIRED_CREATE = 2,
	REQUIRED_EDIT = 4,
	REQUIRED_DELETE = 8,
	REQUIRED_ADMINISTER = 16, /* the site (B10) */
	REQUIRED_MEMBER = 32,     /* of the group whose mailbox or team site it is; the user
				     whose mailbox or drive it is */
	REQUIRED_CHANGES =
		REQUIRED_CREATE | REQUIRED_EDIT | REQUIRED_DELETE | REQUIRED_ADMINISTER,
};

/** One line of an object's permissions: `default` of a public folder and "everyone" of a site
 * are DIRECTORY_EVERYONE; anonymous is left out by the caller. */
struct required_grant {
	struct directory_principal who;
	unsigned rights; /* of enum required_right */
};

struct required_object {
	enum required_rule rule;
	const struct required_grant
		*grants; /* REQUIRED_OWNER: one, the user, REQUIRED_MEMBER */
	size_t grant_count;
};

/** Working memory for a directory that no longer changes: made once, used for any number of
 * objects, by one thread. Takes time and memory by users, groups and memberships. */
struct required;

struct required *required_new(const struct directory *directory); /* which is borrowed */
void required_free(struct required *required);                    /* NULL is fine */

/**
 * The object's set: places of users, rising, each once. Borrowed until the next call with the
 * same `required`. Takes time by the principals that are reached, each once, and by the set.
 */
const uint32_t *required_set(
	struct required *required, const struct required_object *object, size_t *out_count);

/** Why a user is in an object's set: the first grant that leads to it and, where that is a
 * group, the shortest way of groups down to the user. False where it is not in the set. */
struct required_way {
	size_t grant; /* index into the object's grants */
	size_t group_count;
	const uint32_t *groups; /* from the granted group down; borrowed as the set is */
};
bool required_why(struct required *required, const struct required_object *object,
	uint32_t user, struct required_way *out);

/** What becomes of one object when a run is played through (D9): it is backed up where nothing
 * is missing. */
struct required_turn {
	int64_t required; /* the whole set */
	int64_t held;     /* of it, before this object's turn */
	int64_t newly;    /* licenses that it would take now; 0 where it gets none */
	int64_t missing;  /* new ones minus free licenses at its turn; 0 where it gets all */
};

/**
 * Plays a run through: objects in their order, each with all that it needs or with nothing
 * (C2), as claim_decide does. `held` says of each user of the directory whether a license is
 * assigned, and is brought up to date. Returns how many licenses would be taken; at most
 * `free`, below which an object whose users all hold one still goes on. An organization of
 * 100,000 users, 20,000 nested groups and 50,000 objects takes less than a second.
 */
int64_t required_play(struct required *required, const struct required_object *objects,
	size_t count, bool *held, int64_t free, struct required_turn *turns);

#endif
