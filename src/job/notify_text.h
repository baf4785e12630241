/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NOTIFY_TEXT_H
#define JOB_NOTIFY_TEXT_H

#include "base/json.h"

/*
 * What a message about notices says: a subject with the installation, what it is and what to
 * do; a text for people; a body for programs. Pure. A license key, should one stand in a
 * notice, is masked.
 */

struct notify_message {
	const char *uid;      /* the same at every try */
	const char *event;    /* "raised", "cleared", "test" */
	const char *host;     /* names the installation */
	int64_t created_s;    /* when it was made */
	struct json *notices; /* array of { code, job, object, text, raised_at, cleared_at } */
};

/** One line: "Garner on HOST: job night: a run failed; see the reason and start it again". The
 * caller frees it. */
char *notify_subject(const struct notify_message *message);

/** The caller frees it. */
char *notify_text(const struct notify_message *message);

/** { "type": "notice.raised", "timestamp", "data": { "installation", "notice": { … } } };
 * several notices, or none in a test, are "notices". The caller frees it. */
char *notify_body(const struct notify_message *message);

/** Masks whatever looks like a license key, in place. */
void notify_mask_keys(char *text);

#endif
