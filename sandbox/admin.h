/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_ADMIN_H
#define SANDBOX_ADMIN_H

#include <stdbool.h>

#include "sandbox/call.h"

/** Answers what belongs to the sandbox alone, below /sandbox/v1 (README.md), for callers on
 * this machine. False, and no reply, for any other path. These calls are not counted. */
bool admin_handle(struct call *call);

#endif
