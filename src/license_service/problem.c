/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "license_service/api_priv.h"
#include "license_service/failure.h"
#include "net/http_server.h"

const struct problem problem_request_invalid = {400, "request_invalid", "Invalid request"};
const struct problem problem_key_mistyped = {400, "key_mistyped", "Mistyped license key"};
const struct problem problem_key_unknown = {404, "key_unknown", "Unknown license key"};
const struct problem problem_key_revoked = {403, "key_revoked", "Revoked license key"};
const struct problem problem_instance_unknown = {401, "instance_unknown", "Unknown instance"};
const struct problem problem_signature_invalid = {
	401, "signature_invalid", "Invalid signature"};
const struct problem problem_time_outside_window = {
	401, "time_outside_window", "Time outside of the window"};
const struct problem problem_instance_conflict = {
	409, "instance_conflict", "Instance enrolled with another key"};
const struct problem problem_idempotency_conflict = {
	409, "idempotency_conflict", "Idempotency key used for another claim"};
const struct problem problem_key_replaced = {403, "key_replaced", "Replaced license key"};
const struct problem problem_secret_not_rewrapped = {
	409, "secret_not_rewrapped", "Activate at an enrolled instance first"};
const struct problem problem_instance_revoked = {403, "instance_revoked", "Revoked instance"};
const struct problem problem_history_behind = {
	409, "history_behind", "The records of this license are behind"};
const struct problem problem_path_unknown = {404, "path_unknown", "Unknown path"};
const struct problem problem_method_not_allowed = {
	405, "method_not_allowed", "Method not allowed"};
const struct problem problem_slow_down = {429, "slow_down", "Too many requests"};
const struct problem problem_order_unknown = {404, "order_unknown", "Unknown order"};
const struct problem problem_not_found = {404, "not_found", "Not found"};
const struct problem problem_order_refused = {
	409, "order_refused", "The license does not allow this order"};
const struct problem problem_price_changed = {409, "price_changed", "The price has changed"};
const struct problem problem_token_invalid = {401, "token_invalid", "Invalid token"};
const struct problem problem_internal = {500, "internal", "Internal error"};
const struct problem problem_unavailable = {503, "unavailable", "Temporarily unavailable"};

enum { RETRY_AFTER_S = 5, DETAIL_SIZE = 256 };

const struct problem *problem_because(const struct problem *problem, const char *format, ...)
{
	char detail[DETAIL_SIZE];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(detail, sizeof(detail), format, arguments);
	va_end(arguments);
	return err_set(ERR_INVALID, "%s", detail) < 0 ? problem : NULL;
}

void problem_reply(struct http_call *call, const struct problem *problem)
{
	AUTO_JSON body = json_new_object();

	json_put_text(body, "type", "about:blank");
	json_put_text(body, "title", problem->title);
	json_put_int(body, "status", problem->status);
	json_put_text(body, "code", problem->code);
	json_put_text(body, "detail",
		problem->status >= 500 ? "the service cannot answer now; try again later"
				       : err_message());
	if (problem == &problem_time_outside_window)
		json_put_int(body, "service_time", clock_now_s());
	if (problem == &problem_unavailable) {
		AUTO_TEXT seconds = mem_printf("%d", RETRY_AFTER_S);
		http_reply_header(call, "Retry-After", seconds);
	}
	AUTO_TEXT text = json_text(body, false);
	http_reply(call, problem->status, "application/problem+json", text, strlen(text));
}

const struct problem *problem_of_failure(int code)
{
	if (code == ERR_AUTH) /* it was logged where it was found */
		return &problem_history_behind;
	failure_log("request_failed", "code", err_name(code));
	switch (code) {
	case ERR_LOCKED:
	case ERR_IO:
	case ERR_NETWORK: /* to the database */
	case ERR_UNAVAILABLE:
	case ERR_CONFLICT:
		return &problem_unavailable;
	default:
		return &problem_internal;
	}
}
