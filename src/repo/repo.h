/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPO_H
#define REPO_REPO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/cancel.h"
#include "base/err.h"
#include "crypto/aead.h"

/*
 * A repository: opening it, and reading what is in it. Content-addressed, append-only,
 * everything in it encrypted and authenticated; docs/format.md is the format. Writing is in
 * repo/writer.h, checking in repo/check.h.
 *
 * It knows bytes, items and folders, and nothing of where they come from. Any number of
 * processes may read and write one repository at the same time, without locks.
 *
 * A struct repo is used by one thread at a time.
 */

struct repo;
struct storage;

enum { REPO_ID_SIZE = 16, REPO_ID_TEXT = 33, REPO_KEY_SIZE = 32, SNAPSHOT_ID_TEXT = 33 };

/** What opens a repository: one of them, the others NULL. Borrowed. */
struct repo_secret {
	const char *password;
	const char *key_file;      /* a file of 32 random bytes or more */
	const char *recovery_key;  /* 8 groups of 4, as it was shown */
	const char *writer_file;   /* of a put-only writer: it may add, and not read items */
	const uint8_t *writer_set; /* the same, as repo_kept_key gave it */
	size_t writer_set_size;
	const uint8_t *master_key; /* REPO_KEY_SIZE, as repo_master_key gave it */
};

/** How a repository is made, and how this process writes into it. */
struct repo_options {
	enum aead_kind aead;
	bool no_parity; /* new files get no parity: one flipped bit is then told, not mended */
	int level;      /* of zstd; 0: 3 */
};
/** What is best on this machine. */
struct repo_options repo_options_default(void);

/** Makes a repository in a storage, which is taken over in any case, and which has to be empty.
 * ERR_EXISTS where there is one or where other files lie there. Not by master key. */
NODISCARD int repo_create(struct storage *storage, const struct repo_secret *secret,
	const struct repo_options *options, struct repo **out);

/** Opens one; the storage is taken over in any case. ERR_NOREPO, ERR_PASSWORD, ERR_CORRUPT,
 * ERR_IO. The caller closes it. */
NODISCARD int repo_open(
	struct storage *storage, const struct repo_secret *secret, struct repo **out);

/** As repo_open, without reading its index, which may be damaged: for repo_check and
 * repo_repair alone. */
NODISCARD int repo_open_damaged(
	struct storage *storage, const struct repo_secret *secret, struct repo **out);

typedef int repo_open_fn(
	struct storage *storage, const struct repo_secret *secret, struct repo **out);

/** How this process writes from now on; the kind of AEAD stays. */
void repo_use_options(struct repo *repo, const struct repo_options *options);
void repo_close(struct repo *repo); /* NULL is fine */

/** The key under which all others lie, to be kept sealed by the caller. */
void repo_master_key(const struct repo *repo, uint8_t out[REPO_KEY_SIZE]);

/** Reads what other writers have added since the repository was opened. */
NODISCARD int repo_refresh(struct repo *repo);

/** What a content's id is the id of. */
enum repo_content_kind {
	REPO_CHUNK = 0,   /* one chunk, the whole content */
	REPO_LIST = 1,    /* a list of chunks */
	REPO_MESSAGE = 2, /* a recipe that rebuilds a message */
};

/** Content of an item: how it is stored, under which id, and how many bytes it has. Contents
 * with equal ids are equal. */
struct repo_content {
	uint8_t kind; /* enum repo_content_kind */
	uint8_t id[REPO_ID_SIZE];
	uint64_t size;
};

/** One item in a folder. Texts are borrowed from whoever gave it. */
struct tree_item {
	const char *id;   /* the source's own, unique in its object, compared byte by byte */
	const char *name; /* as people see it; unique in its folder, kept so by the source */
	const char *type; /* "message" or "file" */
	const char *tag;  /* the source's change mark (change key, time and size); "" */
	int64_t modified_s;
	struct repo_content content;
};

/** One folder of an object. */
struct tree_folder {
	const char *id;        /* the source's own, unique in its object */
	const char *parent_id; /* "" at the top */
	const char *name;
	uint8_t list_id[REPO_ID_SIZE]; /* of the stored list of its items: equal ids, equal
					  items */
	uint64_t items;
	uint64_t bytes;
};

/** One object in a snapshot. */
struct repo_object {
	char *kind; /* "mailbox", "folder", … (spec of the command line) */
	char *name;
	bool kept; /* not stored by this run: as it was last stored */
	int64_t stored_s;
	uint64_t items;
	uint64_t bytes;
	uint8_t tree[REPO_ID_SIZE];
	uint32_t trial_items; /* 0; else it was stored in a trial, in which a restore hands out
				 so many items of each folder. Kept here, enforced by the caller
			       */
};

struct snapshot {
	char id[SNAPSHOT_ID_TEXT]; /* 32 hexadecimal digits */
	int64_t created_s;
	const char *job;    /* the name of the job that made it */
	uint8_t writer[16]; /* that made it: writers/NAME while it was at work; or zeros */
	struct repo_object *objects;
	size_t object_count;
};

void repo_object_free(struct repo_object *object); /* what it holds, not itself */
void snapshot_free(struct snapshot *snapshot);     /* NULL is fine */

/** All snapshots, the oldest first. The caller frees each with snapshot_free and the array with
 * mem_free. ERR_CORRUPT, ERR_IO. */
NODISCARD int repo_snapshots(struct repo *repo, struct snapshot ***out, size_t *out_count);

/** One snapshot by its id, by the start of its id (4 digits or more, unambiguous), or "latest".
 * ERR_NOTFOUND, ERR_INVALID where several begin so. */
NODISCARD int repo_snapshot(struct repo *repo, const char *id, struct snapshot **out);

/** Called for each piece of a content, in order. Not 0 ends it and is returned. */
typedef int repo_sink_fn(void *context, const void *data, size_t size);

/** Reads a content; every byte is verified before it is handed over. ERR_CORRUPT, ERR_IO. */
NODISCARD int repo_read(struct repo *repo, const struct repo_content *content,
	repo_sink_fn *sink, void *context);

/** Whether the content's chunks are all in the index, without reading more than its lists and
 * its recipe. */
bool repo_has(struct repo *repo, const struct repo_content *content);

/** Whether the root of a tree is in the index, and not about to be pruned: so that it can be
 * built upon. */
bool repo_has_tree(struct repo *repo, const uint8_t tree[REPO_ID_SIZE]);

/** Called for each folder, or item. Borrowed. Not 0 ends the walk and is returned. */
typedef int tree_folder_fn(void *context, const struct tree_folder *folder);
typedef int tree_item_fn(void *context, const struct tree_item *item);

/** The folders of an object, parents before their children. */
NODISCARD int repo_folders(struct repo *repo, const uint8_t tree[REPO_ID_SIZE],
	tree_folder_fn *visit, void *context);

/** The items of a folder by its list_id, in the order of their ids. */
NODISCARD int repo_items(struct repo *repo, const struct tree_folder *folder,
	tree_item_fn *visit, void *context);

/** Sizes and counts for `stats`. */
struct repo_stats {
	uint64_t stored_bytes; /* files of the repository */
	uint64_t packs;
	uint64_t chunks;
	uint64_t snapshots;
};
NODISCARD int repo_stats(struct repo *repo, struct repo_stats *out);

#endif
