/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_MAILBOX_H
#define SANDBOX_MAILBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "sandbox/content.h"
#include "sandbox/ids.h"

/*
 * A mailbox: folders, messages in them, and for each folder the log of what happened in it,
 * which delta queries read. It holds where a message's bytes lie, never the bytes.
 *
 * The moments of a folder are counted by its log: the entry at index n happened at moment n
 * + 1. Nothing is ever taken out of a log, and a message that was deleted is kept as one that
 * lies nowhere, so that what a client does not know yet can still be told.
 *
 * No locks here: the organization has one (tenant.h).
 */

struct message {
	struct ids_key key;
	char *name;            /* of the file, or a made one: what changes call it by */
	struct folder *folder; /* NULL: deleted */
	struct content *content;
	uint32_t entered, changed, marked; /* moments of its folder; 0: never there */
	uint32_t moves;
	uint32_t version;   /* goes up with every change, whatever it is */
	int64_t modified_s; /* of its content or place, not of its mark */
	uint32_t seen;      /* the last load that found it at its origin */
	bool is_native;     /* it came from the scenario, not by an operation */
	bool is_read;
	UT_hash_handle hh;
};

/** Something that happened to a message in a folder. */
struct event {
	struct message *message;
	bool has_left;    /* else it came, got other content or was marked */
	bool was_deleted; /* left for good */
	uint32_t moves;   /* of the message, before it left: the id that it had here */
};

enum { MAILBOX_GENERATIONS = 3 };

struct folder {
	struct ids_key key;
	char *name;
	const char *well_known; /* "inbox"; NULL for others */
	struct folder *parent;  /* NULL: the root */
	struct folder **children;
	size_t child_count, child_capacity;
	struct event *log;
	size_t log_size, log_capacity;
	size_t count, unread;
	uint64_t origin; /* stands for what it held at the start: see mailbox_seal */
	uint32_t generations[MAILBOX_GENERATIONS]; /* moments of the last delta links */
	size_t generation_count;
	UT_hash_handle hh;
};

struct mailbox;

/** An empty mailbox with the folders that every mailbox has. The texts are copied. */
struct mailbox *mailbox_new(const char *tenant_id, const char *domain, const char *address);
void mailbox_free(struct mailbox *mailbox); /* NULL is fine */

const char *mailbox_tenant(const struct mailbox *mailbox);
const char *mailbox_domain(const struct mailbox *mailbox);
const char *mailbox_address(const struct mailbox *mailbox);
struct folder *mailbox_root(const struct mailbox *mailbox);

/** Finding; NULL where there is none. All are borrowed. */
struct folder *mailbox_folder(const struct mailbox *mailbox, const struct ids_key *key);
struct folder *mailbox_well_known(const struct mailbox *mailbox, const char *name);
struct message *mailbox_message(const struct mailbox *mailbox, const struct ids_key *key);

/** The folder at a path of names ("Projects/Alpha", or a well-known name at its front). Where
 * `make` is set it is made, with those above it; else NULL. */
struct folder *mailbox_folder_at(struct mailbox *mailbox, const char *path, bool make);

/** The child of that name, without regard to case; NULL. */
struct folder *mailbox_child(const struct folder *parent, const char *name);

/** A new child; `path` is what its id is derived from. */
struct folder *mailbox_add_folder(
	struct mailbox *mailbox, struct folder *parent, const char *name, const char *path);

/** The path of a folder below the root; the caller frees it. */
char *mailbox_path(const struct folder *folder);

/** What happens to messages. `content` is taken over. */
struct message *mailbox_add(struct mailbox *mailbox, struct folder *folder,
	const struct ids_key *key, const char *name, struct content *content);
void mailbox_replace(struct message *message, struct content *content, int64_t now_s);
void mailbox_delete(struct message *message);
void mailbox_move(struct message *message, struct folder *to, int64_t now_s);
void mailbox_mark(struct message *message, bool is_read);

/** Brings back a message that was deleted. */
void mailbox_revive(struct message *message, struct folder *folder, struct content *content);

/** The last moment at which something happened to the message in its folder. */
uint32_t mailbox_last_moment(const struct message *message);

/** True where the entry at `index` of the log is what a message in the folder last did. */
bool mailbox_is_current(const struct folder *folder, size_t index);

/** Calls `visit` for each message of the mailbox that lies in a folder. */
typedef void mailbox_visit_fn(void *context, struct message *message);
void mailbox_each(struct mailbox *mailbox, mailbox_visit_fn *visit, void *context);

/** Remembers what each folder holds now as its origin: a delta token of an earlier process is
 * good for as long as the folder began in the same way. */
void mailbox_seal(struct mailbox *mailbox);

/** Writes a message's id in one of its two forms. */
void mailbox_message_id(const struct message *message, bool immutable, char out[IDS_TEXT_SIZE]);
void mailbox_folder_id(const struct folder *folder, char out[IDS_TEXT_SIZE]);

#endif
