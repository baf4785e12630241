/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_SABOTAGE_H
#define SIMULATION_SABOTAGE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Faults that are built into the service and the client on demand, to see that the simulation
 * finds them. The linker puts these functions between those that they are named after and who
 * calls them (--wrap); without a fault they pass everything on.
 */

struct sabotage {
	const char *name;
	const char *what;
	int invariants[3]; /* one of them must find it */
};

extern const struct sabotage sabotages[];
extern const size_t sabotage_count;

/* A world begins: nothing is left of the one before. */
void sabotage_begin(void);

/* NULL: none. False where there is no such fault. */
bool sabotage_use(const char *name);

#endif
