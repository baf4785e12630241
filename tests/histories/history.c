/* SPDX-License-Identifier: Apache-2.0 */
#include "history.h"

#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

enum { LINE_MAX_BYTES = 16384 };

static const char *const kinds[] = {
	[OPERATION_CLAIM] = "claim",
	[OPERATION_RELEASE] = "release",
	[OPERATION_LEASE] = "lease",
};

void history_subject(const char *license_id, int number, char out[2 * HASH_SIZE + 1])
{
	uint8_t digest[HASH_SIZE];
	AUTO_TEXT text = mem_printf("%s/%d", license_id, number);

	hash_sha256(text, strlen(text), digest);
	text_to_hex(digest, sizeof(digest), out);
}

static struct json *object_json(
	const struct operation *operation, const struct operation_object *object)
{
	struct json *json = json_new_object();
	struct json *subjects = json_new_array();

	for (size_t i = 0; i < object->count; i++)
		json_append(subjects, json_new_int(operation->subjects[object->first + i]));
	json_put(json, "subjects", subjects);
	json_put_bool(json, "granted", object->granted);
	json_put_int(json, "newly", object->newly);
	json_put_int(json, "missing", object->missing);
	return json;
}

static void put_lease(struct json *json, const struct operation *operation)
{
	json_put_int(json, "revision", operation->revision);
	json_put_int(json, "sequence", operation->sequence);
	json_put_int(json, "epoch", operation->epoch);
	json_put_int(json, "seats", operation->seats);
	json_put_int(json, "used", operation->used);
	json_put_int(json, "issued", operation->issued_s);
	json_put_int(json, "expires", operation->expires_s);
	json_put_text(json, "chain", operation->chain);
}

void history_write(FILE *file, const struct operation *operation)
{
	AUTO_JSON json = json_new_object();
	struct json *objects = json_new_array();
	struct json *released = json_new_array();

	json_put_text(json, "kind", kinds[operation->kind]);
	json_put_text(json, "license", operation->license_id);
	json_put_text(json, "instance", operation->instance_id);
	json_put_int(json, "begun", operation->begun_us);
	json_put_int(json, "ended", operation->ended_us);
	json_put_int(json, "tries", operation->tries);
	json_put_text(json, "refused", operation->refused);
	for (size_t i = 0; i < operation->object_count; i++)
		json_append(objects, object_json(operation, &operation->objects[i]));
	json_put(json, "objects", objects);
	for (size_t i = 0; operation->kind == OPERATION_RELEASE && i < operation->subject_count;
		i++) {
		struct json *one = json_new_object();
		json_put_int(one, "subject", operation->subjects[i]);
		json_put_bool(one, "released", operation->released[i]);
		json_append(released, one);
	}
	json_put(json, "releases", released);
	put_lease(json, operation);
	AUTO_TEXT text = json_text(json, false);
	fprintf(file, "%s\n", text);
}

static bool read_objects(const struct json *json, struct operation *out)
{
	const struct json *objects = json_get(json, "objects");

	if (json_count(objects) > OPERATION_OBJECTS_MAX)
		return false;
	for (size_t i = 0; i < json_count(objects); i++) {
		const struct json *from = json_at(objects, i);
		const struct json *subjects = json_get(from, "subjects");
		struct operation_object *object = &out->objects[out->object_count++];

		object->first = out->subject_count;
		object->count = json_count(subjects);
		object->granted = json_get_bool(from, "granted", false);
		object->newly = json_get_int(from, "newly", -1);
		object->missing = json_get_int(from, "missing", -1);
		if (out->subject_count + object->count > OPERATION_SUBJECTS_MAX)
			return false;
		for (size_t k = 0; k < object->count; k++)
			out->subjects[out->subject_count++] =
				(int)json_as_int(json_at(subjects, k), -1);
	}
	return true;
}

static bool read_releases(const struct json *json, struct operation *out)
{
	const struct json *releases = json_get(json, "releases");

	if (json_count(releases) > OPERATION_SUBJECTS_MAX)
		return false;
	for (size_t i = 0; i < json_count(releases); i++) {
		const struct json *one = json_at(releases, i);
		out->released[out->subject_count] = json_get_bool(one, "released", false);
		out->subjects[out->subject_count++] = (int)json_get_int(one, "subject", -1);
	}
	return true;
}

static void read_text(const struct json *json, const char *key, char *out, size_t size)
{
	snprintf(out, size, "%s", json_get_text_or(json, key, ""));
}

static bool read_operation(const struct json *json, struct operation *out)
{
	const char *kind = json_get_text_or(json, "kind", "");

	*out = (struct operation){.kind = OPERATION_LEASE};
	for (int i = OPERATION_CLAIM; i <= OPERATION_LEASE; i++)
		if (text_equal(kind, kinds[i]))
			out->kind = (enum operation_kind)i;
	read_text(json, "license", out->license_id, sizeof(out->license_id));
	read_text(json, "instance", out->instance_id, sizeof(out->instance_id));
	read_text(json, "refused", out->refused, sizeof(out->refused));
	read_text(json, "chain", out->chain, sizeof(out->chain));
	out->begun_us = json_get_int(json, "begun", -1);
	out->ended_us = json_get_int(json, "ended", -1);
	out->tries = (int)json_get_int(json, "tries", 0);
	out->revision = json_get_int(json, "revision", -1);
	out->sequence = json_get_int(json, "sequence", -1);
	out->epoch = json_get_int(json, "epoch", -1);
	out->seats = json_get_int(json, "seats", -1);
	out->used = json_get_int(json, "used", -1);
	out->issued_s = json_get_int(json, "issued", -1);
	out->expires_s = json_get_int(json, "expires", -1);
	return read_objects(json, out) && read_releases(json, out);
}

int history_read(const char *path, struct operation **out, size_t *out_count)
{
	char line[LINE_MAX_BYTES];
	size_t capacity = 0;
	FILE *file = fopen(path, "r");
	int r = 0;

	*out = NULL;
	*out_count = 0;
	if (!file)
		return err_errno("cannot open %s", path);
	while (r == 0 && fgets(line, sizeof(line), file)) {
		AUTO_JSON json = NULL;

		r = json_parse(line, strlen(line), &json);
		mem_grow(out, &capacity, *out_count + 1, sizeof(**out));
		if (r == 0 && !read_operation(json, &(*out)[(*out_count)++]))
			r = err_set(ERR_INVALID, "line %zu is no operation", *out_count);
	}
	fclose(file);
	return err_wrap(r, "%s", path);
}
