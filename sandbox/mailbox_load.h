/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_MAILBOX_LOAD_H
#define SANDBOX_MAILBOX_LOAD_H

#include "base/err.h"
#include "sandbox/mailbox.h"
#include "sandbox/scenario.h"

/**
 * Makes the mailbox hold what the source says: what is not there yet is added, what the source
 * has no more is deleted, a file that changed is replaced. What came by operations stays, and a
 * message that was moved stays where it is. Reads names and sizes of files, never their
 * contents. ERR_IO, ERR_NOTFOUND.
 */
NODISCARD int mailbox_load(
	struct mailbox *mailbox, const struct scenario_source *source, int64_t now_s);

#endif
