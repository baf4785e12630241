/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/key.h"
#include "license_service/api_priv.h"
#include "license_service/enrol.h"
#include "net/http_server.h"

enum { NAME_MAX_BYTES = 200, SECRET_MAX = 512 };

static const struct problem *read_secret(
	const struct json *body, const char *name, const char **out)
{
	AUTO_BUF bytes = buf_init(SECRET_MAX);

	*out = json_get_text(body, name);
	if (!*out || text_from_base64(*out, &bytes) < 0 || bytes.size == 0)
		return problem_because(&problem_request_invalid,
			"\"%s\" must be 1 to %d bytes in base64", name, SECRET_MAX);
	return NULL;
}

static const struct problem *read_enrolment(
	const struct api_request *request, struct enrol *enrol)
{
	const struct json *instance = json_get(request->body, "instance");

	const struct json *rewrapped = json_get(request->body, "rewrapped");

	enrol->rewrapped_license = json_get_text(rewrapped, "license_id");
	enrol->instance_id = request->instance_id;
	enrol->public_key = request->public_key;
	enrol->name = json_get_text_or(instance, "name", "");
	if (!text_equal(json_get_text_or(instance, "id", ""), request->instance_id))
		return problem_because(&problem_request_invalid,
			"\"id\" must be the id of the header Garner-Instance");
	if (strlen(enrol->name) > NAME_MAX_BYTES)
		return problem_because(
			&problem_request_invalid, "\"name\" may have %d bytes", NAME_MAX_BYTES);
	const struct problem *problem =
		read_secret(request->body, "wrapped_secret", &enrol->wrapped_secret);
	if (!problem && rewrapped)
		problem = read_secret(rewrapped, "secret", &enrol->rewrapped_secret);
	return problem;
}

/* Wrong keys are counted against who tries, and against what is tried. */
static const struct problem *look_up(
	struct api *api, struct api_request *request, char digest[STORE_DIGEST_SIZE])
{
	char key[KEY_TEXT_SIZE];

	if (key_read(json_get_text_or(request->body, "license_key", ""), key) < 0)
		return &problem_key_mistyped;
	pthread_mutex_lock(&api->lookup_lock);
	int r = store_find_key(api->lookup, key, request->license_id);
	store_key_digest(api->lookup, key, digest);
	pthread_mutex_unlock(&api->lookup_lock);
	secret_wipe(key, sizeof(key));
	if (r == ERR_NOTFOUND)
		return &problem_key_unknown;
	return r < 0 ? problem_of_failure(r) : NULL;
}

/* The license of the key that was typed. */
static const struct problem *find_license(
	struct api *api, struct api_request *request, char digest[STORE_DIGEST_SIZE])
{
	const char *typed = json_get_text_or(request->body, "license_key", "");
	const struct guard_try try = {
		.peer = http_call_peer(request->call),
		.typed = typed,
		.now_s = clock_boot_us() / 1000000,
	};
	int64_t wait_s = guard_wait_s(api->guard, &try);

	if (wait_s) {
		AUTO_TEXT seconds = mem_printf("%lld", (long long)wait_s);
		http_reply_header(request->call, "Retry-After", seconds);
		return problem_because(&problem_slow_down, "too many wrong license keys came");
	}
	const struct problem *problem = look_up(api, request, digest);
	if (problem == &problem_key_mistyped || problem == &problem_key_unknown)
		guard_count(api->guard, &try);
	return problem;
}

static const struct problem *problem_of_enrolment(int code, enum enrol_refusal refusal)
{
	static const struct problem *const problems[] = {
		[ENROL_KEY_REVOKED] = &problem_key_revoked,
		[ENROL_KEY_REPLACED] = &problem_key_replaced,
		[ENROL_NOT_REWRAPPED] = &problem_secret_not_rewrapped,
		[ENROL_INSTANCE_REVOKED] = &problem_instance_revoked,
	};

	if (code == ERR_LICENSE)
		return problems[refusal];
	if (code == ERR_EXISTS)
		return &problem_instance_conflict;
	return problem_of_failure(code);
}

const struct problem *api_activate(
	struct api *api, struct api_request *request, struct json *reply)
{
	char digest[STORE_DIGEST_SIZE];
	struct enrol enrol = {.key_digest = digest};
	const struct problem *problem = read_enrolment(request, &enrol);

	if (!problem)
		problem = find_license(api, request, digest);
	if (problem)
		return problem;
	struct writer_job job = {.work = enrol_run, .context = &enrol};
	int r = api_run(api, request, &job, NULL, reply);
	if (r == 0) {
		json_put_text(reply, "license_id", request->license_id);
		json_put_text(reply, "wrapped_secret", enrol.kept_secret);
	}
	mem_free(enrol.kept_secret);
	return r < 0 ? problem_of_enrolment(r, enrol.refusal) : NULL;
}
