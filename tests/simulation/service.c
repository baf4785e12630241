/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "invariants.h"
#include "net/http_direct.h"

/* The licensing service: the real one, called without a socket. */

/* A history that is behind is an error to its operator, and here what was planned. */
void __wrap_log_error(const char *event, ...);
void __wrap_log_error(const char *event, ...)
{
	if (!text_equal(event, "history_behind"))
		fprintf(stderr, "an error: %s\n", event);
}

void service_open(struct world *world)
{
	if (api_open_alone(&world->api, world->home) < 0)
		world_fail(world, INVARIANT_NO_ERROR, "the service does not start: %s",
			err_message());
	else
		world->is_open = true;
}

void service_close(struct world *world)
{
	if (world->is_open)
		api_close(&world->api);
	world->is_open = false;
}

/* Nothing of the process stays; what is in the database does. */
void service_crash(struct world *world)
{
	fault_pause(true); /* that is the disk of another machine */
	service_close(world);
	service_open(world);
	world_count(world, COUNT_SERVICE_CRASHES);
	invariants_service(world, true);
	fault_pause(false);
}

/* Refusals that a true instance may come across. */
static bool may_be_refused(
	struct world *world, const struct http_request *request, const char *code)
{
	const struct instance *instance = instance_of(world, request);

	static const char *const codes[] = {"time_outside_window"};

	if (text_equal(code, "key_revoked")) {
		model_pass(&world->model, clock_now_s()); /* what was due is done */
		return world->model.revoked_s != 0;
	}
	if (text_equal(code, "instance_revoked")) {
		if (strstr(request->url, "/v1/activate"))
			model_pass(&world->model, clock_now_s()); /* the others end before it */
		world_count(world, COUNT_REVOKED_ASKED);
		return instance && instance->is_revoked;
	}
	if (text_equal(code, "instance_unknown"))
		return world->was_put_back;
	if (text_equal(code, "history_behind")) {
		model_pass(&world->model, clock_now_s()); /* also where nothing is issued */
		world_count(world, COUNT_HELD);
		world->is_held |= world->is_put_back;
		return world->is_put_back;
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
		if (text_equal(code, codes[i]))
			return true;
	return false;
}

static void look_at_problem(
	struct world *world, const struct http_request *request, struct http_response *response)
{
	AUTO_JSON problem = NULL;
	const char *text = buf_text(&response->body);

	world_count(world, COUNT_PROBLEMS);
	if (!text || json_parse(text, response->body.size, &problem) < 0 ||
		!may_be_refused(world, request, json_get_text_or(problem, "code", "")))
		world_fail(world, INVARIANT_NO_ERROR, "the service answers %d: %.200s",
			response->status, text ? text : "");
}

int service_call(
	struct world *world, const struct http_request *request, struct http_response *response)
{
	struct machine *before = world->machine;

	world_count(world, COUNT_REQUESTS);
	world->machine = &world->service;
	fault_pause(true);
	int r = http_direct(api_handle, &world->api, request, response);
	if (r < 0)
		world_fail(world, INVARIANT_NO_ERROR, "a request gets no answer: %s",
			err_message());
	else if (response->status == 200)
		invariants_answer(world, request, response);
	else
		look_at_problem(world, request, response);
	invariants_service(world, false);
	fault_pause(false);
	world->machine = before;
	return r;
}
