/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "source/graph/graph_priv.h"

enum { NESTING_MAX = 16, MESSAGE_MAX = 200 };

/* Graph writes it in both ways. */
static const struct json *inner(const struct json *error)
{
	const struct json *nested = json_get(error, "innerError");

	return nested ? nested : json_get(error, "innererror");
}

bool graph_error_says(const struct graph_answer *answer, const char *code)
{
	const struct json *error = json_get(answer->body, "error");

	for (int i = 0; error && i < NESTING_MAX; i++, error = inner(error))
		if (text_equal_nocase(json_get_text_or(error, "code", ""), code))
			return true;
	return false;
}

const char *graph_error_code(const struct graph_answer *answer)
{
	const struct json *error = json_get(answer->body, "error");
	const char *code = "";

	for (int i = 0; error && i < NESTING_MAX; i++, error = inner(error))
		code = json_get_text_or(error, "code", code);
	return code;
}

static enum err code_of_status(struct http_response *response)
{
	switch (response->status) {
	case 401:
	case 403:
		return ERR_AUTH;
	case 404:
	case 410:
		return ERR_NOTFOUND;
	default:
		if (graph_is_throttled(response))
			return ERR_THROTTLED;
		return response->status >= 500 ? ERR_UNAVAILABLE : ERR_PROTOCOL;
	}
}

/* Limits of Outlook are those of a mailbox; a refused token is one for all. */
static enum source_scope scope_of(
	const struct graph_request *request, int code, const struct http_response *response)
{
	if (response->status == 401)
		return SOURCE_TENANT;
	if (code == ERR_THROTTLED && request->scope < SOURCE_OBJECT)
		return SOURCE_OBJECT;
	return request->scope;
}

static int set_unsent(
	const struct graph_request *request, const struct http_response *response, int sent)
{
	int r = err_wrap(sent, "%s", request->what);

	if (sent == ERR_CANCELLED)
		return source_fail(r, SOURCE_TENANT, SOURCE_RETRY_LATER, "cancelled");
	if (sent != ERR_NETWORK)
		return source_fail(r, request->scope, SOURCE_RETRY_LATER, err_name(sent));
	/* Once an answer has begun, the server is there, and it is this answer's fault. */
	return source_fail(r, response->status > 0 ? request->scope : SOURCE_TENANT,
		SOURCE_RETRY_LATER, "network");
}

int graph_error_set(const struct graph_request *request, struct graph_answer *answer, int sent)
{
	if (sent < 0)
		return set_unsent(request, &answer->http, sent);

	const char *code = graph_error_code(answer);
	const char *message =
		json_get_text_or(json_get(answer->body, "error"), "message", "no explanation");
	enum err err = code_of_status(&answer->http);
	int r = err_set(err, "%s: Microsoft Graph answered %d %s (%.*s)", request->what,
		answer->http.status, code, (int)text_utf8_cut(message, MESSAGE_MAX), message);

	return source_fail(r, scope_of(request, r, &answer->http),
		err == ERR_AUTH ? SOURCE_RETRY_NEVER : SOURCE_RETRY_LATER,
		code[0] ? code : err_name(r));
}
