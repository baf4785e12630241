/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_SCHEMA_H
#define LICENSE_SERVICE_SCHEMA_H

#include "base/err.h"

struct db;

/*
 * The tables of the licensing service. Every table that grows is keyed by the license first, so
 * that it can be spread over machines; ids and times are always parameters; bytes are kept as
 * hexadecimal or base64 text. The two *_lookup tables lead from what a caller has to a license.
 */

/** Brings the database up to date. ERR_INVALID where a newer program made it. */
NODISCARD int schema_migrate(struct db *db);

#endif
