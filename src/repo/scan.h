/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_SCAN_H
#define REPO_SCAN_H

#include "repo/map.h"

/*
 * Walking a map of which pages may be lost: what can be read is given, what cannot is told, and
 * the walk goes on behind it. For check and repair; others use map.h.
 */

struct scan_visitor {
	/** Whether to go into a page; NULL: always. */
	bool (*enter)(void *context, const uint8_t id[REPO_ID_SIZE]);
	/** Not 0 ends the scan and is returned. */
	int (*entry)(void *context, const struct map_entry *entry);
	/** A page that cannot be read, and how many entries are lost with it; 0: not known. */
	int (*lost)(void *context, const uint8_t id[REPO_ID_SIZE], uint64_t entries,
		const char *why);
	void *context;
};

/** ERR_IO; damage is told and is no error. */
NODISCARD int scan_map(struct repo *repo, const uint8_t root[REPO_ID_SIZE],
	const struct scan_visitor *visitor);

#endif
