/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "output.h"

/* garner license … */

/* A trial that has no end yet: what begins it. */
static void print_how_it_begins(const struct json *status)
{
	if (!text_equal(json_get_text_or(status, "state", ""), "trial") ||
		json_get_text(status, "expires_at"))
		return;
	printf("%-20s %s%s\n", "Begins", "with the first backup that needs a license",
		json_get_text(status, "server")
			? ""
			: "; name the licensing service before: garner license server URL");
}

static void print_status(const struct json *status)
{
	static const char *const lines[][2] = {{"State", "state"}, {"License key", "key"},
		{"Ends", "expires_at"}, {"Restores, a folder", "trial_items"},
		{"Works offline until", "offline_until"},
		{"Works without service until", "sunset_until"},
		{"Licensing service", "server"}, {"Note", "reason.text"}};
	AUTO_TEXT used = output_member(status, "used");
	AUTO_TEXT seats = output_member(status, "seats");

	if (json_get_text(status, "key"))
		printf("%-20s %s of %s\n", "Licenses in use", used, seats);
	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		AUTO_TEXT value = output_member(status, lines[i][1]);
		if (!text_equal(value, "-"))
			printf("%-20s %s\n", lines[i][0], value);
	}
	print_how_it_begins(status);
	if (json_get_bool(status, "development", false))
		printf("%-20s %s\n", "Build", "development: it accepts another root key");
}

static int show(struct app *app, int r, const struct json *status)
{
	if (r == 0 && app->json)
		output_json(status);
	else if (r == 0 && !app->quiet)
		print_status(status);
	return r;
}

static int server(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;

	json_put_text(arguments, "url", options_argument(options, 0));
	app_pass_path(app, arguments, "root-key", "root_key_file");
	app_pass_path(app, arguments, "ca", "ca_file");
	int r = app_ask(app, "license.server", arguments, &result);
	return show(app, r, result);
}

static int sunset(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	AUTO_TEXT file = io_absolute(options_argument(options, 0));

	json_put_text(arguments, "file", file);
	int r = app_ask(app, "license.sunset", arguments, &result);
	return show(app, r, result);
}

static int activate(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	AUTO_TEXT key = NULL;
	const char *key_file = options_get(options, "key-file");
	const char *word = options_argument(options, 0);
	int r = 0;

	if (key_file || (word && text_equal(word, "-")))
		r = secret_read(key_file ? key_file : "-", &key);
	else if (!word)
		r = err_set(ERR_USAGE, "give the license key, or --key-file FILE");
	if (r == 0) {
		json_put_text(arguments, "key", key ? key : word);
		r = app_ask(app, "license.activate", arguments, &result);
	}
	return show(app, r, result);
}

static int exit_of_state(const char *state)
{
	static const struct {
		const char *state;
		int code;
	} codes[] = {{"expires_soon", 20}, {"expired", 21}, {"trial_over", 21}, {"offline", 22},
		{"suspended", 23}, {"revoked", 24}, {"none", 4}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (text_equal(codes[i].state, state))
			return codes[i].code;
	}
	return 0;
}

static int status(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "license.status", arguments, &result);

	(void)options;
	r = show(app, r, result);
	return r < 0 ? r : exit_of_state(json_get_text_or(result, "state", ""));
}

static int subjects(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"SUBJECT", "id"}, {"NAME", "name"},
		{"SINCE", "assigned_at"}, {"RELEASABLE FROM", "releasable_at"},
		{"OBJECTS", "objects"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "license.subjects", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "subjects"), columns, 5, "No license is in use.");
	return r;
}

static int objects(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"OBJECT", "name"}, {"KIND", "kind"},
		{"JOB", "job"}, {"RULE", "rule"}, {"NEEDS", "required"},
		{"LICENSED", "licensed"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "license.objects", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "objects"), columns, 6,
			"No object has needed a license yet.");
	return r;
}

/* What an object needs and what became of it, job by job. */
static void print_standing(const struct json *list)
{
	static const struct output_column columns[] = {{"OBJECT", "object"}, {"JOB", "job"},
		{"NEEDS", "required"}, {"LICENSED", "licensed"}, {"LAST RESULT", "result"},
		{"WHY", "reason.text"}};

	if (json_count(list) == 0)
		return;
	output_table(list, columns, 6, "");
	for (size_t i = 0; i < json_count(list); i++) {
		const char *note = json_get_text(json_at(list, i), "note");
		if (note)
			printf("Note: %s\n", note);
	}
	putchar('\n');
}

