/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RECOVERY_H
#define REPO_RECOVERY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Recovery keys as people write them: 160 random bits as 32 characters of Crockford's base 32,
 * in groups of 4 with hyphens between.
 */

enum { RECOVERY_SIZE = 20, RECOVERY_TEXT = 40 };

void recovery_to_text(const uint8_t key[RECOVERY_SIZE], char out[RECOVERY_TEXT]);

/** Reads one without regard to case, hyphens and spaces; o is 0, i and l are 1. False where it
 * is none. */
bool recovery_from_text(const char *text, uint8_t out[RECOVERY_SIZE]);

#endif
