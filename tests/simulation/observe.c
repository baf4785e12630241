/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "invariants.h"

/* What the service answers, against the model. */

enum { OFFLINE_LIMIT_S = 14 * 86400, DAY_S = 86400 };

const char *header_of(const struct http_request *request, const char *name)
{
	size_t size = strlen(name);

	for (const char *const *header = request->headers; header && *header; header++)
		if (strncasecmp(*header, name, size) == 0 && (*header)[size] == ':')
			return *header + size + 2;
	return NULL;
}

static const char *line_of(const char *lease, const char *name, char out[128])
{
	AUTO_TEXT start = mem_printf("\n%s: ", name);
	const char *at = strstr(lease, start);

	out[0] = 0;
	if (at)
		snprintf(out, 128, "%.*s", (int)strcspn(at + strlen(start), "\n"),
			at + strlen(start));
	return out;
}

static int64_t number_of(const char *lease, const char *name)
{
	char value[128];

	return strtoll(line_of(lease, name, value), NULL, 10);
}

static int64_t moment_of(const char *lease, const char *name)
{
	char value[128];
	int64_t at_s = 0;

	return timestamp_parse(line_of(lease, name, value), &at_s) < 0 ? 0 : at_s;
}

struct sight sight_of(const char *lease)
{
	char state[128];

	return (struct sight){
		.sequence = number_of(lease, "sequence"),
		.revision = number_of(lease, "revision"),
		.epoch = number_of(lease, "epoch"),
		.issued_s = moment_of(lease, "issued"),
		.expires_s = moment_of(lease, "expires"),
		.limit_s = number_of(lease, "offline-limit"),
		.resets_s = moment_of(lease, "resets"),
		.is_active = text_equal(line_of(lease, "state", state), "active"),
	};
}

static void check_lease(struct world *world, const char *lease)
{
	const struct model *model = &world->model;
	struct sight sight = sight_of(lease);
	char state[128];
	const char *expected = model->revoked_s         ? "revoked"
			       : model_is_active(model) ? "active"
							: "expired";

	if (sight.issued_s != model->now_s)
		world_fail(world, 8, "a lease is issued at %" PRId64 ", and it is %" PRId64,
			sight.issued_s, model->now_s);
	if (sight.limit_s > OFFLINE_LIMIT_S || sight.limit_s < 1)
		world_fail(world, 8, "a lease may be used for %" PRId64 " s", sight.limit_s);
	if (sight.expires_s != model_end(model))
		world_fail(world, 4, "a lease ends at %" PRId64 ", the term at %" PRId64,
			sight.expires_s, model_end(model));
	if (!text_equal(line_of(lease, "state", state), expected))
		world_fail(world, 9, "a lease says %s, and the license is %s", state, expected);
	if (sight.epoch != model->epoch)
		world_fail(world, 11, "a lease is of epoch %" PRId64 ", and it is %" PRId64,
			sight.epoch, model->epoch);
	if (number_of(lease, "used") != model->used ||
		number_of(lease, "assigned-count") != model->used ||
		number_of(lease, "seats") != model->seats)
		world_fail(world, 1,
			"a lease says %" PRId64 " of %" PRId64 " and a set of %" PRId64
			", and it is %" PRId64 " of %" PRId64,
			number_of(lease, "used"), number_of(lease, "seats"),
			number_of(lease, "assigned-count"), model->used, model->seats);
}

/* Claims. */

static struct given *given_for(struct world *world, const char *key)
{
	struct given *given;

	HASH_FIND_STR(world->model.given, key, given);
	return given;
}

static void remember(struct world *world, const char *key, const char *answer)
{
	struct given *given = mem_alloc(sizeof(*given));

	snprintf(given->key, sizeof(given->key), "%s", key);
	given->answer = mem_strdup(answer);
	given->at_s = world->model.now_s;
	HASH_ADD_STR(world->model.given, key, given);
}

static void check_object(struct world *world, const struct json *object,
	const struct json *result, size_t number)
{
	struct model_result expected = model_claim(&world->model, json_get(object, "subjects"));
	bool granted = json_get_bool(result, "granted", false);
	int64_t newly = json_get_int(result, "newly", -1);
	int64_t missing = json_get_int(result, "missing", -1);

	world_count(world, granted ? COUNT_OBJECTS_GRANTED : COUNT_OBJECTS_DENIED);
	world->counts.of[COUNT_LICENSES_TAKEN] += newly;
	if (granted != expected.granted || newly != expected.newly ||
		missing != expected.missing)
		world_fail(world, 7,
			"object %zu of a claim: granted %d, %" PRId64 " new, %" PRId64
			" missing; it should be %d, %" PRId64 ", %" PRId64,
			number, granted, newly, missing, expected.granted, expected.newly,
			expected.missing);
}

static void check_refusal(struct world *world, const char *refused)
{
	const char *expected = world->model.revoked_s ? "license_revoked" : "license_expired";

	world_count(world, COUNT_CLAIMS_REFUSED);
	if (model_is_active(&world->model) || !text_equal(refused, expected))
		world_fail(world, 7, "a claim is refused with %s", refused);
}