static void print_why(const struct json *result)
{
	static const struct output_column columns[] = {{"OBJECT", "object"}, {"JOB", "job"},
		{"NEEDS", "name"}, {"LICENSED", "licensed"}, {"RULE", "rule"},
		{"BECAUSE", "text"}};
	const struct json *standing = json_get(result, "objects");
	int64_t left_out = json_get_int(result, "reasons_left_out", 0);

	print_standing(standing);
	output_table(json_get(result, "reasons"), columns, 6,
		json_count(standing) > 0
			? "It needs no license."
			: "Nothing that this installation knows of needs a license for it.");
	if (left_out > 0)
		printf("… and %lld more\n", (long long)left_out);
}

static int why(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;

	json_put_text(arguments, "what", options_argument(options, 0));
	int r = app_ask(app, "license.why", arguments, &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0 && !app->quiet)
		print_why(result);
	return r;
}

static int buy(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "license.buy", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "Order here: %s", json_get_text_or(result, "url", ""));
	return r;
}

/* The jobs that would take the licenses again at their next start (D6). */
static char *release_question(const struct json *foreseen)
{
	const struct json *subjects_found = json_get(foreseen, "subjects");
	AUTO_TEXT jobs = mem_strdup("");

	for (size_t i = 0; i < json_count(subjects_found); i++) {
		const struct json *subject = json_at(subjects_found, i);
		AUTO_TEXT in = output_member(subject, "jobs");
		if (json_count(json_get(subject, "jobs")) > 0)
			mem_replace(&jobs,
				mem_printf("%s%s %s (%s)", jobs, *jobs ? "," : "",
					json_get_text_or(subject, "name", "Unknown"), in));
	}
	size_t count = json_count(subjects_found);
	const char *ending = count == 1 ? "" : "s";
	if (!*jobs)
		return mem_printf(
			"Release %zu license%s? No job of this installation needs %s; jobs of "
			"other instances may.",
			count, ending, count == 1 ? "it" : "them");
	return mem_printf(
		"Release %zu license%s? These jobs take one again at their next start, for 30 "
		"more days:%s. Jobs of other instances may too.",
		count, ending, jobs);
}

static int confirm_release(struct app *app, struct json *arguments)
{
	AUTO_JSON foreseen = NULL;

	json_put_bool(arguments, "dry_run", true);
	int r = app_ask(app, "license.release", arguments, &foreseen);
	json_remove(arguments, "dry_run");
	if (r < 0)
		return r;
	AUTO_TEXT question = release_question(foreseen);
	if (options_has(app->options, "yes")) {
		if (!app->quiet)
			fprintf(stderr, "%s\n", question);
		return 0;
	}
	return app_confirm(app, question);
}

static int release(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"SUBJECT", "id"}, {"NAME", "name"},
		{"RELEASED", "released"}, {"WHY NOT", "reason.text"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	struct json *list = json_new_array();

	for (size_t i = 0; i < options_count(options); i++)
		json_append(list, json_new_text(options_argument(options, i)));
	json_put(arguments, "subjects", list);
	int r = confirm_release(app, arguments);
	if (r == 0)
		r = app_ask(app, "license.release", arguments, &result);
	if (result && app->json)
		output_json(result);
	else if (result && !app->quiet)
		output_table(json_get(result, "subjects"), columns, 4, "");
	return r;
}

static const struct option_spec server_options[] = {
	{"root-key", "FILE", "root.pub of the service (development builds only)"},
	{"ca", "FILE", "certificate authority to trust instead of the system's"},
	{NULL, NULL, NULL},
};
static const struct option_spec activate_options[] = {
	{"key-file", "FILE", "file with the license key; - for standard input"},
	{NULL, NULL, NULL}};

const struct command_spec commands_license[] = {
	{"license server", "URL", 1, 1, server_options, "Say where the licensing service is.",
		server},
	{"license activate", "[KEY]", 0, 1, activate_options,
		"Activate this instance with a license key.", activate},
	{"license sunset", "FILE", 1, 1, NULL,
		"Take the vendor's word that this license works without a service.", sunset},
	{"license status", "", 0, 0, NULL, "Show the state of the license.", status},
	{"license subjects", "", 0, 0, NULL, "List who holds a license.", subjects},
	{"license objects", "", 0, 0, NULL, "List the objects that need licenses.", objects},
	{"license why", "SUBJECT|KIND:NAME", 1, 1, NULL,
		"Show why a subject or an object needs a license.", why},
	{"license release", "SUBJECT…", 1, -1, NULL, "Release licenses, after 30 days.",
		release},
	{"license buy", "", 0, 0, NULL, "Show where licenses are ordered.", buy},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
