/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/trials.h"
#include "net/http_server.h"

/* POST /v1/trial: begins the trial of a tenant, or tells how it stands. */

enum { NAME_MAX_BYTES = 200 };

static const struct problem problem_trial_full = {
	403, "trial_full", "Too many instances in one trial"};

static const struct problem *read_request(
	const struct api_request *request, struct trials_request *out)
{
	const struct json *instance = json_get(request->body, "instance");

	*out = (struct trials_request){
		.tenant = json_get_text(request->body, "tenant"),
		.instance_id = request->instance_id,
		.name = json_get_text_or(instance, "name", ""),
		.public_key = request->public_key,
		.nonce = request->nonce,
	};
	if (!api_is_hex(out->tenant, TRIALS_TENANT_SIZE - 1))
		return problem_because(
			&problem_request_invalid, "\"tenant\" must be 64 hexadecimal digits");
	if (!text_equal(json_get_text_or(instance, "id", ""), request->instance_id))
		return problem_because(&problem_request_invalid,
			"\"id\" must be the id of the header Garner-Instance");
	if (strlen(out->name) > NAME_MAX_BYTES)
		return problem_because(
			&problem_request_invalid, "\"name\" may have %d bytes", NAME_MAX_BYTES);
	return NULL;
}

static const struct problem *refuse(const struct api_request *request, int code, int64_t wait_s)
{
	if (code == ERR_EXISTS)
		return &problem_instance_conflict;
	if (code == ERR_LIMIT)
		return &problem_trial_full;
	if (code != ERR_THROTTLED)
		return problem_of_failure(code);
	AUTO_TEXT seconds = mem_printf("%lld", (long long)wait_s);
	http_reply_header(request->call, "Retry-After", seconds);
	return &problem_slow_down;
}

/* Whoever makes many new trials has to wait with further ones; to ask for one that is known
 * costs nothing. */
static const struct problem *ask(struct api *api, const struct api_request *request,
	struct trials_request *wanted, struct trial *out)
{
	int64_t now_s = clock_boot_us() / 1000000;
	const char *peer = http_call_peer(request->call);
	int64_t wait_s = guard_wait_s(api->trial_guard, peer, now_s);

	wanted->only_known = wait_s > 0;
	pthread_mutex_lock(&api->trial_lock);
	int r = trials_ask(api->trials, wanted, clock_now_s(), out);
	pthread_mutex_unlock(&api->trial_lock);
	if (r < 0)
		return refuse(request, r, wait_s);
	if (wanted->was_new)
		guard_count(api->trial_guard, peer, now_s);
	return NULL;
}

const struct problem *api_trial(
	struct api *api, struct api_request *request, struct json *reply)
{
	struct trials_request wanted;
	struct trial trial;
	AUTO_TEXT text = NULL;
	AUTO_TEXT keyset = NULL;
	const struct problem *problem = read_request(request, &wanted);

	if (!problem)
		problem = ask(api, request, &wanted, &trial);
	if (problem)
		return problem;
	int r = signer_sign_trial(api->signer, &trial, &text, &keyset);
	if (r < 0)
		return problem_of_failure(r);
	json_put_int(reply, "schema", 1);
	json_put_text(reply, "trial", text);
	json_put_text(reply, "keyset", keyset);
	return NULL;
}
