/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"
#include "license/request.h"
#include "license_service/enrol.h"
#include "license_service/orders.h"
#include "license_service/releases.h"
#include "world.h"

const int64_t world_start_s = 1795000000;

static const char secret[] = "c2VjcmV0";

const char *world_database(const struct world *world)
{
	return world->database.is_postgres ? world->database.location : NULL;
}

void world_open(struct world *world)
{
	*world = (struct world){0};
	assert_int_equal(database_make(&world->database), 0);
	world->folder = world->database.folder;
	assert_int_equal(home_open(world->folder, world_database(world), &world->home), 0);
	assert_int_equal(store_open(world->home, &world->store), 0);
}

void world_close(struct world *world)
{
	store_close(world->store);
	home_close(world->home);
	assert_int_equal(database_drop(&world->database), 0);
}

int world_set_up(void **state)
{
	struct world *world = mem_alloc(sizeof(*world));

	world_open(world);
	*state = world;
	return 0;
}

int world_tear_down(void **state)
{
	world_close(*state);
	mem_free(*state);
	return 0;
}

void world_subject(unsigned n, char out[WORLD_SUBJECT_SIZE])
{
	uint8_t digest[HASH_SIZE];

	hash_sha256(&n, sizeof(n), digest);
	text_to_hex(digest, sizeof(digest), out);
}

void world_new_instance(struct world_instance *out)
{
	store_new_id(out->id, sizeof(out->id));
	sign_key_new(&out->key);
}

void world_order(struct world *world, int64_t seats, int64_t now_s,
	char license_id[LEASE_ID_SIZE], char *key)
{
	struct order order;
	const struct order_request request = {
		.kind = ORDER_NEW, .seats = seats, .customer = "A", .email = "a@example.org"};

	assert_int_equal(orders_place(world->store, &request, now_s, &order), 0);
	assert_int_equal(orders_complete(world->store, order.id, now_s, &order), 0);
	memcpy(license_id, order.license_id, LEASE_ID_SIZE);
	if (key)
		memcpy(key, order.key, KEY_TEXT_SIZE);
}

static int order_for(struct world *world, const struct order_request *request, int64_t now_s)
{
	struct order order;
	int r = orders_place(world->store, request, now_s, &order);

	return r < 0 ? r : orders_complete(world->store, order.id, now_s, &order);
}

int world_renew(struct world *world, const char *license_id, int64_t seats, int64_t now_s)
{
	const struct order_request request = {
		.kind = ORDER_RENEWAL, .license_id = license_id, .seats = seats};

	return order_for(world, &request, now_s);
}

int world_add(struct world *world, const char *license_id, int64_t seats, int64_t now_s)
{
	const struct order_request request = {
		.kind = ORDER_ADDITION, .license_id = license_id, .seats = seats};

	return order_for(world, &request, now_s);
}

static int finish(struct ledger *ledger, int r)
{
	if (r == 0)
		return ledger_commit(ledger);
	ledger_abandon(ledger);
	return r;
}

int world_activate(struct store *store, const char *license_id,
	const struct world_instance *instance, int64_t now_s)
{
	struct ledger ledger;
	struct enrol enrol = {
		.instance_id = instance->id,
		.name = "test",
		.public_key = instance->key.public,
		.wrapped_secret = secret,
	};

	assert_int_equal(ledger_open(store, license_id, now_s, &ledger), 0);
	int r = finish(&ledger, enrol_run(&ledger, &enrol));
	mem_free(enrol.kept_secret);
	return r;
}

int64_t world_claim(struct store *store, const char *license_id, unsigned first, unsigned count,
	int64_t now_s)
{
	struct ledger ledger;
	char id[LEASE_ID_SIZE];
	char(*texts)[WORLD_SUBJECT_SIZE] = mem_array(count, sizeof(*texts));
	const char **subjects = mem_array(count, sizeof(*subjects));
	size_t *indexes = mem_array(count, sizeof(*indexes));
	struct claim_object object = {.subjects = indexes, .count = count};
	struct claims claims = {.instance_id = "test",
		.idempotency_key = id,
		.objects = &object,
		.object_count = 1,
		.subjects = subjects,
		.subject_count = count};

	store_new_id(id, sizeof(id));
	for (unsigned i = 0; i < count; i++) {
		world_subject(first + i, texts[i]);
		subjects[i] = texts[i];
		indexes[i] = i;
	}
	claims_digest(&claims);
	int64_t result = ledger_open(store, license_id, now_s, &ledger);
	if (result == 0)
		result = finish(&ledger, claims_run(&ledger, &claims));
	bool refused = claims.answer && !strstr(claims.answer, "\"refused\":null");
	mem_free(claims.answer);
	mem_free(indexes);
	mem_free(subjects);
	mem_free(texts);
	if (result < 0 || refused)
		return refused ? WORLD_REFUSED : result - WORLD_DAY_S;
	return object.granted ? object.newly : -1;
}

