/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/text.h"
#include "output.h"
#include "panel/channel.h"

/* garner notify … */

enum { GATHER_MAIL_S = 60, GATHER_MOST_S = 86400 };

/* What belongs to the other kind is a mistake, not something to leave out silently. */
static int refuse_foreign(const struct options *options, bool is_mail)
{
	static const char *const of_mail[] = {
		"server", "from", "to", "user", "password-file", "no-tls", "gather", NULL};
	static const char *const of_webhook[] = {"url", "secret-file", NULL};

	for (const char *const *o = is_mail ? of_webhook : of_mail; *o; o++)
		if (options_has(options, *o))
			return err_set(ERR_USAGE, "--%s is for a %s", *o,
				is_mail ? "webhook" : "mail");
	return 0;
}

static int pass_gather(const struct options *options, bool is_mail, struct json *arguments)
{
	const char *given = options_get(options, "gather");
	int64_t gather_s = is_mail ? GATHER_MAIL_S : 0;

	if (given && text_to_int(given, 0, GATHER_MOST_S, &gather_s) < 0)
		return err_set(ERR_USAGE, "--gather takes 0 to %d seconds", (int)GATHER_MOST_S);
	json_put_int(arguments, "gather_s", gather_s);
	return 0;
}

static void say_daemon(const struct app *app)
{
	if (!channel_is_there(app->state))
		output_line(app, "Messages go out while garnerd runs for this state folder.");
}

static int add(void *context, const struct options *options)
{
	static const char *const passed[] = {"server", "from", "to", "user", "url"};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	bool is_mail = text_equal(options_argument(options, 0), "mail");
	const char *name = options_argument(options, 1);

	json_put_text(arguments, "kind", options_argument(options, 0));
	json_put_text(arguments, "name", name);
	for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++)
		app_pass_option(app, arguments, passed[i], passed[i]);
	app_pass_path(app, arguments, "ca", "ca_file");
	json_put_bool(arguments, "no_tls", options_has(options, "no-tls"));
	json_put_bool(arguments, "cleared", options_has(options, "cleared"));
	int r = refuse_foreign(options, is_mail);
	if (r == 0)
		r = pass_gather(options, is_mail, arguments);
	if (r == 0)
		r = app_pass_secret(
			app, arguments, is_mail ? "password-file" : "secret-file", "secret");
	if (r == 0)
		r = app_ask(app, "notify.add", arguments, &result);
	if (r < 0)
		return r;
	if (app->json) {
		output_json(result);
		return 0;
	}
	output_line(app, "Receiver %s added. Try it: garner notify test %s", name, name);
	const char *secret = json_get_text(result, "secret");
	if (secret)
		output_line(app, "Its secret, shown this once: %s", secret);
	say_daemon(app);
	return 0;
}

static int list(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"NAME", "name"}, {"KIND", "kind"},
		{"TO", "to"}, {"SENT", "sent"}, {"WAITING", "waiting"},
		{"GIVEN UP", "given_up"}, {"TROUBLE", "last_error"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "notify.list", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "receivers"), columns, 7,
			"Nobody is told yet; see garner notify add.");
	return r;
}

static int show_log(void *context, const struct options *options)
{
	static const struct output_column columns[] = {{"MADE", "created_at"},
		{"RECEIVER", "receiver"}, {"EVENT", "event"}, {"STATE", "state"},
		{"TRIES", "tries"}, {"NEXT TRY", "next_at"}, {"TROUBLE", "error"}};
	struct app *app = context;
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	int r = app_ask(app, "notify.log", arguments, &result);

	(void)options;
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_table(json_get(result, "messages"), columns, 7, "Nothing was sent yet.");
	return r;
}

static int by_name(struct app *app, const char *operation, const char *done)
{
	AUTO_JSON arguments = json_new_object();
	AUTO_JSON result = NULL;
	const char *name = options_argument(app->options, 0);

	json_put_text(arguments, "name", name);
	int r = app_ask(app, operation, arguments, &result);
	if (r == 0 && app->json)
		output_json(result);
	else if (r == 0)
		output_line(app, "%s: %s", name, done);
	return r;
}

static int test(void *context, const struct options *options)
{
	(void)options;
	return by_name(context, "notify.test", "the test message was taken");
}

static int remove_one(void *context, const struct options *options)
{
	(void)options;
	return by_name(context, "notify.remove", "is told no more");
}

static const struct option_spec add_options[] = {
	{"server", "URL", "mail: smtp://HOST:PORT (STARTTLS) or smtps://HOST:PORT"},
	{"from", "ADDRESS", "mail: who it is from"},
	{"to", "ADDRESS", "mail: who it is for"},
	{"user", "U", "mail: to sign in with"},
	{"password-file", "FILE", "mail: file with the password; - for standard input"},
	{"no-tls", NULL, "mail: without TLS; only without a sign-in"},
	{"gather", "SECONDS", "mail: how long news are gathered for one mail (60)"},
	{"url", "URL", "webhook: https://…; http:// to this machine alone"},
	{"secret-file", "FILE",
		"webhook: file with \"whsec_…\"; - for standard input. Without one it is made"},
	{"ca", "FILE", "certificate authority to trust instead of the system's"},
	{"cleared", NULL, "tell when something is over, too"},
	{NULL, NULL, NULL},
};

const struct command_spec commands_notify[] = {
	{"notify add", "mail|webhook NAME", 2, 2, add_options,
		"Have notices sent by e-mail or webhook.", add},
	{"notify list", "", 0, 0, NULL, "List who is told of notices.", list},
	{"notify test", "NAME", 1, 1, NULL, "Send a test message now.", test},
	{"notify remove", "NAME", 1, 1, NULL, "Send nothing there any more.", remove_one},
	{"notify log", "", 0, 0, NULL, "Show the last messages and what became of them.",
		show_log},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
