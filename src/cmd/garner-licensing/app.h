/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNER_LICENSING_APP_H
#define CMD_GARNER_LICENSING_APP_H

#include <stdbool.h>

#include "base/json.h"
#include "base/options.h"
#include "license_service/home.h"
#include "license_service/orders.h"
#include "license_service/store.h"

/*
 * One call of garner-licensing: its options, the state that it works on, and what it prints.
 */

struct app {
	const struct options *options;
	bool json, quiet;
	int exit_code;       /* of a command that ended without an error */
	struct home *home;   /* opened when first needed */
	struct store *store; /* the same */
};

enum { APP_EXIT_BAD_RECORDS = 7 };

/** Opens the state folder that the options name. */
NODISCARD int app_open_home(struct app *app);

/** Opens the database too. */
NODISCARD int app_open_store(struct app *app);

void app_close(struct app *app);

/** A license key as the command line gives it. */
struct app_key {
	char masked[KEY_TEXT_SIZE];
	char license_id[LEASE_ID_SIZE];
};

/** Reads the key of the command: its argument, "-" for standard input, or --key-file; and finds
 * its license. ERR_INVALID where it is mistyped, ERR_NOTFOUND where it is unknown. */
NODISCARD int app_read_key(struct app *app, struct app_key *out);

/** The number of --seats, which the command needs. ERR_USAGE, ERR_INVALID. */
NODISCARD int app_read_seats(const struct app *app, int64_t *out);

/** The exit code for an error, as the command line's contract has it. */
int app_exit_code(int error);

/* Printing: one JSON object, or lines for people. */

void print_json(const struct json *json);
void print_error(bool as_json, int error);
PRINTF_LIKE(2, 3) void print_line(const struct app *app, const char *format, ...);

/** An order, with its key where that waits to be handed out; `masked` is the key of an old
 * license, or NULL. True where a key was shown, and has left the program. */
bool print_order(const struct app *app, const struct order *order, const char *masked);

/** A price: "240.00 EUR". */
void print_price(const struct app *app, const struct json *quote);

/** Puts { "amount", "currency" } under "price". */
void print_put_price(struct json *json, int64_t amount, const char *currency);

/** What report_license gives. */
void print_license(const struct app *app, const struct json *report);

/** What trials_list gives. */
void print_trials(const struct app *app, const struct json *report);

/* The commands. */
int serve_run(void *context, const struct options *options);
int commands_order(void *context, const struct options *options);
int commands_renew(void *context, const struct options *options);
int commands_add(void *context, const struct options *options);
int commands_pay(void *context, const struct options *options);
int commands_revoke(void *context, const struct options *options);
int commands_show(void *context, const struct options *options);
int commands_cancel(void *context, const struct options *options);
int commands_customers(void *context, const struct options *options);
int commands_orders(void *context, const struct options *options);
int commands_instances(void *context, const struct options *options);
int commands_events(void *context, const struct options *options);
int commands_verify(void *context, const struct options *options);
int commands_backup(void *context, const struct options *options);
int commands_restore(void *context, const struct options *options);
int commands_accept_restore(void *context, const struct options *options);
int commands_root_status(void *context, const struct options *options);
int commands_root_export(void *context, const struct options *options);
int commands_root_request(void *context, const struct options *options);
int commands_root_sign(void *context, const struct options *options);
int commands_root_import(void *context, const struct options *options);
int commands_root_sunset(void *context, const struct options *options);
int commands_reissue(void *context, const struct options *options);
int commands_revoke_instance(void *context, const struct options *options);
int commands_price(void *context, const struct options *options);
int commands_trials(void *context, const struct options *options);

#endif
