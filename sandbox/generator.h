/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GENERATOR_H
#define SANDBOX_GENERATOR_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "sandbox/content.h"

/*
 * Mail of our own making, the same for the same recipe at any time on any machine: office mail
 * with a plain and an HTML part, some of it with attachments. Part of the attachments come from
 * a small set that the whole organization shares, as price lists and agendas do.
 */

enum { GENERATOR_MESSAGE_MAX = 1 << 20 };

/** Appends the whole message. ERR_LIMIT. */
NODISCARD int generator_message(const struct content_recipe *recipe, struct buf *out);

/** Appends its header alone, with the empty line behind it. ERR_LIMIT. */
NODISCARD int generator_header(const struct content_recipe *recipe, struct buf *out);

/** The folder that message `number` of a mailbox lies in: a path such as "Projects/Alpha". */
const char *generator_folder(uint32_t number);

#endif
