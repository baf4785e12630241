/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_STORAGE_PRIV_H
#define STORAGE_STORAGE_PRIV_H

#include "storage/storage.h"

/*
 * What a side of the interface is to storage.c, which has checked names before a side sees
 * them. A side's own struct begins with a struct storage.
 */

/** What is put. Borrowed. */
struct storage_object {
	const char *name;
	const void *data;
	size_t size;
	int64_t retain_until_s; /* 0: no lock */
	bool replace;           /* whatever is there of the name; else that is ERR_EXISTS */
};

struct storage_side {
	void (*close)(struct storage *storage); /* frees all but `place` */
	int (*put)(struct storage *storage, const struct storage_object *object);
	int (*read)(struct storage *storage, const char *name,
		const struct storage_range *range, void *out);
	int (*read_all)(struct storage *storage, const char *name, struct buf *out);
	int (*size)(struct storage *storage, const char *name, uint64_t *out);
	int (*list)(struct storage *storage, const char *folder, storage_entry_fn *visit,
		void *context);
	int (*remove)(struct storage *storage, const char *name);
	int (*clean)(struct storage *storage, int64_t before_s);
	int (*now)(struct storage *storage, int64_t *out_s);
	int (*retain)(struct storage *storage, const char *name, int64_t until_s);
	int (*can_retain)(struct storage *storage, bool *out);
	/* These may be NULL. */
	int (*settle)(struct storage *storage, const char *folder);
	void (*use_cancel)(struct storage *storage, struct cancel *cancel);
};

struct storage {
	const struct storage_side *side;
	char *place;
};

/** The folder of temporary files in a place, which is no part of what storage_list sees. */
#define STORAGE_TEMPORARY "tmp"

#endif
