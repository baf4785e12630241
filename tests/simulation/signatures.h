/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SIMULATION_SIGNATURES_H
#define SIMULATION_SIGNATURES_H

#include <stdbool.h>

/* Whether signatures are Ed25519, or something quick that stands in for them. */
void signatures_use_real(bool real);

#endif
