/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/secret.h"
#include "source/graph/graph_priv.h"

enum { GUID_SIZE = 37 };

/* Counts what goes through, and tells a sink that gave up from a connection that did. */
struct counted {
	const struct graph_request *request;
	uint64_t size;
	int result;
};

static int count(void *context, const void *data, size_t size)
{
	struct counted *counted = context;

	counted->size += size;
	counted->result = counted->request->sink(counted->request->sink_context, data, size);
	return counted->result;
}

/* A random GUID (RFC 9562 version 4): Microsoft's support finds a request by it. */
static void make_guid(char out[GUID_SIZE])
{
	uint8_t b[16];
	char hex[33];

	secret_random(b, sizeof(b));
	b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
	b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
	text_to_hex(b, sizeof(b), hex);
	snprintf(out, GUID_SIZE, "%.8s-%.4s-%.4s-%.4s-%.12s", hex, hex + 8, hex + 12, hex + 16,
		hex + 20);
}

/* Content-Length is of the body as sent: it says nothing where that was compressed. */
static int check_length(struct http_response *response, uint64_t size)
{
	const char *text = http_header(response, "Content-Length");
	int64_t length;

	if (!text || http_header(response, "Content-Encoding") ||
		text_to_int(text, 0, INT64_MAX, &length) < 0 || (uint64_t)length == size)
		return 0;
	return err_set(ERR_NETWORK, "%" PRIu64 " bytes came of %" PRId64, size, length);
}

/* What time it is there. Only where a certificate says who says so. */
static void hear_time(struct graph *graph, const char *url, struct http_response *response)
{
	const char *date = http_header(response, "Date");
	int64_t at_s;

	if (date && text_starts_with(url, "https://") && timestamp_parse_http(date, &at_s) == 0)
		graph->usage->heard_s = at_s;
}

static int send_once(struct graph *graph, struct counted *counted, struct graph_answer *answer)
{
	const struct graph_request *request = counted->request;
	char guid[GUID_SIZE];

	make_guid(guid);
	AUTO_TEXT bearer = mem_printf("Authorization: Bearer %s", graph->token);
	AUTO_TEXT request_id = mem_printf("client-request-id: %s", guid);
	/* Ids that survive a move must be asked for each time, also for pages that follow. */
	const char *const headers[] = {bearer, request_id,
		"Prefer: IdType=\"ImmutableId\", odata.maxpagesize=500", NULL};
	struct http_request http = {
		.url = request->url,
		.headers = headers,
		.sink = request->sink ? count : NULL,
		.sink_context = counted,
		.body_ceiling = GRAPH_PAGE_MAX,
		.cancel = graph->cancel,
	};

	graph->usage->requests++;
	log_debug("graph_get", "url", request->url, "client_request_id", guid, NULL);
	int r = http_send(graph->client, &http, &answer->http);
	if (r == 0)
		hear_time(graph, request->url, &answer->http);
	if (r == 0 && answer->http.status / 100 == 2)
		r = check_length(
			&answer->http, request->sink ? counted->size : answer->http.body.size);
	secret_wipe(bearer, strlen(bearer));
	return r;
}

void graph_answer_free(struct graph_answer *answer)
{
	http_response_free(&answer->http);
	json_free(answer->body);
	*answer = (struct graph_answer){0};
}

/* Some mailboxes hold control characters that Graph passes on unescaped. A space means the same
 * between tokens, and is what a reader would see of them within a text. */
static int parse(struct buf *body, struct json **out)
{
	for (size_t i = 0; i < body->size; i++)
		if (body->data[i] < 0x20)
			body->data[i] = ' ';
	return json_parse(body->size ? (const char *)body->data : "", body->size, out);
}

static void read_error(struct graph_answer *answer)
{
	if (answer->http.status < 400 || parse(&answer->http.body, &answer->body) < 0)
		return;
	const char *request_id = http_header(&answer->http, "request-id");
	log_debug("graph_error", "code", graph_error_code(answer), "request_id", request_id,
		NULL);
}

/* 1: another try; 0: this was the last one; or an error. */
static int try_again(struct graph *graph, const struct graph_request *request,
	struct graph_patience *patience, int sent, struct graph_answer *answer)
{
	/* An answer whose data is known to be broken will not get better by asking. */
	if (sent == 0 && graph_error_says(answer, "ErrorCorruptData"))
		return 0;
	int again = graph_patience_spend(graph, patience, sent, &answer->http);
	if (again == 1 && request->rewind && !request->rewind(request->sink_context))
		return 0;
	return again;
}

int graph_get(
	struct graph *graph, const struct graph_request *request, struct graph_answer *answer)
{
	struct graph_patience patience = {0};
	bool renewed = false;

	*answer = (struct graph_answer){0};
	for (;;) {
		struct counted counted = {.request = request};
		int r = graph_sign_in(graph);
		if (r < 0)
			return r;
		graph_answer_free(answer);
		int sent = send_once(graph, &counted, answer);
		if (counted.result != 0)
			return counted.result;
		if (sent == 0 && answer->http.status / 100 == 2)
			return 0;
		read_error(answer);
		if (sent == 0 && answer->http.status == 401 && !renewed) {
			graph_token_drop(graph);
			renewed = true;
			continue;
		}
		r = try_again(graph, request, &patience, sent, answer);
		if (r != 1)
			return r < 0 ? r : graph_error_set(request, answer, sent);
	}
}

int graph_answer_json(
	const struct graph_request *request, struct graph_answer *answer, struct json **out)
{
	int r = parse(&answer->http.body, out);

	if (r == 0 && !json_is_object(*out))
		r = err_set(ERR_INVALID, "it is no JSON object");
	if (r == 0)
		return 0;
	json_free(STEAL(*out));
	r = err_set(ERR_PROTOCOL, "%s: Microsoft Graph's answer cannot be read: %s",
		request->what, err_message());
	return source_fail(r, request->scope, SOURCE_RETRY_LATER, "bad_json");
}
