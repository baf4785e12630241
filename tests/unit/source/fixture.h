/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SOURCE_FIXTURE_H
#define TESTS_UNIT_SOURCE_FIXTURE_H

#include "base/buf.h"
#include "fake_graph.h"

/*
 * What the tests of the Graph source have in common: the fake and a source for each test, and a
 * text of what its callbacks were given.
 */

#define TOKEN "/oauth2/v2.0/token"
#define GOOD_TOKEN "{\"token_type\":\"Bearer\",\"expires_in\":3599,\"access_token\":\"t0ken\"}"

struct fixture {
	struct fake *fake;
	struct source *source;
	struct source_usage usage;
	struct buf seen;
};

int fixture_begin(void **state); /* signs in with GOOD_TOKEN */
int fixture_begin_without_token(void **state);
int fixture_end(void **state);

/** What was seen so far, as text; forgets it. The caller frees it. */
char *fixture_seen(struct fixture *fixture);

/* Callbacks that write a line each into fixture->seen; `context` is the fixture. */
int fixture_object(void *context, const struct source_object *object);
int fixture_folder(void *context, const struct source_folder *folder);
int fixture_item(void *context, const struct source_item *item);
int fixture_bytes(void *context, const void *data, size_t size);

extern const struct source_object fixture_ada;
extern const struct source_folder fixture_inbox;

#endif
