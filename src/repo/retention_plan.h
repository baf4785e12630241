/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_RETENTION_PLAN_H
#define REPO_RETENTION_PLAN_H

#include "base/err.h"
#include "repo/repo.h"
#include "repo/retention.h"

/*
 * Which snapshots of a repository go. Each job's snapshots are looked at alone, and in them
 * each kind of object: a snapshot stays while any kind in it needs it. Without I/O.
 */

enum { RETENTION_KINDS_MOST = 32 };

/** The rule for all kinds, and those of kinds that have their own. */
struct retention_plan {
	struct retention all;
	struct {
		char *kind;
		struct retention own;
	} kinds[RETENTION_KINDS_MOST];
	size_t kind_count;
};

void retention_plan_free(struct retention_plan *plan); /* what it holds */

/** The kind's own rule, made where there is none, as the rule for all was at that moment.
 * ERR_LIMIT. */
NODISCARD int retention_plan_kind(
	struct retention_plan *plan, const char *kind, struct retention **out);

/** Reads a kind's own rule: "KIND=last:3,daily:7,within:30d". KIND "all" is the rule for all
 * others. ERR_INVALID. */
NODISCARD int retention_plan_read(struct retention_plan *plan, const char *text);

/** Reads any number of them, with semicolons between; "" is none. ERR_INVALID, also where one
 * of them keeps nothing. */
NODISCARD int retention_plan_read_all(struct retention_plan *plan, const char *text);

/** Sets one number of a rule by its name: last, hourly, daily, weekly, monthly, yearly, within.
 * ERR_INVALID. */
NODISCARD int retention_set(struct retention *retention, const char *name, const char *value);

/** Sets keep[i] of each snapshot that stays; they are in their order, the oldest first. With
 * `job`, all snapshots of other jobs stay. ERR_INVALID where a rule keeps nothing at all: that
 * would forget everything. */
NODISCARD int retention_plan_apply(const struct retention_plan *plan, const char *job,
	struct snapshot *const *snapshots, size_t count, bool *keep);

#endif
