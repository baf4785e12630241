/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"
#include "license_service/service.h"
#include "world.h"

/*
 * Many clients that race over HTTP for the licenses of one key: exactly as many are assigned as
 * were bought, in every round.
 */

enum { CLIENTS = 32, SEATS = 100, ROUNDS = 50, CLAIMS = 5 };

struct shared {
	const char *url;
	struct http_client *http;
	char license_id[LEASE_ID_SIZE];
	pthread_barrier_t start;
	atomic_int granted, denied, broken;
};

struct client {
	struct shared *shared;
	struct world_instance instance;
	unsigned first; /* its own subjects begin here */
};

static struct json *claim_body(unsigned subject)
{
	struct json *body = world_body();
	struct json *objects = json_new_array();
	struct json *object = json_new_object();
	struct json *subjects = json_new_array();
	char id[WORLD_SUBJECT_SIZE];

	world_subject(subject, id);
	json_append(subjects, json_new_text(id));
	json_put(object, "subjects", subjects);
	json_append(objects, object);
	json_put(body, "objects", objects);
	json_put_text(body, "idempotency_key", id);
	return body;
}

static void *claim(void *context)
{
	struct client *client = context;
	struct shared *shared = client->shared;
	const struct world_post post = {.http = shared->http,
		.url = shared->url,
		.path = "/v1/claims",
		.license_id = shared->license_id,
		.instance = &client->instance,
		.at_s = clock_now_s()};

	pthread_barrier_wait(&shared->start);
	for (unsigned i = 0; i < CLAIMS; i++) {
		AUTO_JSON body = claim_body(client->first + i);
		AUTO_JSON reply = NULL;
		int status = world_post(&post, body, &reply);
		const char *answer = json_get_text_or(reply, "answer", "");

		if (status != 200)
			atomic_fetch_add(&shared->broken, 1);
		else if (strstr(answer, "\"granted\":true"))
			atomic_fetch_add(&shared->granted, 1);
		else
			atomic_fetch_add(&shared->denied, 1);
	}
	return NULL;
}

static void enrol_all(struct world *world, struct shared *shared, struct client *clients)
{
	int64_t now_s = clock_now_s();

	world_order(world, SEATS, now_s, shared->license_id, NULL);
	for (int i = 0; i < CLIENTS; i++) {
		clients[i].shared = shared;
		world_new_instance(&clients[i].instance);
		assert_int_equal(world_activate(world->store, shared->license_id,
					 &clients[i].instance, now_s),
			0);
	}
}

/* Everybody comes with users that nobody had before. */
static void run_round(struct shared *shared, struct client *clients, unsigned round)
{
	pthread_t threads[CLIENTS];

	shared->granted = shared->denied = shared->broken = 0;
	for (unsigned i = 0; i < CLIENTS; i++) {
		clients[i].first = CLAIMS * (CLIENTS * round + i);
		assert_int_equal(pthread_create(&threads[i], NULL, claim, &clients[i]), 0);
	}
	for (int i = 0; i < CLIENTS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(shared->broken, 0);
	assert_int_equal(shared->granted, SEATS);
	assert_int_equal(shared->denied, CLIENTS * CLAIMS - SEATS);
}

static void T21_32_clients_over_http_get_exactly_the_100_licenses_50_times(void **state)
{
	(void)state;
	struct world world;
	struct service *service;
	struct shared shared = {0};
	struct client clients[CLIENTS];
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = CLIENTS};
	const struct http_client_options client = {0};

	world_open(&world);
	enrol_all(&world, &shared, clients);
	assert_int_equal(service_start(world.home, &options, &service), 0);
	assert_int_equal(http_client_new(&client, &shared.http), 0);
	shared.url = service_url(service);
	pthread_barrier_init(&shared.start, NULL, CLIENTS);
	for (unsigned round = 0; round < ROUNDS; round++) {
		run_round(&shared, clients, round);
		int64_t total = SEATS * ((int64_t)round + 1), now_s = clock_now_s();

		assert_int_equal(world_look(world.store, shared.license_id, now_s).used, total);
		assert_int_equal(world_count_rows(world.store, shared.license_id, 0), total);
		assert_int_equal(world_add(&world, shared.license_id, SEATS, now_s), 0);
	}
	pthread_barrier_destroy(&shared.start);
	http_client_free(shared.http);
	service_stop(service);
	world_close(&world);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			T21_32_clients_over_http_get_exactly_the_100_licenses_50_times),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
