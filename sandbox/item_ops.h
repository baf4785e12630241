/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_ITEM_OPS_H
#define SANDBOX_ITEM_OPS_H

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/mailbox.h"
#include "sandbox/scenario.h"

/** Does one checked operation of a patch's "items" in a mailbox (README.md). ERR_NOTFOUND where
 * the folder, the item or the file is not there, ERR_EXISTS, ERR_IO. */
NODISCARD int item_ops_apply(struct mailbox *mailbox, const struct json *operation,
	const struct scenario_base *base, int64_t now_s);

/** The bytes that an operation brings, by "file" or "content", and when they are from. The
 * caller frees *out. ERR_NOTFOUND, ERR_IO, ERR_INVALID. */
NODISCARD int item_ops_content(
	const struct json *operation, const struct scenario_base *base, struct content **out);

#endif
