/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http_direct.h"
#include "service.h"

/* The administration API: "METHOD TARGET", a line feed, the body; with "!" before it the call
 * has no token. It answers with what its description allows; without the token with nothing but
 * whether it lives; and never with a license key. */

enum { METHOD_SIZE = 8, LIST_MOST = 1000 };

/* Whether it takes no token to ask this. */
static bool is_public(const char *target)
{
	size_t size = strcspn(target, "?");

	return (size == 6 && strncmp(target, "/livez", size) == 0) ||
	       (size == 7 && strncmp(target, "/readyz", size) == 0);
}

static void check_list(struct http_response *response)
{
	AUTO_JSON reply = NULL;
	size_t position = 0;
	const char *name;
	struct json *value;

	if (response->status != 200 || !strstr(http_header(response, "Content-Type"), "json"))
		return;
	ASSERT(json_parse(buf_text(&response->body), response->body.size, &reply) == 0);
	while (json_next(reply, &position, &name, &value))
		ASSERT(!json_is_array(value) || json_count(value) <= LIST_MOST);
}

static void ask(struct service_world *world, const char *text, bool has_token)
{
	AUTO_RESPONSE response = {0};
	char method[METHOD_SIZE] = "";
	size_t line = strcspn(text, "\n");
	size_t word = strcspn(text, " \n");

	if (word >= sizeof(method) || word + 1 >= line)
		return;
	memcpy(method, text, word);
	AUTO_TEXT target = mem_strndup(text + word + 1, line - word - 1);
	if (target[0] != '/')
		return;
	AUTO_TEXT token = mem_printf("Authorization: Bearer %s", world->admin_token);
	const char *headers[] = {
		"Content-Type: application/json", has_token ? token : NULL, NULL};
	const char *body = text[line] ? text + line + 1 : "";
	const struct http_request request = {.method = method,
		.url = target,
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};

	/* What stands for a host in the target is none here. */
	if (strstr(target, "://"))
		return;
	ASSERT(http_direct(admin_handle, world->admin, &request, &response) == 0);
	service_check(&response);
	ASSERT(has_token || response.status == (is_public(target) ? 200 : 401));
	ASSERT(!strstr(buf_text(&response.body), world->order.key));
	check_list(&response);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_BUF filled = {0};
	struct service_world *world = service_world();
	bool has_token = size == 0 || data[0] != '!';

	service_fill(world, data + !has_token, size - !has_token, &filled);
	AUTO_TEXT text = fuzz_text(filled.data, filled.size);
	ask(world, text, has_token);
	return 0;
}
