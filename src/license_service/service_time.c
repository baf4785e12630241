/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/service_time.h"

#include "base/log.h"
#include "base/timestamp.h"
#include "db/db.h"

enum {
	FLOOR_STEP_S = 60,  /* how finely the highest time is kept for all licenses together */
	BEHIND_WARN_S = 60, /* a clock that is further behind is told to the vendor */
};

static void tell_if_behind(int64_t floor_s, int64_t now_s)
{
	char at[TIMESTAMP_SIZE];

	if (floor_s <= now_s + BEHIND_WARN_S)
		return;
	timestamp_format(floor_s, at);
	log_warning("clock_behind", "going_on_with", at, NULL);
}

int service_time_apply(struct db *db, int64_t *now_s)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(
		db, &rows, "SELECT at_s FROM service_time WHERE id = ?1", "i", (int64_t)1);

	if (r < 0)
		return r;
	int64_t floor_s = r ? db_int(rows, 0) : 0;
	tell_if_behind(floor_s, *now_s);
	if (floor_s > *now_s)
		*now_s = floor_s;
	if (*now_s < floor_s + FLOOR_STEP_S)
		return 0;
	/* Another may have been here since it was read. */
	return db_run(db, "UPDATE service_time SET at_s = ?2 WHERE id = ?1 AND at_s < ?2", "ii",
		(int64_t)1, *now_s);
}
