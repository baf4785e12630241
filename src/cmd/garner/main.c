/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "output.h"

/* garner: the administrator's command line. The commands stand in the files *_commands.c. */

static struct cancel interrupted;

static void note_signal(int number)
{
	(void)number;
	cancel_wish(&interrupted);
}

static void catch_signals(void)
{
	struct sigaction action = {.sa_handler = note_signal};

	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static const struct option_spec common_options[] = {
	{"state", "DIR", "the installation's state folder; or GARNER_STATE"},
	{"json", NULL, "print one JSON object"},
	{"quiet", NULL, "print no text for people"},
	{"yes", NULL, "answer questions with yes"},
	{"no-progress", NULL, "draw no progress"},
	{"verbose", NULL, "log more; also -v"},
	{NULL, NULL, NULL},
};

static int completion(void *context, const struct options *options);
static int version(void *context, const struct options *options);

static const struct command_spec commands_own[] = {
	{"completion", "bash", 1, 1, NULL, "Print a completion script for the shell.",
		completion},
	{"version", "", 0, 0, NULL, "Print the version.", version},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};

enum { COMMANDS_MOST = 64 };

static struct command_spec all_commands[COMMANDS_MOST];
static const struct program_spec program = {.name = "garner",
	.about = "Garner: backup for Microsoft 365 and Exchange.",
	.common = common_options,
	.commands = all_commands};

static int completion(void *context, const struct options *options)
{
	(void)context;
	if (strcmp(options_argument(options, 0), "bash") != 0)
		return err_set(ERR_USAGE, "there is a completion for bash only");
	AUTO_TEXT script = options_completion(&program);
	fputs(script, stdout);
	return 0;
}

static int version(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_JSON result = json_new_object();

	(void)options;
	json_put_text(result, "version", GARNER_VERSION);
	if (app->json)
		output_json(result);
	else
		puts("garner " GARNER_VERSION);
	return 0;
}

static void collect_commands(void)
{
	const struct command_spec *tables[] = {commands_check, commands_connection,
		commands_diff, commands_job, commands_forget, commands_key, commands_license,
		commands_mount, commands_notify, commands_older, commands_prune,
		commands_repository, commands_own};
	size_t count = 0;

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct command_spec *c = tables[t]; c->name; c++) {
			ASSERT(count + 1 < COMMANDS_MOST);
			all_commands[count++] = *c;
		}
	}
}

/* --state, GARNER_STATE, or where such things lie: for root the system's place, for others
 * their own. */
static char *state_folder(const struct options *options)
{
	const char *given = options_get(options, "state");
	const char *home = getenv("HOME");

	if (!given)
		given = getenv("GARNER_STATE");
	if (given && *given)
		return io_absolute(given);
	if (geteuid() == 0 || !home)
		return mem_strdup("/var/lib/garner");
	return mem_printf("%s/.local/state/garner", home);
}

static void print_error(bool json, int error)
{
	fprintf(stderr, "garner: %s\n", err_message());
	if (!json || output_has_json())
		return;
	AUTO_JSON result = json_new_object();
	struct json *reason = json_new_object();
	json_put_text(reason, "code", err_name(error));
	json_put_text(reason, "text", err_message());
	json_put(result, "error", reason);
	output_json(result);
}

static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			return true;
	}
	return false;
}

static int run(const struct options *options)
{
	struct app app = {.options = options,
		.state = state_folder(options),
		.json = options_has(options, "json"),
		.quiet = options_has(options, "quiet"),
		.cancel = &interrupted};
	int r = options_command(options)->run(&app, options);

	installation_close(app.installation);
	mem_free(app.state);
	return r;
}

static int help(const struct options *options)
{
	AUTO_TEXT text = options_help(&program, options_command(options));

	fputs(text, stdout);
	return 0;
}

int main(int argc, char **argv)
{
	struct options *options;

	collect_commands();
	catch_signals();
	int r = options_parse(&program, argc, argv, &options);
	if (r == 0 && options_has(options, "verbose"))
		log_set_level(LOG_DEBUG);
	if (r == 0)
		r = options_help_wanted(options) ? help(options) : run(options);
	if (r < 0)
		print_error(wants_json(argc, argv), r);
	options_free(options);
	return app_exit_code(r);
}
