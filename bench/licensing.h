/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BENCH_LICENSING_H
#define BENCH_LICENSING_H

#include "license/lease.h"

struct db;

/* Between the files of bench-licensing: licensing.c runs the cells, licensing_raw.c makes the
 * licenses and runs the plain loops. */

enum {
	BENCH_LICENSES = 10000,   /* those that a cell is spread over */
	BENCH_ONE_KEY = 40,       /* and more, for cells of one key */
	BENCH_INSTANCES = 64,     /* of each of the latter; the former have one */
	BENCH_BATCH = 64,         /* claims in a transaction of the plain loops */
	BENCH_SEATS = 1000000000, /* more than anybody takes */
};

/** Says what failed, with the thread's message, and ends the program. */
_Noreturn void bench_end(const char *what);

/** The id of license or instance number `n`. Spread, as random ids are. */
void bench_id(int n, char out[LEASE_ID_SIZE]);

/** Makes the licenses, active, with their instances. */
void bench_make(struct db *db);

/** The plain loops, on one key and over all. */
void bench_raw(const char *database, int seconds);

/** What a claim cannot do without, and what it costs over loopback from end to end. */
void bench_bound(const char *folder, const char *database, int seconds);

/** Processor time of this process, of all threads, and of the database's server, where
 * GARNER_BENCH_SERVER names its process. */
double bench_used_s(void);
double bench_server_s(void);

#endif
