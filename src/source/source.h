/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_SOURCE_H
#define SOURCE_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/err.h"
#include "base/json.h"
#include "source/object.h"

/*
 * Where data comes from. A source lists objects, the folders of an object, what changed in a
 * folder since a cursor, and streams the content of an item. The real sides: source/graph
 * (Microsoft Graph) and source/folder (a folder of this machine).
 *
 * All callbacks: pointers are borrowed for the call; a result that is not 0 ends the listing
 * and is returned. A struct source is used by one thread at a time.
 *
 * Every failure also sets this thread's source_fault: how far it reaches and whether to try
 * again. A result of a callback is no failure of the source and leaves the fault's code empty.
 * Retries that make sense at once (throttling, a broken connection, 5xx) are made inside the
 * source, with waits; what comes out has been tried often enough.
 */

struct source;

enum source_scope {
	SOURCE_ITEM,   /* this item; go on with the next */
	SOURCE_FOLDER, /* this folder; its cursor stays */
	SOURCE_OBJECT, /* this object; go on with the next */
	SOURCE_TENANT, /* all: sign-in refused, server not there */
};

enum source_retry {
	SOURCE_RETRY_NOW,
	SOURCE_RETRY_LATER, /* the next run */
	SOURCE_RETRY_NEVER, /* until somebody changes something */
};

struct source_fault {
	enum source_scope scope;
	enum source_retry retry;
	char code[64]; /* the other side's word for it, or ours: "AADSTS7000215", "network" */
};

const struct source_fault *source_fault(void);

/** For sources: sets the fault and returns `code`, so that `return source_fail(err_set(…), …)`
 * reads well. */
NODISCARD int source_fail(
	int code, enum source_scope scope, enum source_retry retry, const char *fault_code);

/** For sources: forgets a fault that was dealt with, so that it is not taken for that of a
 * callback which fails later. */
void source_forgive(void);

typedef int source_object_fn(void *context, const struct source_object *object);
typedef int source_folder_fn(void *context, const struct source_folder *folder);
typedef int source_item_fn(void *context, const struct source_item *item);
typedef int source_sink_fn(void *context, const void *data, size_t size);

typedef int source_user_fn(void *context, const struct source_user *user);
typedef int source_principal_fn(void *context, const struct source_principal *member);

typedef int source_gap_fn(void *context, const struct source_gap *gap);

/** What changed in a folder: from where on, to whom, and how it ended. */
struct source_listing {
	const char *cursor; /* NULL or "": from the beginning */
	source_item_fn *visit;
	void *context;
	bool complete;     /* out: the listing was whole, what was not named is gone */
	char *next_cursor; /* out: the caller frees it; NULL where the source has none */
};

/** One kind of source: its functions. `self` is what open gave. */
struct source_kind {
	const char *name; /* "m365", "folder" */
	void (*close)(void *self);
	int (*test)(void *self, struct json *report);
	/* May be NULL where there is no organization behind it. */
	int (*tenant)(void *self, char **out);
	int (*objects)(void *self, source_object_fn *visit, void *context);
	/* These two may be NULL where nothing is shared among people: no user then. */
	int (*users)(void *self, source_user_fn *visit, void *context);
	int (*members)(
		void *self, const char *group_id, source_principal_fn *visit, void *context);
	/* May be NULL where nothing is ever left out. */
	int (*gaps)(void *self, source_gap_fn *visit, void *context);
	/* These two may be NULL where an object has no list of changes but its folders'. */
	int (*resume)(void *self, const struct source_object *object, const char *place);
	char *(*place)(void *self, const struct source_object *object);
	int (*folders)(void *self, const struct source_object *object, source_folder_fn *visit,
		void *context);
	int (*changes)(void *self, const struct source_object *object,
		const struct source_folder *folder, struct source_listing *listing);
	int (*read)(void *self, const struct source_object *object, const char *item_id,
		source_sink_fn *sink, void *context);
};

