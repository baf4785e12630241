/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_INSTALLATION_H
#define JOB_INSTALLATION_H

#include "base/err.h"
#include "db/db.h"
#include "license_client/license_client.h"

/*
 * One installation of the backup program: its state folder (mode 0700) with the database of
 * connections, storages, jobs and runs (garner.db), the key that seals the secrets in it
 * (state.key), and the license folder. Two state folders are two instances.
 *
 * A struct installation belongs to one thread; any number of processes and threads may have the
 * same folder open, each with its own.
 */

struct installation {
	char *folder; /* absolute */
	struct db *db;
	struct license_client *license;
	uint8_t key[32]; /* seals secrets in the database */
};

/** Opens the folder, and makes it where it is not there. ERR_IO, ERR_CORRUPT, ERR_INVALID where
 * a newer program made it. The caller closes it. */
NODISCARD int installation_open(const char *folder, struct installation **out);

/** The same without the license, which is then NULL: for restores, which nothing that is wrong
 * with a license may hinder. */
NODISCARD int installation_open_plain(const char *folder, struct installation **out);
void installation_close(struct installation *installation); /* NULL is fine */

/** Seals a secret text as lower-case hexadecimal digits for a column; the caller frees it. */
NODISCARD int installation_seal(
	const struct installation *installation, const void *secret, size_t size, char **out);

/** Opens what installation_seal made; the caller wipes and frees it. ERR_CORRUPT. */
NODISCARD int installation_unseal(const struct installation *installation, const char *sealed,
	char **out, size_t *out_size);

/** Checks a name of a connection, storage or job: 1 to 100 bytes of UTF-8, no control
 * characters, no "/" and no ":" . ERR_INVALID. */
NODISCARD int installation_check_name(const char *what, const char *name);

#endif
