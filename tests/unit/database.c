/* SPDX-License-Identifier: Apache-2.0 */
#include "database.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "db/db.h"

static const char *server(void)
{
	const char *url = getenv("GARNER_TEST_DATABASE");

	return url && *url ? url : NULL;
}

static int on_server(const char *sql)
{
	struct db *db;
	int r = db_open(server(), &db);

	if (r == 0)
		r = db_run(db, sql, "");
	if (r < 0)
		fprintf(stderr, "%s: %s\n", sql, err_message());
	db_close(db);
	return r;
}

/* The server's URL with another database in its path. */
static char *url_of(const char *name)
{
	const char *path = strchr(strstr(server(), "://") + 3, '/');
	const char *query = strchr(server(), '?');
	int size = path ? (int)(path - server()) : (int)strcspn(server(), "?");

	return mem_printf("%.*s/%s%s", size, server(), name, query ? query : "");
}

int database_make(struct database *out)
{
	uint64_t number = 0;

	*out = (struct database){.folder = "/tmp/garner-db-XXXXXX"};
	if (!mkdtemp(out->folder))
		return -1;
	out->is_postgres = server() != NULL;
	if (!out->is_postgres) {
		out->location = io_join(out->folder, "test.db");
		return 0;
	}
	if (getrandom(&number, sizeof(number), 0) != sizeof(number))
		return -1;
	snprintf(out->name, sizeof(out->name), "garner_%016llx", (unsigned long long)number);
	out->location = url_of(out->name);
	AUTO_TEXT sql = mem_printf("CREATE DATABASE %s", out->name);
	return on_server(sql);
}

static int remove_entry(void *context, const struct io_entry *entry)
{
	AUTO_TEXT name = io_join(context, entry->name);

	return entry->is_folder ? rmdir(name) : unlink(name);
}

int database_drop(struct database *database)
{
	int r = io_list(database->folder, remove_entry, database->folder);

	rmdir(database->folder);
	mem_free(database->location);
	if (database->is_postgres) {
		AUTO_TEXT sql = mem_printf("DROP DATABASE %s WITH (FORCE)", database->name);
		r = on_server(sql);
	}
	return r;
}
