/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/channel.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http_client.h"
#include "net/http_server.h"

static const char prefix[] = "/api/v1/operations/";

struct channel_server {
	struct http_server *http;
	char *state_folder;
	struct operation_host host;
};

char *channel_path(const char *state_folder)
{
	return io_join(state_folder, "garnerd.sock");
}

static int read_arguments(struct http_call *call, struct json **out)
{
	size_t size;
	const void *body = http_call_body(call, &size);
	int r = json_parse(size ? body : "{}", size ? size : 2, out);

	if (r == 0 && !json_is_object(*out))
		r = err_set(ERR_INVALID, "the arguments are no object");
	return r;
}

/* Each call has an installation of its own: a database connection belongs to one thread. */
static int perform(const struct channel_server *server, struct http_call *http,
	const char *name, struct json **out)
{
	struct installation *installation = NULL;
	AUTO_JSON arguments = NULL;
	int r = read_arguments(http, &arguments);

	if (r == 0)
		r = installation_open(server->state_folder, &installation);
	if (r == 0) {
		const struct operation_call call = {installation, arguments, &server->host};
		r = operation_run(&call, name, out);
	}
	installation_close(installation);
	return r;
}

static void answer(void *context, struct http_call *call)
{
	const struct channel_server *server = context;
	const char *path = http_call_path(call);
	struct json *result = NULL;

	if (!text_starts_with(path, prefix) || !text_equal(http_call_method(call), "POST")) {
		http_reply(call, 404, "text/plain", "not found\n", 10);
		return;
	}
	int r = perform(server, call, path + strlen(prefix), &result);
	AUTO_JSON reply = json_new_object();
	json_put_int(reply, "code", r < 0 ? r : 0);
	json_put_text(reply, "message", r < 0 ? err_message() : "");
	json_put(reply, "result", result);
	AUTO_TEXT text = json_text(reply, false);
	http_reply(call, 200, "application/json", text, strlen(text));
}

int channel_serve(const char *state_folder, const struct operation_host *host,
	struct channel_server **out)
{
	struct channel_server *server = mem_alloc(sizeof(*server));
	AUTO_TEXT path = channel_path(state_folder);

	server->state_folder = mem_strdup(state_folder);
	server->host = *host;
	const struct http_server_options options = {
		.socket_path = path, .handler = answer, .context = server};
	int r = http_server_start(&options, &server->http);
	if (r < 0) {
		channel_stop(server);
		return err_wrap(r, "socket %s", path);
	}
	*out = server;
	return 0;
}

void channel_stop(struct channel_server *server)
{
	if (!server)
		return;
	http_server_stop(server->http);
	mem_free(server->state_folder);
	mem_free(server);
}

static int post(const char *state_folder, const char *operation, const char *body,
	struct http_response *response)
{
	AUTO_TEXT socket = channel_path(state_folder);
	AUTO_TEXT url = mem_printf("http://localhost%s%s", prefix, operation);
	const char *const headers[] = {"Content-Type: application/json", NULL};
	const struct http_client_options options = {
		.socket_path = socket, .stall_timeout_ms = 600000};
	const struct http_request request = {.method = "POST",
		.url = url,
		.headers = headers,
		.body = body,
		.body_size = strlen(body)};
	struct http_client *client;
	int r = http_client_new(&options, &client);

	if (r < 0)
		return r;
	r = http_send(client, &request, response);
	http_client_free(client);
	return r;
}

bool channel_is_there(const char *state_folder)
{
	AUTO_TEXT socket = channel_path(state_folder);
	AUTO_RESPONSE response = {0};

	/* An operation that does not exist: the daemon says so, nobody says nothing. */
	return io_exists(socket) && post(state_folder, "hello", "{}", &response) == 0;
}

int channel_run(const char *state_folder, const char *operation, const struct json *arguments,
	struct json **out)
{
	AUTO_RESPONSE response = {0};
	AUTO_JSON reply = NULL;
	AUTO_TEXT body = json_text(arguments, false);
	int r = post(state_folder, operation, body, &response);

	*out = NULL;
	if (r == 0)
		r = json_parse((const char *)response.body.data, response.body.size, &reply);
	if (r < 0)
		return err_wrap(r, "garnerd");
	struct json *result = json_get(reply, "result");
	*out = result ? json_share(result) : NULL;
	int64_t code = json_get_int(reply, "code", ERR_PROTOCOL);
	if (code >= 0)
		return 0;
	return err_set((enum err)code, "%s", json_get_text_or(reply, "message", ""));
}
