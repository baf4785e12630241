/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_GRAPH_PEOPLE_H
#define SOURCE_GRAPH_PEOPLE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json.h"
#include "source/source.h"

/*
 * The directory's side of the Microsoft Graph source: users and their licenses, permissions of
 * the app, and the objects that are found by them. Part of graph_priv.h.
 */

struct graph;

/** A user as the directory tells it. */
struct graph_user {
	char *id;
	char *name; /* its address, else its principal name */
	char *display_name;
	bool has_mail; /* an address of its own */
	bool guest;
	bool m365_license;
	bool exchange_license;
};

/** The users, once they have been listed. */
struct graph_users {
	struct graph_user *list;
	size_t count, capacity;
	bool known;
};

/** What may have to be asked for of Microsoft Graph, by one of several permissions each. */
enum graph_task {
	GRAPH_LIST_USERS,
	GRAPH_READ_MAIL,
	GRAPH_READ_SETTINGS,
	GRAPH_LIST_GROUPS,
	GRAPH_READ_CONVERSATIONS,
	GRAPH_READ_HIDDEN_MEMBERS,
	GRAPH_READ_FILES,
	GRAPH_TASKS,
};

enum { GRAPH_GAPS_MAX = 4 };

/** Kinds of objects that the last listing left out. */
struct graph_gaps {
	struct graph_gap {
		const char *kind;
		enum graph_task task;
	} list[GRAPH_GAPS_MAX];
	size_t count;
};

/* permission.c */

struct graph_permission {
	const char *name;    /* the one to ask for */
	const char *purpose; /* "to list users and their licenses" */
	bool is_optional; /* without it a kind of objects is left out, and the rest goes on */
};

const struct graph_permission *graph_permission(enum graph_task task);

/** True where the token tells of its permissions, and none of them will do for the task. */
bool graph_lacks(const struct graph *graph, enum graph_task task);

/** The same for the roles of a token's claims. */
bool graph_roles_allow(const struct json *roles, enum graph_task task);

/* gaps.c */

void graph_gaps_clear(struct graph *graph);

bool graph_gaps_has(const struct graph *graph, const char *kind);

/** Notes that a kind is left out for want of a permission, once. */
void graph_gaps_add(struct graph *graph, const char *kind, enum graph_task task);

/* plans.c */

struct graph_licenses {
	bool m365;     /* an enabled plan of a paid kind */
	bool exchange; /* an enabled plan that gives a mailbox */
};

struct graph_licenses graph_licenses_of(const struct json *user);

/* directory.c */

/** Lists the users anew. */
NODISCARD int graph_users_fetch(struct graph *graph);
void graph_users_free(struct graph_users *users);

/* mailboxes.c, groups.c: each visits the objects of its kinds. */

NODISCARD int graph_mailbox_visit(struct graph *graph, const struct graph_user *user,
	source_object_fn *visit, void *context);
NODISCARD int graph_groups_visit(struct graph *graph, source_object_fn *visit, void *context);

#endif
