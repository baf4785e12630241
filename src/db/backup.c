/* SPDX-License-Identifier: Apache-2.0 */
#include "db/db.h"

#include "base/io.h"

/* SQLite reads from one moment while others go on writing, and fills a file that is empty. */
int db_backup(struct db *db, const char *path)
{
	int fd = -1;
	int r = io_create(path, 0600, &fd);

	if (r < 0)
		return r;
	r = db_run(db, "VACUUM INTO ?1", "s", path);
	if (r == 0)
		r = io_sync(fd);
	io_close(fd);
	if (r < 0) {
		(void)!io_remove(path);
		return err_wrap(r, "copy of the database");
	}
	return 0;
}
