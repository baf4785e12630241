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
#define ALL_OPTION                                                                             \
	{                                                                                      \
		"all", NULL, "all licenses of the service"                                     \
	}

static const struct option_spec care_options[] = {
	ALL_OPTION, KEY_FILE_OPTION, {NULL, NULL, NULL}};
static const struct option_spec backup_options[] = {
	{"to", "DIR", "a new folder"}, {NULL, NULL, NULL}};
static const struct option_spec restore_options[] = {
	{"from", "DIR", "what `backup` made"}, {NULL, NULL, NULL}};

#define TEXT_TO_OPTION                                                                         \
	{                                                                                      \
		"to", "FILE", "write it there; else it is printed"                             \
	}
#define ROOT_KEY_OPTION                                                                        \
	{                                                                                      \
		"root-key", "FILE", "the root key"                                             \
	}

static const struct option_spec export_options[] = {
	{"to", "DIR", "a folder, best of another medium"}, {NULL, NULL, NULL}};
static const struct option_spec request_options[] = {
	TEXT_TO_OPTION,
	{"replace", NULL, "the older online keys are not to be believed any more"},
	{"raise", "N", "raise the version by so much more, after a restore"},
	{NULL, NULL, NULL},
};
static const struct option_spec sign_options[] = {
	ROOT_KEY_OPTION, TEXT_TO_OPTION, {NULL, NULL, NULL}};
static const struct option_spec sunset_options[] = {
	ROOT_KEY_OPTION,
	TEXT_TO_OPTION,
	{"until", "TIME", "until when the instances work by themselves"},
	{"license", "ID", "for one license; else for all"},
	{NULL, NULL, NULL},
};

static const struct option_spec reissue_options[] = {
	{"keep-old", "DAYS", "the old key still activates for so long (0)"},
	{"new-secret", NULL,
		"begin anew: all instances activate again, nobody holds a license"},
	{"print", NULL, "print the key also where it could go by e-mail"},
	KEY_FILE_OPTION,
	{NULL, NULL, NULL},
};
static const struct option_spec revoke_instance_options[] = {
	KEY_FILE_OPTION, {NULL, NULL, NULL}};

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
	{"reissue", "KEY", 0, 1, reissue_options, "Make another key for the same license.",
		commands_reissue},
	{"revoke-instance", "KEY INSTANCE", 1, 2, revoke_instance_options,
		"Serve one instance no more.", commands_revoke_instance},
	{"verify", "KEY", 0, 1, care_options,
		"Play a license's events again, and compare; exit 7 where it is not the same.",
		commands_verify},
	{"backup", "", 0, 0, backup_options, "Copy database and state while the service runs.",
		commands_backup},
	{"restore", "", 0, 0, restore_options, "Put a copy back into a new state folder.",
		commands_restore},
	{"accept-restore", "KEY", 0, 1, care_options,
		"Go on with a database that was put back from a copy.",
		commands_accept_restore},
	{"root status", "", 0, 0, NULL,
		"Say where the root key is and when the online key ends; exit 20 to 23 near "
		"that.",
		commands_root_status},
	{"root export", "", 0, 0, export_options, "Move the root key off this machine.",
		commands_root_export},
	{"root request", "", 0, 0, request_options,
		"Make the next online key, and what is to be signed for it.",
		commands_root_request},
	{"root sign", "REQUEST", 1, 1, sign_options,
		"Sign a request with the root key; needs no state.", commands_root_sign},
	{"root import", "KEYSET", 1, 1, NULL, "Take a signed keyset.", commands_root_import},
	{"root sunset", "", 0, 0, sunset_options,
		"Sign that instances work without the service until a time.",
		commands_root_sunset},
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

static int run(const struct options *options, int *exit_code)
{
	struct app app = {
		.options = options,
		.json = options_has(options, "json"),
		.quiet = options_has(options, "quiet"),
	};
	int r = options_command(options)->run(&app, options);

	*exit_code = app.exit_code;
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
	int exit_code = 0;
	int r = options_parse(&program, argc, argv, &options);

	if (r == 0)
		log_set_level(options_has(options, "verbose") ? LOG_DEBUG : LOG_WARNING);
	if (r == 0)
		r = options_help_wanted(options) ? help(options) : run(options, &exit_code);
	if (r < 0)
		print_error(wants_json(argc, argv), r);
	options_free(options);
	return r < 0 ? app_exit_code(r) : exit_code;
}