static void check_claim(struct world *world, const struct http_request *request,
	const struct json *body, const char *text)
{
	AUTO_JSON answer = NULL;
	AUTO_TEXT key = mem_printf("%s/%s", header_of(request, "Garner-Instance"),
		json_get_text_or(body, "idempotency_key", ""));
	const struct given *given = given_for(world, key);
	const struct json *objects = json_get(body, "objects");

	world_count(world, given ? COUNT_CLAIMS_AGAIN : COUNT_CLAIMS);
	if (given) {
		if (!text_equal(given->answer, text))
			world_fail(world, 6, "asked again: %.120s; before: %.120s", text,
				given->answer);
		return;
	}
	if (json_parse(text, strlen(text), &answer) < 0)
		return world_fail(world, INVARIANT_NO_ERROR, "an answer is no JSON");
	const char *refused = json_get_text(answer, "refused");
	if (refused)
		return check_refusal(world, refused);
	if (!model_is_active(&world->model))
		world_fail(world, 9, "a claim is granted under a license that is over");
	for (size_t i = 0; i < json_count(objects); i++)
		check_object(
			world, json_at(objects, i), json_at(json_get(answer, "results"), i), i);
	remember(world, key, text);
}

/* Releases and lists. */

static void check_one_release(struct world *world, const struct json *result)
{
	const char *subject = json_get_text_or(result, "subject", "");
	int64_t since_s = model_holder(&world->model, subject)->since_s;
	const char *expected = model_release(&world->model, subject);
	const char *reason = json_get_text(result, "reason");
	int64_t at_s = 0;

	world_count(world, !expected                           ? COUNT_RELEASED
			   : text_equal(expected, "too_early") ? COUNT_TOO_EARLY
							       : COUNT_NOT_ASSIGNED);
	if (json_get_bool(result, "released", false) != !expected ||
		!text_equal(reason ? reason : "", expected ? expected : ""))
		world_fail(world, 3, "a release ends with %s, and should with %s",
			reason ? reason : "success", expected ? expected : "success");
	const char *releasable = json_get_text(result, "releasable_at");
	if (releasable && (timestamp_parse(releasable, &at_s) < 0 ||
				  at_s != since_s + (int64_t)30 * DAY_S))
		world_fail(world, 3, "a release is promised for %s", releasable);
}

static void check_release(struct world *world, const char *text)
{
	AUTO_JSON answer = NULL;

	if (json_parse(text, strlen(text), &answer) < 0)
		return world_fail(world, INVARIANT_NO_ERROR, "an answer is no JSON");
	const struct json *results = json_get(answer, "results");
	if (json_get_text(answer, "refused")) {
		if (!world->model.revoked_s)
			world_fail(world, 3, "a release is refused");
		return;
	}
	for (size_t i = 0; i < json_count(results); i++)
		check_one_release(world, json_at(results, i));
}

static void check_list(struct world *world, const struct json *body, const char *text)
{
	AUTO_JSON answer = NULL;

	world_count(world, COUNT_LISTS);
	if (json_parse(text, strlen(text), &answer) < 0)
		return world_fail(world, INVARIANT_NO_ERROR, "an answer is no JSON");
	const struct json *subjects = json_get(answer, "subjects");
	if (!json_has(body, "after") && !json_get_text(answer, "next") &&
		(int64_t)json_count(subjects) != world->model.used)
		world_fail(world, 5, "a list names %zu, and %" PRId64 " hold a license",
			json_count(subjects), world->model.used);
	for (size_t i = 0; i < json_count(subjects); i++) {
		const char *id = json_get_text_or(json_at(subjects, i), "id", "");
		const struct holder *holder = model_find(&world->model, id);
		if (!holder || !holder->since_s)
			world_fail(world, 5, "a list names one who holds no license");
	}
}

/* What was put back is answered to nobody who saw more of it, and once that was told, to
 * nobody at all, until it is accepted. */
static void check_history(struct world *world, const struct json *witness, const char *lease)
{
	int64_t seen = json_get_int(witness, "sequence", 0);

	if (number_of(lease, "sequence") <= seen)
		world_fail(world, 12, "a lease is number %" PRId64 " for one who saw %" PRId64,
			number_of(lease, "sequence"), seen);
	if (world->is_held)
		world_fail(world, 12, "an answer while the history is known to be behind");
	if (json_get_int(witness, "revision", 0) > world->model.revision && world->is_put_back)
		world_fail(world, 12,
			"an answer to one who saw revision %" PRId64 " where it is %" PRId64,
			json_get_int(witness, "revision", 0), world->model.revision);
}

void invariants_answer(
	struct world *world, const struct http_request *request, struct http_response *response)
{
	AUTO_JSON body = NULL;
	struct json *document = NULL;
	const char *path = strstr(request->url, "/v1/");
	const char *text = buf_text(&response->body);

	if (!path || !text || json_parse(request->body, request->body_size, &body) < 0 ||
		json_parse(text, response->body.size, &document) < 0)
		return world_fail(world, INVARIANT_NO_ERROR, "an answer that cannot be read");
	json_free(world->document);
	world->document = document;
	const struct instance *instance = instance_of(world, request);
	if (instance && instance->is_revoked)
		world_fail(world, 9, "instance %d is revoked, and answered", instance->number);
	const char *answer = json_get_text_or(document, "answer", "");
	check_history(
		world, json_get(body, "witness"), json_get_text_or(document, "lease", ""));
	model_pass(&world->model, clock_now_s());
	if (text_equal(path, "/v1/activate")) {
		model_activate(&world->model);
		world_count(world, COUNT_ACTIVATIONS);
	} else if (text_equal(path, "/v1/claims")) {
		check_claim(world, request, body, answer);
	} else if (text_equal(path, "/v1/releases")) {
		check_release(world, answer);
	} else if (text_equal(path, "/v1/subjects")) {
		check_list(world, body, answer);
	} else if (text_equal(path, "/v1/events")) {
		world_count(world, COUNT_HISTORIES);
	} else {
		world_count(world, COUNT_LEASES);
	}
	check_lease(world, json_get_text_or(document, "lease", ""));
}
