/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_NOTIFY_SEND_H
#define JOB_NOTIFY_SEND_H

#include "base/cancel.h"
#include "job/notify.h"

/*
 * Sends messages to their receivers: mail by SMTP, webhooks as Standard Webhooks 1.0 says. No
 * redirect is followed, and no address is talked to that is link-local, loopback (where the URL
 * does not name this machine itself), multicast or a cloud's place for credentials.
 */

enum { NOTIFY_SEND_TIMEOUT_MS = 30000 };

/** As notify_send_fn; `context` is a struct cancel, or NULL. */
NODISCARD int notify_send(
	void *context, const struct receiver *receiver, const struct notify_message *message);

#endif
