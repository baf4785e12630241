/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/server.h"

#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/cert.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "net/http_server.h"
#include "sandbox/admin.h"
#include "sandbox/call.h"
#include "sandbox/download.h"
#include "sandbox/graph.h"
#include "sandbox/login.h"
#include "sandbox/published.h"

enum {
	WORKERS = 32, /* more than the four of a mailbox, so that a fifth can be refused */
	BODY_MAX = 64 << 20,
	SECRET_BYTES = 30,
};

struct server {
	struct sandbox sandbox;
	struct http_server *http;
	char *state; /* absolute */
	struct published *published;
	int lock;
};

static void answer(struct call *call)
{
	AUTO_TEXT target = mem_printf("%s%s%s", http_call_path(call->http),
		http_call_query(call->http)[0] ? "?" : "", http_call_query(call->http));
	bool is_met = faults_find(call->sandbox->faults, call->method, target, &call->fault);

	if (is_met && call->fault.status) {
		call_delay(call);
		reply_fault(call);
		return;
	}
	if (graph_handle(call) || download_handle(call))
		return;
	call_delay(call);
	if (!login_handle(call))
		reply_error(call, 404, "UnknownError", "There is nothing at %s.",
			http_call_path(call->http));
}

static void handle(void *context, struct http_call *http)
{
	struct call call;
	bool is_ours = false;

	if (call_begin(context, http, &call)) {
		is_ours = admin_handle(&call);
		if (!is_ours)
			answer(&call);
	}
	if (!is_ours)
		requests_count(call.kind, call.status);
	log_debug("request", "method", call.method, "path", http_call_path(http), NULL);
	call_end(&call);
}

/* The client's secret in a file of the state, made at the first start. */
static int make_secret(const char *path, char **out)
{
	uint8_t bytes[SECRET_BYTES];

	if (io_exists(path))
		return secret_read(path, out);
	secret_random(bytes, sizeof(bytes));
	*out = text_to_base64url(bytes, sizeof(bytes));
	AUTO_TEXT line = mem_printf("%s\n", *out);
	return io_write_file(path, line, strlen(line), 0600);
}

static int prepare_state(struct server *server)
{
	AUTO_TEXT lock = io_join(server->state, "lock");
	AUTO_TEXT secret = io_join(server->state, "client_secret");
	AUTO_TEXT key = io_join(server->state, "token.key");
	struct sandbox *sandbox = &server->sandbox;

	int r = io_make_folders(server->state, 0700);
	if (r == 0)
		r = io_lock(lock, &server->lock);
	if (r == 0)
		r = cert_make_loopback(server->state);
	if (r == 0)
		r = make_secret(secret, &sandbox->client_secret);
	if (r == 0)
		r = secret_key_file(key, sandbox->token_key);
	if (r == 0)
		hash_hkdf(sandbox->token_key, TOKEN_KEY_SIZE, NULL, 0, "delta",
			sandbox->delta_key, DELTA_KEY_SIZE);
	return r;
}

static int read_faults(struct server *server, const char *path)
{
	AUTO_JSON document = NULL;

	server->sandbox.faults = faults_new();
	if (!path)
		return 0;
	int r = json_read_file(path, &document);
	if (r == 0)
		r = faults_set(server->sandbox.faults, document);
	return err_wrap(r, "%s", path);
}

/* Not to have it there is no failure: `change --ca` does without. */
static void publish_ca(struct server *server)
{
	AUTO_TEXT ca = io_join(server->state, "ca.pem");

	if (published_leave(http_server_url(server->http), ca, &server->published) < 0)
		log_warning("ca_not_published", "why", err_message(), NULL);
}

static int listen_on(struct server *server, const char *address)
{
	AUTO_TEXT certificate = io_join(server->state, "server.pem");
	AUTO_TEXT key = io_join(server->state, "server.key");
	const struct http_server_options options = {
		.listen = address ? address : "127.0.0.1:0",
		.certificate_file = certificate,
		.key_file = key,
		.handler = handle,
		.context = &server->sandbox,
		.workers = WORKERS,
		.body_ceiling = BODY_MAX,
	};

	return http_server_start(&options, &server->http);
}

int server_start(const struct server_options *options, struct server **out)
{
	struct server *server = mem_alloc(sizeof(*server));

	*out = NULL;
	server->lock = -1;
	server->state = io_absolute(options->state);
	int r = tenant_new(options->scenario, &server->sandbox.tenant);
	if (r == 0)
		r = read_faults(server, options->faults);
	if (r == 0)
		r = prepare_state(server);
	if (r == 0)
		r = listen_on(server, options->listen);
	if (r < 0) {
		server_stop(server);
		return r;
	}
	publish_ca(server);
	*out = server;
	return 0;
}

void server_stop(struct server *server)
{
	if (!server)
		return;
	http_server_stop(server->http);
	published_take_away(server->published);
	tenant_free(server->sandbox.tenant);
	faults_free(server->sandbox.faults);
	if (server->sandbox.client_secret)
		secret_wipe(
			server->sandbox.client_secret, strlen(server->sandbox.client_secret));
	mem_free(server->sandbox.client_secret);
	if (server->lock >= 0)
		io_close(server->lock);
	mem_free(server->state);
	mem_free(server);
}

struct json *server_facts(const struct server *server)
{
	const struct tenant *tenant = server->sandbox.tenant;
	AUTO_TEXT ca = io_join(server->state, "ca.pem");
	AUTO_TEXT secret = io_join(server->state, "client_secret");
	struct json *facts = json_new_object();

	json_put_text(facts, "listening", http_server_url(server->http));
	json_put_text(facts, "ca_file", ca);
	json_put_text(facts, "tenant_id", tenant->id);
	json_put_text(facts, "client_id", tenant->client_id);
	json_put_text(facts, "client_secret_file", secret);
	return facts;
}
