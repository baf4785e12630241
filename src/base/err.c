/* SPDX-License-Identifier: Apache-2.0 */
#include "base/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What err.h tells the analyser instead of them. */
#undef err_set
#undef err_errno

enum { MESSAGE_SIZE = 1024 };

static _Thread_local char message[MESSAGE_SIZE];

int err_set(enum err code, const char *format, ...)
{
	char text[MESSAGE_SIZE]; /* apart, so that the old message may be an argument */
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	memcpy(message, text, sizeof(message));
	return (int)code;
}

int err_wrap(int code, const char *format, ...)
{
	char inner[MESSAGE_SIZE];
	char context[MESSAGE_SIZE];
	va_list arguments;

	if (code >= 0)
		return code;
	memcpy(inner, message, sizeof(inner));
	va_start(arguments, format);
	vsnprintf(context, sizeof(context), format, arguments);
	va_end(arguments);
	/* Where both do not fit, the cause is cut, never the context. */
	size_t used = strlen(context);
	memcpy(message, context, used + 1);
	for (const char *part = ": "; part; part = part == inner ? NULL : inner) {
		size_t size = strnlen(part, sizeof(message) - 1 - used);
		memcpy(message + used, part, size);
		used += size;
	}
	message[used] = 0;
	return code;
}

int err_errno(const char *format, ...)
{
	int number = errno;
	char context[MESSAGE_SIZE / 2];
	char words[128];
	va_list arguments;
	enum err code = number == ENOENT   ? ERR_NOTFOUND
			: number == EEXIST ? ERR_EXISTS
					   : ERR_IO;

	va_start(arguments, format);
	vsnprintf(context, sizeof(context), format, arguments);
	va_end(arguments);
	const char *text = strerror_r(number, words, sizeof(words));
	const char *advice = number == ENOSPC || number == EDQUOT
				     ? "; make room there and start again"
			     : number == EACCES || number == EPERM
				     ? "; check its owner and mode, or run as another user"
				     : "";
	return err_set(code, "%s: %s%s", context, text, advice);
}

const char *err_message(void)
{
	return message;
}

const char *err_name(int code)
{
	static const char *const names[] = {"ok", "io", "corrupt", "not_found", "exists",
		"invalid", "limit", "auth", "throttled", "network", "protocol", "cancelled",
		"license", "no_repository", "locked", "password", "usage", "partial",
		"unavailable", "conflict", "retained"};
	size_t index = code < 0 ? (size_t)-code : 0;

	return index < sizeof(names) / sizeof(names[0]) ? names[index] : "unknown";
}

void err_assert_failed(const char *condition, const char *file, int line)
{
	fprintf(stderr, "%s:%d: this should never happen: %s\n", file, line, condition);
	abort();
}
