/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_CONNECTION_H
#define JOB_CONNECTION_H

#include "base/cancel.h"
#include "base/json.h"
#include "job/installation.h"
#include "source/source.h"

/*
 * Connections: how a source is reached. Their secrets lie sealed in the database and are never
 * shown again.
 */

/** Adds one. `settings` is kept; what it must hold depends on the kind: m365: tenant,
 * client_id, and authority, graph, ca_file where they are not Microsoft's own; folder: path.
 * ERR_EXISTS, ERR_INVALID with what is missing. It is not contacted. */
struct connection_new {
	const char *name;
	const char *kind;
	struct json *settings; /* borrowed */
	const char *secret;    /* NULL where the kind has none */
};
NODISCARD int connection_add(
	struct installation *installation, const struct connection_new *connection);

/** "connections": [ { name, kind, settings… } ], without secrets. The caller frees it. */
NODISCARD int connection_list(struct installation *installation, struct json **out);

/** Removes one; ERR_INVALID, naming the jobs, while it is in use. ERR_NOTFOUND. */
NODISCARD int connection_remove(struct installation *installation, const char *name);

/** The source behind a connection, opened; `cancel` and `usage` may be NULL. ERR_NOTFOUND, and
 * what opening gives. */
struct connection_open {
	struct cancel *cancel;
	struct source_usage *usage;
};
NODISCARD int connection_source(struct installation *installation, const char *name,
	const struct connection_open *how, struct source **out);

/** The source of a connection of kind m365 that is not kept. ERR_INVALID, ERR_NOTFOUND. */
NODISCARD int connection_try(const struct connection_new *connection,
	const struct connection_open *how, struct source **out);

/** Whether what is behind it needs a license: all but folders of the machine. ERR_NOTFOUND. */
NODISCARD int connection_needs_license(
	struct installation *installation, const char *name, bool *out);

/** The organization behind it as a run has found it, "" where none has yet: to be shown, and to
 * judge what nothing is gained by. The caller frees it. */
NODISCARD int connection_tenant(
	struct installation *installation, const char *name, char **out);

/** Remembers what source_tenant has told. */
NODISCARD int connection_keep_tenant(
	struct installation *installation, const char *name, const char *tenant);

#endif
