/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_TRIAL_SETTINGS_H
#define LICENSE_SERVICE_TRIAL_SETTINGS_H

#include <stdint.h>

#include "base/err.h"

/*
 * What a new trial is given (rule F1): trial.json of the state folder, which the vendor edits.
 * A change holds for trials that begin after the service was started again; those that run keep
 * what they were given.
 */

struct trial_settings {
	int64_t days;
	int64_t items_per_folder; /* that a restore hands out */
	int64_t offline_days;     /* how long an instance may work without the service */
};

/** Reads the file; makes it with the defaults where it is not there. ERR_INVALID with what is
 * wrong in it, ERR_IO. */
NODISCARD int trial_settings_open(const char *path, struct trial_settings *out);

#endif
