/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_MAIL_FACTS_H
#define SANDBOX_MAIL_FACTS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/json.h"

/*
 * What Graph says of a message besides its bytes, read from the message's header. Mail is often
 * broken; so this never fails: what is not there or makes no sense is NULL, 0 or empty.
 */

struct mail_facts {
	char *subject;
	char *message_id;
	char *preview;                         /* the first words of a plain body */
	struct json *from, *sender;            /* a recipient object, or NULL */
	struct json *to, *cc, *bcc, *reply_to; /* lists of recipients */
	int64_t sent_s, received_s;            /* 0: unknown */
	bool has_attachments;
	const char *importance; /* "low", "normal", "high" */
};

/** Reads the facts from the first `size` bytes of a message. The caller frees them. */
void mail_facts_read(const char *head, size_t size, struct mail_facts *out);

void mail_facts_free(struct mail_facts *facts);
#define AUTO_FACTS __attribute__((cleanup(mail_facts_free))) struct mail_facts

#endif
