/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license/keyset.h"
#include "license/request.h"
#include "license_service/home.h"
#include "license_service/service.h"
#include "license_service/store.h"
#include "licensing.h"
#include "net/http_client.h"
#include "net/http_server.h"

/* What a claim costs from end to end, and what of that nobody can do without: the signatures of
 * both sides, and HTTP between them. Processor time, of the clients' threads and of all others
 * apart, so that the machine may be busy. */

enum {
	CLIENTS = 64,
	LICENSE = BENCH_LICENSES + BENCH_ONE_KEY - 1, /* that no other cell uses */
	SIGNATURES = 2000,
	TEXT_SIZE = 900, /* of a lease */
	ANSWER_SIZE = 1800,
	BODY_SIZE = 420,
};

struct bound {
	const char *url;
	const uint8_t *root; /* NULL: the answers are not looked at */
	struct sign_key key;
	int64_t until_us;
};

struct caller {
	const struct bound *bound;
	int number;
	int64_t calls;
	double cpu_s;
	pthread_t thread;
};

static double thread_s(void)
{
	struct timespec used;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
	return (double)used.tv_sec + (double)used.tv_nsec / 1e9;
}

static void print(const char *what, double service_us, double client_us)
{
	printf("{\"what\":\"%s\",\"service_us\":%.1f,\"client_us\":%.1f}\n", what, service_us,
		client_us);
	fflush(stdout);
}

/* Each side makes one signature and looks at one. */
static void measure_crypto(void)
{
	char text[TEXT_SIZE];
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	struct sign_key key;
	bool good = true;

	memset(text, 'a', sizeof(text));
	sign_key_new(&key);
	double began_s = thread_s();
	for (int i = 0; i < SIGNATURES; i++)
		sign_make(&key, text, sizeof(text), signature);
	double made_s = thread_s();
	for (int i = 0; i < SIGNATURES; i++)
		good &= sign_is_valid(key.public, text, sizeof(text), signature);
	double us = (thread_s() - began_s) * 1e6 / SIGNATURES;
	ASSERT(good);
	print("crypto", us, us);
	printf("{\"what\":\"one signature made\",\"us\":%.1f}\n",
		(made_s - began_s) * 1e6 / SIGNATURES);
}

/* A claim's body, and what is signed of it. */
static char *claim_body(const struct caller *caller, int64_t number)
{
	uint64_t a = (uint64_t)number * 0x9e3779b97f4a7c15, b = (uint64_t)caller->number + a;

	return mem_printf("{\"idempotency_key\":\"%016" PRIx64 "%016" PRIx64
			  "\",\"objects\":[{\"subjects\":[\"%016" PRIx64 "%016" PRIx64
			  "%016" PRIx64 "%016x\"]}],\"nonce\":\"%032x\"}",
		a, b, a, b, ~b, (unsigned)caller->number, (unsigned)caller->number);
}

static void check(const struct bound *bound, struct keyset *keyset, struct http_response *got)
{
	AUTO_JSON document = NULL;
	struct lease lease;
	uint8_t digest[HASH_SIZE];

	if (got->status != 200 || !buf_text(&got->body) ||
		json_parse(buf_text(&got->body), got->body.size, &document) < 0) {
		fprintf(stderr, "%d %s\n", got->status, buf_text(&got->body));
		bench_end("an answer");
	}
	const char *answer = json_get_text_or(document, "answer", "");
	if (!keyset->count &&
		keyset_read(json_get_text_or(document, "keyset", ""), bound->root, keyset) < 0)
		bench_end("keyset");
	if (lease_read(json_get_text_or(document, "lease", ""), keyset, &lease) < 0)
		bench_end("lease");
	hash_sha256(answer, strlen(answer), digest);
	if (memcmp(digest, lease.answer_digest, sizeof(digest)) != 0 ||
		!strstr(answer, "\"granted\":true"))
		bench_end("a claim was not granted");
}

