/* SPDX-License-Identifier: Apache-2.0 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/options.h"
#include "notifier.h"
#include "panel/channel.h"
#include "panel/panel.h"
#include "scheduler.h"

/* garnerd: the backup service. */

static int serve(void *context, const struct options *options);

static const struct option_spec common_options[] = {
	{"verbose", NULL, "log more; also -v"},
	{NULL, NULL, NULL},
};
static const struct option_spec serve_options[] = {
	{"state", "DIR", "the installation's state folder; or GARNER_STATE"},
	{"listen", "ADDR:PORT",
		"where to answer over HTTP; a free port of 127.0.0.1 without it"},
	{NULL, NULL, NULL},
};
static const struct command_spec commands[] = {
	{"serve", "", 0, 0, serve_options, "Run jobs by their schedules and serve garner.",
		serve},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
static const struct program_spec program = {"garnerd",
	"The backup service of Garner: runs jobs by their schedules and serves garner.",
	common_options, commands};

/* One line that says where it answers, and nothing more on standard output. */
static void announce(const char *url, const char *socket)
{
	AUTO_JSON line = json_new_object();

	json_put_text(line, "listening", url);
	json_put_text(line, "socket", socket);
	AUTO_TEXT text = json_text(line, false);
	puts(text);
	fflush(stdout);
}

static void wait_for_end(void)
{
	sigset_t set;
	int number;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigwait(&set, &number);
}

/* Blocked in all threads, so that only wait_for_end takes them. */
static void block_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* One daemon for a state folder. */
static int lock_state(const char *state, int *out_fd)
{
	AUTO_TEXT path = io_join(state, "garnerd.lock");
	int r = io_make_folders(state, 0700);

	if (r == 0)
		r = io_lock(path, out_fd);
	if (r == ERR_LOCKED)
		return err_set(ERR_LOCKED, "a garnerd serves %s already", state);
	return r;
}

static int serve_locked(const char *state, const char *listen)
{
	struct installation *installation;
	struct scheduler *scheduler = NULL;
	struct notifier *notifier = NULL;
	struct channel_server *channel = NULL;
	struct panel *panel = NULL;
	AUTO_TEXT socket = channel_path(state);
	int r = installation_open(state, &installation); /* makes it, or says what is wrong */

	installation_close(installation);
	if (r == 0)
		r = scheduler_start(state, &scheduler);
	if (r == 0)
		r = notifier_start(state, &notifier);
	if (r == 0) {
		const struct operation_host host = {scheduler_run, scheduler};
		r = channel_serve(state, &host, &channel);
	}
	if (r == 0)
		r = panel_serve(state, listen, &panel);
	if (r == 0) {
		announce(panel_url(panel), socket);
		wait_for_end();
	}
	panel_stop(panel);
	channel_stop(channel);
	scheduler_stop(scheduler);
	notifier_stop(notifier);
	return r;
}

static int serve(void *context, const struct options *options)
{
	const char *given = options_get(options, "state");
	const char *listen = options_get(options, "listen");
	int lock = -1;

	(void)context;
	given = given ? given : getenv("GARNER_STATE");
	AUTO_TEXT state = io_absolute(given && *given ? given : "/var/lib/garner");
	block_signals();
	int r = lock_state(state, &lock);
	if (r == 0)
		r = serve_locked(state, listen ? listen : "127.0.0.1:0");
	io_close(lock);
	return r;
}

int main(int argc, char **argv)
{
	struct options *options;
	int r = options_parse(&program, argc, argv, &options);

	log_set_level(r == 0 && options_has(options, "verbose") ? LOG_DEBUG : LOG_INFO);
	if (r == 0 && options_help_wanted(options)) {
		AUTO_TEXT text = options_help(&program, options_command(options));
		fputs(text, stdout);
	} else if (r == 0) {
		r = options_command(options)->run(NULL, options);
	}
	if (r < 0)
		fprintf(stderr, "garnerd: %s\n", err_message());
	options_free(options);
	return r == ERR_USAGE ? 2 : r == ERR_LOCKED ? 11 : r < 0;
}
