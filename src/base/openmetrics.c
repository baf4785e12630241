/* SPDX-License-Identifier: Apache-2.0 */
#include "base/openmetrics.h"

#include <inttypes.h>

int openmetrics_head(struct buf *out, const char *name, const char *type, const char *help)
{
	return buf_printf(
		out, "# TYPE garner_%s %s\n# HELP garner_%s %s\n", name, type, name, help);
}

int openmetrics_sample(struct buf *out, const char *name, int64_t value)
{
	return buf_printf(out, "garner_%s %" PRId64 "\n", name, value);
}

static int put_escaped(struct buf *out, const char *text)
{
	int r = 0;

	for (; r == 0 && *text; text++) {
		if (*text == '\n')
			r = buf_append_text(out, "\\n");
		else if (*text == '"' || *text == '\\')
			r = buf_printf(out, "\\%c", *text);
		else
			r = buf_append(out, text, 1);
	}
	return r;
}

int openmetrics_labelled(
	struct buf *out, const char *name, const struct openmetrics_label *label, int64_t value)
{
	int r = buf_printf(out, "garner_%s{%s=\"", name, label->name);

	if (r == 0)
		r = put_escaped(out, label->value);
	return r < 0 ? r : buf_printf(out, "\"} %" PRId64 "\n", value);
}

int openmetrics_gauge(struct buf *out, const char *name, const char *help, int64_t value)
{
	int r = openmetrics_head(out, name, "gauge", help);

	return r < 0 ? r : openmetrics_sample(out, name, value);
}

int openmetrics_end(struct buf *out)
{
	return buf_append_text(out, "# EOF\n");
}
