/* SPDX-License-Identifier: Apache-2.0 */
#include "service.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/request.h"
#include "license_service/home.h"
#include "license_service/token.h"
#include "net/http_direct.h"

enum { INPUTS_OF_A_WORLD = 1000, MINUTE_US = 61 * 1000 * 1000, FILLED_MAX = 1 << 16 };

const char service_instance[] = "00112233445566778899aabbccddeeff";
const char service_order[] = "0123456789abcdef";

static struct service_world world;
static int64_t boot_us;
static unsigned inputs, worlds;

static int64_t fixed_us(void *context)
{
	(void)context;
	return INT64_C(1800000000) * 1000000;
}

static int64_t counted_us(void *context)
{
	(void)context;
	return boot_us;
}

static void no_sleep(void *context, int64_t us)
{
	(void)context;
	(void)us;
}

static const struct clock fixed = {
	.now_us = fixed_us, .boot_us = counted_us, .sleep_us = no_sleep};

void service_ask(struct service_world *asked, const struct service_request *request,
	struct http_response *response)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const struct request signed_request = {.method = "POST",
		.path = request->path,
		.license_id = request->license_id,
		.instance_id = service_instance,
		.at_s = clock_now_s(),
		.body = request->body,
		.body_size = request->size};

	request_sign(&signed_request, &asked->key, signature);
	signature[0] ^= request->is_forged;
	AUTO_TEXT base64 = text_to_base64(signature, sizeof(signature));
	AUTO_TEXT sign = mem_printf("Garner-Signature: %s", base64);
	AUTO_TEXT instance = mem_printf("Garner-Instance: %s", service_instance);
	AUTO_TEXT time = mem_printf("Garner-Time: %" PRId64, signed_request.at_s);
	AUTO_TEXT license = mem_printf("Garner-License: %s", asked->order.license_id);
	const char *headers[] = {
		"Content-Type: application/json", sign, instance, time, license, NULL};
	const struct http_request http = {.method = "POST",
		.url = request->path,
		.headers = headers,
		.body = request->body,
		.body_size = request->size};

	ASSERT(http_direct(api_handle, &asked->api, &http, response) == 0);
}

static void enrol(void)
{
	AUTO_RESPONSE response = {0};
	AUTO_TEXT public = text_to_base64(world.key.public, SIGN_PUBLIC_SIZE);
	AUTO_TEXT body = mem_printf("{\"nonce\":\"000102030405060708090a0b0c0d0e0f\","
				    "\"license_key\":\"%s\",\"wrapped_secret\":\"AAAA\","
				    "\"instance\":{\"id\":\"%s\",\"name\":\"fuzz\","
				    "\"public_key\":\"%s\"}}",
		world.order.key, service_instance, public);
	const struct service_request request = {
		.path = "/v1/activate", .body = body, .size = strlen(body)};

	service_ask(&world, &request, &response);
	ASSERT(response.status == 200);
}

static void place_orders(void)
{
	struct order open;
	struct order_request request = {.kind = ORDER_NEW,
		.seats = SERVICE_SEATS,
		.customer = "Contoso",
		.email = "it@contoso.example"};

	ASSERT(orders_place(world.store, &request, clock_now_s(), &world.order) == 0);
	ASSERT(orders_complete(world.store, world.order.id, clock_now_s(), &world.order) == 0);
	request.order_id = service_order;
	ASSERT(orders_place(world.store, &request, clock_now_s(), &open) == 0);
	world.amount = mem_printf("%" PRId64, open.amount);
}

static void read_admin_token(void)
{
	AUTO_BUF line = buf_init(1024);
	AUTO_TEXT path = home_path(world.home, "admin.token");

	ASSERT(io_read_file(path, &line) == 0 && buf_text(&line));
	world.admin_token = mem_strndup(buf_text(&line), strcspn(buf_text(&line), "\r\n"));
}

static void open_world(void)
{
	AUTO_TEXT folder = mem_printf("%s/%u", fuzz_folder(), worlds++);

	fuzz_fix_random();
	clock_use(&fixed);
	fuzz_key(3, &world.key);
	ASSERT(home_open(folder, NULL, &world.home) == 0);
	ASSERT(store_open(world.home, &world.store) == 0);
	place_orders();
	ASSERT(api_open_alone(&world.api, world.home) == 0);
	ASSERT(admin_open(world.home, &world.api, &world.admin) == 0);
	read_admin_token();
	world.form_token = token_of_form(world.home, clock_now_s());
	world.page_token = token_of_order(world.home, service_order);
	enrol();
}

static void close_world(void)
{
	AUTO_TEXT command = mem_printf("rm -rf '%s'", world.home->folder);

	admin_close(world.admin);
	api_close(&world.api);
	store_close(world.store);
	home_close(world.home);
	mem_free(world.admin_token);
	mem_free(world.form_token);
	mem_free(world.page_token);
	mem_free(world.amount);
	world = (struct service_world){0};
	ASSERT(system(command) == 0);
}

struct service_world *service_world(void)
{
	if (world.home && ++inputs % INPUTS_OF_A_WORLD == 0)
		close_world();
	if (!world.home)
		open_world();
	boot_us += MINUTE_US;
	return &world;
}

void service_fill(
	const struct service_world *filled, const uint8_t *data, size_t size, struct buf *out)
{
	AUTO_TEXT public = text_to_base64(filled->key.public, SIGN_PUBLIC_SIZE);
	const struct {
		const char *name, *value;
	} places[] = {
		{"{key}", filled->order.key},
		{"{license}", filled->order.license_id},
		{"{form}", filled->form_token},
		{"{page}", filled->page_token},
		{"{order}", service_order},
		{"{amount}", filled->amount},
		{"{instance}", service_instance},
		{"{public}", public},
	};

	*out = buf_init(FILLED_MAX);
	for (size_t at = 0; at < size;) {
		const char *value = NULL;
		size_t taken = 1;

		for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && !value; i++) {
			size_t length = strlen(places[i].name);
			if (size - at < length ||
				memcmp(data + at, places[i].name, length) != 0)
				continue;
			value = places[i].value;
			taken = length;
		}
		int r = value ? buf_append_text(out, value) : buf_append(out, data + at, 1);
		if (r < 0)
			return;
		at += taken;
	}
}

static void check_problem(struct http_response *response)
{
	AUTO_JSON document = NULL;
	const char *text = buf_text(&response->body);

	ASSERT(json_parse(text, response->body.size, &document) == 0);
	if (response->status < 400)
		return;
	ASSERT(json_get_int(document, "status", 0) == response->status);
	ASSERT(json_get_text_or(document, "code", "")[0]);
	ASSERT(json_get_text_or(document, "detail", "")[0]);
}

void service_check(struct http_response *response)
{
	const char *type = http_header(response, "Content-Type");
	const char *text = buf_text(&response->body);

	ASSERT(response->status >= 200 && response->status < 500);
	ASSERT(type && text);
	/* Pages have no script, so one of the input's would be the only one. */
	ASSERT(!strstr(type, "html") || !strstr(text, "<script"));
	if (strstr(type, "json"))
		check_problem(response);
	const char *place = http_header(response, "Location");
	ASSERT(!place || strspn(place, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				       "0123456789-_/?=") == strlen(place));
}
