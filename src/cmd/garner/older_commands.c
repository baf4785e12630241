/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "output.h"

/* garner license import-older: from licenses per mailbox and volume to licenses per user. */

static const char *advice_text(const char *code)
{
	static const char *const texts[][2] = {
		{"enough", "As many licenses as were owned are enough."},
		{"buy_more", "More licenses are needed than were owned."},
		{"fewer_suffice", "Fewer licenses than were owned are enough."},
		{"overused", "Of some kind more licenses were used than owned."},
		{"free_mailboxes", "Mailboxes that took a license need none now."},
		{"volume_is_free", "The volume of data takes no licenses any more."},
		{"users_by_sharing",
			"Some users are needed only for what they share or are members of."},
		{"everyone_needed", "All users are needed: sharing more costs nothing more."},
		{"objects_gone", "Some objects of then are not there or not supported now."},
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		if (text_equal(code, texts[i][0]))
			return texts[i][1];
	}
	return code;
}

static void print_needs(const struct json *result)
{
	static const struct output_column columns[] = {
		{"NOW", "rule"}, {"OBJECTS", "objects"}, {"USERS", "users"}, {"MORE", "more"}};
	const struct json *advice = json_get(result, "advice");

	if (!json_get_bool(result, "compared", false)) {
		printf("What is needed now is not known: %s\n",
			json_get_text_or(json_get(result, "not_compared"), "text", ""));
		return;
	}
	output_table(json_get(result, "needs"), columns, 4, "");
	printf("\nLicenses owned then: %lld; users that need a license now: %lld\n",
		(long long)json_get_int(result, "owned", 0),
		(long long)json_get_int(result, "users", 0));
	for (size_t i = 0; i < json_count(advice); i++)
		puts(advice_text(json_as_text(json_at(advice, i))));
}

static void print_result(const struct json *result)
{
	static const struct output_column had[] = {{"THEN", "kind"}, {"OBJECTS", "objects"},
		{"BYTES", "bytes"}, {"OWNED", "owned"}, {"USED", "used"}};
	static const struct output_column records[] = {
		{"NAME", "name"}, {"RESULT", "result"}, {"WHY", "reason.text"}};
	static const char *const lists[][2] = {
		{"connections", "Connections"}, {"storages", "Storages"}, {"jobs", "Jobs"}};

	output_table(json_get(result, "had"), had, 5, "");
	putchar('\n');
	print_needs(result);
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
		printf("\n%s:\n", lists[i][1]);
		output_table(json_get(result, lists[i][0]), records, 3, "none");
	}
}

static int import_older(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	AUTO_TEXT file = io_absolute(options_argument(options, 0));

	json_put_text(arguments, "file", file);
	json_put_bool(arguments, "dry_run", options_has(options, "dry-run"));
	app_pass_option(app, arguments, "authority", "authority");
	app_pass_option(app, arguments, "graph", "graph");
	app_pass_path(app, arguments, "ca", "ca_file");
	int r = app_pass_secret(app, arguments, "secret-file", "secret");
	if (r == 0)
		r = app_pass_secret(app, arguments, "password-file", "password");
	if (r == 0)
		r = app_ask(app, "license.import_older", arguments, &result);
	if (result && app->json)
		output_json(result);
	else if (result && !app->quiet)
		print_result(result);
	return r;
}

static const struct option_spec import_options[] = {
	{"dry-run", NULL, "only show what it had and needs, and what would be made"},
	{"secret-file", "FILE", "client secret of the connections that are missing"},
	{"password-file", "FILE", "password of the storages that are missing"},
	{"authority", "URL", "as for connection add"},
	{"graph", "URL", "as for connection add"},
	{"ca", "FILE", "as for connection add"},
	{NULL, NULL, NULL},
};

const struct command_spec commands_older[] = {
	{"license import-older", "FILE", 1, 1, import_options,
		"Take over an installation of up to version 2.1.", import_older},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
