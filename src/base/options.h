/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

/*
 * Command lines: a table of subcommands, each with its options and its arguments. Options may
 * stand before or after arguments; "--" ends them. The same table gives the help text and the
 * shell completion.
 */

struct options; /* what was given */

struct option_spec {
	const char *name; /* long name without dashes; NULL ends the table */
	const char
		*value; /* what it takes, for the help: "FILE"; NULL where it takes nothing */
	const char *help;
};

struct command_spec {
	const char *name;                  /* "job start"; NULL ends the table */
	const char *arguments;             /* for the help: "NAME", "KEY…", "" */
	int least, most;                   /* how many arguments; most -1: any number */
	const struct option_spec *options; /* its own; the common ones come on top */
	const char *help;                  /* one sentence */
	int (*run)(void *context, const struct options *options);
};

/** What every program has: --help, which need not stand in its tables. */
extern const struct option_spec options_of_all[];

struct program_spec {
	const char *name;
	const char *about; /* one sentence */
	const struct option_spec *common;
	const struct command_spec *commands;
};

/**
 * Reads the command line. ERR_USAGE with what to do; *out is then NULL. `--help` anywhere gives
 * a result whose options_help_wanted is true. The caller frees it with options_free.
 */
NODISCARD int options_parse(
	const struct program_spec *program, int argc, char **argv, struct options **out);

void options_free(struct options *options);

const struct command_spec *options_command(const struct options *options);
bool options_help_wanted(const struct options *options);

/** Value of an option, the last one given; NULL where it was not. "" for one without value. */
const char *options_get(const struct options *options, const char *name);

/** The index-th value that was given, from 0, of an option that may be given several times;
 * NULL past the last one. */
const char *options_get_at(const struct options *options, const char *name, size_t index);
bool options_has(const struct options *options, const char *name);

size_t options_count(const struct options *options);
const char *options_argument(
	const struct options *options, size_t index); /* NULL past the end */

/** The help: of the program, or of one command where it is not NULL. The caller frees it. */
char *options_help(const struct program_spec *program, const struct command_spec *command);

/** A bash completion script made from the table. The caller frees it. */
char *options_completion(const struct program_spec *program);

#endif
