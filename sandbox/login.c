/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/login.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/secret.h"

/* A refusal as Microsoft numbers it. */
struct refusal {
	int status;
	const char *error;
	int code;
};

static const struct refusal missing_parameter = {400, "invalid_request", 900144};
static const struct refusal only_post = {400, "invalid_request", 900561};
static const struct refusal unknown_tenant = {400, "invalid_request", 90002};
static const struct refusal unknown_grant = {400, "unsupported_grant_type", 70003};
static const struct refusal unknown_client = {400, "unauthorized_client", 700016};
static const struct refusal bad_scope = {400, "invalid_scope", 70011};
static const struct refusal no_secret = {401, "invalid_client", 7000216};
static const struct refusal wrong_secret = {401, "invalid_client", 7000215};

PRINTF_LIKE(3, 4)
static void refuse(struct call *call, const struct refusal *refusal, const char *format, ...)
{
	struct json *body = json_new_object(), *codes = json_new_array();
	char at[TIMESTAMP_SIZE];
	va_list arguments;
	char text[512];

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text[text_utf8_cut(text, sizeof(text) - 1)] = 0;
	timestamp_format(clock_now_s(), at);
	at[10] = ' ';
	AUTO_TEXT description =
		mem_printf("AADSTS%d: %s Trace ID: %s Correlation ID: %s Timestamp: %s",
			refusal->code, text, call->request_id, call->client_request_id, at);
	json_append(codes, json_new_int(refusal->code));
	json_put_text(body, "error", refusal->error);
	json_put_text(body, "error_description", description);
	json_put(body, "error_codes", codes);
	json_put_text(body, "timestamp", at);
	json_put_text(body, "trace_id", call->request_id);
	json_put_text(body, "correlation_id", call->client_request_id);
	reply_json(call, refusal->status, body);
}

static bool is_tenant(const struct call *call, const char *name)
{
	const struct tenant *tenant = call->sandbox->tenant;

	return text_equal_nocase(name, tenant->id) || text_equal_nocase(name, tenant->domain);
}

static void refuse_tenant(struct call *call)
{
	refuse(call, &unknown_tenant,
		"Tenant '%s' not found. Check to make sure you have the correct tenant ID and "
		"are "
		"signing into the correct cloud. Check with your subscription administrator, "
		"this "
		"may happen if there are no active subscriptions for the tenant.",
		call->path.segments[0]);
}

/* The form of a token request; empty where the body is no form. */
static void read_form(struct call *call, struct odata_query *out)
{
	const char *type = http_call_header(call->http, "Content-Type");
	size_t size;
	const void *body = http_call_body(call->http, &size);

	*out = (struct odata_query){.count = 0};
	if (!type || strncasecmp(type, "application/x-www-form-urlencoded", 33) != 0 || !body)
		return;
	AUTO_TEXT text = mem_strndup(body, size);
	if (odata_query_parse(text, out) < 0)
		odata_query_free(out);
}

/* Global Graph, or the sandbox itself under the address that the client uses. */
static bool is_graph_scope(const struct call *call, const char *scope)
{
	AUTO_TEXT own = mem_printf("%s/.default", call->base_url);

	return text_equal_nocase(scope, own) ||
	       text_equal_nocase(scope, "https://graph.microsoft.com/.default");
}

/* True where what every request needs is there; else it is refused. */
static bool has_parameters(struct call *call, const struct odata_query *form)
{
	static const char *const needed[] = {"grant_type", "client_id", "scope"};

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		const char *value = odata_query_get(form, needed[i]);
		if (value && value[0])
			continue;
		refuse(call, &missing_parameter,
			"The request body must contain the following parameter: '%s'.",
			needed[i]);
		return false;
	}
	return true;
}

static bool is_known_client(struct call *call, const struct odata_query *form)
{
	const struct tenant *tenant = call->sandbox->tenant;
	const char *client = odata_query_get(form, "client_id");

	if (text_equal_nocase(client, tenant->client_id))
		return true;
	refuse(call, &unknown_client,
		"Application with identifier '%s' was not found in the directory '%s'. This "
		"can "
		"happen if the application has not been installed by the administrator of the "
		"tenant or consented to by any user in the tenant. You may have sent your "
		"authentication request to the wrong tenant.",
		client, tenant->domain);
	return false;
}

static bool has_right_secret(struct call *call, const struct odata_query *form)
{
	const char *given = odata_query_get(form, "client_secret");
	const char *secret = call->sandbox->client_secret;

	if (!given || !given[0]) {
		refuse(call, &no_secret,
			"'client_assertion', 'client_secret' or 'request' is required for the "
			"'client_credentials' grant type.");
		return false;
	}
	if (strlen(given) == strlen(secret) && secret_equal(given, secret, strlen(secret)))
		return true;
	refuse(call, &wrong_secret,
		"Invalid client secret provided. Ensure the secret being sent in the request "
		"is "
		"the client secret value, not the client secret ID, for a secret added to app "
		"'%s'.",
		call->sandbox->tenant->client_id);
	return false;
}

