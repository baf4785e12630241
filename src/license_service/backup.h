/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_BACKUP_H
#define LICENSE_SERVICE_BACKUP_H

#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "license_service/store.h"

/*
 * A copy of all that a licensing service is: its database as of one moment, and the files of
 * its state folder (secrets, keys, settings), in a folder of its own (mode 0700, files 0600).
 * The password file that mail.json names comes along from wherever it lies.
 */

/** Makes the copy, also while the service runs. The array `left` gets the paths of what belongs
 * to the service and was not copied (folders, links, a file of authorities elsewhere); NULL:
 * nobody asks. ERR_EXISTS where the folder is there; ERR_IO. */
NODISCARD int backup_make(struct store *store, const char *folder, struct json *left);

/**
 * Puts a copy into a state folder, which is made, or has no database. All licenses are held
 * from then on: what happened since the copy is lost here, and known to the instances
 * (history.h). ERR_EXISTS where a service's state is there, ERR_NOTFOUND where `folder` is no
 * copy, ERR_IO.
 */
NODISCARD int backup_restore(const char *folder, const char *state, int64_t now_s);

#endif
