/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/admin.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/openmetrics.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "db/db.h"
#include "license_service/admin_lists.h"
#include "license_service/api_priv.h"
#include "license_service/history.h"
#include "license_service/metrics.h"
#include "license_service/order_json.h"
#include "license_service/payment.h"
#include "license_service/report.h"
#include "license_service/root.h"
#include "license_service/trials.h"
#include "net/http_server.h"

enum {
	TOKEN_BYTES = 32,
	TOKEN_LEAST = 20,
	TOKEN_MODE = 0600,
	METRICS_MAX = 256 * 1024,
	BODY_MAX = 16 * 1024,
	ID_SIZE = 40,
};

struct admin {
	const struct home *home;
	struct api *api;
	uint8_t token_digest[HASH_SIZE];
	pthread_mutex_t lock; /* guards `store` */
	struct store *store;
};

static int make_token(const char *path)
{
	uint8_t bytes[TOKEN_BYTES];

	secret_random(bytes, sizeof(bytes));
	AUTO_TEXT text = text_to_base64url(bytes, sizeof(bytes));
	AUTO_TEXT line = mem_printf("%s\n", text);
	int r = io_write_file(path, line, strlen(line), TOKEN_MODE);
	secret_wipe(bytes, sizeof(bytes));
	secret_wipe(text, strlen(text));
	secret_wipe(line, strlen(line));
	return r;
}

static int open_token(struct admin *admin)
{
	AUTO_TEXT path = home_path(admin->home, "admin.token");
	AUTO_TEXT token = NULL;
	int r = io_exists(path) ? 0 : make_token(path);

	if (r == 0)
		r = secret_read(path, &token);
	if (r == 0 && strlen(token) < TOKEN_LEAST)
		r = err_set(
			ERR_INVALID, "the token must have %d characters at least", TOKEN_LEAST);
	if (r == 0)
		hash_sha256(token, strlen(token), admin->token_digest);
	if (token)
		secret_wipe(token, strlen(token));
	return err_wrap(r, "%s", path);
}

int admin_open(const struct home *home, struct api *api, struct admin **out)
{
	struct admin *admin = mem_alloc(sizeof(*admin));
	*out = NULL;

	admin->home = home;
	admin->api = api;
	pthread_mutex_init(&admin->lock, NULL);
	int r = open_token(admin);
	if (r == 0)
		r = store_open(home, &admin->store);
	if (r < 0) {
		admin_close(admin);
		return r;
	}
	*out = admin;
	return 0;
}

void admin_close(struct admin *admin)
{
	if (!admin)
		return;
	store_close(admin->store);
	pthread_mutex_destroy(&admin->lock);
	mem_free(admin);
}

/* One request on its way. */
struct admin_call {
	struct admin *admin;
	struct http_call *call;
	char id[ID_SIZE]; /* in the path; "" */
	struct json *reply;
};

/* Digests of one length are compared: neither time nor length tells anything. */
static bool is_allowed(const struct admin *admin, struct http_call *call)
{
	static const char scheme[] = "Bearer ";
	const char *header = http_call_header(call, "Authorization");
	uint8_t digest[HASH_SIZE];

	if (!header || !text_starts_with(header, scheme))
		return false;
	const char *token = header + sizeof(scheme) - 1;
	hash_sha256(token, strlen(token), digest);
	return secret_equal(digest, admin->token_digest, HASH_SIZE);
}

static int read_limit(struct http_call *call, int64_t *out)
{
	AUTO_TEXT text = http_call_parameter(call, "limit");

	*out = ADMIN_LIST_USUAL;
	if (text && text_to_int(text, 1, ADMIN_LIST_MOST, out) < 0)
		return err_set(
			ERR_INVALID, "\"limit\" must lie between 1 and %d", ADMIN_LIST_MOST);
	return 0;
}

static int list(struct admin_call *call, admin_list_fn *function)
{
	AUTO_TEXT after = http_call_parameter(call->call, "after");
	AUTO_TEXT query = http_call_parameter(call->call, "q");
	AUTO_TEXT state = http_call_parameter(call->call, "state");
	AUTO_TEXT license = http_call_parameter(call->call, "license");
	struct admin_page page = {
		.after = after,
		.query = query,
		.state = state,
		.license_id = call->id[0] ? call->id : license,
		.now_s = clock_now_s(),
	};
	int r = read_limit(call->call, &page.limit);

	return r < 0 ? r : function(call->admin->store, &page, &call->reply);
}

static int customers(struct admin_call *call)
{
	return list(call, admin_list_customers);
}

static int licenses(struct admin_call *call)
{
	return list(call, admin_list_licenses);
}

static int instances(struct admin_call *call)
{
	return list(call, admin_list_instances);
}

static int events(struct admin_call *call)
{
	return list(call, admin_list_events);
}

static int orders(struct admin_call *call)
{
	return list(call, admin_list_orders);
}

