/* SPDX-License-Identifier: Apache-2.0 */
#ifndef HISTORIES_LOAD_H
#define HISTORIES_LOAD_H

#include <stdio.h>

#include "client.h"

/*
 * Many clients at once: each is an instance of one of the license keys, in a thread of its own,
 * and claims, releases and polls as its random numbers say, until all together have claimed as
 * often as is wanted.
 */

struct load {
	struct client_service service;
	const char *const *keys;
	size_t key_count;
	int clients;
	int64_t claims;
	uint64_t seed;
	int pool; /* subjects of a license */
	FILE *history;
};

/** 0 where every operation had its answer. */
NODISCARD int load_run(const struct load *load);

#endif
