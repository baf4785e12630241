/* SPDX-License-Identifier: Apache-2.0 */
#include "base/options.h"

#include "base/buf.h"
#include "base/mem.h"

/* What is made from the tables of options.h: help texts and shell completion. */

enum { TEXT_CEILING = 1 << 20, COLUMN = 30 };

static int put_options(struct buf *out, const struct option_spec *option)
{
	int r = 0;

	for (; r == 0 && option && option->name; option++) {
		AUTO_TEXT form = mem_printf("--%s%s%s", option->name,
			option->value && *option->value != '[' ? " " : "",
			option->value ? option->value : "");
		r = buf_printf(out, "  %-*s %s\n", COLUMN, form, option->help);
	}
	return r;
}

static int put_command(
	struct buf *out, const struct program_spec *program, const struct command_spec *command)
{
	int r = buf_printf(out, "%s\n\nUse: %s %s %s\n\n", command->help, program->name,
		command->name, command->arguments);

	if (r == 0 && command->options && command->options->name)
		r = buf_append_text(out, "Options:\n");
	if (r == 0)
		r = put_options(out, command->options);
	return r < 0 ? r : buf_append_text(out, "\nOptions of all commands:\n");
}

static int put_program(struct buf *out, const struct program_spec *program)
{
	int r = buf_printf(
		out, "%s\n\nUse: %s COMMAND …\n\nCommands:\n", program->about, program->name);

	for (const struct command_spec *c = program->commands; r == 0 && c->name; c++) {
		AUTO_TEXT form = mem_printf("%s %s", c->name, c->arguments);
		r = buf_printf(out, "  %-*s %s\n", COLUMN, form, c->help);
	}
	return r < 0 ? r : buf_append_text(out, "\nOptions of all commands:\n");
}

/* Texts of our own tables: a ceiling that they reach is a programming error. */
static char *finish(struct buf *out, int r)
{
	size_t size;

	ASSERT(r == 0 && buf_text(out));
	return (char *)buf_steal(out, &size);
}

char *options_help(const struct program_spec *program, const struct command_spec *command)
{
	struct buf out = buf_init(TEXT_CEILING);
	int r = command ? put_command(&out, program, command) : put_program(&out, program);

	if (r == 0)
		r = put_options(&out, program->common);
	if (r == 0)
		r = put_options(&out, options_of_all);
	return finish(&out, r);
}

static int put_option_words(struct buf *out, const struct option_spec *option)
{
	int r = 0;

	for (; r == 0 && option && option->name; option++)
		r = buf_printf(out, "--%s ", option->name);
	return r;
}

char *options_completion(const struct program_spec *program)
{
	struct buf out = buf_init(TEXT_CEILING);
	int r = buf_printf(&out,
		"# bash completion for %s\n"
		"_%s()\n{\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} line=\"${COMP_WORDS[*]:1}\"\n"
		"\tlocal words='",
		program->name, program->name);

	if (r == 0)
		r = put_option_words(&out, program->common);
	if (r == 0)
		r = put_option_words(&out, options_of_all);
	for (const struct command_spec *c = program->commands; r == 0 && c->name; c++)
		r = buf_printf(&out, "%s ", c->name);
	if (r == 0)
		r = buf_append_text(&out, "'\n\tcase \"$line\" in\n");
	for (const struct command_spec *c = program->commands; r == 0 && c->name; c++) {
		r = buf_printf(&out, "\t'%s '*) words='", c->name);
		if (r == 0)
			r = put_option_words(&out, c->options);
		if (r == 0)
			r = put_option_words(&out, program->common);
		if (r == 0)
			r = buf_append_text(&out, "' ;;\n");
	}
	if (r == 0)
		r = buf_printf(&out,
			"\tesac\n\tCOMPREPLY=($(compgen -f -W \"$words\" -- \"$cur\"))\n}\n"
			"complete -F _%s %s\n",
			program->name, program->name);
	return finish(&out, r);
}
