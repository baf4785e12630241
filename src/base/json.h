/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * JSON documents (RFC 8259), on top of json-c: UTF-8 checked, with limits on size and depth.
 * json-c's strict mode still lets single quotes, NaN and raw control characters pass; a reader
 * of foreign data loses nothing by it. A value belongs to the document that it was put into;
 * json_free frees a document.
 *
 * A getter answers with what a reader of foreign data needs: NULL or false where the member is
 * absent or of another type. `object` may be NULL in every getter.
 */

struct json;

/** Parses `size` bytes into a new document. ERR_INVALID with the place of the fault,
 * ERR_LIMIT over 64 MiB or 64 levels. The caller frees it. */
NODISCARD int json_parse(const char *text, size_t size, struct json **out);

/** Reads and parses a file. ERR_NOTFOUND, ERR_IO, ERR_INVALID, ERR_LIMIT. */
NODISCARD int json_read_file(const char *path, struct json **out);

/** Frees a document and all below; NULL is fine. */
void json_free(struct json *json);

#define AUTO_JSON __attribute__((cleanup(json_free_slot))) struct json *
void json_free_slot(struct json **json);

/** Another owner of the same document, to be freed as well. */
struct json *json_share(struct json *json);

/** Serialized in one line, or indented by two. The caller frees the text. */
char *json_text(const struct json *json, bool pretty);

/* Reading. */
bool json_is_object(const struct json *json);
bool json_is_array(const struct json *json);
bool json_is_string(const struct json *json);
bool json_is_number(const struct json *json);
bool json_is_null(const struct json *object, const char *key); /* present, and null */
bool json_has(const struct json *object, const char *key);

/** Member by key, borrowed; NULL where absent (or null). */
struct json *json_get(const struct json *object, const char *key);
const char *json_get_text(const struct json *object, const char *key);
const char *json_get_text_or(const struct json *object, const char *key, const char *otherwise);
bool json_get_bool(const struct json *object, const char *key, bool otherwise);
int64_t json_get_int(const struct json *object, const char *key, int64_t otherwise);

/** The value itself as text or integer. */
const char *json_as_text(const struct json *json);
int64_t json_as_int(const struct json *json, int64_t otherwise);

/** Array access; 0 and NULL where it is none. */
size_t json_count(const struct json *array);
struct json *json_at(const struct json *array, size_t index);

/** Walks the members of an object in their order: start with *position = 0. */
bool json_next(
	const struct json *object, size_t *position, const char **key, struct json **value);

/* Building. Values are copied, sub-documents are taken over; bytes that are no UTF-8 become
 * U+FFFD. */
struct json *json_new_object(void);
struct json *json_new_array(void);
struct json *json_new_text(const char *text);
struct json *json_new_int(int64_t value);
void json_put(struct json *object, const char *key, struct json *value);    /* NULL: null */
void json_put_text(struct json *object, const char *key, const char *text); /* NULL: null */
void json_put_int(struct json *object, const char *key, int64_t value);
/** A moment as RFC 3339 text; null for 0. */
void json_put_time(struct json *object, const char *key, int64_t at_s);
void json_put_bool(struct json *object, const char *key, bool value);
void json_remove(struct json *object, const char *key);
void json_append(struct json *array, struct json *value);

#endif
