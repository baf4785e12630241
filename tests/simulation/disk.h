/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_DISK_H
#define SIMULATION_DISK_H

#include <stdbool.h>

/*
 * The instances' state files in memory, in the place of folders of the machine: half of a
 * simulation's time went to the kernel. A write is as many calls that may fail as it is on a
 * disk (fault.c), and what it leaves behind is the old file or the new one. Some seeds have
 * true files, as world.c says.
 */

/** Takes the place of the disk, empty; disk_end puts it back and forgets all. */
void disk_begin(void);
void disk_end(void);
bool disk_is_used(void);

bool disk_has_folder(const char *path);

/** Makes `to` what `from` is, as folders of files. */
void disk_copy(const char *from, const char *to);

/* Counts a call; true where it must fail: fault.c. */
bool fault_next(void);

#endif
