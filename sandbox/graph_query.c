/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_priv.h"

enum {
	MAIL_PAGE = 10,
	MAIL_PAGE_MAX = 1000,
	DIRECTORY_PAGE = 100,
	DIRECTORY_PAGE_MAX = 999,
};

/* Those that Graph serves here and there; any other option with a "$" does not exist. */
static const char *const known[] = {"$select", "$top", "$skip", "$filter", "$orderby", "$count",
	"$search", "$expand", "$format", "$skiptoken", "$deltatoken", NULL};

static bool is_in(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (strcmp(*words, word) == 0)
			return true;
	return false;
}

bool graph_accepts(struct call *call, const char *const *accepted)
{
	for (size_t i = 0; i < call->query.count; i++) {
		const char *name = call->query.options[i].name;
		if (name[0] != '$' || is_in(accepted, name))
			continue;
		if (is_in(known, name))
			reply_unserved(call, name);
		else
			reply_error(call, 400, "BadRequest",
				"The query parameter '%s' is not supported.", name);
		return false;
	}
	return true;
}

bool graph_select(struct call *call, const struct graph_type *type, const char **out)
{
	*out = odata_query_get(&call->query, "$select");
	if (odata_select_check(*out, type) == 0)
		return true;
	reply_bad_request(call);
	return false;
}

struct user *graph_open_user(struct call *call)
{
	struct tenant *tenant = call->sandbox->tenant;
	const char *name = call->path.segments[2];

	tenant_lock(tenant);
	struct user *user = tenant_user(tenant, name);
	if (user)
		return user;
	tenant_unlock(tenant);
	reply_error(call, 404, "Request_ResourceNotFound",
		"Resource '%s' does not exist or one of its queried reference-property objects "
		"are "
		"not present.",
		name);
	return NULL;
}

static void refuse_throttled(struct call *call, enum limits_answer answer, int64_t wait_s)
{
	AUTO_TEXT seconds = mem_printf("%lld", (long long)wait_s);

	http_reply_header(call->http, "Retry-After", seconds);
	if (answer == LIMITS_CONCURRENCY)
		reply_error(call, 429, "ApplicationThrottled",
			"Application is over its MailboxConcurrency limit.");
	else
		reply_error(call, 429, "ApplicationThrottled",
			"Application is over its RequestsPer10Minutes limit.");
}

/* Why a user has no mailbox that Graph reaches; NULL where it has. */
static const char *no_mailbox_code(const struct user *user)
{
	if (user_has_mailbox(user))
		return NULL;
	return user->facts.m365_license && !user->facts.guest ? "MailboxNotEnabledForRESTAPI"
							      : "ResourceNotFound";
}

static void refuse_mailbox(struct call *call, const char *code)
{
	reply_error(call, 404, code, "%s",
		text_equal(code, "ResourceNotFound")
			? "Resource could not be discovered."
			: "The mailbox is either inactive, soft-deleted, or is hosted "
			  "on-premise.");
}

struct user *graph_open_mailbox(struct call *call)
{
	struct limits_bounds bounds = faults_limits(call->sandbox->faults);
	struct user *user = graph_open_user(call);

	if (!user)
		return NULL;
	const char *code = no_mailbox_code(user);
	if (code) {
		tenant_unlock(call->sandbox->tenant);
		refuse_mailbox(call, code);
		return NULL;
	}
	enum limits_answer answer =
		limits_enter(&user->limits, &bounds, clock_monotonic_us() / 1000000);
	int64_t wait_s = answer == LIMITS_BUDGET ? limits_wait_s(&user->limits, &bounds) : 1;
	if (answer == LIMITS_FINE)
		call->user = user;
	if (answer == LIMITS_FINE && call->fault.delay_ms == 0)
		return user;
	tenant_unlock(call->sandbox->tenant);
	if (answer != LIMITS_FINE) {
		refuse_throttled(call, answer, wait_s);
		return NULL;
	}
	/* A slow request holds its place among the four while it is slow. */
	call_delay(call);
	tenant_lock(call->sandbox->tenant);
	return user;
}

