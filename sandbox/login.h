/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_LOGIN_H
#define SANDBOX_LOGIN_H

#include <stdbool.h>

#include "sandbox/call.h"

/** Answers what belongs to Microsoft's sign-in service: the token endpoint for client
 * credentials and the metadata that clients read before. False, and no reply, for any other
 * path. */
bool login_handle(struct call *call);

#endif
