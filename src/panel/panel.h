/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PANEL_PANEL_H
#define PANEL_PANEL_H

#include "base/err.h"

/*
 * What garnerd serves over HTTP, for monitoring: GET /livez (it runs) and GET /readyz (its
 * state can be opened; else 503), GET /metrics (metrics.h). The Panel's pages and its API come
 * here.
 */

struct panel;

/** Listens on "ADDRESS:PORT"; port 0 takes a free one. ERR_INVALID, ERR_IO. */
NODISCARD int panel_serve(const char *state_folder, const char *listen, struct panel **out);
void panel_stop(struct panel *panel); /* NULL is fine */

/** "http://127.0.0.1:PORT"; borrowed. */
const char *panel_url(const struct panel *panel);

#endif
