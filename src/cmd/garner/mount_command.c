/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "app.h"
#include "base/mem.h"
#include "job/handout.h"
#include "mount/mount.h"
#include "output.h"

/* garner mount: in the foreground, until it is unmounted or ended by a signal. */

struct mounting {
	const struct app *app;
	const char *folder;
	bool is_limited; /* by a trial */
};

static bool allows(void *context, const struct path_entry *entry)
{
	const struct mounting *mounting = context;

	return handout_allows(entry, mounting->is_limited);
}

static void say_ready(void *context)
{
	const struct mounting *mounting = context;
	AUTO_JSON json = json_new_object();

	json_put_text(json, "mounted", mounting->folder);
	if (mounting->app->json)
		output_json(json);
	else
		output_line(mounting->app, "mounted on %s; Ctrl-C or umount ends it",
			mounting->folder);
	fflush(stdout);
}

static int mount(void *context, const struct options *options)
{
	struct app *app = context;
	struct mounting mounting = {.app = app, .folder = options_argument(options, 1)};
	struct mount_options how = {.folder = mounting.folder,
		.allows = allows,
		.ready = say_ready,
		.context = &mounting,
		.cancel = app->cancel};
	struct repo *repo = NULL;
	struct snapshot *snapshot = NULL;
	int r = app_open_place(app, &repo, &snapshot, &how.path);

	if (r == 0) {
		mounting.is_limited = handout_is_limited(app->state, snapshot);
		r = mount_snapshot(repo, snapshot, &how);
	}
	snapshot_free(snapshot);
	repo_close(repo);
	return r;
}

static const struct option_spec mount_options[] = {REPOSITORY_OPTIONS, {NULL, NULL, NULL}};

const struct command_spec commands_mount[] = {
	{"mount", "SNAPSHOT[:PATH] DIR", 2, 2, mount_options,
		"Show a snapshot as a folder, read only.", mount},
	{NULL, NULL, 0, 0, NULL, NULL, NULL},
};
