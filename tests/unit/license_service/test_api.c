/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/request.h"
#include "license_service/guard.h"
#include "license_service/orders.h"
#include "license_service/service.h"
#include "world.h"

/* A running service, a key, and an instance that is not enrolled yet. */
struct fixture {
	struct world world;
	struct service *service;
	struct http_client *http;
	char license_id[LEASE_ID_SIZE];
	char key[KEY_TEXT_SIZE];
	struct world_instance instance;
	int64_t sequence; /* of the last lease that was believed */
};

static int set_up(void **state)
{
	struct fixture *f = mem_alloc(sizeof(*f));
	const struct service_options options = {.listen = "127.0.0.1:0"};
	const struct http_client_options client = {0};

	world_open(&f->world);
	world_order(&f->world, 5, clock_now_s(), f->license_id, f->key);
	world_new_instance(&f->instance);
	assert_int_equal(service_start(f->world.home, &options, &f->service), 0);
	assert_int_equal(http_client_new(&client, &f->http), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	http_client_free(f->http);
	service_stop(f->service);
	world_close(&f->world);
	mem_free(f);
	return 0;
}

static struct world_post post(struct fixture *f, const char *path)
{
	return (struct world_post){.http = f->http,
		.url = service_url(f->service),
		.path = path,
		.license_id = strcmp(path, "/v1/activate") == 0 ? NULL : f->license_id,
		.instance = &f->instance,
		.at_s = clock_now_s()};
}

/* Believes the answer as an instance does. */
static void believe(struct fixture *f, const struct json *reply, struct lease *out)
{
	struct keyset keyset;
	const char *answer = json_get_text(reply, "answer");
	uint8_t digest[HASH_SIZE], nonce[LEASE_NONCE_SIZE];

	assert_int_equal(json_get_int(reply, "schema", 0), 1);
	assert_int_equal(keyset_read(json_get_text(reply, "keyset"), f->world.home->root.public,
				 &keyset),
		0);
	assert_int_equal(lease_read(json_get_text(reply, "lease"), &keyset, out), 0);
	assert_string_equal(out->license_id, f->license_id);
	assert_string_equal(out->instance_id, f->instance.id);
	assert_memory_equal(out->instance_public, f->instance.key.public, SIGN_PUBLIC_SIZE);
	memset(nonce, 0x77, sizeof(nonce));
	assert_memory_equal(out->nonce, nonce, sizeof(nonce));
	assert_true(out->sequence > f->sequence);
	f->sequence = out->sequence;
	assert_int_equal(out->has_answer, answer != NULL);
	if (answer) {
		hash_sha256(answer, strlen(answer), digest);
		assert_memory_equal(out->answer_digest, digest, HASH_SIZE);
	}
}

/* Sends, expects the status and this code of a problem (NULL: none), and gives the reply. */
static struct json *expect(
	const struct world_post *sent, struct json *body, int status, const char *code)
{
	struct json *reply = NULL;

	assert_int_equal(world_post(sent, body, &reply), status);
	json_free(body);
	if (code) {
		assert_string_equal(json_get_text_or(reply, "code", ""), code);
		assert_int_equal(json_get_int(reply, "status", 0), status);
		assert_true(strlen(json_get_text_or(reply, "detail", "")) > 0);
	}
	return reply;
}

static void expect_problem(
	const struct world_post *sent, struct json *body, int status, const char *code)
{
	json_free(expect(sent, body, status, code));
}

static void activate(struct fixture *f, struct lease *out)
{
	struct world_post sent = post(f, "/v1/activate");
	AUTO_JSON reply = expect(&sent, world_activation(&f->instance, f->key), 200, NULL);

	believe(f, reply, out);
	assert_string_equal(json_get_text(reply, "license_id"), f->license_id);
	assert_non_null(json_get_text(reply, "wrapped_secret"));
}

static struct json *claim_body(const char *idempotency_key, unsigned first, unsigned count)
{
	struct json *body = world_body();
	struct json *objects = json_new_array();
	char subject[WORLD_SUBJECT_SIZE];

	json_put_text(body, "idempotency_key", idempotency_key);
	for (unsigned i = first; i < first + count; i++) {
		struct json *object = json_new_object();
		struct json *subjects = json_new_array();

		world_subject(i, subject);
		json_append(subjects, json_new_text(subject));
		json_put(object, "subjects", subjects);
		json_append(objects, object);
	}
	json_put(body, "objects", objects);
	return body;
}

static void A1_activation_gives_a_lease_for_a_year(void **state)
{
	struct fixture *f = *state;
	struct lease lease;

	activate(f, &lease);
	assert_int_equal(lease.state, LEASE_ACTIVE);
	assert_int_equal(lease.seats, 5);
	assert_in_range(
		lease.expires_s - lease.activated_s, 365 * WORLD_DAY_S, 366 * WORLD_DAY_S);
	assert_int_equal(lease.offline_limit_s, 14 * WORLD_DAY_S);
}

static void A2_activating_again_keeps_the_term_and_the_first_secret(void **state)
{
	struct fixture *f = *state;
	struct lease lease, second;
	struct world_post sent = post(f, "/v1/activate");

	activate(f, &lease);
	struct json *body = world_activation(&f->instance, f->key);
	json_put_text(body, "wrapped_secret", "YW5vdGhlcg==");
	AUTO_JSON reply = expect(&sent, body, 200, NULL);
	believe(f, reply, &second);
	assert_string_equal(json_get_text(reply, "wrapped_secret"), "c2VjcmV0");
	assert_int_equal(second.expires_s, lease.expires_s);
	assert_int_equal(second.activated_s, lease.activated_s);
}

static void A11_each_kind_of_wrong_key_has_its_own_code(void **state)
{
	struct fixture *f = *state;
	struct world_post sent = post(f, "/v1/activate");
	char key[KEY_TEXT_SIZE];
	const uint8_t random[KEY_RANDOM_SIZE] = {9};

	key_make(random, key);
	expect_problem(&sent, world_activation(&f->instance, key), 404, "key_unknown");
	key[0] = key[0] == '2' ? '3' : '2';
	expect_problem(&sent, world_activation(&f->instance, key), 400, "key_mistyped");
	assert_int_equal(
		orders_revoke(f->world.store, f->license_id, "test", clock_now_s()), 0);
	expect_problem(&sent, world_activation(&f->instance, f->key), 403, "key_revoked");
}

static void A11_a_running_instance_of_a_revoked_key_gets_a_lease_that_says_so(void **state)
{
	struct fixture *f = *state;
	struct lease lease;

	activate(f, &lease);
	assert_int_equal(
		orders_revoke(f->world.store, f->license_id, "test", clock_now_s()), 0);
	struct world_post sent = post(f, "/v1/lease");
	AUTO_JSON reply = expect(&sent, world_body(), 200, NULL);
	believe(f, reply, &lease);
	assert_int_equal(lease.state, LEASE_REVOKED);
	sent = post(f, "/v1/claims");
	AUTO_JSON refused = expect(&sent, claim_body("k", 0, 1), 200, NULL);
	believe(f, refused, &lease);
	assert_string_equal(json_get_text(refused, "answer"),
		"{\"refused\":\"license_revoked\",\"results\":["
		"{\"granted\":false,\"newly\":0,\"missing\":0,\"subjects\":[\"none\"]}]}");
}

static void A5_a_renewal_beside_the_running_service_is_in_the_next_lease(void **state)
{
	struct fixture *f = *state;
	struct lease lease, next;

	activate(f, &lease);
	assert_int_equal(world_renew(&f->world, f->license_id, 9, clock_now_s()), 0);
	struct world_post sent = post(f, "/v1/lease");
	AUTO_JSON reply = expect(&sent, world_body(), 200, NULL);
	believe(f, reply, &next);
	assert_true(next.expires_s >= lease.expires_s + 365 * WORLD_DAY_S);
}

static void C2_claims_are_answered_object_by_object(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post sent = post(f, "/v1/claims");

	activate(f, &lease);
	AUTO_JSON reply = expect(&sent, claim_body("k", 0, 6), 200, NULL);
	believe(f, reply, &lease);
	assert_int_equal(lease.used, 5);
	assert_int_equal(lease.assigned_count, 5);
	AUTO_JSON answer = NULL;
	const char *text = json_get_text(reply, "answer");
	assert_int_equal(json_parse(text, strlen(text), &answer), 0);
	const struct json *results = json_get(answer, "results");
	assert_int_equal(json_count(results), 6);
	for (size_t i = 0; i < 6; i++) {
		assert_int_equal(json_get_bool(json_at(results, i), "granted", false), i < 5);
		assert_int_equal(json_get_int(json_at(results, i), "newly", -1), i < 5);
		assert_int_equal(json_get_int(json_at(results, i), "missing", -1), i == 5);
	}
}

static void C6_a_repeated_claim_has_the_same_answer_under_a_fresh_lease(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post sent = post(f, "/v1/claims");

	activate(f, &lease);
	AUTO_JSON first = expect(&sent, claim_body("k", 0, 3), 200, NULL);
	believe(f, first, &lease);
	AUTO_JSON second = expect(&sent, claim_body("k", 0, 3), 200, NULL);
	believe(f, second, &lease);
	assert_string_equal(json_get_text(first, "answer"), json_get_text(second, "answer"));
	assert_int_equal(lease.used, 3);
	expect_problem(&sent, claim_body("k", 0, 4), 409, "idempotency_conflict");
}

static void D4_a_release_too_early_is_refused_with_the_time(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	char subject[WORLD_SUBJECT_SIZE];
	struct world_post claim = post(f, "/v1/claims");
	struct world_post sent = post(f, "/v1/releases");
	struct json *body = world_body();
	struct json *subjects = json_new_array();

	activate(f, &lease);
	json_free(expect(&claim, claim_body("k", 0, 1), 200, NULL));
	world_subject(0, subject);
	json_append(subjects, json_new_text(subject));
	json_put(body, "subjects", subjects);
	AUTO_JSON reply = expect(&sent, body, 200, NULL);
	believe(f, reply, &lease);
	assert_non_null(strstr(json_get_text(reply, "answer"), "too_early"));
	assert_int_equal(lease.used, 1);
}

static void D2_the_subjects_are_listed_with_their_times(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post claim = post(f, "/v1/claims");
	struct world_post sent = post(f, "/v1/subjects");

	activate(f, &lease);
	json_free(expect(&claim, claim_body("k", 0, 3), 200, NULL));
	AUTO_JSON reply = expect(&sent, world_body(), 200, NULL);
	believe(f, reply, &lease);
	AUTO_JSON answer = NULL;
	const char *text = json_get_text(reply, "answer");
	assert_int_equal(json_parse(text, strlen(text), &answer), 0);
	const struct json *subjects = json_get(answer, "subjects");
	assert_int_equal(json_count(subjects), 3);
	for (size_t i = 0; i < 3; i++) {
		const struct json *subject = json_at(subjects, i);
		int64_t assigned_s, releasable_s;

		assert_int_equal(
			timestamp_parse(json_get_text(subject, "assigned_at"), &assigned_s), 0);
		assert_int_equal(
			timestamp_parse(json_get_text(subject, "releasable_at"), &releasable_s),
			0);
		assert_int_equal(releasable_s, assigned_s + 30 * 86400);
	}
	assert_true(json_is_null(answer, "next"));
}

static void E5_requests_of_strangers_are_refused(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_instance stranger;
	struct world_post sent = post(f, "/v1/lease");

	activate(f, &lease);
	world_new_instance(&stranger);
	sent.instance = &stranger;
	expect_problem(&sent, world_body(), 401, "instance_unknown");
	stranger = f->instance;
	sign_key_new(&stranger.key);
	expect_problem(&sent, world_body(), 401, "signature_invalid");
	sent.path = "/v1/activate";
	sent.license_id = NULL;
	expect_problem(&sent, world_activation(&stranger, f->key), 409, "instance_conflict");
	/* Signed by another key than the one that is to be enrolled. */
	expect_problem(&sent, world_activation(&f->instance, f->key), 401, "signature_invalid");
}

static void a_wrong_clock_is_told_the_services_time(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post sent = post(f, "/v1/lease");
	int64_t now_s = clock_now_s();

	activate(f, &lease);
	sent.at_s = now_s - REQUEST_WINDOW_S - 5;
	AUTO_JSON reply = expect(&sent, world_body(), 401, "time_outside_window");
	int64_t service_s = json_get_int(reply, "service_time", 0);
	assert_in_range(service_s, now_s, now_s + 60);
	sent.at_s = now_s + REQUEST_WINDOW_S + 60;
	expect_problem(&sent, world_body(), 401, "time_outside_window");
	sent.at_s = service_s;
	json_free(expect(&sent, world_body(), 200, NULL));
}

static void malformed_requests_are_refused_and_change_nothing(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post sent = post(f, "/v1/claims");
	struct json *body;

	activate(f, &lease);
	expect_problem(&sent, json_new_object(), 400, "request_invalid");
	expect_problem(&sent, json_new_array(), 400, "request_invalid");
	body = claim_body("", 0, 1);
	expect_problem(&sent, body, 400, "request_invalid");
	body = claim_body("with space", 0, 1);
	expect_problem(&sent, body, 400, "request_invalid");
	body = claim_body("k", 0, 1);
	json_put_text(body, "objects", "none");
	expect_problem(&sent, body, 400, "request_invalid");
	body = claim_body("k", 0, 1);
	json_append(json_get(json_at(json_get(body, "objects"), 0), "subjects"),
		json_new_text("ABCDEF"));
	expect_problem(&sent, body, 400, "request_invalid");
	sent = post(f, "/v1/subjects");
	body = world_body();
	json_put_int(body, "limit", 10001);
	expect_problem(&sent, body, 400, "request_invalid");
	sent = post(f, "/v1/releases");
	expect_problem(&sent, world_body(), 400, "request_invalid");
	sent = post(f, "/v1/activate");
	body = world_activation(&f->instance, f->key);
	json_remove(body, "wrapped_secret");
	expect_problem(&sent, body, 400, "request_invalid");
	assert_int_equal(world_look(f->world.store, f->license_id, clock_now_s()).used, 0);
}

static void a_claim_of_too_many_subjects_is_refused(void **state)
{
	struct fixture *f = *state;
	struct lease lease;
	struct world_post sent = post(f, "/v1/claims");
	struct json *body = claim_body("k", 0, 1);
	struct json *subjects = json_get(json_at(json_get(body, "objects"), 0), "subjects");
	char subject[WORLD_SUBJECT_SIZE];

	activate(f, &lease);
	world_subject(0, subject);
	for (int i = 0; i < CLAIMS_SUBJECTS_MAX; i++)
		json_append(subjects, json_new_text(subject));
	expect_problem(&sent, body, 400, "request_invalid");
}

static void unknown_paths_and_methods_are_told(void **state)
{
	struct fixture *f = *state;
	struct world_post sent = post(f, "/v1/nothing");
	AUTO_RESPONSE alive;
	AUTO_RESPONSE get;
	AUTO_TEXT alive_url = mem_printf("%s/livez", service_url(f->service));
	AUTO_TEXT get_url = mem_printf("%s/v1/lease", service_url(f->service));
	struct http_request request = {.url = alive_url};

	expect_problem(&sent, world_body(), 404, "path_unknown");
	assert_int_equal(http_send(f->http, &request, &alive), 0);
	assert_int_equal(alive.status, 200);
	request.url = get_url;
	assert_int_equal(http_send(f->http, &request, &get), 0);
	assert_int_equal(get.status, 405);
}

static void who_tries_keys_has_to_wait(void **state)
{
	struct fixture *f = *state;
	struct world_post sent = post(f, "/v1/activate");
	char key[KEY_TEXT_SIZE];

	for (uint8_t i = 0; i < GUARD_FAILURES_MAX; i++) {
		const uint8_t random[KEY_RANDOM_SIZE] = {9, i};

		key_make(random, key);
		expect_problem(&sent, world_activation(&f->instance, key), 404, "key_unknown");
	}
	expect_problem(&sent, world_activation(&f->instance, key), 429, "slow_down");
}

static void one_service_serves_a_folder(void **state)
{
	struct fixture *f = *state;
	struct service *second;
	const struct service_options options = {.listen = "127.0.0.1:0"};

	assert_int_equal(service_start(f->world.home, &options, &second), ERR_LOCKED);
	assert_null(second);
}

static void plain_http_is_for_loopback_only(void **state)
{
	struct fixture *f = *state;
	struct service *second;
	struct service_options options = {.listen = "0.0.0.0:0"};

	assert_int_equal(service_start(f->world.home, &options, &second), ERR_USAGE);
	options.listen = "192.0.2.1:443";
	assert_int_equal(service_start(f->world.home, &options, &second), ERR_USAGE);
	options.certificate_file = "server.pem";
	assert_int_equal(service_start(f->world.home, &options, &second), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			A1_activation_gives_a_lease_for_a_year, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			A2_activating_again_keeps_the_term_and_the_first_secret, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			A11_each_kind_of_wrong_key_has_its_own_code, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			A11_a_running_instance_of_a_revoked_key_gets_a_lease_that_says_so,
			set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			A5_a_renewal_beside_the_running_service_is_in_the_next_lease, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			C2_claims_are_answered_object_by_object, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			C6_a_repeated_claim_has_the_same_answer_under_a_fresh_lease, set_up,
			tear_down),
		cmocka_unit_test_setup_teardown(
			D4_a_release_too_early_is_refused_with_the_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			D2_the_subjects_are_listed_with_their_times, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			E5_requests_of_strangers_are_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_wrong_clock_is_told_the_services_time, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			malformed_requests_are_refused_and_change_nothing, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			a_claim_of_too_many_subjects_is_refused, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			unknown_paths_and_methods_are_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(who_tries_keys_has_to_wait, set_up, tear_down),
		cmocka_unit_test_setup_teardown(one_service_serves_a_folder, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			plain_http_is_for_loopback_only, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