static int mails(struct admin_call *call)
{
	return list(call, admin_list_mails);
}

static int deliveries(struct admin_call *call)
{
	return list(call, admin_list_deliveries);
}

static int trials(struct admin_call *call)
{
	return trials_list(call->admin->store, clock_now_s(), &call->reply);
}

static int put_masked(struct admin_call *call)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(store_db(call->admin->store), &rows,
		"SELECT masked FROM key_face WHERE license_id = ?1", "s", call->id);

	json_put_text(call->reply, "key", r == 1 ? db_text(rows, 0) : NULL);
	return r < 0 ? r : 0;
}

static int license(struct admin_call *call)
{
	int r = report_license(call->admin->store, call->id, clock_now_s(), &call->reply);

	if (r < 0)
		return r;
	/* Those have pages of their own. */
	json_remove(call->reply, "instances");
	json_remove(call->reply, "events");
	return put_masked(call);
}

static int read_body(struct http_call *call, struct json **out)
{
	size_t size;
	const char *text = http_call_body(call, &size);

	*out = NULL;
	if (size > BODY_MAX || json_parse(text ? text : "", size, out) < 0 ||
		!json_is_object(*out))
		return err_set(ERR_INVALID, "the body must be a JSON object");
	return 0;
}

static int revoke(struct admin_call *call)
{
	AUTO_JSON body = NULL;
	int r = read_body(call->call, &body);

	if (r < 0)
		return r;
	const char *reason = json_get_text_or(body, "reason", "");
	if (!*reason || strlen(reason) > ORDER_TEXT_MAX || strpbrk(reason, "\r\n"))
		return err_set(ERR_INVALID, "\"reason\" is one line of at most %d bytes",
			ORDER_TEXT_MAX);
	r = orders_revoke(call->admin->store, call->id, reason, clock_now_s());
	if (r < 0 && r != ERR_EXISTS)
		return r;
	log_info("revoked", "license", call->id, NULL);
	return license(call);
}

static int show_order(struct admin_call *call, struct order *order)
{
	call->reply = order_json(order, clock_now_s());
	json_put_int(call->reply, "schema", 1);
	json_put_text(call->reply, "license_id", order->completed_s ? order->license_id : NULL);
	json_put_text(call->reply, "customer", order->customer[0] ? order->customer : NULL);
	json_put_text(call->reply, "email", order->email[0] ? order->email : NULL);
	secret_wipe(order->key, sizeof(order->key));
	return 0;
}

static int order(struct admin_call *call)
{
	struct order order;
	int r = orders_read(call->admin->store, call->id, &order);

	return r < 0 ? r : show_order(call, &order);
}

static int settle(struct admin_call *call)
{
	struct order found = {0};
	struct payment_report report;
	const char *outcome = "";
	const struct payment_message message = {
		.message = {.id = call->id}, .now_s = clock_now_s()};
	int r = payment_invoice.read(call->admin->home->settings, &message, &report);

	if (r == 0)
		r = payment_take(
			call->admin->store, &payment_invoice, &report, message.now_s, &outcome);
	if (r == 0)
		r = orders_read(call->admin->store, call->id, &found);
	if (r < 0)
		return r;
	if (!found.completed_s) {
		secret_wipe(found.key, sizeof(found.key));
		return err_set(ERR_LICENSE, "the order cannot be settled: %s", outcome);
	}
	return show_order(call, &found);
}

static int cancel(struct admin_call *call)
{
	struct order order;
	int r = orders_cancel(call->admin->store, call->id, clock_now_s(), &order);

	return r < 0 ? r : show_order(call, &order);
}

typedef int admin_endpoint_fn(struct admin_call *call);

/* "{id}" stands for an id. */
static const struct {
	const char *method, *path;
	admin_endpoint_fn *endpoint;
} endpoints[] = {
	{"GET", "/v1/customers", customers},
	{"GET", "/v1/licenses", licenses},
	{"GET", "/v1/licenses/{id}", license},
	{"GET", "/v1/licenses/{id}/instances", instances},
	{"GET", "/v1/licenses/{id}/events", events},
	{"POST", "/v1/licenses/{id}/revoke", revoke},
	{"GET", "/v1/instances", instances},
	{"GET", "/v1/orders", orders},
	{"GET", "/v1/orders/{id}", order},
	{"POST", "/v1/orders/{id}/settle", settle},
	{"POST", "/v1/orders/{id}/cancel", cancel},
	{"GET", "/v1/mails", mails},
	{"GET", "/v1/deliveries", deliveries},
	{"GET", "/v1/trials", trials},
};

