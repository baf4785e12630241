/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "license/request.h"
#include "license_service/api.h"
#include "license_service/orders.h"
#include "net/http_direct.h"

/* Bodies of the licensing service's API, from an instance that may ask: the first byte chooses
 * the endpoint, the second whether the signature is right. The service answers each with what
 * its description allows, and never with an error of its own. */

enum { MANY_SEATS = 100 };

static const char *const paths[] = {"/v1/activate", "/v1/lease", "/v1/claims", "/v1/releases",
	"/v1/subjects", "/v1/events", "/v1/trial", "/v1/quotes", "/v1/orders",
	"/v1/payments/webhook", "/buy"};

static struct world {
	struct home *home;
	struct store *store;
	struct api api;
	struct sign_key key;
	struct order order;
	bool enrolled;
} world;

static const char instance_id[] = "00112233445566778899aabbccddeeff";

static int64_t fixed_us(void *context)
{
	(void)context;
	return INT64_C(1800000000) * 1000000;
}

static void no_sleep(void *context, int64_t us)
{
	(void)context;
	(void)us;
}

static const struct clock fixed = {
	.now_us = fixed_us, .boot_us = fixed_us, .sleep_us = no_sleep};

static void ask(size_t path, const void *body, size_t size, bool is_forged,
	struct http_response *response)
{
	bool is_open = path == 0 || !world.enrolled;
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const struct request signed_request = {.method = "POST",
		.path = paths[path],
		.license_id = is_open ? NULL : world.order.license_id,
		.instance_id = instance_id,
		.at_s = clock_now_s(),
		.body = body,
		.body_size = size};

	request_sign(&signed_request, &world.key, signature);
	signature[0] ^= is_forged;
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	AUTO_TEXT sign = mem_printf("Garner-Signature: %s", base64);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", instance_id);
	AUTO_TEXT time = mem_printf("Garner-Time: %" PRId64, signed_request.at_s);
	AUTO_TEXT license = mem_printf("Garner-License: %s", world.order.license_id);
	const char *headers[] = {
		"Content-Type: application/json", sign, instance, time, license, NULL};
	const struct http_request request = {.method = "POST",
		.url = paths[path],
		.headers = headers,
		.body = body,
		.body_size = size};

	ASSERT(http_direct(api_handle, &world.api, &request, response) == 0);
}

static void enrol(void)
{
	AUTO_RESPONSE response = {0};
	AUTO_TEXT public = text_to_base64(world.key.public, SIGN_PUBLIC_SIZE);
	AUTO_TEXT body = mem_printf("{\"nonce\":\"000102030405060708090a0b0c0d0e0f\","
				    "\"license_key\":\"%s\",\"wrapped_secret\":\"AAAA\","
				    "\"instance\":{\"id\":\"%s\",\"name\":\"fuzz\","
				    "\"public_key\":\"%s\"}}",
		world.order.key, instance_id, public);

	ask(0, body, strlen(body), false, &response);
	ASSERT(response.status == 200);
	world.enrolled = true;
}

static void open_world(void)
{
	const struct order_request request = {.kind = ORDER_NEW,
		.seats = MANY_SEATS,
		.customer = "Contoso",
		.email = "it@contoso.example"};

	fuzz_fix_random();
	clock_use(&fixed);
	fuzz_key(3, &world.key);
	ASSERT(home_open(fuzz_folder(), NULL, &world.home) == 0);
	ASSERT(store_open(world.home, &world.store) == 0);
	ASSERT(orders_place(world.store, &request, clock_now_s(), &world.order) == 0);
	ASSERT(orders_complete(world.store, world.order.id, clock_now_s(), &world.order) == 0);
	ASSERT(api_open_alone(&world.api, world.home) == 0);
	enrol();
}

/* Of a body that is no text of ours only this is asked: an answer that says what is wrong. */
static void check(bool is_forged, struct http_response *response)
{
	AUTO_JSON document = NULL;
	const char *type = http_header(response, "Content-Type");
	const char *text = buf_text(&response->body);

	ASSERT(response->status >= 200 && response->status < 500);
	ASSERT(type && text);
	if (!strstr(type, "json"))
		return;
	ASSERT(json_parse(text, response->body.size, &document) == 0);
	if (response->status >= 400) {
		ASSERT(json_get_int(document, "status", 0) == response->status);
		ASSERT(json_get_text_or(document, "code", "")[0]);
		ASSERT(json_get_text_or(document, "detail", "")[0]);
	} else {
		ASSERT(!is_forged || !json_has(document, "lease"));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_RESPONSE response = {0};

	if (!world.home)
		open_world();
	if (size < 2)
		return 0;
	bool is_forged = data[1] % 8 == 7;
	ask(data[0] % (sizeof(paths) / sizeof(paths[0])), data + 2, size - 2, is_forged,
		&response);
	check(is_forged, &response);
	return 0;
}