struct folder *graph_open_folder(struct call *call, struct user *user, const char *name)
{
	struct folder *folder = mailbox_well_known(user->mailbox, name);
	struct ids_ref ref;

	if (folder)
		return folder;
	int r = ids_read(name, &ref);
	if (r == 0 && ref.kind == IDS_FOLDER)
		folder = mailbox_folder(user->mailbox, &ref.key);
	if (folder)
		return folder;
	tenant_unlock(call->sandbox->tenant);
	if (r < 0)
		reply_error(call, 400, "ErrorInvalidIdMalformed", "Id is malformed.");
	else
		reply_error(call, 404, "ErrorItemNotFound",
			"The specified object was not found in the store., The process failed "
			"to "
			"get the correct properties.");
	return NULL;
}

bool graph_page(struct call *call, int64_t *out_top, int64_t *out_skip)
{
	int64_t size = call->page_size ? call->page_size : MAIL_PAGE;
	int r = odata_query_number(
		&call->query, "$top", (int64_t[]){1, MAIL_PAGE_MAX}, size, out_top);

	if (r == 0)
		r = odata_query_number(
			&call->query, "$skip", (int64_t[]){0, INT32_MAX}, 0, out_skip);
	if (r == 0)
		return true;
	reply_error(call, 400, "ErrorInvalidUrlQuery", "%s", err_message());
	return false;
}

void graph_put_next(const struct call *call, struct json *body, int64_t skip)
{
	AUTO_TEXT options = odata_query_text(&call->query, "$skip");
	AUTO_TEXT link = mem_printf("%s%s?%s%s$skip=%lld", call->base_url,
		http_call_path(call->http), options, options[0] ? "&" : "", (long long)skip);

	json_put_text(body, "@odata.nextLink", link);
}

void graph_put_context(const struct call *call, struct json *body, const char *context)
{
	AUTO_TEXT url = mem_printf("%s/v1.0/$metadata#%s", call->base_url, context);

	json_put_text(body, "@odata.context", url);
}

bool graph_directory_top(struct call *call, int64_t *out)
{
	if (odata_query_number(&call->query, "$top", (int64_t[]){1, DIRECTORY_PAGE_MAX},
		    DIRECTORY_PAGE, out) == 0)
		return true;
	reply_error(call, 400, "Request_UnsupportedQuery",
		"Invalid page size specified: '%s'. Must be between 1 and %d inclusive.",
		odata_query_get(&call->query, "$top"), DIRECTORY_PAGE_MAX);
	return false;
}

#define SKIPTOKEN "from-"

bool graph_skiptoken(struct call *call, size_t *out)
{
	const char *token = odata_query_get(&call->query, "$skiptoken");
	AUTO_BUF bytes = buf_init(64);
	int64_t at;

	*out = 0;
	if (!token)
		return true;
	const char *text = text_from_base64(token, &bytes) == 0 ? buf_text(&bytes) : NULL;
	if (text && text_starts_with(text, SKIPTOKEN) &&
		text_to_int(text + strlen(SKIPTOKEN), 0, INT32_MAX, &at) == 0) {
		*out = (size_t)at;
		return true;
	}
	reply_error(call, 400, "Directory_ExpiredPageToken",
		"The specified page token value has expired and can no longer be included in "
		"your "
		"request.");
	return false;
}

void graph_put_skiptoken(const struct call *call, struct json *body, size_t from)
{
	AUTO_TEXT plain = mem_printf(SKIPTOKEN "%zu", from);
	AUTO_TEXT token = text_to_base64url(plain, strlen(plain));
	AUTO_TEXT options = odata_query_text(&call->query, "$skiptoken");
	AUTO_TEXT link = mem_printf("%s%s?%s%s$skiptoken=%s", call->base_url,
		http_call_path(call->http), options, options[0] ? "&" : "", token);

	json_put_text(body, "@odata.nextLink", link);
}