/* Whether the path is of that form, with its id. */
static bool is_path(const char *path, const char *form, char id[ID_SIZE])
{
	size_t before = strcspn(form, "{");

	id[0] = '\0';
	if (!form[before])
		return text_equal(path, form);
	if (strncmp(path, form, before) != 0)
		return false;
	size_t size = strspn(path + before, "0123456789abcdef");
	if (size < 1 || size >= ID_SIZE ||
		!text_equal(path + before + size, form + before + strlen("{id}")))
		return false;
	memcpy(id, path + before, size);
	id[size] = '\0';
	return true;
}

static const struct problem *problem_of(int r)
{
	switch (r) {
	case ERR_INVALID:
	case ERR_LIMIT:
		return &problem_request_invalid;
	case ERR_NOTFOUND:
		return &problem_not_found;
	case ERR_LICENSE:
		return &problem_order_refused;
	default:
		return problem_of_failure(r);
	}
}

static void run(struct admin_call *call, admin_endpoint_fn *endpoint)
{
	pthread_mutex_lock(&call->admin->lock);
	int r = endpoint(call);
	pthread_mutex_unlock(&call->admin->lock);
	if (r < 0) {
		problem_reply(call->call, problem_of(r));
	} else {
		AUTO_TEXT text = json_text(call->reply, false);
		http_reply(call->call, 200, "application/json", text, strlen(text));
	}
	json_free(call->reply);
}

static void route(struct admin *admin, struct http_call *http)
{
	struct admin_call call = {.admin = admin, .call = http};
	const char *path = http_call_path(http);
	bool is_known = false;

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (!is_path(path, endpoints[i].path, call.id))
			continue;
		is_known = true;
		if (text_equal(http_call_method(http), endpoints[i].method)) {
			run(&call, endpoints[i].endpoint);
			return;
		}
	}
	problem_reply(http, is_known ? problem_because(&problem_method_not_allowed,
					       "%s is not for this method", path)
				     : problem_because(&problem_path_unknown,
					       "there is nothing at this path"));
}

static int write_metrics(struct admin *admin, struct buf *out)
{
	int64_t now_s = clock_now_s();
	int64_t waiting = (int64_t)writer_waiting(admin->api->writer);
	struct root_status root;
	int r = root_status(admin->home, now_s, &root);

	pthread_mutex_lock(&admin->lock);
	if (r == 0)
		r = metrics_write(admin->store, now_s, waiting, root.until_s, out);
	pthread_mutex_unlock(&admin->lock);
	return r;
}

static void metrics(struct admin *admin, struct http_call *call)
{
	AUTO_BUF text = buf_init(METRICS_MAX);
	int r = write_metrics(admin, &text);

	if (r < 0)
		problem_reply(call, problem_of_failure(r));
	else
		http_reply(call, 200, OPENMETRICS_CONTENT_TYPE, text.data, text.size);
}

/* What waits for its operator, beside being ready. */
static int describe_ready(struct admin *admin, struct json *out)
{
	struct root_status root;
	int64_t held = 0;
	int r = root_status(admin->home, clock_now_s(), &root);

	pthread_mutex_lock(&admin->lock);
	if (r == 0)
		r = history_count_held(admin->store, &held);
	pthread_mutex_unlock(&admin->lock);
	if (r == 0 && root.warning_days < 0)
		r = err_set(ERR_UNAVAILABLE, "no online key is valid, and the root key is not "
					     "here: nothing can be signed");
	if (r < 0)
		return r;
	json_put_text(out, "status", "ok");
	json_put_int(out, "licenses_held", held);
	json_put_time(out, "online_key_until", root.until_s);
	json_put_bool(out, "online_key_ends_soon", root.warning_days > 0);
	return 0;
}

/* Ready: the database answers, and there is, or will be, a key to sign with. */
static void ready(struct admin *admin, struct http_call *call)
{
	AUTO_JSON json = json_new_object();
	int r = describe_ready(admin, json);

	if (r < 0) {
		problem_reply(call,
			problem_of_failure(r == ERR_UNAVAILABLE ? ERR_UNAVAILABLE : ERR_IO));
		return;
	}
	AUTO_TEXT text = json_text(json, false);
	http_reply(call, 200, "application/json", text, strlen(text));
}

void admin_handle(void *context, struct http_call *call)
{
	static const char alive[] = "{\"status\":\"ok\"}";
	struct admin *admin = context;
	const char *path = http_call_path(call);

	http_reply_header(call, "Cache-Control", "no-store");
	if (text_equal(path, "/livez")) {
		http_reply(call, 200, "application/json", alive, sizeof(alive) - 1);
	} else if (text_equal(path, "/readyz")) {
		ready(admin, call);
	} else if (!is_allowed(admin, call)) {
		http_reply_header(call, "WWW-Authenticate", "Bearer");
		problem_reply(call, problem_because(&problem_token_invalid,
					    "give the token of admin.token as Authorization: "
					    "Bearer TOKEN"));
	} else if (text_equal(path, "/metrics")) {
		metrics(admin, call);
	} else {
		route(admin, call);
	}
}
