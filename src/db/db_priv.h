/* SPDX-License-Identifier: Apache-2.0 */
#ifndef DB_DB_PRIV_H
#define DB_DB_PRIV_H

#include "db/db.h"

/** Runs several statements, parted by ";". Within the caller's transaction. */
NODISCARD int db_run_script(struct db *db, const char *script);

#endif
