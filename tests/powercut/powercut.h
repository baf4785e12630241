/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_POWERCUT_H
#define TESTS_POWERCUT_H

#include <stddef.h>
#include <stdint.h>

/*
 * What a power cut could leave of a folder. A run is recorded once: each write, fdatasync,
 * fsync, rename, link, unlink, mkdir and new file below the folder, as they go through
 * base/io.h. Afterwards states of the folder are made for a cut at any point of the record:
 *
 * - of the writes to a file since its last fdatasync, each is there, lost, or torn at any byte,
 *   in any order; where one that is lost lay before one that is there, zeros are;
 * - a name is what it was at the last fsync of its folder, or what it became at any moment
 *   since; each name for itself, so one rename between two folders can leave both names or
 *   none;
 * - all that was there when the record began is durable.
 *
 * Programming errors and a full disk end the program: it is for tests alone.
 */

struct powercut;

/** Begins to record what happens below a folder that is there. One record at a time; any number
 * of threads may work. */
struct powercut *powercut_begin(const char *folder);

/** Notes that something was reported as stored; how many such reports lie before a point is
 * what powercut_marks tells. */
void powercut_mark(struct powercut *record);

/** Ends the recording; states can be made from now on. */
void powercut_end(struct powercut *record);

void powercut_free(struct powercut *record);

/** The points at which the power can be cut: 0 (before all) to the number that this returns. */
size_t powercut_events(const struct powercut *record);

/** The marks that were made before the point. */
size_t powercut_marks(const struct powercut *record, size_t at);

/** What the last event before a point was, for messages: "write packs/ab 312 bytes". The caller
 * frees it. */
char *powercut_describe(const struct powercut *record, size_t at);

/**
 * Makes the folder `to`, which may not be there, hold what the recorded folder could hold after
 * a cut at the point. Seed 0: only what is durable for sure. Seed 1: all that was done. Any
 * other one: something between, always the same for the same seed.
 */
void powercut_state(const struct powercut *record, size_t at, uint64_t seed, const char *to);

#endif
