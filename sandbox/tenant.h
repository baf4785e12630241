/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_TENANT_H
#define SANDBOX_TENANT_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/json.h"
#include "sandbox/drive.h"
#include "sandbox/group.h"
#include "sandbox/ids.h"
#include "sandbox/limits.h"
#include "sandbox/mailbox.h"
#include "sandbox/scenario.h"

/*
 * The organization that runs: its users, groups and their mailboxes. One lock guards all of it;
 * hold it while you look at anything that was found here, and never while you read a file of
 * mail.
 *
 * A user that was found stays a user, though perhaps a removed one, until tenant_free.
 */

struct user {
	char id[IDS_GUID_SIZE];
	struct scenario_user facts;
	struct mailbox *mailbox;
	struct drive *drive; /* NULL: none */
	struct limits limits;
	bool is_removed;
};

struct tenant {
	pthread_mutex_t lock;  /* guards what lies below it */
	struct json *document; /* the scenario as it is now */
	struct user **users;   /* in the scenario's order, the removed ones too */
	size_t user_count, user_capacity;
	struct groups groups;
	/* These never change. */
	char *id, *domain;
	char client_id[IDS_GUID_SIZE];
};

/** Makes the organization of a scenario file. ERR_NOTFOUND, ERR_IO, ERR_INVALID with the place
 * of what is wrong. */
NODISCARD int tenant_new(const char *scenario_path, struct tenant **out);
void tenant_free(struct tenant *tenant); /* NULL is fine */

void tenant_lock(struct tenant *tenant);
void tenant_unlock(struct tenant *tenant);

/** The user of that id or principal name; NULL. */
struct user *tenant_user(const struct tenant *tenant, const char *id_or_upn);

/** True where the user has a mailbox that Graph can reach. */
bool user_has_mailbox(const struct user *user);

/** The drive of that id, and whose it is; NULL. */
struct drive *tenant_drive(
	const struct tenant *tenant, const char *id, struct user **out_owner);

/**
 * Applies a patch (README.md). Checked as a whole before anything is changed; an operation on
 * an item that fails then ends it, and those before stay done. *out_applied counts what was
 * done. Takes the lock itself. ERR_INVALID, ERR_NOTFOUND, ERR_EXISTS, ERR_IO.
 */
NODISCARD int tenant_change(struct tenant *tenant, const struct json *patch,
	const struct scenario_base *base, size_t *out_applied);

#endif
