/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNER_OUTPUT_H
#define CMD_GARNER_OUTPUT_H

#include "app.h"

/*
 * What garner prints on standard output: one JSON object with "schema": 1, or text for people.
 */

/** The result as JSON, one object; the result stays the caller's. Once in a call of garner. */
void output_json(const struct json *result);

/** Whether there was a result: an error that comes after it stands in the exit code and on
 * standard error, not in a second object. */
bool output_has_json(void);

/** A column of a table: the member that it shows, dots go deeper ("reason.text"). */
struct output_column {
	const char *title;
	const char *member;
};

/** A table of an array of objects, columns as wide as they need; "none" where it is empty. */
void output_table(const struct json *rows, const struct output_column *columns, size_t count,
	const char *none);

/** A line for people, unless --quiet or --json. */
PRINTF_LIKE(2, 3) void output_line(const struct app *app, const char *format, ...);

/** A member as text, whatever its type; the caller frees it. */
char *output_member(const struct json *object, const char *member);

#endif
