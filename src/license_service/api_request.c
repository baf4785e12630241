/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/request.h"
#include "license_service/api_priv.h"
#include "net/http_server.h"

bool api_is_hex(const char *text, size_t digits)
{
	return text && strlen(text) == digits && strspn(text, "0123456789abcdef") == digits;
}

const struct problem *api_read_subjects(
	const struct json *array, size_t most, const char ***out, size_t *out_count)
{
	size_t count = json_count(array);

	*out = NULL;
	*out_count = 0;
	if (!json_is_array(array) || count < 1 || count > most)
		return problem_because(
			&problem_request_invalid, "\"subjects\" must be 1 to %zu ids", most);
	const char **subjects = mem_array(count, sizeof(*subjects));
	for (size_t i = 0; i < count; i++) {
		subjects[i] = json_as_text(json_at(array, i));
		if (!api_is_hex(subjects[i], 2 * HASH_SIZE)) {
			mem_free(subjects);
			return problem_because(&problem_request_invalid,
				"a subject is no id of 64 hexadecimal digits");
		}
	}
	*out = subjects;
	*out_count = count;
	return NULL;
}

static const struct problem *read_id(
	struct http_call *call, const char *header, char out[LEASE_ID_SIZE])
{
	const char *value = http_call_header(call, header);

	if (!api_is_hex(value, LEASE_ID_SIZE - 1))
		return problem_because(&problem_request_invalid,
			"the header %s must be an id of 32 hexadecimal digits", header);
	memcpy(out, value, LEASE_ID_SIZE);
	return NULL;
}

static const struct problem *read_body(struct http_call *call, struct api_request *out)
{
	size_t size;
	const char *text = http_call_body(call, &size);

	if (json_parse(text, size, &out->body) < 0 || !json_is_object(out->body))
		return problem_because(
			&problem_request_invalid, "the body must be a JSON object");
	const char *nonce = json_get_text(out->body, "nonce");
	if (!api_is_hex(nonce, 2 * LEASE_NONCE_SIZE) ||
		text_from_hex(nonce, out->nonce, LEASE_NONCE_SIZE) < 0)
		return problem_because(
			&problem_request_invalid, "\"nonce\" must be 32 hexadecimal digits");
	return NULL;
}

/* At the activation the key is in the body, later it is the enrolled one. */
static const struct problem *find_public_key(
	struct api *api, bool is_activation, struct api_request *out)
{
	AUTO_BUF bytes = buf_init(SIGN_PUBLIC_SIZE);

	if (is_activation) {
		const struct json *instance = json_get(out->body, "instance");
		const char *key = json_get_text_or(instance, "public_key", "");

		if (text_from_base64(key, &bytes) < 0 || bytes.size != SIGN_PUBLIC_SIZE)
			return problem_because(&problem_request_invalid,
				"\"public_key\" must be 32 bytes in base64");
		memcpy(out->public_key, bytes.data, SIGN_PUBLIC_SIZE);
		return NULL;
	}
	pthread_mutex_lock(&api->lookup_lock);
	int r = store_find_instance(
		api->lookup, out->license_id, out->instance_id, out->public_key);
	pthread_mutex_unlock(&api->lookup_lock);
	if (r == ERR_NOTFOUND)
		return &problem_instance_unknown;
	if (r == ERR_LICENSE)
		return &problem_instance_revoked;
	return r < 0 ? problem_of_failure(r) : NULL;
}

static const struct problem *check_signature(
	const struct api_request *request, const char *base64, int64_t at_s)
{
	AUTO_BUF signature = buf_init(SIGN_SIGNATURE_SIZE);
	struct request signed_request = {
		.method = http_call_method(request->call),
		.path = http_call_path(request->call),
		.license_id = request->license_id[0] ? request->license_id : NULL,
		.instance_id = request->instance_id,
		.at_s = at_s,
	};

	signed_request.body = http_call_body(request->call, &signed_request.body_size);
	if (!base64 || text_from_base64(base64, &signature) < 0 ||
		signature.size != SIGN_SIGNATURE_SIZE ||
		!request_is_signed(&signed_request, request->public_key, signature.data))
		return problem_because(&problem_signature_invalid,
			"the request is not signed by this instance");
	return NULL;
}

static const struct problem *check_time(int64_t at_s)
{
	int64_t apart_s = clock_now_s() - at_s;

	if (apart_s > REQUEST_WINDOW_S || apart_s < -REQUEST_WINDOW_S)
		return problem_because(&problem_time_outside_window,
			"the request's time is not within %d seconds of the service's",
			REQUEST_WINDOW_S);
	return NULL;
}

const struct problem *api_request_read(
	struct api *api, struct http_call *call, bool is_activation, struct api_request *out)
{
	static const int64_t latest_s = INT64_MAX / 4;
	int64_t at_s;
	const char *time = http_call_header(call, "Garner-Time");

	*out = (struct api_request){.call = call};
	const struct problem *problem = read_body(call, out);
	if (!problem && !is_activation)
		problem = api_read_witness(out->body, &out->witness);
	if (!problem && !is_activation)
		problem = read_id(call, "Garner-License", out->license_id);
	if (!problem)
		problem = read_id(call, "Garner-Instance", out->instance_id);
	if (problem)
		return problem;
	if (!time || text_to_int(time, 0, latest_s, &at_s) < 0)
		return problem_because(&problem_request_invalid,
			"the header Garner-Time must be seconds since 1970");

	problem = find_public_key(api, is_activation, out);
	if (!problem)
		problem =
			check_signature(out, http_call_header(call, "Garner-Signature"), at_s);
	return problem ? problem : check_time(at_s);
}

void api_request_free(struct api_request *request)
{
	json_free(request->body);
	request->body = NULL;
}
