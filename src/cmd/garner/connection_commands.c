/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/text.h"
#include "output.h"
#include "storage/storage.h"

/* garner connection …, garner storage … */

static int connection_add(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;

	json_put_text(arguments, "name", options_argument(options, 0));
	app_pass_option(app, arguments, "kind", "kind");
	app_pass_option(app, arguments, "tenant", "tenant");
	app_pass_option(app, arguments, "client-id", "client_id");
	app_pass_option(app, arguments, "authority", "authority");
	app_pass_option(app, arguments, "graph", "graph");
	app_pass_path(app, arguments, "ca", "ca_file");
	app_pass_path(app, arguments, "path", "path");
	int r = app_pass_secret(app, arguments, "secret-file", "secret");
	if (r == 0 && !options_has(options, "kind"))
		r = err_set(ERR_USAGE, "say what it is with --kind m365 or --kind folder");
	if (r == 0)
		r = app_ask(app, "connection.add", arguments, &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Connection %s added. Try it: garner connection test %s",
			options_argument(options, 0), options_argument(options, 0));
	return r;
}

static int connection_list(void *context, const struct options *options)
{
	static const struct output_column columns[] = {
		{"NAME", "name"}, {"KIND", "kind"}, {"TENANT", "tenant"}, {"PATH", "path"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "connection.list", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "connections"), columns, 4,
			"There is no connection yet.");
	return r;
}

/* An operation on something that has a name, with nothing but "done" to tell. */
static int ask_by_name(struct app *app, const char *operation, struct json **result)
{
	AUTO_JSON arguments = json_new_object();

	json_put_text(arguments, "name", options_argument(app->options, 0));
	return app_ask(app, operation, arguments, result);
}

static int connection_remove(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_by_name(app, "connection.remove", &result);

	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Connection %s removed.", options_argument(options, 0));
	return r;
}

static int connection_test(void *context, const struct options *options)
{
	static const struct output_column columns[] = {
		{"CHECK", "name"}, {"GOOD", "ok"}, {"", "text"}};
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_by_name(app, "connection.test", &result);

	(void)options;
	if (result && app->json)
		output_json(result);
	else if (result)
		output_table(json_get(result, "checks"), columns, 3, "Nothing was checked.");
	return r;
}

static int check_place(const struct options *options)
{
	const char *address = options_get(options, "s3");

	if (!address == !options_has(options, "path"))
		return err_set(ERR_USAGE, "say where it lies with --path DIR or with --s3 URL");
	if (address && !storage_is_url(address))
		return err_set(ERR_USAGE,
			"--s3 %s: an address is s3://BUCKET/PREFIX?endpoint=HOST, or "
			"https://HOST/BUCKET/PREFIX; see the man page",
			address);
	return 0;
}

static int add_storage(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;

	json_put_text(arguments, "name", options_argument(options, 0));
	app_pass_path(app, arguments, "path", "path");
	app_pass_option(app, arguments, "s3", "path");
	app_pass_path(app, arguments, "credentials-file", "credentials_file");
	app_pass_path(app, arguments, "ca", "ca_file");
	app_pass_path(app, arguments, "writer-file", "writer_file");
	int r = check_place(options);
	if (r == 0)
		r = app_pass_secret(app, arguments, "password-file", "password");
	if (r == 0)
		r = app_ask(app, "storage.add", arguments, &result);
	if (r < 0)
		return r;
	if (app->json) {
		output_json(result);
		return 0;
	}
	output_line(app,
		json_get_bool(result, "created", false)
			? "Storage %s added, with a new repository in %s."
			: "Storage %s added, with the repository that lies in %s.",
		options_argument(options, 0), json_get_text_or(result, "path", ""));
	const char *key_file = json_get_text(result, "key_file");
	if (key_file)
		output_line(app,
			"Its key file is %s. Keep a copy in another place: without it the "
			"backups cannot be "
			"read.",
			key_file);
	return 0;
}

static int list_storages(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"NAME", "name"}, {"PATH", "path"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "storage.list", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(
			json_get(result, "storages"), columns, 2, "There is no storage yet.");
	return r;
}

static int remove_storage(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = NULL;
	int r = ask_by_name(app, "storage.remove", &result);

	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Storage %s is forgotten; what lies in it stays.",
			options_argument(options, 0));
	return r;
}

static const struct option_spec connection_options[] = {
	{"kind", "KIND", "m365, or folder: a folder of this machine"},
	{"tenant", "ID", "m365: the tenant's id or domain"},
	{"client-id", "ID", "m365: the id of the app registration"},
	{"secret-file", "FILE", "m365: file with the client secret; - for standard input"},
	{"authority", "URL", "m365: where to sign in, if not at Microsoft's global cloud"},
	{"graph", "URL", "m365: where Graph is, if not there"},
	{"ca", "FILE", "m365: certificate authority to trust instead of the system's"},
	{"path", "DIR", "folder: the folder"},
	{NULL, NULL, NULL},
};

static const struct option_spec storage_options[] = {
	{"path", "DIR", "where the repository lies, or shall lie"},
	{"s3", "URL", "or in which bucket of an S3 server"},
	{"credentials-file", "FILE", "with --s3: file with access_key and secret_key"},
	{"ca", "FILE", "with --s3: certificate authority to trust instead of the system's"},
	{"password-file", "FILE",
		"file with its password; - for standard input. Without one a key file is made"},
	{"writer-file", "FILE",
		"or the keys of a writer that cannot read items, see key export-writer"},
	{NULL, NULL, NULL},
};

const struct command_spec commands_connection[] = {
	{"connection add", "NAME", 1, 1, connection_options, "Add a connection to a source.",
		connection_add},
	{"connection list", "", 0, 0, NULL, "List the connections.", connection_list},
	{"connection test", "NAME", 1, 1, NULL, "Sign in and check what may be read.",
		connection_test},
	{"connection remove", "NAME", 1, 1, NULL, "Remove a connection that no job uses.",
		connection_remove},
	{"storage add", "NAME", 1, 1, storage_options,
		"Add a storage: make or open a repository.", add_storage},
	{"storage list", "", 0, 0, NULL, "List the storages.", list_storages},
	{"storage remove", "NAME", 1, 1, NULL, "Forget a storage; the repository stays.",
		remove_storage},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
