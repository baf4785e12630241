/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_SHRINK_H
#define SIMULATION_SHRINK_H

#include "plan.h"
#include "world.h"

/* Takes events out of a plan as long as what is left still fails in the same invariant. The
 * failure is that of the plan as it came out. */
void shrink(struct plan *plan, struct failure *failure);

#endif
