/* SPDX-License-Identifier: Apache-2.0 */
#include "base/options.h"

#include <getopt.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct given {
	const char *name;
	const char *value;
};

struct options {
	const struct command_spec *command;
	struct given *given;
	size_t given_count, given_capacity;
	const char **arguments;
	size_t argument_count;
};

enum { FIRST_OPTION = 1000 }; /* getopt's result for the first long option */

const struct option_spec options_of_all[] = {
	{"help", NULL, "show help; also -h"}, {NULL, NULL, NULL}};

/* The tables of options that hold for a command, as one list. */
static const struct option_spec *option_at(
	const struct program_spec *program, const struct command_spec *command, size_t index)
{
	const struct option_spec *tables[] = {
		options_of_all, program->common, command ? command->options : NULL};

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		for (const struct option_spec *o = tables[t]; o && o->name; o++) {
			if (index-- == 0)
				return o;
		}
	}
	return NULL;
}

static bool needs_value(const struct option_spec *option)
{
	return option->value && option->value[0] != '[';
}

/* How many words of `words` the command's name takes, 0 where it is another. */
static size_t match_command(const char *name, const char *const *words, size_t count)
{
	size_t used = 0;

	while (*name) {
		size_t size = strcspn(name, " ");
		if (used == count || strlen(words[used]) != size ||
			strncmp(words[used], name, size) != 0)
			return 0;
		used++;
		name += size;
		name += strspn(name, " ");
	}
	return used;
}

/* Which option a word names, over all commands: as long as the command is not known, only
 * whether it takes a value matters, which is the same in all commands that have it. */
static const struct option_spec *find_anywhere(
	const struct program_spec *program, const char *word)
{
	size_t size = strcspn(word, "=");
	const struct option_spec *found;

	for (const struct command_spec *c = program->commands; c->name; c++) {
		for (size_t i = 0; (found = option_at(program, c, i)); i++) {
			if (strlen(found->name) == size &&
				strncmp(found->name, word, size) == 0)
				return found;
		}
	}
	return NULL;
}

/* Finds the command among the words that are no options, and drops its words from argv. */
static const struct command_spec *find_command(
	const struct program_spec *program, int *argc, char **argv)
{
	const char **words = mem_array((size_t)*argc, sizeof(*words));
	size_t *places = mem_array((size_t)*argc, sizeof(*places));
	const struct command_spec *found = NULL;
	size_t count = 0, used = 0;

	for (int i = 1; i < *argc && !text_equal(argv[i], "--"); i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			const struct option_spec *o =
				argv[i][1] == '-' ? find_anywhere(program, argv[i] + 2) : NULL;
			i += o && needs_value(o) &&
			     !strchr(argv[i], '='); /* its value is the next */
			continue;
		}
		places[count] = (size_t)i;
		words[count++] = argv[i];
	}
	for (const struct command_spec *c = program->commands; c->name; c++) {
		size_t size = match_command(c->name, words, count);
		if (size > used) {
			used = size;
			found = c;
		}
	}
	for (size_t i = used; i-- > 0;) {
		memmove(argv + places[i], argv + places[i] + 1,
			((size_t)*argc - places[i]) * sizeof(*argv));
		--*argc;
	}
	mem_free(words);
	mem_free(places);
	return found;
}

static void add_given(struct options *options, const char *name, const char *value)
{
	mem_grow(&options->given, &options->given_capacity, options->given_count + 1,
		sizeof(*options->given));
	options->given[options->given_count++] = (struct given){name, value ? value : ""};
}

static int usage(const struct program_spec *program, const struct command_spec *command,
	const char *what)
{
	return err_set(ERR_USAGE, "%s; see %s%s%s --help", what, program->name,
		command ? " " : "", command ? command->name : "");
}

