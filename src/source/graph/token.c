/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "source/graph/graph_priv.h"

enum {
	ANSWER_MAX = 1024 * 1024,
	LIFE_MAX_S = 86400,
	FORM_MAX = 64 * 1024,
	CLAIMS_MAX = 256 * 1024,
	RENEW_AT_PERCENT = 80,
	DESCRIPTION_MAX = 200,
};

void graph_token_drop(struct graph *graph)
{
	if (graph->token)
		secret_wipe(graph->token, strlen(graph->token));
	mem_replace(&graph->token, NULL);
}

struct json *graph_token_claims(const struct graph *graph)
{
	const char *begin = graph->token ? strchr(graph->token, '.') : NULL;
	const char *end = begin ? strchr(begin + 1, '.') : NULL;
	struct json *claims = NULL;
	AUTO_BUF bytes = buf_init(CLAIMS_MAX);

	if (!end)
		return NULL;
	AUTO_TEXT part = mem_strndup(begin + 1, (size_t)(end - begin - 1));
	if (text_from_base64(part, &bytes) < 0 ||
		json_parse((const char *)bytes.data, bytes.size, &claims) < 0)
		return NULL;
	return claims;
}

/* Subjects are counted by tenant and user: a connection that names the tenant by its domain
 * must come to the same tenant id as one that names it by its id. */
static void learn_tenant_id(struct graph *graph)
{
	AUTO_JSON claims = graph_token_claims(graph);
	const char *tenant_id = json_get_text(claims, "tid");

	if (!tenant_id || tenant_id[0] == '\0')
		return;
	mem_replace(&graph->tenant_id, mem_strdup(tenant_id));
	text_lower(graph->tenant_id);
}

static int add_field(struct buf *form, const char *name, const char *value)
{
	AUTO_TEXT encoded = text_percent_encode(value);
	int r = buf_printf(form, "%s%s=%s", form->size ? "&" : "", name, encoded);

	secret_wipe(encoded, strlen(encoded));
	return r;
}

static int make_form(const struct graph *graph, struct buf *form)
{
	AUTO_TEXT scope = mem_printf("%s/.default", graph->base);
	int r = add_field(form, "grant_type", "client_credentials");

	r = r < 0 ? r : add_field(form, "client_id", graph->client_id);
	r = r < 0 ? r : add_field(form, "scope", scope);
	return r < 0 ? r : add_field(form, "client_secret", graph->client_secret);
}

/* The code stands in error_codes; older servers have it only as the description's first word.
 */
static int64_t aadsts_code(const struct json *body)
{
	static const char prefix[] = "AADSTS";
	int64_t code = json_as_int(json_at(json_get(body, "error_codes"), 0), 0);
	const char *description = json_get_text_or(body, "error_description", "");

	if (code != 0 || !text_starts_with(description, prefix))
		return code;
	const char *digits = description + strlen(prefix);
	AUTO_TEXT number = mem_strndup(digits, strspn(digits, "0123456789"));
	return text_to_int(number, 1, INT32_MAX, &code) < 0 ? 0 : code;
}

static int refused(const struct json *body)
{
	int64_t code = aadsts_code(body);
	const char *text = graph_aadsts_text(code);
	const char *description = json_get_text_or(body, "error_description", "");
	char name[64];
	int r;

	if (code)
		snprintf(name, sizeof(name), "AADSTS%" PRId64, code);
	else
		snprintf(name, sizeof(name), "%s", json_get_text(body, "error"));
	if (text) {
		r = err_set(ERR_AUTH, "Microsoft refused the sign-in (%s): %s", name, text);
	} else {
		size_t size = text_utf8_cut(description, DESCRIPTION_MAX);
		size_t line = strcspn(description, "\r\n");
		r = err_set(ERR_AUTH, "Microsoft refused the sign-in (%s): %.*s", name,
			(int)(line < size ? line : size), description);
	}
	return source_fail(r, SOURCE_TENANT, SOURCE_RETRY_NEVER, name);
}

static int not_microsoft(const struct graph *graph, const struct http_response *response)
{
	return source_fail(
		err_set(ERR_PROTOCOL,
			"%s answered the sign-in with status %d and no token; is this "
			"the right authority?",
			graph->authority, response->status),
		SOURCE_TENANT, SOURCE_RETRY_LATER, "no_token");
}

static int no_answer(const struct graph *graph, int sent, struct http_response *response)
{
	if (sent < 0)
		return source_fail(err_wrap(sent, "cannot sign in at %s", graph->authority),
			SOURCE_TENANT, SOURCE_RETRY_LATER,
			sent == ERR_CANCELLED ? "cancelled" : "network");
	bool throttled = graph_is_throttled(response);
	int r = err_set(throttled ? ERR_THROTTLED : ERR_UNAVAILABLE,
		"%s cannot sign in now (status %d)", graph->authority, response->status);
	return source_fail(r, SOURCE_TENANT, SOURCE_RETRY_LATER,
		throttled ? "throttled" : "sign_in_unavailable");
}

static int take_token(struct graph *graph, struct http_response *response)
{
	AUTO_JSON body = NULL;

	if (response->status == 429 || response->status >= 500)
		return no_answer(graph, 0, response);
	if (json_parse((const char *)response->body.data, response->body.size, &body) < 0)
		return not_microsoft(graph, response);
	if (response->status >= 400 && json_get_text(body, "error"))
		return refused(body);
	const char *token = json_get_text(body, "access_token");
	int64_t life_s = json_get_int(body, "expires_in", 0);
	if (response->status != 200 || !token || strpbrk(token, "\r\n") || life_s <= 0)
		return not_microsoft(graph, response);

	graph_token_drop(graph);
	graph->token = mem_strdup(token);
	life_s = life_s < LIFE_MAX_S ? life_s : LIFE_MAX_S;
	graph->renew_at_us = clock_boot_us() + life_s * 1000000 / 100 * RENEW_AT_PERCENT;
	learn_tenant_id(graph);
	return 0;
}

static int ask_for_token(struct graph *graph, const struct buf *form)
{
	static const char *const headers[] = {"Content-Type: application/x-www-form-urlencoded",
		"Accept: application/json", NULL};
	AUTO_TEXT tenant = text_percent_encode(graph->tenant);
	AUTO_TEXT url = mem_printf("%s/%s/oauth2/v2.0/token", graph->authority, tenant);
	struct http_request request = {
		.method = "POST",
		.url = url,
		.headers = headers,
		.body = form->data,
		.body_size = form->size,
		.body_ceiling = ANSWER_MAX,
		.cancel = graph->cancel,
	};
	struct graph_patience patience = {0};

	for (;;) {
		AUTO_RESPONSE response = {0};
		graph->usage->requests++;
		int sent = http_send(graph->client, &request, &response);
		int again = graph_patience_spend(graph, &patience, sent, &response);
		if (again < 0)
			return again;
		if (again == 0)
			return sent < 0 ? no_answer(graph, sent, &response)
					: take_token(graph, &response);
	}
}

int graph_sign_in(struct graph *graph)
{
	if (graph->token && clock_boot_us() < graph->renew_at_us)
		return 0;

	AUTO_BUF form = buf_init(FORM_MAX);
	int r = make_form(graph, &form);
	if (r == 0)
		r = ask_for_token(graph, &form);
	if (form.size)
		secret_wipe(form.data, form.size);
	return r;
}