struct source *source_new(const struct source_kind *kind, void *self);
void source_close(struct source *source); /* NULL is fine */

/** Signs in and looks whether what a backup needs may be read. Adds "checks": [ { "name", "ok",
 * "text" } ] to `report`. ERR_AUTH, ERR_NETWORK, … where it fails. */
NODISCARD int source_test(struct source *source, struct json *report);

/** The organization's id as the other side tells it at the sign-in, whatever it was called in
 * the settings; "" where there is none. The caller frees it. ERR_AUTH, ERR_NETWORK, … */
NODISCARD int source_tenant(struct source *source, char **out);

/** All objects, in the source's order. */
NODISCARD int source_objects(struct source *source, source_object_fn *visit, void *context);

/** All users of the organization, guests too. What an earlier listing of objects has told is
 * not asked for again. */
NODISCARD int source_users(struct source *source, source_user_fn *visit, void *context);

/** The direct members of a group: users and groups, guests among them. A member of another kind
 * (a device, an application) is left out. ERR_NOTFOUND where the group is gone. */
NODISCARD int source_members(
	struct source *source, const char *group_id, source_principal_fn *visit, void *context);

/** What the last source_objects left out for want of a permission, a kind once. Nothing before
 * the first listing. Objects of such a kind are not known to be gone. */
NODISCARD int source_gaps(struct source *source, source_gap_fn *visit, void *context);

/**
 * Some objects have one list of changes for all their folders (a OneDrive). Before the folders
 * are asked for, source_resume may hand in the place that source_place gave at an earlier
 * reading of the object, whose outcome is what is stored now: then only what changed since is
 * asked for. Any other text, "" and NULL begin from the beginning.
 */
NODISCARD int source_resume(
	struct source *source, const struct source_object *object, const char *place);

/** The object's place after its folders and their changes were read, to be kept with what was
 * stored and as durable; NULL where the source has none. The caller frees it. */
char *source_place(struct source *source, const struct source_object *object);

/** The folders of an object, parents before children. */
NODISCARD int source_folders(struct source *source, const struct source_object *object,
	source_folder_fn *visit, void *context);

/**
 * Tells what changed in a folder since the listing's cursor. The same item may come more than
 * once; the last one counts. A cursor that the other side no longer knows is dropped silently
 * and all is listed, which `complete` then says. The next cursor is to be kept only after all
 * that was told is durable.
 */
NODISCARD int source_changes(struct source *source, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing);

/**
 * Streams the content of an item. ERR_NOTFOUND where it is gone meanwhile. What a sink has had
 * cannot be taken back: after a failure it is void, and with SOURCE_RETRY_NOW (broken off in
 * the middle of a long item, changed while being read) the caller reads the item again from its
 * beginning, a few times, with a new sink.
 */
NODISCARD int source_read(struct source *source, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context);

/** Requests that were sent so far and seconds lost to throttling, for the report. */
struct source_usage {
	uint64_t requests;
	uint64_t items_read;
	int64_t throttled_ms;
};

/* The kinds. Options are borrowed. */

struct graph_options {
	const char *tenant_id;
	const char *client_id;
	const char *client_secret;
	const char *authority;      /* base URL; NULL: https://login.microsoftonline.com */
	const char *graph;          /* base URL; NULL: https://graph.microsoft.com */
	const char *ca_file;        /* NULL: the system's */
	struct cancel *cancel;      /* may be NULL */
	struct source_usage *usage; /* filled while it works; may be NULL */
};

/** Opens nothing yet: the first call signs in. ERR_INVALID, ERR_NOTFOUND. */
NODISCARD int graph_source_new(const struct graph_options *options, struct source **out);

/** A folder of this machine: each top-level folder in it is an object of kind "folder"; files
 * directly in it belong to an object named ".". ERR_NOTFOUND, ERR_INVALID. */
NODISCARD int folder_source_new(const char *path, struct cancel *cancel, struct source **out);

#endif
