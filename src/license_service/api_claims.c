/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <uthash.h>

#include "base/mem.h"
#include "license_service/api_priv.h"
#include "license_service/claims.h"
#include "license_service/metrics.h"

/* A distinct subject of the claim and its place among them. */
struct distinct {
	const char *subject;
	size_t index;
	UT_hash_handle hh;
};

/* A claim as it was read: the arrays behind a struct claims. */
struct reading {
	struct claims claims;
	size_t *indexes; /* of all objects, one behind the other */
	size_t index_count;
	struct distinct *distinct; /* array, in order of appearance */
	struct distinct *by_subject;
};

static void reading_free(struct reading *reading)
{
	HASH_CLEAR(hh, reading->by_subject);
	mem_free(reading->distinct);
	mem_free(reading->indexes);
	mem_free(reading->claims.subjects);
	mem_free(reading->claims.objects);
	mem_free(reading->claims.answer);
}

static size_t index_of(struct reading *reading, const char *subject)
{
	struct distinct *found;

	HASH_FIND_STR(reading->by_subject, subject, found);
	if (found)
		return found->index;
	found = &reading->distinct[reading->claims.subject_count];
	found->subject = subject;
	found->index = reading->claims.subject_count++;
	reading->claims.subjects[found->index] = subject;
	HASH_ADD_KEYPTR(hh, reading->by_subject, subject, strlen(subject), found);
	return found->index;
}

static const struct problem *read_object(
	struct reading *reading, const struct json *json, struct claim_object *object)
{
	const struct json *subjects = json_get(json, "subjects");

	object->subjects = reading->indexes + reading->index_count;
	object->count = json_count(subjects);
	for (size_t i = 0; i < object->count; i++) {
		const char *subject = json_as_text(json_at(subjects, i));

		if (!api_is_hex(subject, CLAIMS_SUBJECT_SIZE - 1))
			return problem_because(&problem_request_invalid,
				"a subject is no id of 64 hexadecimal digits");
		reading->indexes[reading->index_count++] = index_of(reading, subject);
	}
	return NULL;
}

/* All lengths first, so that nothing is made for a claim that is too large. */
static const struct problem *count_all(const struct json *objects, size_t *out_subjects)
{
	size_t count = json_count(objects);

	*out_subjects = 0;
	if (!json_is_array(objects) || count > CLAIMS_OBJECTS_MAX)
		return problem_because(&problem_request_invalid,
			"\"objects\" must be an array of at most %d", CLAIMS_OBJECTS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct json *subjects = json_get(json_at(objects, i), "subjects");

		if (!json_is_array(subjects))
			return problem_because(&problem_request_invalid,
				"\"subjects\" of an object must be an array");
		*out_subjects += json_count(subjects);
	}
	if (*out_subjects > CLAIMS_SUBJECTS_MAX)
		return problem_because(&problem_request_invalid, "a claim may name %d subjects",
			CLAIMS_SUBJECTS_MAX);
	return NULL;
}

static const struct problem *read_objects(struct reading *reading, const struct json *objects)
{
	size_t total;
	const struct problem *problem = count_all(objects, &total);

	if (problem)
		return problem;
	reading->claims.object_count = json_count(objects);
	reading->claims.objects =
		mem_array(reading->claims.object_count, sizeof(*reading->claims.objects));
	reading->indexes = mem_array(total, sizeof(*reading->indexes));
	reading->distinct = mem_array(total, sizeof(*reading->distinct));
	reading->claims.subjects = mem_array(total, sizeof(*reading->claims.subjects));
	for (size_t i = 0; !problem && i < reading->claims.object_count; i++)
		problem =
			read_object(reading, json_at(objects, i), &reading->claims.objects[i]);
	return problem;
}

static const struct problem *read_claim(
	const struct api_request *request, struct reading *reading)
{
	const char *key = json_get_text_or(request->body, "idempotency_key", "");
	size_t size = strlen(key);

	if (size < 1 || size > CLAIMS_KEY_MAX)
		return problem_because(&problem_request_invalid,
			"\"idempotency_key\" must have 1 to %d characters", CLAIMS_KEY_MAX);
	for (size_t i = 0; i < size; i++)
		if (key[i] < '!' || key[i] > '~')
			return problem_because(&problem_request_invalid,
				"\"idempotency_key\" must be printable ASCII");
	reading->claims.instance_id = request->instance_id;
	reading->claims.idempotency_key = key;
	return read_objects(reading, json_get(request->body, "objects"));
}

static void count_outcomes(const struct claims *claims)
{
	int64_t granted = 0;

	for (size_t i = 0; i < claims->object_count; i++)
		granted += claims->objects[i].granted;
	metrics_count_claims(granted, (int64_t)claims->object_count - granted);
}

const struct problem *api_claims(
	struct api *api, struct api_request *request, struct json *reply)
{
	struct reading reading = {0};
	const struct problem *problem = read_claim(request, &reading);

	if (!problem) {
		claims_digest(&reading.claims);
		struct writer_job job = {.work = claims_run, .context = &reading.claims};
		int r = api_run(api, request, &job, &reading.claims.answer, reply);

		if (r == ERR_EXISTS)
			problem = &problem_idempotency_conflict;
		else if (r < 0)
			problem = problem_of_failure(r);
		else
			count_outcomes(&reading.claims);
	}
	reading_free(&reading);
	return problem;
}
