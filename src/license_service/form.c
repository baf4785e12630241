/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/form.h"

#include <ctype.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "net/http_server.h"

enum { FIELDS_MAX = 32, BODY_MAX = 16 * 1024 };

struct form {
	size_t count;
	struct {
		char *name, *value;
	} fields[FIELDS_MAX];
};

void form_free(struct form *form)
{
	if (!form)
		return;
	for (size_t i = 0; i < form->count; i++) {
		if (form->fields[i].value)
			secret_wipe(form->fields[i].value, strlen(form->fields[i].value));
		mem_free(form->fields[i].value);
		mem_free(form->fields[i].name);
	}
	mem_free(form);
}

static void trim(char *text)
{
	size_t size = strlen(text);
	size_t start = 0;

	while (size > 0 && isspace((unsigned char)text[size - 1]))
		text[--size] = '\0';
	while (isspace((unsigned char)text[start]))
		start++;
	memmove(text, text + start, size - (start < size ? start : size) + 1);
}

static int add(struct form *form, const char *pair, size_t size)
{
	size_t name_size = strcspn(pair, "=");
	if (name_size > size)
		name_size = size;
	AUTO_TEXT raw_name = mem_strndup(pair, name_size);
	AUTO_TEXT raw_value = mem_strndup(
		pair + name_size + (name_size < size), size - name_size - (name_size < size));

	if (form->count == FIELDS_MAX)
		return err_set(ERR_LIMIT, "the form has too many fields");
	char *name = text_percent_decode(raw_name, true);
	char *value = text_percent_decode(raw_value, true);
	form->fields[form->count].name = name;
	form->fields[form->count++].value = value;
	if (!name || !value || !text_is_utf8(value, strlen(value)))
		return err_set(ERR_INVALID, "the form is not in UTF-8, or broken");
	trim(value);
	return 0;
}

int form_read(struct http_call *call, struct form **out)
{
	static const char type[] = "application/x-www-form-urlencoded";
	size_t size;
	const char *body = http_call_body(call, &size);
	const char *given = http_call_header(call, "Content-Type");

	*out = NULL;
	if (!given || !text_starts_with(given, type))
		return err_set(ERR_INVALID, "the body must be a form (%s)", type);
	if (size > BODY_MAX)
		return err_set(ERR_LIMIT, "the form is too large");
	AUTO_TEXT text = mem_strndup(size ? body : "", size);
	struct form *form = mem_alloc(sizeof(*form));
	int r = strlen(text) == size ? 0 : err_set(ERR_INVALID, "the form holds a NUL");
	for (const char *at = text; r == 0 && *at;) {
		size_t pair = strcspn(at, "&");
		r = pair ? add(form, at, pair) : 0;
		at += pair + (at[pair] == '&');
	}
	secret_wipe(text, size);
	if (r < 0) {
		form_free(form);
		return r;
	}
	*out = form;
	return 0;
}

const char *form_get(const struct form *form, const char *name)
{
	for (size_t i = 0; i < form->count; i++)
		if (text_equal(form->fields[i].name, name))
			return form->fields[i].value;
	return "";
}
