/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSE_CLIENT_WORLD_H
#define TESTS_LICENSE_CLIENT_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "fake_service.h"
#include "license_client/license_client.h"

/*
 * One instance, one service, and clocks that stand still until a test moves them.
 */

struct world {
	char folder[64]; /* of the test */
	char *state;     /* the instance's folder */
	char *root_file;
	struct fake_service *service;
	struct license_client *client;
};

enum { DAY_S = 86400 };

/* For cmocka: a world with an instance that knows its server, and one that is active too. */
int world_setup(void **state);
int world_setup_active(void **state);
int world_teardown(void **state);

/** Puts the still clocks in place, at the start of a test; world_teardown does the contrary. */
void world_stop_clocks(void);

/** Removes a folder and all below. */
void world_remove(const char *folder);

/** Moves the wall clock, and the boot clock with it. */
void world_pass(int64_t s);

/** Sets the wall clock alone. */
void world_set_wall(int64_t s);
int64_t world_now(void);

/** Restarts the instance: closes and opens its state. */
void world_reopen(struct world *world);

/** The 64 digits of a test's subject. */
const char *world_subject(
	struct world *world, const char *name, char out[LICENSE_SUBJECT_TEXT]);

enum license_state world_state(struct world *world);
struct license_status world_status(struct world *world);

/** Claims for one object with these subjects, by name, ended by NULL. */
int world_claim(struct world *world, struct license_claim *claim, ...);

/** Changes the byte at `at` (from the end where negative) of a file of the instance's state. */
void world_flip(struct world *world, const char *name, long at);

#endif
