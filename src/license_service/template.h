/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_TEMPLATE_H
#define LICENSE_SERVICE_TEMPLATE_H

#include "base/buf.h"
#include "base/err.h"

/*
 * Pages from templates. In a template, {{name}} is replaced by a value, escaped for HTML text
 * and quoted attributes; {{{name}}} by HTML that was made by this house; {{#name}}…{{/name}}
 * stays where the value is not empty. A template is part of the program: one that is wrong, or
 * that names a value which is not given, is an ASSERT.
 */

struct template_value {
	const char *name; /* NULL ends the list */
	const char *text; /* NULL: "" */
};

/** Appends the page. ERR_LIMIT. */
NODISCARD int template_render(
	const char *template, const struct template_value *values, struct buf *out);

/** Appends a text, escaped. ERR_LIMIT. */
NODISCARD int template_escape(const char *text, struct buf *out);

/* The templates. */
extern const char template_layout[];
extern const char template_form[];
extern const char template_review[];
extern const char template_order[];
extern const char template_message[];
extern const char template_style[]; /* /shop.css */

#endif