const char *world_release(
	struct store *store, const char *license_id, unsigned subject, int64_t now_s)
{
	struct ledger ledger;
	char text[WORLD_SUBJECT_SIZE];
	const char *subjects[] = {text};
	struct releases releases = {.instance_id = "test", .subjects = subjects, .count = 1};
	const char *reason = NULL;

	world_subject(subject, text);
	assert_int_equal(ledger_open(store, license_id, now_s, &ledger), 0);
	assert_int_equal(finish(&ledger, releases_run(&ledger, &releases)), 0);
	if (strstr(releases.answer, "too_early"))
		reason = "too_early";
	else if (strstr(releases.answer, "not_assigned"))
		reason = "not_assigned";
	else if (strstr(releases.answer, "license_revoked"))
		reason = "license_revoked";
	else
		assert_non_null(strstr(releases.answer, "\"released\":true"));
	mem_free(releases.answer);
	return reason;
}

struct license world_look(struct store *store, const char *license_id, int64_t now_s)
{
	struct ledger ledger;

	assert_int_equal(ledger_open(store, license_id, now_s, &ledger), 0);
	assert_int_equal(ledger_commit(&ledger), 0);
	return ledger.license;
}

int64_t world_count_rows(struct store *store, const char *license_id, int64_t epoch)
{
	AUTO_ROWS rows = NULL;

	assert_int_equal(db_one(store_db(store), &rows,
				 "SELECT count(*) FROM assignment WHERE license_id = ?1"
				 " AND epoch = ?2",
				 "si", license_id, epoch),
		1);
	return db_int(rows, 0);
}

int world_post(const struct world_post *post, const struct json *body, struct json **out)
{
	AUTO_TEXT text = json_text(body, false);
	AUTO_TEXT url = mem_printf("%s%s", post->url, post->path);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", post->instance->id);
	AUTO_TEXT time = mem_printf("Garner-Time: %lld", (long long)post->at_s);
	AUTO_TEXT license = mem_printf("Garner-License: %s", post->license_id);
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const struct request request = {
		.method = "POST",
		.path = post->path,
		.license_id = post->license_id,
		.instance_id = post->instance->id,
		.at_s = post->at_s,
		.body = text,
		.body_size = strlen(text),
	};
	AUTO_RESPONSE response;

	request_sign(&request, &post->instance->key, signature);
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	AUTO_TEXT signed_header = mem_printf("Garner-Signature: %s", base64);
	const char *headers[] = {"Content-Type: application/json", instance, time,
		signed_header, post->license_id ? license : NULL, NULL};
	const struct http_request sent = {.method = "POST",
		.url = url,
		.headers = headers,
		.body = text,
		.body_size = strlen(text)};
	int r = http_send(post->http, &sent, &response);
	if (r < 0)
		return r;
	if (out)
		assert_int_equal(
			json_parse((const char *)response.body.data, response.body.size, out),
			0);
	return response.status;
}

struct json *world_body(void)
{
	struct json *body = json_new_object();

	json_put_text(body, "nonce", "77777777777777777777777777777777");
	return body;
}

struct json *world_activation(const struct world_instance *instance, const char *key)
{
	struct json *body = world_body();
	struct json *json = json_new_object();
	AUTO_TEXT public = text_to_base64(instance->key.public, SIGN_PUBLIC_SIZE);

	json_put_text(json, "id", instance->id);
	json_put_text(json, "name", "test");
	json_put_text(json, "public_key", public);
	json_put(body, "instance", json);
	json_put_text(body, "license_key", key);
	json_put_text(body, "wrapped_secret", secret);
	return body;
}
