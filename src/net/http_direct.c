/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http_direct.h"

#include <string.h>

#include "base/mem.h"
#include "net/http_call.h"

enum { BODY_MAX = 1 << 20, REPLY_MAX = 64 << 20, HEADERS_MAX = 64 << 10 };

static const char *target_of(const char *url)
{
	const char *authority = strstr(url, "://");
	const char *path = authority ? strchr(authority + 3, '/') : url;

	return path ? path : "/";
}

static int take_reply(struct http_call *call, struct http_response *response)
{
	int r = buf_append(&response->body, call->data, call->size);

	response->status = call->status;
	if (r == 0 && call->content_type)
		r = buf_printf(
			&response->header_text, "Content-Type: %s\r\n", call->content_type);
	for (const struct reply_header *h = call->headers; h && r == 0; h = h->next)
		r = buf_printf(&response->header_text, "%s: %s\r\n", h->name, h->value);
	return r;
}

int http_direct(http_handler_fn *handler, void *context, const struct http_request *request,
	struct http_response *response)
{
	struct http_call *call = http_call_new(NULL, target_of(request->url), BODY_MAX);
	size_t ceiling = request->body_ceiling ? request->body_ceiling : REPLY_MAX;
	int r = 0;

	*response = (struct http_response){
		.body = buf_init(ceiling), .header_text = buf_init(HEADERS_MAX)};
	call->method = mem_strdup(request->method ? request->method : "GET");
	call->given = request->headers;
	if (request->body_size)
		r = buf_append(&call->body, request->body, request->body_size);
	if (r == 0) {
		handler(context, call);
		if (call->status == 0)
			http_reply(call, 500, "text/plain", "no answer\n", 10);
		r = call->fd >= 0 ? err_set(ERR_INVALID, "a file is no direct reply")
				  : take_reply(call, response);
	}
	http_call_free(call);
	return r;
}
