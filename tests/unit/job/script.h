/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_JOB_SCRIPT_H
#define TESTS_JOB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "source/source.h"

/*
 * A source that does what a test has written down. Where a test is linked with
 * --wrap=folder_source_new, every connection to a folder is one to the script.
 */

enum { SCRIPT_CURSOR_SIZE = 64 };

/** What a call answers instead of doing its work. */
struct script_fault {
	int error; /* 0: none */
	enum source_scope scope;
	enum source_retry retry;
	int times; /* how often; 0: always */
};

struct script_item {
	const char *object, *folder; /* ids; what has another object or folder is not named */
	const char *id, *name, *tag, *text;
	bool removed;
	struct script_fault fault; /* of its reading, after half of the text */
	int reads;                 /* how often it was read */
};

struct script_folder {
	const char *object, *id, *parent_id, *name;
	struct script_fault fault;      /* of its listing, after what it names */
	char asked[SCRIPT_CURSOR_SIZE]; /* the cursor that was given last; "" for none */
};

struct script_group {
	const char *id;
	const struct source_principal *members;
	size_t member_count;
	struct script_fault fault; /* of its reading, after the members */
	int reads;                 /* how often it was read */
};

struct script {
	const struct source_object *objects;
	size_t object_count;
	struct script_folder *folders;
	size_t folder_count;
	struct script_item *items;
	size_t item_count;
	const struct source_user *users;
	size_t user_count;
	int user_reads;              /* how often they were read */
	struct script_group *groups; /* one that is not here is gone */
	size_t group_count;
	const char *gap_kind; /* a kind that may not be listed; NULL */
	struct script_fault objects_fault, folders_fault, users_fault;
	bool partial;                     /* listings name what changed, not all there is */
	const char *cursor;               /* given at the end of a listing; NULL: none */
	const char *place;                /* of each object, after its folders; NULL: none */
	char resumed[SCRIPT_CURSOR_SIZE]; /* the places that were handed in, with a blank each
					   */
	const char *tenant;               /* NULL: none */
	void (*on_read)(const char *item_id);
};

extern struct script script;

/** A source with the kind's calls. */
struct source *script_source(void);

/** Everything forgotten. For the start of a test. */
void script_clear(void);

#define SCRIPT_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
