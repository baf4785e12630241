/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_FORM_H
#define LICENSE_SERVICE_FORM_H

#include "base/err.h"

struct http_call;
struct form;

/** Reads the body of a call as application/x-www-form-urlencoded. ERR_LIMIT over 16 KiB or 32
 * fields, ERR_INVALID where it is none or not UTF-8. The caller frees with form_free. */
NODISCARD int form_read(struct http_call *call, struct form **out);
void form_free(struct form *form); /* wipes; NULL is fine */

/** The first value of that name, without white space around it, borrowed; "" where there is
 * none. */
const char *form_get(const struct form *form, const char *name);

#endif
