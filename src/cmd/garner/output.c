/* SPDX-License-Identifier: Apache-2.0 */
#include "output.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { COLUMNS_MOST = 12, COLUMN_WIDEST = 100 };

static bool has_json;

bool output_has_json(void)
{
	return has_json;
}

void output_json(const struct json *result)
{
	AUTO_JSON whole = json_new_object();
	size_t position = 0;
	const char *key;
	struct json *value;

	json_put_int(whole, "schema", 1);
	while (json_next(result, &position, &key, &value))
		json_put(whole, key, value ? json_share(value) : NULL);
	AUTO_TEXT text = json_text(whole, false);
	puts(text);
	has_json = true;
}

static char *as_text(const struct json *value)
{
	if (!value)
		return mem_strdup("-");
	if (json_is_string(value))
		return mem_strdup(json_as_text(value));
	if (json_is_array(value)) {
		AUTO_TEXT list = mem_strdup("");
		for (size_t i = 0; i < json_count(value); i++) {
			AUTO_TEXT item = as_text(json_at(value, i));
			mem_replace(&list, mem_printf("%s%s%s", list, i ? ", " : "", item));
		}
		return STEAL(list);
	}
	return json_text(value, false);
}

char *output_member(const struct json *object, const char *member)
{
	const char *dot = strchr(member, '.');

	if (!dot)
		return as_text(json_get(object, member));
	AUTO_TEXT first = mem_strndup(member, (size_t)(dot - member));
	return output_member(json_get(object, first), dot + 1);
}

/* Columns that a text takes on a terminal, near enough: characters, not bytes. */
static size_t width(const char *text)
{
	size_t count = 0;

	for (; *text; text++)
		count += ((unsigned char)*text & 0xc0) != 0x80;
	return count;
}

static void print_cell(const char *text, size_t wide, bool last)
{
	size_t size = width(text);

	fputs(text, stdout);
	for (size_t i = size; !last && i < wide + 2; i++)
		putchar(' ');
}

static void measure(const struct json *rows, const struct output_column *columns, size_t count,
	size_t *widths)
{
	for (size_t c = 0; c < count; c++) {
		widths[c] = width(columns[c].title);
		for (size_t i = 0; i < json_count(rows); i++) {
			AUTO_TEXT text = output_member(json_at(rows, i), columns[c].member);
			size_t size = width(text);
			size = size < COLUMN_WIDEST ? size : COLUMN_WIDEST;
			widths[c] = size > widths[c] ? size : widths[c];
		}
	}
}

void output_table(const struct json *rows, const struct output_column *columns, size_t count,
	const char *none)
{
	size_t widths[COLUMNS_MOST] = {0};

	ASSERT(count <= COLUMNS_MOST);
	if (json_count(rows) == 0) {
		puts(none);
		return;
	}
	measure(rows, columns, count, widths);
	for (size_t c = 0; c < count; c++)
		print_cell(columns[c].title, widths[c], c + 1 == count);
	putchar('\n');
	for (size_t i = 0; i < json_count(rows); i++) {
		for (size_t c = 0; c < count; c++) {
			AUTO_TEXT text = output_member(json_at(rows, i), columns[c].member);
			print_cell(text, widths[c], c + 1 == count);
		}
		putchar('\n');
	}
}

void output_line(const struct app *app, const char *format, ...)
{
	va_list arguments;

	if (app->quiet || app->json)
		return;
	va_start(arguments, format);
	vprintf(format, arguments);
	va_end(arguments);
	putchar('\n');
}
