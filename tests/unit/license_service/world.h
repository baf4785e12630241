/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_LICENSE_SERVICE_WORLD_H
#define TESTS_LICENSE_SERVICE_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../database.h"
#include "base/json.h"
#include "license/key.h"
#include "license_service/claims.h"
#include "license_service/home.h"
#include "license_service/ledger.h"
#include "license_service/store.h"
#include "net/http_client.h"

/*
 * What the tests of the licensing service share: a service's state in a folder of its own,
 * instances, and short ways to claim and release. Failures end the test.
 */

enum { WORLD_DAY_S = 86400, WORLD_SUBJECT_SIZE = CLAIMS_SUBJECT_SIZE };

/* A moment from which the tests count. */
extern const int64_t world_start_s;

struct world {
	struct database database;
	const char *folder;
	struct home *home;
	struct store *store;
};

struct world_instance {
	char id[LEASE_ID_SIZE];
	struct sign_key key;
};

void world_open(struct world *world);

/* What home_open is to be given: a database on the server, or NULL for the file. */
const char *world_database(const struct world *world);
void world_close(struct world *world);

/* cmocka's set-up and tear-down: *state is a struct world. */
int world_set_up(void **state);
int world_tear_down(void **state);

/* The id of subject number `n`. */
void world_subject(unsigned n, char out[WORLD_SUBJECT_SIZE]);

void world_new_instance(struct world_instance *out);

/* A completed order: the license and, where `key` is not NULL, its key. */
void world_order(struct world *world, int64_t seats, int64_t now_s,
	char license_id[LEASE_ID_SIZE], char *key);

/* Renews or adds, paid. The result of the order. */
int world_renew(struct world *world, const char *license_id, int64_t seats, int64_t now_s);
int world_add(struct world *world, const char *license_id, int64_t seats, int64_t now_s);

/* Activates at the instance. The result. */
int world_activate(struct store *store, const char *license_id,
	const struct world_instance *instance, int64_t now_s);

/* Claims one object of the subjects first..first+count-1. Returns how many it took, -1 where it
 * was not granted, or an error below. */
int64_t world_claim(struct store *store, const char *license_id, unsigned first, unsigned count,
	int64_t now_s);

enum { WORLD_REFUSED = -1000 };

/* Releases one subject: NULL when it went, else the reason, static. */
const char *world_release(
	struct store *store, const char *license_id, unsigned subject, int64_t now_s);

/* The license as it is at that moment. */
struct license world_look(struct store *store, const char *license_id, int64_t now_s);

/* Rows of the assigned set of this epoch. */
int64_t world_count_rows(struct store *store, const char *license_id, int64_t epoch);

/* Sends a signed request; the status. `at_s` goes into the header; *out, where it is wanted, is
 * freed by the caller. */
struct world_post {
	struct http_client *http;
	const char *url;
	const char *path;
	const char *license_id; /* NULL: activation */
	const struct world_instance *instance;
	int64_t at_s;
};
int world_post(const struct world_post *post, const struct json *body, struct json **out);

/* {"nonce": …} with a nonce of all 7s. */
struct json *world_body(void);

/* The body of an activation. */
struct json *world_activation(const struct world_instance *instance, const char *key);

#endif
