/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/options.h"
#include "base/text.h"
#include "check.h"
#include "license/keyset.h"
#include "load.h"

/* histories: a load of many clients on a licensing service, and the check of what they saw. */

enum { KEYS_MAX = 256, FILE_MAX = 1 << 20, GIVE_UP_US = 120 * 1000 * 1000 };

static const struct option_spec no_common[] = {{NULL, NULL, NULL}};

static const struct option_spec load_options[] = {
	{"url", "URL", "the licensing service"},
	{"ca", "FILE", "its certificate authority"},
	{"root-key", "FILE", "its root.pub"},
	{"keys", "FILE", "license keys, one a line"},
	{"clients", "N", "at the same time"},
	{"claims", "N", "in all"},
	{"pool", "N", "subjects of a license"},
	{"seed", "N", "of the random choices"},
	{"history", "FILE", "where to append what was seen"},
	{NULL, NULL, NULL},
};
static const struct option_spec check_options[] = {
	{"history", "FILE", "what the clients saw"},
	{NULL, NULL, NULL},
};

static int number(const struct options *options, const char *name, int64_t *out)
{
	const char *text = options_get(options, name);

	if (text && text_to_int(text, 1, INT64_MAX / 2, out) < 0)
		return err_set(ERR_USAGE, "--%s takes a number", name);
	return 0;
}

static int read_root(const char *path, uint8_t out[SIGN_PUBLIC_SIZE])
{
	AUTO_BUF text = buf_init(FILE_MAX);
	int r = path ? io_read_file(path, &text) : err_set(ERR_USAGE, "give --root-key");

	return r < 0 ? r : keyset_root_read(buf_text(&text), out);
}

static int run_load(void *context, const struct options *options)
{
	const char *keys[KEYS_MAX];
	char *save = NULL;
	AUTO_BUF text = buf_init(FILE_MAX);
	int64_t clients = 16, claims = 1000, pool = 1000, seed = 1;
	struct load load = {.service = {.url = options_get(options, "url"),
				    .ca_file = options_get(options, "ca"),
				    .give_up_us = GIVE_UP_US},
		.keys = keys};
	int r = read_root(options_get(options, "root-key"), load.service.root);

	(void)context;
	if (r == 0)
		r = number(options, "clients", &clients);
	if (r == 0)
		r = number(options, "claims", &claims);
	if (r == 0)
		r = number(options, "pool", &pool);
	if (r == 0)
		r = number(options, "seed", &seed);
	if (r == 0)
		r = io_read_file(options_get(options, "keys"), &text);
	if (r < 0)
		return r;
	for (char *key = strtok_r((char *)text.data, "\n", &save); key;
		key = strtok_r(NULL, "\n", &save))
		if (load.key_count < KEYS_MAX)
			keys[load.key_count++] = key;
	load.clients = (int)clients;
	load.claims = claims;
	load.pool = (int)pool;
	load.seed = (uint64_t)seed;
	load.history = fopen(options_get(options, "history"), "a");
	if (!load.history)
		return err_errno("cannot open the history");
	r = load_run(&load);
	return fclose(load.history) == 0 ? r : err_errno("cannot write the history");
}

/* The operations of one license, moved to the front of what is left. */
static size_t gather(struct operation *operations, size_t count, const char *license_id)
{
	size_t found = 0;

	for (size_t i = 0; i < count; i++) {
		if (!text_equal(operations[i].license_id, license_id))
			continue;
		struct operation swap = operations[found];
		operations[found++] = operations[i];
		operations[i] = swap;
	}
	return found;
}

static int check_report(const char *path, struct operation **operations, size_t *left,
	struct check_summary *summary)
{
	AUTO_JSON report = NULL;
	struct timeline *timeline = NULL;
	int r = json_read_file(path, &report);

	if (r == 0)
		r = timeline_new(report, &timeline);
	if (r == 0) {
		size_t count = gather(*operations, *left, timeline_license(timeline));
		r = check_history(timeline, *operations, count, summary);
		*operations += count;
		*left -= count;
	}
	timeline_free(timeline);
	return err_wrap(r, "%s", path);
}

static void print(const struct check_summary *s)
{
	printf("%" PRId64 " operations: %" PRId64 " claims, %" PRId64 " releases, %" PRId64
	       " sent again\n",
		s->operations, s->claims, s->releases, s->repeated);
	printf("%" PRId64 " objects granted, %" PRId64 " denied, %" PRId64
	       " claims refused; %" PRId64 " licenses assigned, %" PRId64 " released\n",
		s->granted, s->denied, s->refused, s->newly, s->released);
	printf("%" PRId64 " events; an answer was placed between at most %" PRId64
	       " revisions\nNo seat too many, none lost, all in order.\n",
		s->events, s->widest);
}

static int run_check(void *context, const struct options *options)
{
	struct operation *all = NULL;
	size_t left = 0;
	struct check_summary summary = {0};
	int r = history_read(options_get(options, "history"), &all, &left);
	struct operation *operations = all;

	(void)context;
	for (size_t i = 0; r == 0 && options_argument(options, i); i++)
		r = check_report(options_argument(options, i), &operations, &left, &summary);
	if (r == 0 && left)
		r = err_set(
			ERR_INVALID, "%zu operations are of licenses without a report", left);
	if (r == 0 && summary.claims == 0)
		r = err_set(ERR_INVALID, "nothing was claimed: nothing is shown");
	if (r == 0)
		print(&summary);
	mem_free(all);
	return r;
}

static const struct command_spec commands[] = {
	{"load", "", 0, 0, load_options, "Claim as many clients at once.", run_load},
	{"check", "REPORT…", 1, -1, check_options,
		"Hold what they saw against `garner-licensing show --json` of each license.",
		run_check},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};

static const struct program_spec program = {"histories",
	"Histories of a licensing service under load and faults.", no_common, commands};

int main(int argc, char **argv)
{
	struct options *options;
	int r = options_parse(&program, argc, argv, &options);

	if (r == 0)
		r = options_command(options)->run(NULL, options);
	if (r < 0)
		fprintf(stderr, "histories: %s\n", err_message());
	options_free(options);
	return r < 0;
}
