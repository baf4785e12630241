/* SPDX-License-Identifier: Apache-2.0 */
#include "base/json.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "base/buf.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"

/* A struct json is a json-c object under another name; this file alone knows. */

enum { SIZE_LIMIT = 64 << 20, DEPTH_LIMIT = 64 };

static struct json_object *inner(const struct json *json)
{
	return (struct json_object *)(uintptr_t)json;
}

static struct json *outer(struct json_object *object)
{
	return (struct json *)object;
}

/* For what json-c makes: it is NULL only where memory is gone. */
static struct json *made(struct json_object *object)
{
	ASSERT(object);
	return outer(object);
}

int json_parse(const char *text, size_t size, struct json **out)
{
	*out = NULL;
	if (size > SIZE_LIMIT)
		return err_set(ERR_LIMIT, "JSON of more than %d bytes", SIZE_LIMIT);
	if (!text_is_utf8(text, size))
		return err_set(ERR_INVALID, "the JSON is not well-formed UTF-8");

	struct json_tokener *tokener = json_tokener_new_ex(DEPTH_LIMIT);
	ASSERT(tokener);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *object = json_tokener_parse_ex(tokener, text, (int)size);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	if (error == json_tokener_continue) { /* a number at the very end waits for its end */
		object = json_tokener_parse_ex(tokener, "", -1);
		error = json_tokener_get_error(tokener);
	}
	size_t end = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);

	if (error == json_tokener_error_depth)
		return err_set(ERR_LIMIT, "JSON of more than %d levels", DEPTH_LIMIT);
	if (error != json_tokener_success)
		return err_set(ERR_INVALID, "no JSON: %s near byte %zu",
			error == json_tokener_continue ? "it ends too early"
						       : json_tokener_error_desc(error),
			end);
	*out = outer(object);
	return 0;
}

int json_read_file(const char *path, struct json **out)
{
	AUTO_BUF text = buf_init(SIZE_LIMIT);
	int r = io_read_file(path, &text);

	*out = NULL;
	if (r < 0)
		return r;
	return err_wrap(
		json_parse(buf_text(&text) ? (const char *)text.data : "", text.size, out),
		"%s", path);
}

void json_free(struct json *json)
{
	json_object_put(inner(json));
}

void json_free_slot(struct json **json)
{
	json_free(*json);
	*json = NULL;
}

struct json *json_share(struct json *json)
{
	return outer(json_object_get(inner(json)));
}

char *json_text(const struct json *json, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;

	flags |= pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : 0;
	return mem_strdup(json_object_to_json_string_ext(inner(json), flags));
}

bool json_is_object(const struct json *json)
{
	return json_object_is_type(inner(json), json_type_object);
}

bool json_is_array(const struct json *json)
{
	return json_object_is_type(inner(json), json_type_array);
}

bool json_is_string(const struct json *json)
{
	return json_object_is_type(inner(json), json_type_string);
}

bool json_is_number(const struct json *json)
{
	return json_object_is_type(inner(json), json_type_int) ||
	       json_object_is_type(inner(json), json_type_double);
}

bool json_has(const struct json *object, const char *key)
{
	return json_is_object(object) && json_object_object_get_ex(inner(object), key, NULL);
}

bool json_is_null(const struct json *object, const char *key)
{
	return json_has(object, key) && !json_get(object, key);
}

struct json *json_get(const struct json *object, const char *key)
{
	struct json_object *value = NULL;

	if (json_is_object(object))
		json_object_object_get_ex(inner(object), key, &value);
	return outer(value);
}

const char *json_as_text(const struct json *json)
{
	/* A string with a NUL within would be cut in silence: it counts as none. */
	if (!json_is_string(json))
		return NULL;
	const char *text = json_object_get_string(inner(json));
	return strlen(text) == (size_t)json_object_get_string_len(inner(json)) ? text : NULL;
}

int64_t json_as_int(const struct json *json, int64_t otherwise)
{
	if (!json_object_is_type(inner(json), json_type_int))
		return otherwise;
	return json_object_get_int64(inner(json));
}

const char *json_get_text(const struct json *object, const char *key)
{
	return json_as_text(json_get(object, key));
}

const char *json_get_text_or(const struct json *object, const char *key, const char *otherwise)
{
	const char *text = json_get_text(object, key);

	return text ? text : otherwise;
}

bool json_get_bool(const struct json *object, const char *key, bool otherwise)
{
	struct json_object *value = inner(json_get(object, key));

	if (!json_object_is_type(value, json_type_boolean))
		return otherwise;
	return json_object_get_boolean(value);
}

int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise)
{
	return json_as_int(json_get(object, key), otherwise);
}

size_t json_count(const struct json *array)
{
	return json_is_array(array) ? json_object_array_length(inner(array)) : 0;
}

struct json *json_at(const struct json *array, size_t index)
{
	return json_is_array(array) ? outer(json_object_array_get_idx(inner(array), index))
				    : NULL;
}

bool json_next(
	const struct json *object, size_t *position, const char **key, struct json **value)
{
	struct lh_entry *entry;

	if (!json_is_object(object))
		return false;
	/* *position is the address of the next entry, 0 at the start, SIZE_MAX past the end. */
	if (*position == SIZE_MAX)
		return false;
	entry = *position ? (struct lh_entry *)*position
			  : json_object_get_object(inner(object))->head;
	if (!entry)
		return false;
	*key = lh_entry_k(entry);
	*value = (struct json *)(uintptr_t)lh_entry_v(entry);
	*position = entry->next ? (size_t)entry->next : SIZE_MAX;
	return true;
}

struct json *json_new_object(void)
{
	return made(json_object_new_object());
}

struct json *json_new_array(void)
{
	return made(json_object_new_array());
}

/* A document is well-formed whatever a name on disk holds: what is no UTF-8 becomes U+FFFD. */
static struct json *repaired_text(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd";
	char *out = mem_alloc(3 * strlen(text) + 1);
	size_t used = 0;

	while (*text) {
		size_t size = 1;
		while (size < 4 && !text_is_utf8(text, strnlen(text, size)))
			size++;
		bool good = text_is_utf8(text, strnlen(text, size));
		const char *from = good ? text : replacement;
		size_t count = good ? size : sizeof(replacement) - 1;
		memcpy(out + used, from, count);
		used += count;
		text += good ? size : 1;
	}
	struct json *json = made(json_object_new_string(out));
	mem_free(out);
	return json;
}

struct json *json_new_text(const char *text)
{
	if (!text_is_utf8(text, strlen(text)))
		return repaired_text(text);
	return made(json_object_new_string(text));
}

struct json *json_new_int(int64_t value)
{
	return made(json_object_new_int64(value));
}

void json_put(struct json *object, const char *key, struct json *value)
{
	int r = json_object_object_add(inner(object), key, inner(value));

	ASSERT(r == 0);
}

void json_put_text(struct json *object, const char *key, const char *text)
{
	json_put(object, key, text ? json_new_text(text) : NULL);
}

void json_put_int(struct json *object, const char *key, int64_t value)
{
	json_put(object, key, json_new_int(value));
}

void json_put_time(struct json *object, const char *key, int64_t at_s)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(at_s, text);
	json_put_text(object, key, at_s ? text : NULL);
}

void json_put_bool(struct json *object, const char *key, bool value)
{
	json_put(object, key, made(json_object_new_boolean(value)));
}

void json_remove(struct json *object, const char *key)
{
	json_object_object_del(inner(object), key);
}

void json_append(struct json *array, struct json *value)
{
	int r = json_object_array_add(inner(array), inner(value));

	ASSERT(r == 0);
}
