/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_DRIVE_H
#define SANDBOX_DRIVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uthash.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/content.h"
#include "sandbox/ids.h"
#include "sandbox/scenario.h"

/*
 * A OneDrive: folders and files, and the log of what happened to them, which delta queries
 * read. Files are held as where their bytes lie, with size and hash. The moments of a drive are
 * counted by its log, and only the last entry of an item counts. No locks here.
 */

enum { DRIVE_HASH_TEXT = 32, DRIVE_ID_TEXT = 48 };

struct drive_item {
	struct ids_key key;
	char *name;                /* "root" for the root */
	struct drive_item *parent; /* NULL: the root */
	bool is_folder;
	bool is_deleted;
	bool is_native;          /* from the scenario, not by an operation */
	struct content *content; /* of a file */
	uint64_t size;
	char hash[DRIVE_HASH_TEXT]; /* quickXorHash */
	int64_t modified_s;
	uint32_t version; /* goes up with every change */
	uint32_t written; /* with every change of content */
	uint32_t moment;  /* of its last change */
	uint32_t seen;    /* the last load that found it */
	UT_hash_handle hh;
};

struct drive {
	struct ids_key key;
	char *tenant, *domain, *owner;
	struct drive_item *items; /* by key, the deleted ones too */
	struct drive_item *root;
	struct drive_item **log;
	size_t log_size, log_capacity;
	uint64_t origin; /* stands for what it held at the start */
	uint32_t round;
};

/** An empty drive; the texts are copied. */
struct drive *drive_new(const char *tenant, const char *domain, const char *owner);
void drive_free(struct drive *drive); /* NULL is fine */

/** Makes the drive hold what the source says; what came by operations stays. Reads the files
 * for their hashes. ERR_IO, ERR_NOTFOUND. */
NODISCARD int drive_load(struct drive *drive, const struct scenario_source *source);

/** Remembers what it holds now as its origin. */
void drive_seal(struct drive *drive);

/** Does one checked operation of a patch on a drive (README.md). ERR_NOTFOUND, ERR_EXISTS,
 * ERR_IO, ERR_INVALID. */
NODISCARD int drive_apply(struct drive *drive, const struct json *operation,
	const struct scenario_base *base, int64_t now_s);

/** The item of that id, not deleted; NULL. "root" is one. */
struct drive_item *drive_find(const struct drive *drive, const char *id);

/** The number of items in a folder. */
size_t drive_child_count(const struct drive *drive, const struct drive_item *folder);

void drive_id(const struct drive *drive, char out[DRIVE_ID_TEXT]);
void drive_item_id(const struct drive_item *item, char out[DRIVE_ID_TEXT]);

/** What the log says at `index` to somebody who knows the drive as it was at `since`: the item,
 * or NULL where it says nothing. */
const struct drive_item *drive_event(const struct drive *drive, size_t index, uint32_t since);

#endif
