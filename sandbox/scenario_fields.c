/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/scenario_fields.h"

#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"

enum { COUNT_MAX = 1000000, LIST_TEXT_MAX = 1024 };

char *fields_place(const char *where, const char *key)
{
	return where[0] ? mem_printf("%s.%s", where, key) : mem_strdup(key);
}

static bool is_bool(const struct json *value)
{
	return !json_is_string(value) && !json_is_number(value) && !json_is_object(value) &&
	       !json_is_array(value);
}

static const struct field *find_field(const struct field *fields, const char *key)
{
	for (; fields->key; fields++)
		if (strcmp(fields->key, key) == 0)
			return fields;
	return NULL;
}

/* "a, b or c" */
static char *list_words(const char *const *words)
{
	AUTO_BUF text = buf_init(LIST_TEXT_MAX);

	for (size_t i = 0; words[i]; i++) {
		const char *before = i == 0 ? "" : words[i + 1] ? ", " : " or ";
		if (buf_printf(&text, "%s%s", before, words[i]) < 0)
			break;
	}
	return mem_strndup((const char *)text.data, text.size);
}

static int check_word(const struct json *value, const char *const *words, const char *place)
{
	const char *word = json_as_text(value);

	for (size_t i = 0; json_is_string(value) && words[i]; i++)
		if (strcmp(words[i], word) == 0)
			return 0;

	AUTO_TEXT list = list_words(words);
	AUTO_TEXT given = json_text(value, false);
	return err_set(ERR_INVALID, "%s: must be %s, not %s", place, list, given);
}

static bool is_upn(const char *text)
{
	const char *at = strchr(text, '@');

	return at && at != text && at[1] && !strchr(at + 1, '@') && !strpbrk(text, " /\\<>\"'");
}

static int check_text(const struct json *value, enum field_kind kind, const char *place)
{
	if (!json_is_string(value))
		return err_set(ERR_INVALID, "%s: must be a text", place);

	const char *text = json_as_text(value);
	if (kind != FIELD_TEXT && !text[0])
		return err_set(ERR_INVALID, "%s: must not be empty", place);
	if (kind == FIELD_UPN && !is_upn(text))
		return err_set(ERR_INVALID,
			"%s: \"%s\" is no user principal name (name@domain)", place, text);
	if (kind == FIELD_PATH && (text[0] != '/' || text[1] == 0 || text_ends_with(text, "/")))
		return err_set(ERR_INVALID, "%s: \"%s\" is no path such as /Name", place, text);
	return 0;
}

static int check_count(const struct json *value, const char *place)
{
	int64_t count = json_as_int(value, -1);

	if (!json_is_number(value) || count < 0 || count > COUNT_MAX)
		return err_set(
			ERR_INVALID, "%s: must be a number from 0 to %d", place, COUNT_MAX);
	return 0;
}

static int check_source(const struct json *value, const char *place)
{
	if (json_is_string(value))
		return check_text(value, FIELD_NAME, place);
	if (json_is_number(value))
		return check_count(value, place);
	return err_set(ERR_INVALID, "%s: must be a number or the name of a folder", place);
}

static int check_list(const struct json *value, const struct field *field,
	const struct field_rules *rules, const char *place)
{
	if (!json_is_array(value))
		return err_set(ERR_INVALID, "%s: must be a list", place);
	for (size_t i = 0; i < json_count(value); i++) {
		AUTO_TEXT at = mem_printf("%s[%zu]", place, i);
		const struct json *entry = json_at(value, i);
		int r;
		if (field->kind == FIELD_OBJECTS)
			r = fields_check(entry, field->fields, rules, at);
		else if (field->kind == FIELD_WORDS)
			r = check_word(entry, field->words, at);
		else
			r = check_text(entry, FIELD_NAME, at);
		if (r < 0)
			return r;
	}
	return 0;
}

static int check_value(const struct json *value, const struct field *field,
	const struct field_rules *rules, const char *place)
{
	switch (field->kind) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_UPN:
	case FIELD_PATH:
		return check_text(value, field->kind, place);
	case FIELD_BOOL:
		return is_bool(value)
			       ? 0
			       : err_set(ERR_INVALID, "%s: must be true or false", place);
	case FIELD_COUNT:
		return check_count(value, place);
	case FIELD_SOURCE:
		return check_source(value, place);
	case FIELD_WORD:
		return check_word(value, field->words, place);
	case FIELD_WORDS:
	case FIELD_NAMES:
	case FIELD_OBJECTS:
		return check_list(value, field, rules, place);
	case FIELD_OBJECT:
		return fields_check(value, field->fields, rules, place);
	case FIELD_ANY:
		break;
	}
	return 0;
}

static int check_required(
	const struct json *object, const struct field *fields, const char *where)
{
	for (; fields->key; fields++) {
		if (!fields->required || json_get(object, fields->key))
			continue;
		AUTO_TEXT place = fields_place(where, fields->key);
		return err_set(ERR_INVALID, "%s: is missing", place);
	}
	return 0;
}

int fields_check(const struct json *object, const struct field *fields,
	const struct field_rules *rules, const char *where)
{
	size_t position = 0;
	const char *key;
	struct json *value;

	if (!json_is_object(object))
		return err_set(
			ERR_INVALID, "%s: must be an object", where[0] ? where : "document");
	while (json_next(object, &position, &key, &value)) {
		const struct field *field = find_field(fields, key);
		AUTO_TEXT place = fields_place(where, key);
		if (!field)
			return err_set(ERR_INVALID, "%s: unknown key", place);
		if (!value && !rules->nulls)
			return err_set(ERR_INVALID, "%s: must not be null", place);
		int r = value ? check_value(value, field, rules, place) : 0;
		if (r < 0)
			return r;
	}
	return check_required(object, fields, where);
}
