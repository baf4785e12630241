/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NOTIFY_H
#define JOB_NOTIFY_H

#include "job/installation.h"
#include "job/notify_text.h"
#include "job/receiver.h"

/*
 * Notices go out to those who asked for them (receiver.h), each once (I2). What is new becomes
 * a message, in one transaction with the mark that it was told; a message is tried until the
 * receiver has taken it, or a day is over. A program that is killed between the receiver's
 * "yes" and its own record sends that message again, with the same id.
 */

enum {
	NOTIFY_FIRST_WAIT_S = 30, /* doubled at each try */
	NOTIFY_LONGEST_WAIT_S = 3600,
	NOTIFY_GIVE_UP_S = 86400,
	NOTIFY_TOGETHER_MOST = 100, /* notices in a mail */
};

/** Hands a message to its receiver. 0, or an error with what went wrong in plain words;
 * ERR_CANCELLED leaves everything as it is. */
typedef int notify_send_fn(
	void *context, const struct receiver *receiver, const struct notify_message *message);

struct notify_sender {
	notify_send_fn *send;
	void *context;
};

/** Makes messages of what is new at `now_s`. For a mail, news are gathered until the oldest has
 * waited for as long as its receiver says. */
NODISCARD int notify_gather(struct installation *installation, int64_t now_s);

/** Sends one message whose turn it is: 1, or 0 where there is none. What could not be sent is
 * tried again later, and given up after a day, which is a notice itself (to the others). */
NODISCARD int notify_step(
	struct installation *installation, const struct notify_sender *sender, int64_t now_s);

/** Sends one receiver a message that says that it is a test, now. The sender's error. */
NODISCARD int notify_test(struct installation *installation, const char *name,
	const struct notify_sender *sender);

/** "messages": [ { receiver, event, state, tries, created_at, next_at, ended_at, error, id,
 * notices: [ { code, job, object, text } ] } ], newest first, the last 200. */
NODISCARD int notify_log(struct installation *installation, struct json **out);

#endif
