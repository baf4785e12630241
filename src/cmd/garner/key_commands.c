/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "output.h"
#include "repo/keys.h"

/* garner key …: what opens a repository. They touch no data, and need no license. */

static struct json *describe(const struct key_info *key)
{
	struct json *json = json_new_object();

	json_put_text(json, "id", key->id);
	json_put_text(json, "kind", key->kind ? key_kind_name(key->kind) : "unknown");
	if (key->kind)
		json_put_time(json, "made_at", key->made_s);
	json_put_text(json, "state",
		key->bad_copies == 0   ? "good"
		: key->bad_copies == 1 ? "damaged"
				       : "lost");
	return json;
}

static int list_keys(void *context, const struct options *options)
{
	static const struct output_column columns[] = {
		{"KEY", "id"}, {"KIND", "kind"}, {"MADE", "made_at"}, {"STATE", "state"}};
	struct app *app = context;
	AUTO_JSON result = json_new_object();
	struct json *list = json_new_array();
	struct key_info *keys = NULL;
	size_t count = 0;
	struct repo *repo = NULL;
	int r = app_open_repo(app, &repo);

	(void)options;
	json_put(result, "keys", list);
	if (r == 0)
		r = keys_list(repo_storage(repo), &keys, &count);
	for (size_t i = 0; i < count; i++)
		json_append(list, describe(&keys[i]));
	mem_free(keys);
	repo_close(repo);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(list, columns, 4, "There is no key.");
	return r;
}

/* Adds what --new-password-file or --new-key-file names. */
static int add_new(struct app *app, struct repo *repo, char out_id[NAME_TEXT])
{
	const char *password_file = options_get(app->options, "new-password-file");
	const char *key_file = options_get(app->options, "new-key-file");
	AUTO_TEXT password = NULL;
	int r = 0;

	if (!password_file == !key_file)
		return err_set(ERR_USAGE,
			"say what is to open the repository: --new-password-file F or "
			"--new-key-file F");
	if (password_file)
		r = secret_read(password_file, &password);
	const struct repo_secret secret = {.password = password, .key_file = key_file};
	if (r == 0)
		r = keys_add(repo_storage(repo), repo_keys(repo), &secret, out_id);
	if (password)
		secret_wipe(password, strlen(password));
	return r;
}

static void print_id(const struct app *app, const char *id, const char *removed)
{
	AUTO_JSON result = json_new_object();

	json_put_text(result, "id", id);
	if (removed)
		json_put_text(result, "removed", removed);
	if (app->json)
		output_json(result);
	else if (removed)
		output_line(app, "Key %s opens the repository in place of %s.", id, removed);
	else
		output_line(app, "Key %s opens the repository, too.", id);
}

static int add_key(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo *repo = NULL;
	char id[NAME_TEXT];
	int r = app_open_repo(app, &repo);

	(void)options;
	if (r == 0)
		r = add_new(app, repo, id);
	repo_close(repo);
	if (r == 0)
		print_id(app, id, NULL);
	return r;
}

static int change_key(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo *repo = NULL;
	struct key_info before;
	char id[NAME_TEXT];
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = keys_find(repo_storage(repo), options_argument(options, 0), &before);
	if (r == 0)
		r = add_new(app, repo, id);
	/* From here on the new one opens: a failure leaves both. */
	if (r == 0)
		r = keys_remove(repo_storage(repo), before.id);
	repo_close(repo);
	if (r == 0)
		print_id(app, id, before.id);
	return r;
}

static int remove_key(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo *repo = NULL;
	struct key_info key;
	AUTO_JSON result = json_new_object();
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = keys_find(repo_storage(repo), options_argument(options, 0), &key);
	if (r == 0) {
		AUTO_TEXT question = mem_printf(
			"Remove the key %.8s? What it is made of opens nothing then.", key.id);
		r = app_confirm(app, question);
	}
	if (r == 0)
		r = keys_remove(repo_storage(repo), key.id);
	repo_close(repo);
	if (r < 0)
		return r;
	json_put_text(result, "removed", key.id);
	if (app->json)
		output_json(result);
	else
		output_line(app, "Key %s is removed.", key.id);
	return 0;
}

static int make_recovery(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo *repo = NULL;
	char id[NAME_TEXT], text[RECOVERY_TEXT] = "";
	AUTO_JSON result = json_new_object();
	int r = app_open_repo(app, &repo);

	(void)options;
	if (r == 0)
		r = keys_add_recovery(repo_storage(repo), repo_keys(repo), text, id);
	repo_close(repo);
	if (r < 0)
		return r;
	json_put_text(result, "id", id);
	json_put_text(result, "recovery_key", text);
	if (app->json)
		output_json(result);
	else
		output_line(app,
			"%s\nThis key opens the repository, and is shown only now. Write it "
			"down, "
			"and keep it where the repository is not.",
			text);
	secret_wipe(text, sizeof(text));
	return 0;
}

static int export_writer(void *context, const struct options *options)
{
	struct app *app = context;
	struct repo *repo = NULL;
	AUTO_JSON result = json_new_object();
	AUTO_TEXT path = io_absolute(options_argument(options, 0));
	int r = app_open_repo(app, &repo);

	if (r == 0)
		r = keys_export_writer(repo_keys(repo), path);
	repo_close(repo);
	if (r < 0)
		return r;
	json_put_text(result, "path", path);
	if (app->json)
		output_json(result);
	else
		output_line(app,
			"%s has what a writer needs that adds and cannot read items; keep it "
			"as "
			"secret as a key file.",
			path);
	return 0;
}

static const struct option_spec plain_options[] = {REPOSITORY_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec new_options[] = {
	{"new-password-file", "FILE", "the new password; - for standard input"},
	{"new-key-file", "FILE", "or a new key file of 32 random bytes or more"},
	REPOSITORY_OPTIONS, {NULL, NULL, NULL}};

const struct command_spec commands_key[] = {
	{"key list", "", 0, 0, plain_options, "List what opens a repository.", list_keys},
	{"key add", "", 0, 0, new_options, "Add a password or key file.", add_key},
	{"key change", "KEY", 1, 1, new_options,
		"Put a password or key file in place of a key.", change_key},
	{"key remove", "KEY", 1, 1, plain_options, "Remove a key; never the last one.",
		remove_key},
	{"key recovery", "", 0, 0, plain_options, "Make a recovery key, and show it once.",
		make_recovery},
	{"key export-writer", "FILE", 1, 1, plain_options,
		"Write the keys of a writer that can add and cannot read.", export_writer},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
