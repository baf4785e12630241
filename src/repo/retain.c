/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/retain.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/history.h"

struct retaining {
	struct snapshot **snapshots;
	size_t count;
	bool *keep;
};

static int forget(struct repo *repo, const struct retaining *retaining)
{
	char(*ids)[SNAPSHOT_ID_TEXT] = mem_array(retaining->count + 1, SNAPSHOT_ID_TEXT);
	size_t count = 0;

	for (size_t i = 0; i < retaining->count; i++)
		if (!retaining->keep[i])
			memcpy(ids[count++], retaining->snapshots[i]->id, SNAPSHOT_ID_TEXT);
	/* Where there are none, it ends what an attempt before this one has begun. */
	int r = repo_forget(repo, ids, count);
	mem_free(ids);
	return r;
}

static void tell(const struct retaining *retaining, const struct retain_options *options)
{
	for (size_t i = 0; i < retaining->count && options->visit; i++) {
		if (options->job && !text_equal(retaining->snapshots[i]->job, options->job))
			continue;
		options->visit(options->context, retaining->snapshots[i], retaining->keep[i]);
	}
}

int repo_retain(struct repo *repo, const struct retention_plan *plan,
	const struct retain_options *options)
{
	struct retaining retaining = {0};
	int r = repo_snapshots(repo, &retaining.snapshots, &retaining.count);

	if (r < 0)
		return r;
	retaining.keep = mem_array(retaining.count + 1, sizeof(*retaining.keep));
	r = retention_plan_apply(
		plan, options->job, retaining.snapshots, retaining.count, retaining.keep);
	if (r == 0 && !options->dry_run)
		r = forget(repo, &retaining);
	if (r == 0)
		tell(&retaining, options);
	for (size_t i = 0; i < retaining.count; i++)
		snapshot_free(retaining.snapshots[i]);
	mem_free(retaining.snapshots);
	mem_free(retaining.keep);
	return r;
}
