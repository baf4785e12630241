/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_GRAPH_H
#define SANDBOX_GRAPH_H

#include <stdbool.h>

#include "sandbox/call.h"

/** Answers what belongs to Microsoft Graph v1.0. False, and no reply, for any other path. */
bool graph_handle(struct call *call);

#endif
