/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/call.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "sandbox/generator.h"

#define JSON_TYPE                                                                              \
	"application/"                                                                         \
	"json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;"            \
	"charset=utf-8"

enum { MESSAGE_SIZE = 1024, PAGE_SIZE_MAX = 1000 };

/* The client's id for the request, where it is a GUID; else our own. */
static void read_request_ids(struct call *call)
{
	const char *theirs = http_call_header(call->http, "client-request-id");
	bool is_guid = theirs && strlen(theirs) == IDS_GUID_SIZE - 1;

	for (size_t i = 0; is_guid && theirs[i]; i++)
		is_guid = isxdigit((unsigned char)theirs[i]) || theirs[i] == '-';
	ids_guid_random(call->request_id);
	snprintf(call->client_request_id, IDS_GUID_SIZE, "%s",
		is_guid ? theirs : call->request_id);
}

/* One preference of RFC 7240; those that are unknown are passed over, as the RFC has it. */
static int read_preference(struct call *call, const char *text)
{
	int64_t size;

	if (text_equal_nocase(text, "IdType=\"ImmutableId\"") ||
		text_equal_nocase(text, "IdType=ImmutableId")) {
		call->immutable_ids = true;
		http_reply_header(call->http, "Preference-Applied", "IdType=\"ImmutableId\"");
	} else if (strncasecmp(text, "odata.maxpagesize=", 18) == 0) {
		if (text_to_int(text + 18, 1, INT32_MAX, &size) < 0)
			return err_set(ERR_INVALID,
				"The value '%s' of odata.maxpagesize is not a positive number.",
				text + 18);
		call->page_size = size < PAGE_SIZE_MAX ? size : PAGE_SIZE_MAX;
		AUTO_TEXT applied = mem_printf("odata.maxpagesize=%lld", (long long)size);
		http_reply_header(call->http, "Preference-Applied", applied);
	}
	return 0;
}

static int read_preferences(struct call *call)
{
	const char *at = http_call_header(call->http, "Prefer");
	int r = 0;

	while (at && *at && r == 0) {
		size_t length = strcspn(at, ",;");
		AUTO_TEXT preference = mem_strndup(at, length);
		size_t end = length;
		while (end > 0 && isspace((unsigned char)preference[end - 1]))
			preference[--end] = 0;
		r = read_preference(call, preference + strspn(preference, " \t"));
		at += length + (at[length] != 0);
	}
	return r;
}

bool call_begin(struct sandbox *sandbox, struct http_call *http, struct call *out)
{
	const char *host = http_call_header(http, "Host");

	*out = (struct call){.sandbox = sandbox,
		.http = http,
		.method = http_call_method(http),
		.kind = REQUESTS_OTHER,
		.fault = {.retry_after_s = -1, .cut = -1}};
	out->base_url = mem_printf("https://%s", host ? host : "localhost");
	read_request_ids(out);
	int r = odata_path_parse(http_call_path(http), &out->path);
	if (r == 0)
		r = odata_query_parse(http_call_query(http), &out->query);
	if (r == 0)
		r = read_preferences(out);
	if (r < 0)
		reply_bad_request(out);
	return r == 0;
}

void call_end(struct call *call)
{
	if (call->user) {
		tenant_lock(call->sandbox->tenant);
		limits_leave(&call->user->limits);
		tenant_unlock(call->sandbox->tenant);
	}
	if (call->fault.cut >= 0)
		http_reply_cut(call->http, (size_t)call->fault.cut);
	odata_path_free(&call->path);
	odata_query_free(&call->query);
	fault_free(&call->fault);
	mem_free(call->base_url);
}

void call_delay(struct call *call)
{
	if (call->fault.delay_ms > 0)
		clock_sleep_us(call->fault.delay_ms * 1000);
	call->fault.delay_ms = 0;
}

static void put_headers(struct call *call)
{
	http_reply_header(call->http, "request-id", call->request_id);
	http_reply_header(call->http, "client-request-id", call->client_request_id);
	http_reply_header(call->http, "Cache-Control", "private");
	http_reply_header(call->http, "OData-Version", "4.0");
}

