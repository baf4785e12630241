/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "db/db_priv.h"

enum { SQL_MAX = 1024 * 1024 };

/* The end of what begins here and is no SQL of its own: a quoted text or name (a doubled quote
 * within it is the end of one and the start of the next), a comment. NULL: nothing such. */
static const char *skip(const char *at)
{
	const char *end = NULL;

	if (*at == '\'' || *at == '"')
		end = strchr(at + 1, *at);
	else if (at[0] == '-' && at[1] == '-')
		end = strchr(at, '\n');
	else if (at[0] == '/' && at[1] == '*')
		end = strstr(at + 2, "*/");
	else
		return NULL;
	if (!end)
		return at + strlen(at);
	return *at == '/' ? end + 2 : end + 1;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

char *placeholders_rewrite(const char *sql, size_t *out_count)
{
	AUTO_BUF out = buf_init(SQL_MAX);
	const char *from = sql;
	int r = 0;

	*out_count = 0;
	for (const char *at = sql; *at;) {
		const char *end = skip(at);

		if (end) {
			at = end;
			continue;
		}
		at++;
		if (at[-1] != '?' || !is_digit(*at))
			continue;
		r |= buf_append(&out, from, (size_t)(at - 1 - from));
		r |= buf_append(&out, "$", 1);
		from = at;
		size_t number = 0;
		for (; is_digit(*at) && number < 1000; at++)
			number = number * 10 + (size_t)(*at - '0');
		if (number > *out_count)
			*out_count = number;
	}
	r |= buf_append(&out, from, strlen(from));
	ASSERT(r == 0); /* statements are the program's own, and short */
	return mem_strdup(buf_text(&out));
}