static struct option *getopt_table(
	const struct program_spec *program, const struct command_spec *command)
{
	const struct option_spec *o;
	size_t count = 0;

	while (option_at(program, command, count))
		count++;
	struct option *table = mem_array(count + 1, sizeof(*table));
	for (size_t i = 0; (o = option_at(program, command, i)); i++)
		table[i] = (struct option){o->name,
			needs_value(o) ? required_argument
			: o->value     ? optional_argument
				       : no_argument,
			NULL, FIRST_OPTION + (int)i};
	return table;
}

static int read_options(
	const struct program_spec *program, struct options *options, int argc, char **argv)
{
	struct option *table = getopt_table(program, options->command);
	int r = 0, found;

	optind = 0; /* glibc: start anew */
	opterr = 0;
	while (r == 0 && (found = getopt_long(argc, argv, ":hv", table, NULL)) != -1) {
		AUTO_TEXT what = NULL;
		const char *word = argv[optind > 1 ? optind - 1 : 1];

		if (found == 'h' || found == 'v') {
			add_given(options, found == 'h' ? "help" : "verbose", NULL);
		} else if (found == ':') {
			what = mem_printf("the option %s needs a value", word);
		} else if (found == '?' && optopt) {
			what = mem_printf("the option %s is not known or takes no value", word);
		} else if (found == '?') {
			what = mem_printf("unknown option %s", word);
		} else {
			add_given(options,
				option_at(program, options->command,
					(size_t)(found - FIRST_OPTION))
					->name,
				optarg);
		}
		if (what)
			r = usage(program, options->command, what);
	}
	mem_free(table);
	return r;
}

static int take_arguments(
	const struct program_spec *program, struct options *options, int argc, char **argv)
{
	const struct command_spec *command = options->command;

	options->arguments = mem_array((size_t)argc + 1, sizeof(*options->arguments));
	for (int i = optind; i < argc; i++)
		options->arguments[options->argument_count++] = argv[i];
	if (options_help_wanted(options))
		return 0;
	if (!command && options->argument_count == 0)
		return usage(program, NULL, "no command given");
	if (!command) {
		AUTO_TEXT what = mem_printf("unknown command \"%s\"", options->arguments[0]);
		return usage(program, NULL, what);
	}
	AUTO_TEXT form =
		mem_printf("use: %s %s %s", program->name, command->name, command->arguments);
	if (options->argument_count < (size_t)command->least ||
		(command->most >= 0 && options->argument_count > (size_t)command->most))
		return usage(program, command, form);
	return 0;
}

int options_parse(
	const struct program_spec *program, int argc, char **argv, struct options **out)
{
	struct options *options = mem_alloc(sizeof(*options));
	char **words = mem_array((size_t)argc + 1, sizeof(*words));

	*out = NULL;
	memcpy(words, argv, (size_t)argc * sizeof(*words));
	options->command = find_command(program, &argc, words);
	int r = read_options(program, options, argc, words);
	if (r == 0)
		r = take_arguments(program, options, argc, words);
	mem_free(words);
	if (r < 0)
		options_free(options);
	else
		*out = options;
	return r;
}

void options_free(struct options *options)
{
	if (!options)
		return;
	mem_free(options->given);
	mem_free(options->arguments);
	mem_free(options);
}

const struct command_spec *options_command(const struct options *options)
{
	return options->command;
}

bool options_help_wanted(const struct options *options)
{
	return options_has(options, "help");
}

const char *options_get(const struct options *options, const char *name)
{
	for (size_t i = options->given_count; i-- > 0;) {
		if (text_equal(options->given[i].name, name))
			return options->given[i].value;
	}
	return NULL;
}

const char *options_get_at(const struct options *options, const char *name, size_t index)
{
	for (size_t i = 0; i < options->given_count; i++) {
		if (text_equal(options->given[i].name, name) && index-- == 0)
			return options->given[i].value;
	}
	return NULL;
}

bool options_has(const struct options *options, const char *name)
{
	return options_get(options, name) != NULL;
}

size_t options_count(const struct options *options)
{
	return options->argument_count;
}

const char *options_argument(const struct options *options, size_t index)
{
	return index < options->argument_count ? options->arguments[index] : NULL;
}
