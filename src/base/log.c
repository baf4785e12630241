/* SPDX-License-Identifier: Apache-2.0 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/timestamp.h"

enum { LINE_MAX_SIZE = 8192 };

static atomic_int threshold = LOG_WARNING;

void log_set_level(enum log_level level)
{
	atomic_store(&threshold, (int)level);
}

/* A value as logfmt wants it: quoted where it holds what would end it. */
static int put_value(struct buf *line, const char *value)
{
	if (!value)
		return buf_append_text(line, "-");
	if (*value && !strpbrk(value, " \"=\\\n\r\t"))
		return buf_append_text(line, value);
	int r = buf_append_text(line, "\"");
	for (; *value && r == 0; value++) {
		if (*value == '"' || *value == '\\')
			r = buf_printf(line, "\\%c", *value);
		else if ((unsigned char)*value < 0x20)
			r = buf_printf(line, "\\x%02x", (unsigned)*value);
		else
			r = buf_append(line, value, 1);
	}
	return r < 0 ? r : buf_append_text(line, "\"");
}

static void write_line(const char *level, const char *event, va_list fields)
{
	AUTO_BUF line = buf_init(LINE_MAX_SIZE);
	char at[TIMESTAMP_SIZE];
	int r;

	timestamp_format(clock_now_s(), at);
	r = buf_printf(&line, "time=%s level=%s event=%s", at, level, event);
	for (const char *name; r == 0 && (name = va_arg(fields, const char *));) {
		r = buf_printf(&line, " %s=", name);
		if (r == 0)
			r = put_value(&line, va_arg(fields, const char *));
	}
	/* A line that is too long is cut: a log never fails its caller. */
	fprintf(stderr, "%.*s\n", (int)line.size, (const char *)line.data);
}

#define DEFINE_LEVEL(function, level, name)                                                    \
	void function(const char *event, ...)                                                  \
	{                                                                                      \
		va_list fields;                                                                \
		if (atomic_load(&threshold) < (int)(level))                                    \
			return;                                                                \
		va_start(fields, event);                                                       \
		write_line(name, event, fields);                                               \
		va_end(fields);                                                                \
	}

DEFINE_LEVEL(log_error, LOG_ERROR, "error")
DEFINE_LEVEL(log_warning, LOG_WARNING, "warning")
DEFINE_LEVEL(log_info, LOG_INFO, "info")
DEFINE_LEVEL(log_debug, LOG_DEBUG, "debug")
