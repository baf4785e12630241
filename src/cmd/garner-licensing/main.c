/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "app.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

/* garner-licensing: the vendor's licensing service and its orders. */

static int completion(void *context, const struct options *options);

static const struct option_spec common_options[] = {
	{"state", "DIR", "the service's state folder; or GARNER_LICENSING_STATE"},
	{"database", "URL",
		"sqlite:FILE or postgresql://… instead of licensing.db in the state folder"},
	{"json", NULL, "print one JSON object"},
	{"quiet", NULL, "print no text for people"},
	{"verbose", NULL, "log more; also -v"},
	{NULL, NULL, NULL},
};

static const struct option_spec serve_options[] = {
	{"listen", "ADDR:PORT", "where to answer; port 0 takes a free one (127.0.0.1:8750)"},
	{"admin-listen", "ADDR", "administration API: ADDR:PORT or unix:PATH (admin.sock)"},
	{"tls-cert", "FILE", "certificate chain (PEM); needed but on loopback"},
	{"tls-key", "FILE", "its key (PEM)"},
	{NULL, NULL, NULL},
};

#define SEATS_OPTION                                                                           \
	{                                                                                      \
		"seats", "N", "number of licenses"                                             \
	}
#define PAID_OPTION                                                                            \
	{                                                                                      \
		"paid", NULL, "complete it at once: the invoice is settled"                    \
	}
#define KEY_FILE_OPTION                                                                        \
	{                                                                                      \
		"key-file", "FILE", "read the license key from a file; - for standard input"   \
	}

static const struct option_spec order_options[] = {
	SEATS_OPTION,
	{"customer", "NAME", "the customer's name"},
	{"email", "ADDRESS", "the customer's e-mail address"},
	PAID_OPTION,
	{NULL, NULL, NULL},
};
static const struct option_spec change_options[] = {
	SEATS_OPTION, PAID_OPTION, KEY_FILE_OPTION, {NULL, NULL, NULL}};
static const struct option_spec revoke_options[] = {
	{"reason", "TEXT", "why, for the event log"}, KEY_FILE_OPTION, {NULL, NULL, NULL}};
static const struct option_spec show_options[] = {KEY_FILE_OPTION, {NULL, NULL, NULL}};
static const struct option_spec price_options[] = {
	SEATS_OPTION,
	{"key", "KEY", "license key of a renewal or an addition"},
	{"kind", "KIND", "new, renew or add"},
	KEY_FILE_OPTION,
	{NULL, NULL, NULL},
};

#define PAGE_OPTIONS                                                                           \
	{"after", "NEXT", "go on behind the page before"},                                     \
	{                                                                                      \
		"limit", "N", "how many at most (100)"                                         \
	}

static const struct option_spec page_options[] = {PAGE_OPTIONS, {NULL, NULL, NULL}};
static const struct option_spec orders_options[] = {
	{"only", "STATE", "open, completed, cancelled or expired ones"},
	PAGE_OPTIONS,
	{NULL, NULL, NULL},
};
static const struct option_spec of_key_options[] = {
	KEY_FILE_OPTION, PAGE_OPTIONS, {NULL, NULL, NULL}};

static const struct command_spec commands[] = {
	{"serve", "", 0, 0, serve_options, "Answer the instances of all customers.", serve_run},
	{"order", "", 0, 0, order_options, "Take an order for a new license key.",
		commands_order},
	{"renew", "KEY", 0, 1, change_options,
		"Renew a subscription for 12 months and N licenses in all.", commands_renew},
	{"add", "KEY", 0, 1, change_options, "Add N licenses to a key; its end stays.",
		commands_add},
	{"pay", "ORDER_ID", 1, 1, NULL, "Complete an open order: it is paid.", commands_pay},
	{"cancel", "ORDER_ID", 1, 1, NULL, "Cancel an order that is not completed.",
		commands_cancel},
	{"revoke", "KEY", 0, 1, revoke_options, "Revoke a license key for good.",
		commands_revoke},
	{"show", "KEY", 0, 1, show_options, "Show a license, its instances and its events.",
		commands_show},
	{"customers", "[PART]", 0, 1, page_options,
		"List customers, or those with PART in name or address.", commands_customers},
	{"orders", "", 0, 0, orders_options, "List orders, the newest first.", commands_orders},
	{"instances", "KEY", 0, 1, of_key_options, "List the installations of a license.",
		commands_instances},
	{"events", "KEY", 0, 1, of_key_options, "List the events of a license.",
		commands_events},
	{"price", "", 0, 0, price_options, "Say what an order would cost now.", commands_price},
	{"trials", "", 0, 0, NULL,
		"List the trials: since when, until when, how many instances.",
		commands_trials},
	{"completion", "bash", 1, 1, NULL, "Print a completion script for the shell.",
		completion},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};

static const struct program_spec program = {"garner-licensing",
	"The licensing service of Garner: keys, subscriptions, assignments, leases.",
	common_options, commands};

static int completion(void *context, const struct options *options)
{
	(void)context;
	if (!text_equal(options_argument(options, 0), "bash"))
		return err_set(ERR_USAGE, "there is a completion for bash only");
	AUTO_TEXT script = options_completion(&program);
	fputs(script, stdout);
	return 0;
}

static int help(const struct options *options)
{
	AUTO_TEXT text = options_help(&program, options_command(options));

	fputs(text, stdout);
	return 0;
}

static int run(const struct options *options)
{
	struct app app = {
		.options = options,
		.json = options_has(options, "json"),
		.quiet = options_has(options, "quiet"),
	};
	int r = options_command(options)->run(&app, options);

	app_close(&app);
	if (r == 0 && (fflush(stdout) != 0 || ferror(stdout)))
		r = err_set(ERR_IO,
			"it is done, but its result cannot be written to standard output");
	return r;
}

static bool wants_json(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (text_equal(argv[i], "--json"))
			return true;
	return false;
}

int main(int argc, char **argv)
{
	struct options *options;
	int r = options_parse(&program, argc, argv, &options);

	if (r == 0)
		log_set_level(options_has(options, "verbose") ? LOG_DEBUG : LOG_WARNING);
	if (r == 0)
		r = options_help_wanted(options) ? help(options) : run(options);
	if (r < 0)
		print_error(wants_json(argc, argv), r);
	options_free(options);
	return app_exit_code(r);
}
