/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_MEND_H
#define REPO_MEND_H

#include "repo/armor.h"
#include "repo/pack_verify.h"

/*
 * Armored files of a repository looked at whole, and given back as they were where their parity
 * allows it. Nothing counts as given back before its seals have opened.
 */

enum mend_kind { MEND_PACK, MEND_INDEX, MEND_SNAPSHOT };

enum mend_state {
	MEND_WHOLE,    /* nothing is damaged */
	MEND_MENDABLE, /* `bytes` are what was written */
	MEND_LOST,     /* `bytes` are as they lie there */
};

struct mend_file {
	enum mend_kind kind;
	uint8_t name[NAME_SIZE];
	/* What the index says of a pack: helps where its end is lost. May be NULL. */
	const struct index_pack *pack;
};

struct mended {
	enum mend_state state;
	struct buf bytes;
	char path[PACK_PATH_SIZE];
	char why[128]; /* what is damaged, in words; "" where nothing is */
};

/** Looks at a file of the storage. ERR_NOTFOUND, ERR_IO; damage is no error. The caller frees
 * the bytes with buf_free in any case. */
NODISCARD int mend_look(struct repo *repo, const struct mend_file *file, struct mended *out);

/** The path of a file in the storage. */
void mend_path(enum mend_kind kind, const uint8_t name[NAME_SIZE], char out[PACK_PATH_SIZE]);

/** The folder of the storage that files of a kind lie in. */
const char *mend_folder(enum mend_kind kind);

/** The name of a file from its path; false where it is none of ours. */
bool mend_name(const char *path, uint8_t out[NAME_SIZE]);

#endif
