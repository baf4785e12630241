/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RECORD_H
#define REPO_RECORD_H

#include "base/buf.h"
#include "repo/format.h"
#include "repo/repo.h"

/*
 * Parts of which snapshots are made.
 */

/** A text that ends with NUL. */
NODISCARD int record_put_text(struct buf *out, const char *text);
NODISCARD int record_get_text(struct reader *reader, const char **out);

#endif