void reply_json(struct call *call, int status, struct json *body)
{
	AUTO_JSON owned = body;
	AUTO_TEXT text = json_text(owned, false);

	put_headers(call);
	call->status = status;
	http_reply(call->http, status, JSON_TYPE, text, strlen(text));
}

void reply_error(struct call *call, int status, const char *code, const char *format, ...)
{
	struct json *body = json_new_object(), *error = json_new_object();
	struct json *inner = json_new_object();
	char message[MESSAGE_SIZE], date[TIMESTAMP_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(message, sizeof(message), format, arguments);
	va_end(arguments);
	message[text_utf8_cut(message, sizeof(message) - 1)] = 0;
	timestamp_format(clock_now_s(), date);
	date[strlen(date) - 1] = 0; /* Graph writes it without its Z */
	json_put_text(inner, "date", date);
	json_put_text(inner, "request-id", call->request_id);
	json_put_text(inner, "client-request-id", call->client_request_id);
	json_put_text(error, "code", code);
	json_put_text(error, "message", message);
	json_put(error, "innerError", inner);
	json_put(body, "error", error);
	reply_json(call, status, body);
}

void reply_bad_request(struct call *call)
{
	reply_error(call, 400, "BadRequest", "%s", err_message());
}

void reply_unserved(struct call *call, const char *what)
{
	log_info("unserved", "what", what, NULL);
	reply_error(call, 501, "NotImplemented",
		"Microsoft Graph may serve %s; garner-tenant does not.", what);
}

/* What Graph says where a fault names a status and no more. */
static const char *code_of(int status)
{
	static const struct {
		int status;
		const char *code;
	} codes[] = {{400, "BadRequest"}, {401, "InvalidAuthenticationToken"},
		{403, "ErrorAccessDenied"}, {404, "ErrorItemNotFound"},
		{410, "SyncStateNotFound"}, {429, "ApplicationThrottled"},
		{500, "ErrorInternalServerError"}, {502, "BadGateway"},
		{503, "ServiceUnavailable"}, {504, "GatewayTimeout"}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (codes[i].status == status)
			return codes[i].code;
	return "UnknownError";
}

static void put_retry_after(struct call *call)
{
	const struct fault *fault = &call->fault;
	char text[TIMESTAMP_SIZE];

	if (fault->retry_after_s < 0)
		return;
	if (fault->retry_after_is_date)
		timestamp_format_http(clock_now_s() + fault->retry_after_s, text);
	else
		snprintf(text, sizeof(text), "%lld", (long long)fault->retry_after_s);
	http_reply_header(call->http, "Retry-After", text);
}

void reply_fault(struct call *call)
{
	const struct fault *fault = &call->fault;

	put_retry_after(call);
	if (!fault->body) {
		reply_error(call, fault->status,
			fault->code ? fault->code : code_of(fault->status), "%s",
			fault->message ? fault->message : "This was asked for by a fault.");
		return;
	}
	put_headers(call);
	call->status = fault->status;
	http_reply(call->http, fault->status, JSON_TYPE, fault->body, strlen(fault->body));
}

void reply_content(struct call *call, const struct content *content)
{
	AUTO_BUF bytes = buf_init(GENERATOR_MESSAGE_MAX);

	if (content_path(content)) {
		put_headers(call);
		call->status = 200;
		http_reply_file(call->http, 200, "text/plain", content_path(content));
		return;
	}
	if (content_read_made(content, &bytes) < 0) {
		reply_error(call, 500, "ErrorInternalServerError", "%s", err_message());
		return;
	}
	put_headers(call);
	call->status = 200;
	http_reply(call->http, 200, "text/plain", bytes.data, bytes.size);
}

struct json *reply_list(const struct call *call, const char *context, struct json *value)
{
	AUTO_TEXT url = mem_printf("%s/v1.0/$metadata#%s", call->base_url, context);
	struct json *body = json_new_object();

	json_put_text(body, "@odata.context", url);
	json_put(body, "value", value);
	return body;
}
