/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_MAILER_H
#define LICENSE_SERVICE_MAILER_H

#include "base/err.h"
#include "license_service/home.h"

/*
 * The thread that sends what waits in the mail queue. A mail is taken out of the queue when a
 * server has taken it, not before: a death between the two sends it again, under the same
 * Message-ID. What fails waits, longer each time up to an hour (6 hours where the server
 * refuses it for good), until it is delivered or the vendor takes it out.
 */

struct mailer;

/** Starts; *out is NULL where no mail is sent (settings.h). `home` is borrowed. */
NODISCARD int mailer_start(const struct home *home, struct mailer **out);
void mailer_stop(struct mailer *mailer); /* NULL is fine */

#endif