static bool may_have_token(struct call *call, const struct odata_query *form)
{
	if (!has_parameters(call, form))
		return false;

	const char *grant = odata_query_get(form, "grant_type");
	const char *scope = odata_query_get(form, "scope");
	if (!text_equal(grant, "client_credentials")) {
		refuse(call, &unknown_grant,
			"The app requested an unsupported grant type '%s'.", grant);
		return false;
	}
	if (!is_known_client(call, form))
		return false;
	if (!is_graph_scope(call, scope)) {
		refuse(call, &bad_scope,
			"The provided request must include a 'scope' input parameter. The "
			"provided "
			"value for the input parameter 'scope' is not valid. The scope %s is "
			"not "
			"valid.",
			scope);
		return false;
	}
	return has_right_secret(call, form);
}

static void give_token(struct call *call)
{
	AUTO_JSON roles = faults_roles(call->sandbox->faults);
	const struct token_claims claims = {call->base_url, call->sandbox->tenant->id,
		call->sandbox->tenant->client_id, clock_now_s(), roles};
	AUTO_TEXT token = token_make(&claims, call->sandbox->token_key);
	struct json *body = json_new_object();

	json_put_text(body, "token_type", "Bearer");
	json_put_int(body, "expires_in", TOKEN_LIFE_S);
	json_put_int(body, "ext_expires_in", TOKEN_LIFE_S);
	json_put_text(body, "access_token", token);
	http_reply_header(call->http, "Pragma", "no-cache");
	reply_json(call, 200, body);
}

static void handle_token(struct call *call)
{
	struct odata_query form;

	call->kind = REQUESTS_TOKEN;
	if (!text_equal(call->method, "POST")) {
		refuse(call, &only_post,
			"The endpoint only accepts POST requests. Received a %s request.",
			call->method);
		return;
	}
	if (!is_tenant(call, call->path.segments[0])) {
		refuse_tenant(call);
		return;
	}
	read_form(call, &form);
	if (may_have_token(call, &form))
		give_token(call);
	odata_query_free(&form);
}

static void put_url(
	struct json *body, const char *key, const struct call *call, const char *path)
{
	AUTO_TEXT url = mem_printf("%s/%s/%s", call->base_url, call->path.segments[0], path);

	json_put_text(body, key, url);
}

static void handle_configuration(struct call *call)
{
	struct json *body = json_new_object(), *methods = json_new_array();

	if (!is_tenant(call, call->path.segments[0])) {
		json_free(body);
		json_free(methods);
		refuse_tenant(call);
		return;
	}
	json_append(methods, json_new_text("client_secret_post"));
	put_url(body, "token_endpoint", call, "oauth2/v2.0/token");
	json_put(body, "token_endpoint_auth_methods_supported", methods);
	put_url(body, "jwks_uri", call, "discovery/v2.0/keys");
	put_url(body, "issuer", call, "v2.0");
	put_url(body, "authorization_endpoint", call, "oauth2/v2.0/authorize");
	put_url(body, "end_session_endpoint", call, "oauth2/v2.0/logout");
	json_put_text(body, "tenant_region_scope", "EU");
	json_put_text(body, "msgraph_host", call->base_url + strlen("https://"));
	reply_json(call, 200, body);
}

/* Tells a client that asks for the clouds there are that this host is one by itself. */
static void handle_instances(struct call *call)
{
	const char *host = call->base_url + strlen("https://");
	struct json *body = json_new_object(), *metadata = json_new_array();
	struct json *entry = json_new_object(), *aliases = json_new_array();
	AUTO_TEXT discovery = mem_printf("%s/%s/v2.0/.well-known/openid-configuration",
		call->base_url, call->sandbox->tenant->id);

	json_append(aliases, json_new_text(host));
	json_put_text(entry, "preferred_network", host);
	json_put_text(entry, "preferred_cache", host);
	json_put(entry, "aliases", aliases);
	json_append(metadata, entry);
	json_put_text(body, "tenant_discovery_endpoint", discovery);
	json_put_text(body, "api-version", "1.1");
	json_put(body, "metadata", metadata);
	reply_json(call, 200, body);
}

bool login_handle(struct call *call)
{
	static const struct {
		const char *path; /* behind the tenant */
		void (*handle)(struct call *call);
	} routes[] = {{"oauth2/v2.0/token", handle_token},
		{"v2.0/.well-known/openid-configuration", handle_configuration},
		{"discovery/instance", handle_instances}};
	const char *behind = strchr(http_call_path(call->http) + 1, '/');

	for (size_t i = 0; behind && i < sizeof(routes) / sizeof(routes[0]); i++) {
		if (!text_equal_nocase(behind + 1, routes[i].path))
			continue;
		routes[i].handle(call);
		return true;
	}
	return false;
}
