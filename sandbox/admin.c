/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/admin.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

/* An error keeps its code, so that `change` ends as if it had done the work itself. */
static void reply_failure(struct call *call, int r, size_t applied)
{
	struct json *body = json_new_object(), *error = json_new_object();

	json_put_text(error, "code", err_name(r));
	json_put_text(error, "message", err_message());
	json_put_int(body, "applied", (int64_t)applied);
	json_put(body, "error", error);
	reply_json(call, r == ERR_NOTFOUND ? 404 : r == ERR_EXISTS ? 409 : 400, body);
}

static int read_body(struct call *call, struct json **out)
{
	size_t size;
	const void *body = http_call_body(call->http, &size);

	*out = NULL;
	if (!body || size == 0)
		return err_set(ERR_INVALID, "the request has no body");
	return json_parse(body, size, out);
}

/* {"patch":{…},"folder":"/where/the/patch/lies","working":"/where/it/was/called"} */
static void post_changes(struct call *call)
{
	AUTO_JSON body = NULL;
	size_t applied = 0;

	int r = read_body(call, &body);
	if (r == 0 && !json_is_object(json_get(body, "patch")))
		r = err_set(ERR_INVALID, "patch: is missing");
	const struct scenario_base base = {
		json_get_text_or(body, "folder", "/"), json_get_text_or(body, "working", "/")};
	if (r == 0)
		r = tenant_change(
			call->sandbox->tenant, json_get(body, "patch"), &base, &applied);
	if (r < 0) {
		reply_failure(call, r, applied);
		return;
	}
	struct json *done = json_new_object();
	json_put_int(done, "schema", 1);
	json_put_int(done, "applied", (int64_t)applied);
	reply_json(call, 200, done);
}

static void get_requests(struct call *call)
{
	reply_json(call, 200, requests_report());
}

static void delete_requests(struct call *call)
{
	requests_reset();
	reply_json(call, 200, requests_report());
}

static void put_faults(struct call *call)
{
	AUTO_JSON body = NULL;

	int r = read_body(call, &body);
	if (r == 0)
		r = faults_set(call->sandbox->faults, body);
	if (r < 0)
		reply_failure(call, r, 0);
	else
		reply_json(call, 200, json_new_object());
}

static bool is_local(struct call *call)
{
	const char *peer = http_call_peer(call->http);

	return text_starts_with(peer, "127.") || text_equal(peer, "::1") ||
	       text_starts_with(peer, "::ffff:127.");
}

bool admin_handle(struct call *call)
{
	static const struct {
		const char *method, *path;
		void (*handle)(struct call *call);
	} routes[] = {{"POST", "/sandbox/v1/changes", post_changes},
		{"GET", "/sandbox/v1/requests", get_requests},
		{"DELETE", "/sandbox/v1/requests", delete_requests},
		{"PUT", "/sandbox/v1/faults", put_faults}};
	const char *path = http_call_path(call->http);

	if (!text_starts_with(path, "/sandbox/"))
		return false;
	if (!is_local(call)) {
		reply_error(call, 403, "Forbidden", "From this machine only.");
		return true;
	}
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!text_equal(routes[i].method, call->method) ||
			!text_equal(routes[i].path, path))
			continue;
		routes[i].handle(call);
		return true;
	}
	reply_error(call, 404, "NotFound", "There is no %s %s.", call->method, path);
	return true;
}
