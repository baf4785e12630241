/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GRAPH_PRIV_H
#define SANDBOX_GRAPH_PRIV_H

#include "sandbox/call.h"

/* The handlers behind graph.c's routes, and what they share. Each has the path of its route,
 * a token that was checked, and the method GET. */

void graph_users(struct call *call);
void graph_user(struct call *call);
void graph_license_details(struct call *call);
void graph_skus(struct call *call);
void graph_organization(struct call *call);
void graph_mailbox_settings(struct call *call);
void graph_user_purpose(struct call *call);
void graph_folders(struct call *call);
void graph_folder(struct call *call);
void graph_child_folders(struct call *call);
void graph_messages(struct call *call);
void graph_delta(struct call *call);
void graph_message(struct call *call);
void graph_value(struct call *call);
void graph_groups(struct call *call);
void graph_group(struct call *call);
void graph_members(struct call *call);
void graph_transitive_members(struct call *call);
void graph_owners(struct call *call);
void graph_conversations(struct call *call);
void graph_threads(struct call *call);
void graph_posts(struct call *call);
void graph_post(struct call *call);

/** True where the query holds no system option but these (ended by NULL); else it is replied
 * to: 400 for what Graph refuses, 501 for what it may serve and the sandbox does not. */
bool graph_accepts(struct call *call, const char *const *accepted);

/** The $select, checked; false, and a reply, where it is wrong. */
bool graph_select(struct call *call, const struct graph_type *type, const char **out);

/** The user in the path. With the organization's lock held; NULL, a reply and no lock where
 * there is none. */
struct user *graph_open_user(struct call *call);

/** As graph_open_user, but for what lies in a mailbox: it must be there, and its limits count
 * the call. */
struct user *graph_open_mailbox(struct call *call);

/** The folder of that id or well-known name, below the lock; NULL with a reply, and without the
 * lock. */
struct folder *graph_open_folder(struct call *call, struct user *user, const char *name);

/** Page size and offset of a list in a mailbox: $top or the preference, $skip. False with a
 * reply. Not below the lock. */
bool graph_page(struct call *call, int64_t *out_top, int64_t *out_skip);

/** Puts "@odata.nextLink" into a list's body: the same request from `skip` on. */
void graph_put_next(const struct call *call, struct json *body, int64_t skip);

/** Page size of a list of the directory. False with a reply. */
bool graph_directory_top(struct call *call, int64_t *out);

/** Where a list of the directory goes on; the token is opaque to clients. False with a reply.
 */
bool graph_skiptoken(struct call *call, size_t *out);
void graph_put_skiptoken(const struct call *call, struct json *body, size_t from);

void graph_put_context(const struct call *call, struct json *body, const char *context);

/** A user with what `select` (checked; NULL: what Graph tells unasked) asks for. */
struct json *graph_user_json(const struct user *user, const char *select);

/** The group in the path. With the organization's lock held; NULL, a reply and no lock where
 * there is none. */
struct group *graph_open_group(struct call *call);

/** What is to be said of a message, taken below the lock, so that its file can be read after.
 */
struct message_view {
	char id[IDS_TEXT_SIZE], parent[IDS_TEXT_SIZE];
	char key[2 * IDS_KEY_SIZE + 1];
	struct content *content; /* shared */
	uint32_t version;
	int64_t modified_s;
	bool is_read, is_draft;
};

void message_view_take(const struct message *message, bool immutable, struct message_view *out);
void message_view_free(struct message_view *view);

/** The message as JSON, with what `select` (checked; NULL: all) asks for. */
struct json *message_view_json(const struct message_view *view, const char *select);

/** As much of it as Graph tells in a delta after it was marked. */
struct json *message_view_mark(const struct message_view *view);

/** Properties of messages that Graph has and the sandbox does not serve: true where `select`
 * names one, after the reply. */
bool message_view_refuses(struct call *call, const char *select);

#endif
