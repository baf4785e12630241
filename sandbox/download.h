/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_DOWNLOAD_H
#define SANDBOX_DOWNLOAD_H

#include <stdbool.h>

#include "sandbox/call.h"
#include "sandbox/drive.h"

/*
 * Where the bytes of files are: URLs that hold their own permission for an hour, as those of
 * SharePoint do. A request there with a token is refused, for it goes to another service.
 */

/** The URL of a file as it is now; the caller frees it. Below the lock. */
char *download_url(
	const struct call *call, const struct drive *drive, const struct drive_item *item);

/** Answers such a URL, whole or by Range. False, and no reply, for any other path. */
bool download_handle(struct call *call);

#endif
