/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PANEL_CHANNEL_H
#define PANEL_CHANNEL_H

#include "panel/operation.h"

/*
 * The way from garner to garnerd: HTTP over the Unix socket "garnerd.sock" in the state folder,
 * which only its owner may open. POST /api/v1/operations/NAME with the arguments as JSON; the
 * answer is { "code": enum err or 0, "message", "result" }.
 */

/** The socket's path for a state folder; the caller frees it. */
char *channel_path(const char *state_folder);

/* The daemon's end. */
struct channel_server;
NODISCARD int channel_serve(const char *state_folder, const struct operation_host *host,
	struct channel_server **out);
void channel_stop(struct channel_server *server); /* NULL is fine */

/* The caller's end. */

/** True where a daemon answers for this state folder. */
bool channel_is_there(const char *state_folder);

/** As operation_run, in the daemon. ERR_NETWORK where it does not answer (any more). */
NODISCARD int channel_run(const char *state_folder, const char *operation,
	const struct json *arguments, struct json **out);

#endif
