/* SPDX-License-Identifier: Apache-2.0 */
#ifndef CMD_GARNER_APP_H
#define CMD_GARNER_APP_H

#include "base/cancel.h"
#include "base/json.h"
#include "base/options.h"
#include "job/installation.h"
#include "repo/repo.h"

/*
 * One call of garner: its options, and how a command asks, prints and ends.
 */

struct app {
	const struct options *options;
	char *state; /* the state folder */
	bool json, quiet;
	struct installation *installation; /* opened when first needed */
	struct cancel *cancel;             /* set by SIGINT and SIGTERM */
};

/** Runs an operation, in the daemon of the state folder where one answers, else here. As
 * operation_run. */
NODISCARD int app_ask(struct app *app, const char *operation, const struct json *arguments,
	struct json **out);

/** The installation of this process. */
NODISCARD int app_installation(struct app *app, struct installation **out);

/** Adds the value of an option to the arguments under `key`, where it was given. */
void app_pass_option(
	const struct app *app, struct json *arguments, const char *option, const char *key);

/** As app_pass_option, for a file's name, which is made absolute: the daemon has another
 * working folder. */
void app_pass_path(
	const struct app *app, struct json *arguments, const char *option, const char *key);

/** Adds the content of the secret file that an option names. ERR_NOTFOUND, ERR_INVALID, … */
NODISCARD int app_pass_secret(
	const struct app *app, struct json *arguments, const char *option, const char *key);

/** Asks a question that wants "y" on a terminal; --yes answers it. ERR_USAGE where there is no
 * terminal to ask at, ERR_CANCELLED where the answer is another. */
NODISCARD int app_confirm(const struct app *app, const char *question);

/** Opens the repository that the options name, see REPOSITORY_OPTIONS: without a license. */
NODISCARD int app_open_repo(struct app *app, struct repo **out);
/** The same by repo_open_damaged. */
NODISCARD int app_open_damaged(struct app *app, struct repo **out);

#define REPOSITORY_OPTIONS                                                                     \
	{"storage", "NAME", "which storage, where there are several"},                         \
		{"repository", "PLACE", "a repository without any state folder: DIR or URL"},  \
		{"credentials-file", "FILE", "of an S3 server, with --repository URL"},        \
		{"ca", "FILE", "its certificate authority, instead of the system's"},          \
		{"password-file", "FILE",                                                      \
			"its password, with --repository; - for standard input"},              \
		{"key-file", "FILE", "or its key file"},                                       \
		{"writer-file", "FILE", "or the keys of a writer that cannot read items"},     \
	{                                                                                      \
		"recovery-file", "FILE", "or a file with its recovery key"                     \
	}

/** Opens what "SNAPSHOT[:PATH]", the first argument, names; the path is borrowed from it, ""
 * without one. The caller ends both in either case. */
NODISCARD int app_open_place(
	struct app *app, struct repo **repo, struct snapshot **snapshot, const char **path);

/** The exit code for an error, as the command line's contract has it. */
int app_exit_code(int error);

/* The commands, a file for each subject. */
extern const struct command_spec commands_check[];
extern const struct command_spec commands_connection[];
extern const struct command_spec commands_diff[];
extern const struct command_spec commands_job[];
extern const struct command_spec commands_forget[];
extern const struct command_spec commands_key[];
extern const struct command_spec commands_license[];
extern const struct command_spec commands_mount[];
extern const struct command_spec commands_notify[];
extern const struct command_spec commands_older[];
extern const struct command_spec commands_prune[];
extern const struct command_spec commands_repository[];

#endif
