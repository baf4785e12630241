/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_HOME_H
#define LICENSE_SERVICE_HOME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "crypto/sign.h"
#include "license/price.h"
#include "license_service/trial_settings.h"

/*
 * The state folder of a licensing service: what it needs beside its database. Made at the first
 * use: service.key (secrets of the database), root.key and root.pub (the root key pair;
 * root.key may be moved away, see root.h), prices.json and trial.json (the price list, and what
 * a trial is given, which the vendor edits), and what settings.h names.
 */

struct settings;

struct home {
	char *folder;   /* absolute */
	char *database; /* its location, as db_open takes it; may hold a password */
	uint8_t pepper[SECRET_KEY_SIZE]; /* under which license keys are looked up */
	uint8_t seal[SECRET_KEY_SIZE];   /* under which keys and mail wait in the outbox */
	uint8_t tokens[SECRET_KEY_SIZE]; /* under which tokens of orders and forms are made */
	struct sign_key root; /* its public half alone where the root key is elsewhere */
	bool has_root;
	struct price_list prices;
	struct settings *settings;
	struct trial_settings trials;
};

/** Opens the folder, and makes it where it is not there (mode 0700). `database` is
 * "sqlite:FILE" or "postgresql://…", or NULL for licensing.db in the folder. ERR_IO,
 * ERR_CORRUPT, ERR_INVALID. The caller frees it with home_close. */
NODISCARD int home_open(const char *folder, const char *database, struct home **out);
void home_close(struct home *home); /* NULL is fine */

/** Path of a file in the folder; the caller frees it. */
char *home_path(const struct home *home, const char *name);

#endif
