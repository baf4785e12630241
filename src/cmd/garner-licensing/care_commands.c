/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdlib.h>

#include "app.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/backup.h"
#include "license_service/history.h"
#include "license_service/verify.h"

/* Taking care of a service's records: verify, backup, restore, accept-restore. */

struct verifying {
	struct app *app;
	struct json *licenses;
	int64_t bad;
};

static int verify_one(void *context, const char *license_id)
{
	struct verifying *verifying = context;
	struct verify_finding finding;
	struct json *json = json_new_object();
	int r = verify_license(verifying->app->store, license_id, clock_now_s(), &finding);
	bool is_good = r == 0 && !finding.what[0];

	json_put_text(json, "license_id", license_id);
	json_put_bool(json, "good", is_good);
	json_put_int(json, "events", finding.events);
	json_put_int(json, "revision", finding.revision);
	json_put_text(json, "what", r < 0 ? err_message() : is_good ? NULL : finding.what);
	json_append(verifying->licenses, json);
	if (is_good)
		return 0;
	verifying->bad++;
	print_line(verifying->app, "%s: revision %" PRId64 ": %s", license_id, finding.revision,
		r < 0 ? err_message() : finding.what);
	return r == ERR_IO || r == ERR_LOCKED ? r : 0;
}

int commands_verify(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	AUTO_JSON result = json_new_object();
	struct verifying verifying = {.app = app, .licenses = json_new_array()};
	bool all = options_has(options, "all");
	int r = app_open_store(app);

	json_put_int(result, "schema", 1);
	json_put(result, "licenses", verifying.licenses);
	if (r == 0 && !all)
		r = app_read_key(app, &key);
	if (r == 0)
		r = all ? verify_each(app->store, verify_one, &verifying)
			: verify_one(&verifying, key.license_id);
	if (r < 0)
		return r;
	json_put_int(result, "bad", verifying.bad);
	if (app->json)
		print_json(result);
	print_line(app, "%zu licenses verified, %" PRId64 " are not what their events say.",
		json_count(verifying.licenses), verifying.bad);
	app->exit_code = verifying.bad ? APP_EXIT_BAD_RECORDS : 0;
	return 0;
}

static int refuse_postgres(const struct options *options, const char *instead)
{
	const char *database = options_get(options, "database");

	if (!database)
		database = getenv("GARNER_LICENSING_DATABASE");
	if (!database || !text_starts_with(database, "postgres"))
		return 0;
	return err_set(ERR_USAGE,
		"a PostgreSQL database is copied with its own tools: use %s, and "
		"copy the files of the state folder beside it",
		instead);
}

static void report(const struct app *app, const char *name, const char *value)
{
	AUTO_JSON result = json_new_object();

	json_put_int(result, "schema", 1);
	json_put_text(result, name, value);
	if (app->json)
		print_json(result);
}

int commands_backup(void *context, const struct options *options)
{
	struct app *app = context;
	const char *to = options_get(options, "to");
	AUTO_JSON result = json_new_object();
	struct json *left = json_new_array();
	int r = refuse_postgres(options, "pg_dump");

	if (r == 0 && !to)
		r = err_set(ERR_USAGE, "name a new folder with --to DIR");
	if (r == 0)
		r = app_open_store(app);
	json_put_int(result, "schema", 1);
	json_put_text(result, "backup", to);
	json_put(result, "left", left);
	if (r == 0)
		r = backup_make(app->store, to, left);
	if (r < 0)
		return r;
	if (app->json)
		print_json(result);
	print_line(app,
		"Backed up to %s. It holds secrets: keep it where the service's state may "
		"be kept.",
		to);
	for (size_t i = 0; i < json_count(left); i++)
		print_line(app, "Not in it: %s", json_as_text(json_at(left, i)));
	return 0;
}

int commands_restore(void *context, const struct options *options)
{
	struct app *app = context;
	const char *from = options_get(options, "from");
	const char *state = options_get(options, "state");
	int r = refuse_postgres(options, "pg_restore");

	if (!state)
		state = getenv("GARNER_LICENSING_STATE");
	if (r == 0 && (!from || !state || !*state))
		r = err_set(ERR_USAGE,
			"give --from DIR, and the new state folder with --state DIR");
	if (r == 0)
		r = backup_restore(from, state, clock_now_s());
	if (r < 0)
		return r;
	report(app, "restored", state);
	print_line(app,
		"Restored to %s. Nothing is issued until you accept what was lost since: "
		"garner-licensing accept-restore --all",
		state);
	return 0;
}

int commands_accept_restore(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	int64_t count = 1;
	AUTO_JSON result = json_new_object();
	bool all = options_has(options, "all");
	int r = app_open_store(app);

	if (r == 0 && !all)
		r = app_read_key(app, &key);
	if (r == 0)
		r = all ? history_accept_all(app->store, clock_now_s(), &count)
			: history_accept(app->store, key.license_id, clock_now_s());
	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_int(result, "accepted", count);
	if (app->json)
		print_json(result);
	print_line(app,
		"%" PRId64 " licenses go on from what is stored; their instances heal with "
		"their next contact.",
		count);
	return 0;
}
