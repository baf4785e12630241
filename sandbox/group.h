/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GROUP_H
#define SANDBOX_GROUP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/ids.h"
#include "sandbox/mailbox.h"
#include "sandbox/scenario.h"

/*
 * The groups of the organization: who is in them, and the mailbox of those of Microsoft 365. A
 * group that was found stays one, though perhaps a removed one, until groups_free. No locks
 * here: the organization has one (tenant.h).
 */

struct tenant;
struct user;

struct group {
	char id[IDS_GUID_SIZE];
	char *name;
	char *nickname;       /* the name as an address and a path want it */
	char *address;        /* of one of Microsoft 365; NULL */
	struct json *members; /* names of users and groups, as in the scenario; NULL */
	struct json *owners;
	struct scenario_source mail;
	struct mailbox *mailbox; /* of one of Microsoft 365; NULL */
	bool is_removed;
};

/** All of them, in the scenario's order, the removed ones too. */
struct groups {
	struct group **list;
	size_t count, capacity;
};

/** What a group's name is in its address and its site's path: in lower case, without what is no
 * letter or digit. The caller frees it. */
char *group_nickname(const char *name);

/** Makes the groups what a checked document says; `patch` (may be NULL) names those whose mail
 * is read again. ERR_INVALID where two would have one address, ERR_NOTFOUND, ERR_IO. */
NODISCARD int groups_set(struct tenant *tenant, const struct json *document,
	const struct json *patch, const struct scenario_base *base);
void groups_free(struct groups *groups);

/** The group of that id, name or address; NULL. */
struct group *groups_find(const struct groups *groups, const char *name);

/** One that belongs to a group; one of the two is NULL. */
struct member {
	const struct user *user;
	const struct group *group;
};

/** The users and groups that a list of the scenario names. Returns how many; the caller frees
 * *out. */
size_t group_list(const struct tenant *tenant, const struct json *names, struct member **out);

/** The members, those of member groups and so on, each once and the group itself not. The
 * caller frees *out. */
size_t group_all(const struct tenant *tenant, const struct group *group, struct member **out);

#endif