/* With a signature and a look at the answer, or the bytes alone. */
static void call(const struct caller *caller, struct http_client *http, struct keyset *keyset,
	int64_t number)
{
	const struct bound *bound = caller->bound;
	char license_id[LEASE_ID_SIZE], instance_id[LEASE_ID_SIZE];
	uint8_t bytes[SIGN_SIGNATURE_SIZE] = {0};
	AUTO_TEXT body = claim_body(caller, number);
	struct request request = {.method = "POST",
		.path = "/v1/claims",
		.license_id = license_id,
		.instance_id = instance_id,
		.at_s = clock_now_s(),
		.body = body,
		.body_size = strlen(body)};

	bench_id(LICENSE, license_id);
	bench_id(caller->number, instance_id);
	if (bound->root)
		request_sign(&request, &bound->key, bytes);
	AUTO_TEXT base64 = text_to_base64(bytes, sizeof(bytes));
	AUTO_TEXT url = mem_printf("%s/v1/claims", bound->url);
	AUTO_TEXT license = mem_printf("Garner-License: %s", license_id);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", instance_id);
	AUTO_TEXT time = mem_printf("Garner-Time: %" PRId64, request.at_s);
	AUTO_TEXT signature = mem_printf("Garner-Signature: %s", base64);
	const char *headers[] = {
		"Content-Type: application/json", license, instance, time, signature, NULL};
	const struct http_request sent = {.method = "POST",
		.url = url,
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};
	AUTO_RESPONSE response = {0};

	if (http_send(http, &sent, &response) < 0)
		bench_end("a request");
	if (bound->root)
		check(bound, keyset, &response);
}

static void *run_caller(void *context)
{
	struct caller *caller = context;
	const struct http_client_options options = {0};
	struct http_client *http;
	struct keyset keyset = {0};

	if (http_client_new(&options, &http) < 0)
		bench_end("client");
	while (clock_monotonic_us() < caller->bound->until_us)
		call(caller, http, &keyset, ++caller->calls + clock_monotonic_us());
	http_client_free(http);
	caller->cpu_s = thread_s();
	return NULL;
}

static void measure(struct bound *bound, const char *what, int seconds)
{
	struct caller callers[CLIENTS];
	double client_s = 0, began_s = bench_used_s();
	int64_t calls = 0, began_us = clock_monotonic_us();

	bound->until_us = began_us + (int64_t)seconds * 1000000;
	for (int i = 0; i < CLIENTS; i++) {
		callers[i] = (struct caller){.bound = bound, .number = i};
		ASSERT(pthread_create(&callers[i].thread, NULL, run_caller, &callers[i]) == 0);
	}
	for (int i = 0; i < CLIENTS; i++) {
		pthread_join(callers[i].thread, NULL);
		client_s += callers[i].cpu_s;
		calls += callers[i].calls;
	}
	double all_s = bench_used_s() - began_s;
	print(what, (all_s - client_s) * 1e6 / (double)calls, client_s * 1e6 / (double)calls);
	fprintf(stderr, "%s: %.0f a second\n", what,
		(double)calls * 1e6 / (double)(clock_monotonic_us() - began_us));
}

static void answer_same(void *context, struct http_call *call)
{
	static char bytes[ANSWER_SIZE];
	size_t size;

	(void)context;
	(void)http_call_body(call, &size);
	http_reply(call, 200, "application/json", bytes, sizeof(bytes));
}

static void measure_http(int seconds)
{
	const struct http_server_options options = {
		.listen = "127.0.0.1:0", .handler = answer_same, .workers = 16};
	struct http_server *server;
	struct bound bound = {0};

	if (http_server_start(&options, &server) < 0)
		bench_end("http");
	bound.url = http_server_url(server);
	measure(&bound, "http", seconds);
	http_server_stop(server);
}

/* All instances of the license have one key. */
static void enrol(struct db *db, const struct sign_key *key)
{
	char license_id[LEASE_ID_SIZE];
	AUTO_TEXT public = text_to_base64(key->public, SIGN_PUBLIC_SIZE);

	bench_id(LICENSE, license_id);
	if (db_run(db, "UPDATE instance SET public_key = ?2 WHERE license_id = ?1", "ss",
		    license_id, public) < 0)
		bench_end("instance");
}

void bench_bound(const char *folder, const char *database, int seconds)
{
	const struct service_options options = {.listen = "127.0.0.1:0", .workers = CLIENTS};
	struct home *home;
	struct store *store;
	struct service *service;
	struct bound bound = {0};

	measure_crypto();
	measure_http(seconds);
	if (home_open(folder, database, &home) < 0 || store_open(home, &store) < 0)
		bench_end("open");
	bench_make(store_db(store));
	sign_key_new(&bound.key);
	enrol(store_db(store), &bound.key);
	store_close(store);
	if (service_start(home, &options, &service) < 0)
		bench_end("service");
	bound.url = service_url(service);
	bound.root = home->root.public;
	measure(&bound, "whole", seconds);
	service_stop(service);
	home_close(home);
}
