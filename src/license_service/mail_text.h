/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_MAIL_TEXT_H
#define LICENSE_SERVICE_MAIL_TEXT_H

#include "base/err.h"
#include "license_service/mail_queue.h"

/** A mail as it goes out. */
struct mail_text {
	char *to; /* NULL: there is nobody to send it to, or nothing to say any more */
	char *subject;
	char *body;
};

/** Makes the mail from what the database says now. The caller frees it with mail_text_free. */
NODISCARD int mail_text_make(
	struct store *store, const struct mail *mail, int64_t now_s, struct mail_text *out);
void mail_text_free(struct mail_text *text); /* wipes */

#endif
