/* SPDX-License-Identifier: Apache-2.0 */
#include "job/older_import.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/connection.h"
#include "job/job.h"
#include "job/older_compare.h"
#include "job/older_state.h"
#include "job/report.h"
#include "job/storages.h"

struct importing {
	struct installation *installation;
	const struct older_import *import;
	const struct older_state *state;
	bool is_partial;
};

/* A line of what became of a record. `error`: of making it; 0. */
static struct json *tell(
	struct importing *importing, const char *name, const char *result, int error)
{
	struct json *json = json_new_object();

	json_put_text(json, "name", name);
	json_put_text(json, "result", result);
	json_put(json, "reason",
		error < 0 ? report_reason(err_name(error), err_message()) : NULL);
	if (text_equal(result, "missing"))
		importing->is_partial = true;
	return json;
}

static int exists(struct db *db, const char *sql, const char *name, bool *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows, sql, "s", name);

	*out = r == 1;
	return r < 0 ? r : 0;
}

/* The three kinds of records are made alike: what is there stays. */
typedef int make_fn(struct importing *importing, size_t index);

struct kind {
	const char *find; /* SQL */
	make_fn *make;
};

static int take_record(struct importing *importing, const struct kind *kind, const char *name,
	size_t index, struct json *list)
{
	bool there = false;
	int r = exists(importing->installation->db, kind->find, name, &there);

	if (r < 0)
		return r;
	if (there) {
		json_append(list, tell(importing, name, "there", 0));
	} else if (importing->import->dry_run) {
		json_append(list, tell(importing, name, "would_make", 0));
	} else {
		r = kind->make(importing, index);
		json_append(list, tell(importing, name, r < 0 ? "missing" : "made", r));
	}
	return 0;
}

struct json *older_import_settings(
	const struct older_import *import, const char *tenant, const char *client_id)
{
	static const char *const kept[] = {"authority", "graph", "ca_file"};
	struct json *settings = json_new_object();

	json_put_text(settings, "tenant", tenant);
	json_put_text(settings, "client_id", client_id);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = json_get_text(import->connection, kept[i]);
		if (value)
			json_put_text(settings, kept[i], value);
	}
	return settings;
}

static int make_connection(struct importing *importing, size_t index)
{
	const struct older_state_connection *from = &importing->state->connections[index];

	if (!importing->import->secret)
		return err_set(ERR_INVALID,
			"the secret of a connection is in no state file: add it with garner "
			"connection add %s --kind m365 --tenant %s --client-id %s "
			"--secret-file "
			"FILE, or give --secret-file here",
			from->name, from->tenant, from->client_id);
	AUTO_JSON settings =
		older_import_settings(importing->import, from->tenant, from->client_id);
	const struct connection_new connection = {.name = from->name,
		.kind = "m365",
		.settings = settings,
		.secret = importing->import->secret};
	return connection_add(importing->installation, &connection);
}

static int make_storage(struct importing *importing, size_t index)
{
	const struct older_state_storage *from = &importing->state->storages[index];
	AUTO_JSON made = NULL;

	const struct storage_new storage = {.name = from->name,
		.path = from->path,
		.password = importing->import->password};
	return storages_add(importing->installation, &storage, &made);
}

static int make_job(struct importing *importing, size_t index)
{
	const struct older_state_job *from = &importing->state->jobs[index];
	const struct job job = {.name = from->name,
		.connection = from->connection,
		.storage = from->storage,
		.objects = from->objects,
		.ordering = "name",
		.schedule = from->schedule};

	return job_add(importing->installation, &job);
}

static int take_all(struct importing *importing, struct json *out)
{
	static const struct kind connection = {
		"SELECT 1 FROM connection WHERE name = ?1", make_connection};
	static const struct kind storage = {
		"SELECT 1 FROM storage WHERE name = ?1", make_storage};
	static const struct kind job = {"SELECT 1 FROM job WHERE name = ?1", make_job};
	const struct older_state *state = importing->state;
	struct json *connections = json_new_array();
	struct json *storages = json_new_array();
	struct json *jobs = json_new_array();
	int r = 0;

	json_put(out, "connections", connections);
	json_put(out, "storages", storages);
	json_put(out, "jobs", jobs);
	for (size_t i = 0; i < state->connection_count && r == 0; i++)
		r = take_record(
			importing, &connection, state->connections[i].name, i, connections);
	for (size_t i = 0; i < state->storage_count && r == 0; i++)
		r = take_record(importing, &storage, state->storages[i].name, i, storages);
	for (size_t i = 0; i < state->job_count && r == 0; i++)
		r = take_record(importing, &job, state->jobs[i].name, i, jobs);
	return r;
}

/* Once all of it is made, nobody has to be reminded any more. */
static int note_done(const struct importing *importing)
{
	if (importing->import->dry_run || importing->is_partial)
		return 0;
	return db_run(importing->installation->db,
		"INSERT INTO setting VALUES ('older_model', 'taken over') "
		"ON CONFLICT (name) DO NOTHING",
		"");
}

char *older_import_waiting(struct installation *installation)
{
	AUTO_ROWS rows = NULL;
	AUTO_TEXT file = io_join(installation->folder, "older-state.json");

	if (!io_exists(file) ||
		db_one(installation->db, &rows,
			"SELECT 1 FROM setting WHERE name = 'older_model'", "") != 0)
		return NULL;
	return STEAL(file);
}

int older_import(
	struct installation *installation, const struct older_import *import, struct json **out)
{
	struct older_state *state = NULL;
	AUTO_JSON json = json_new_object();
	int r = older_state_read(import->file, &state);

	*out = NULL;
	if (r < 0)
		return r;
	struct importing importing = {
		.installation = installation, .import = import, .state = state};
	json_put_text(json, "version", state->version);
	json_put_bool(json, "dry_run", import->dry_run);
	r = take_all(&importing, json);
	if (r == 0)
		r = older_compare_put(installation, import, state, json);
	if (r == 0)
		r = note_done(&importing);
	older_state_free(state);
	if (r < 0)
		return r;
	*out = STEAL(json);
	return importing.is_partial ? err_set(ERR_PARTIAL, "not all could be made; each "
							   "missing one says what to do, then "
							   "import again")
				    : 0;
}
