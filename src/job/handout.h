/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_HANDOUT_H
#define JOB_HANDOUT_H

#include <stdbool.h>

#include "repo/path.h"

/*
 * The limit of a trial (rules F2 to F4): of an object that was stored in a trial, whatever
 * hands out contents gives the first so many items of each folder, in the order of a listing,
 * until a license key is entered. Listing, searching and checking know no limit.
 */

/** Whether the limit binds here: the snapshot holds a marked object, and no license key was
 * entered in this state folder, as far as can be verified. Where there is no such folder, and
 * so no key, the mark alone binds. Asks nobody, and makes no folder. */
bool handout_is_limited(const char *state_folder, const struct snapshot *snapshot);

/** Whether the item is handed out. */
bool handout_allows(const struct path_entry *entry, bool is_limited);

#endif
