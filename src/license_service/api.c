/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/api.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/claims.h"
#include "license_service/metrics.h"
#include "license_service/releases.h"
#include "net/http_server.h"

enum { PAGE_MAX = 10 * 1000 };

static const struct {
	const char *path;
	api_endpoint_fn *endpoint;
} endpoints[] = {
	{"/v1/activate", api_activate},
	{"/v1/lease", api_lease},
	{"/v1/claims", api_claims},
	{"/v1/releases", api_releases},
	{"/v1/subjects", api_subjects},
	{"/v1/events", api_events},
	{"/v1/trial", api_trial},
};

typedef int writer_open_fn(const struct home *home, struct writer **out);

static int open_with(struct api *api, const struct home *home, writer_open_fn *open_writer)
{
	*api = (struct api){0};
	pthread_mutex_init(&api->lookup_lock, NULL);
	pthread_mutex_init(&api->trial_lock, NULL);
	api->guard = guard_new();
	api->trial_guard = guard_new();
	int r = store_open(home, &api->lookup);
	if (r == 0)
		r = store_open(home, &api->trials);
	if (r == 0)
		r = signer_open(home, &api->signer);
	if (r == 0)
		r = open_writer(home, &api->writer);
	if (r == 0)
		r = shop_open(home, api->guard, &api->shop);
	if (r < 0)
		api_close(api);
	return r;
}

int api_open(struct api *api, const struct home *home)
{
	return open_with(api, home, writer_start);
}

int api_open_alone(struct api *api, const struct home *home)
{
	return open_with(api, home, writer_open);
}

void api_close(struct api *api)
{
	writer_stop(api->writer);
	signer_close(api->signer);
	store_close(api->lookup);
	shop_close(api->shop);
	store_close(api->trials);
	guard_free(api->guard);
	guard_free(api->trial_guard);
	pthread_mutex_destroy(&api->trial_lock);
	pthread_mutex_destroy(&api->lookup_lock);
	*api = (struct api){0};
}

int api_run(struct api *api, struct api_request *request, struct writer_job *job, char **answer,
	struct json *reply)
{
	AUTO_TEXT lease = NULL;
	AUTO_TEXT keyset = NULL;

	job->license_id = request->license_id;
	job->instance_id = request->instance_id;
	job->nonce = request->nonce;
	job->witness = request->witness;
	int r = writer_run(api->writer, job);
	if (r == 0 && answer) {
		job->lease.has_answer = true;
		hash_sha256(*answer, strlen(*answer), job->lease.answer_digest);
	}
	if (r == 0)
		r = signer_sign(api->signer, &job->lease, &lease, &keyset);
	if (r < 0)
		return r;
	json_put_int(reply, "schema", 1);
	json_put_text(reply, "lease", lease);
	json_put_text(reply, "keyset", keyset);
	if (answer)
		json_put_text(reply, "answer", *answer);
	return 0;
}

const struct problem *api_lease(
	struct api *api, struct api_request *request, struct json *reply)
{
	struct writer_job job = {0};
	int r = api_run(api, request, &job, NULL, reply);

	return r < 0 ? problem_of_failure(r) : NULL;
}

const struct problem *api_releases(
	struct api *api, struct api_request *request, struct json *reply)
{
	const char **subjects;
	struct releases releases = {.instance_id = request->instance_id};
	const struct problem *problem = api_read_subjects(json_get(request->body, "subjects"),
		CLAIMS_SUBJECTS_MAX, &subjects, &releases.count);

	if (problem)
		return problem;
	releases.subjects = subjects;
	struct writer_job job = {.work = releases_run, .context = &releases};
	int r = api_run(api, request, &job, &releases.answer, reply);
	mem_free(releases.answer);
	mem_free(subjects);
	return r < 0 ? problem_of_failure(r) : NULL;
}

const struct problem *api_subjects(
	struct api *api, struct api_request *request, struct json *reply)
{
	struct releases_list list = {
		.after = json_get_text(request->body, "after"),
		.limit = json_get_int(request->body, "limit", PAGE_MAX),
	};

	if (list.after && !api_is_hex(list.after, CLAIMS_SUBJECT_SIZE - 1))
		return problem_because(
			&problem_request_invalid, "\"after\" must be a subject's id");
	if (list.limit < 1 || list.limit > PAGE_MAX)
		return problem_because(
			&problem_request_invalid, "\"limit\" must be 1 to %d", PAGE_MAX);
	struct writer_job job = {.work = releases_list, .context = &list};
	int r = api_run(api, request, &job, &list.answer, reply);
	mem_free(list.answer);
	return r < 0 ? problem_of_failure(r) : NULL;
}

static const struct problem *answer(
	struct api *api, struct http_call *call, api_endpoint_fn *endpoint)
{
	struct api_request request;
	AUTO_JSON reply = json_new_object();
	bool brings_its_key = endpoint == api_activate || endpoint == api_trial;
	const struct problem *problem = api_request_read(api, call, brings_its_key, &request);

	if (!problem)
		problem = endpoint(api, &request, reply);
	if (!problem) {
		AUTO_TEXT text = json_text(reply, false);
		http_reply(call, 200, "application/json", text, strlen(text));
	}
	api_request_free(&request);
	return problem;
}

static const struct problem *route(struct api *api, struct http_call *call)
{
	const char *path = http_call_path(call);

	for (size_t i = 0; i < sizeof(endpoints) / sizeof(endpoints[0]); i++) {
		if (!text_equal(path, endpoints[i].path))
			continue;
		if (!text_equal(http_call_method(call), "POST"))
			return problem_because(
				&problem_method_not_allowed, "%s takes POST", path);
		return answer(api, call, endpoints[i].endpoint);
	}
	return problem_because(&problem_path_unknown, "there is nothing at this path");
}

static void dispatch(struct api *api, struct http_call *call)
{
	static const char alive[] = "{\"status\":\"ok\"}";

	if (shop_handle(api->shop, call))
		return;
	if (text_equal(http_call_path(call), "/livez")) {
		http_reply(call, 200, "application/json", alive, sizeof(alive) - 1);
		return;
	}
	const struct problem *problem = route(api, call);
	if (problem)
		problem_reply(call, problem);
}

void api_handle(void *context, struct http_call *call)
{
	int64_t began_us = clock_monotonic_us();

	dispatch(context, call);
	metrics_count_request(
		http_call_path(call), http_reply_status(call), clock_monotonic_us() - began_us);
}
