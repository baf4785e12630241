/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Logging: one line of logfmt on standard error an event, a name and fields, never prose; no
 * secrets, no license keys, no content of items.
 *
 *   log_info("claim_done", "license", id, "granted", number, NULL);
 *
 * Fields are pairs of texts, ended by NULL; a NULL value is written as "-".
 */

enum log_level {
	LOG_ERROR,
	LOG_WARNING,
	LOG_INFO,
	LOG_DEBUG,
};

/** Nothing above `level` is written. At first LOG_WARNING. */
void log_set_level(enum log_level level);

__attribute__((sentinel)) void log_error(const char *event, ...);
__attribute__((sentinel)) void log_warning(const char *event, ...);
__attribute__((sentinel)) void log_info(const char *event, ...);
__attribute__((sentinel)) void log_debug(const char *event, ...);

#endif
