/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/template.h"

#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

enum { NAME_MAX_SIZE = 64 };

/* One piece of a template: a text up to a mark, and the mark. */
struct mark {
	char kind; /* 'v' value, 'h' HTML, '#' begin, '/' end, 0 none */
	char name[NAME_MAX_SIZE];
	const char *after;
};

static const char *value_of(const struct template_value *values, const char *name)
{
	for (; values->name; values++)
		if (text_equal(values->name, name))
			return values->text ? values->text : "";
	ASSERT(values->name != NULL); /* the template names a value that is not given */
	return "";
}

int template_escape(const char *text, struct buf *out)
{
	int r = 0;

	while (r == 0 && *text) {
		size_t plain = strcspn(text, "&<>\"'");
		r = buf_append(out, text, plain);
		text += plain;
		if (r < 0 || !*text)
			break;
		r = buf_printf(out, "&#%d;", *text++);
	}
	return r;
}

/* The next mark at or behind `at`; *out_text is the size of the text before it. */
static struct mark next_mark(const char *at, size_t *out_text)
{
	struct mark mark = {0};
	const char *open = strstr(at, "{{");

	*out_text = open ? (size_t)(open - at) : strlen(at);
	if (!open)
		return mark;
	const char *name = open + 2;
	mark.kind = *name == '{' ? 'h' : *name == '#' || *name == '/' ? *name : 'v';
	if (mark.kind != 'v')
		name++;
	const char *close = strstr(name, mark.kind == 'h' ? "}}}" : "}}");
	ASSERT(close && (size_t)(close - name) < NAME_MAX_SIZE);
	memcpy(mark.name, name, (size_t)(close - name));
	mark.after = close + (mark.kind == 'h' ? 3 : 2);
	return mark;
}

/* Behind the end of the section that has just begun; its like may stand in it. */
static const char *skip_section(const char *at, const char *name)
{
	size_t size;

	for (int depth = 1; depth > 0;) {
		const struct mark mark = next_mark(at, &size);
		ASSERT(mark.kind);
		if ((mark.kind == '#' || mark.kind == '/') && text_equal(mark.name, name))
			depth += mark.kind == '#' ? 1 : -1;
		at = mark.after;
	}
	return at;
}

int template_render(const char *template, const struct template_value *values, struct buf *out)
{
	const char *at = template;
	size_t size;

	for (;;) {
		const struct mark mark = next_mark(at, &size);
		int r = buf_append(out, at, size);
		if (r < 0 || !mark.kind)
			return r;
		at = mark.after;
		const char *value = value_of(values, mark.name);
		if (mark.kind == '#' && !*value)
			at = skip_section(at, mark.name);
		else if (mark.kind == 'v')
			r = template_escape(value, out);
		else if (mark.kind == 'h')
			r = buf_append_text(out, value);
		if (r < 0)
			return r;
	}
}
