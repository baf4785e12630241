/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/prune.h"

#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "repo/history.h"
#include "repo/prune_priv.h"
#include "repo/repack.h"
#include "repo/repo_priv.h"

enum {
	VISIBLE_S = 60,                 /* in which the index file will have been written */
	TEMPORARY_AGE_S = 24 * 60 * 60, /* of what a crash has left behind */
	GROUPS_MAX = 32,                /* of index files, before they are merged */
};

void prune_result_free(struct prune_result *result)
{
	mem_free(result->writers);
	*result = (struct prune_result){0};
}

int prune_cancelled(const struct prune *prune)
{
	return cancel_is_wished(prune->options->cancel)
		       ? err_set(ERR_CANCELLED, "the prune was stopped; it goes on when it is "
						"started again")
		       : 0;
}

static uint64_t sources_size(const struct prune *prune)
{
	uint64_t total = 0;

	for (size_t i = 0; i < prune->references.index.pack_count; i++)
		total += prune->sources[i] ? prune->packs[i].size : 0;
	return total;
}

static int copy_packs(struct prune *prune, struct repack *repack)
{
	struct repo *repo = prune->repo;
	uint64_t done = 0, total = sources_size(prune);
	int r = 0;

	for (size_t i = 0; i < prune->references.index.pack_count && r == 0; i++) {
		if (!prune->sources[i])
			continue;
		r = prune_cancelled(prune);
		if (r == 0)
			r = lease_tick(repo->storage, &repo->keys, &prune->lease);
		if (r == 0)
			r = repack_take(repack, (uint32_t)i);
		done += prune->packs[i].size;
		if (r == 0 && prune->options->progress)
			prune->options->progress(prune->options->context, done, total);
	}
	/* Nothing may be lost by a pack that is not what the index says. */
	for (size_t i = 0; i < prune->references.count && r == 0; i++)
		if (prune->references.flags[i] & REFERENCE_COPY)
			r = err_set(ERR_CORRUPT, "a chunk is not where the index says; run "
						 "garner repair");
	return r;
}

static size_t names_of(
	const struct prune *prune, enum prune_fate fate, uint8_t (**out)[NAME_SIZE])
{
	size_t count = 0;

	*out = mem_array(prune->pack_count + 1, NAME_SIZE);
	for (size_t i = 0; i < prune->pack_count; i++)
		if (prune->fates[i] == fate)
			memcpy((*out)[count++], prune->names[i], NAME_SIZE);
	return count;
}

/* A writer that begins after the moment that is said has seen it: so the file is visible by
 * then, or it is said again with a later one. */
static int write_until_visible(struct prune *prune, struct prune_group *group)
{
	struct repo *repo = prune->repo;
	int64_t now_s = 0, after_s = VISIBLE_S;
	bool may = false;
	int r = 0;

	for (;;) {
		r = lease_may_commit_now(repo->storage, &repo->keys, &prune->lease, &may);
		if (r == 0 && !may)
			r = err_set(ERR_LOCKED, "this prune was silent for more than half an "
						"hour; start it again");
		if (r == 0)
			r = storage_now(repo->storage, &now_s);
		group->condemned_s = now_s + after_s;
		if (r == 0)
			r = prune_index_write(repo, group);
		if (r == 0)
			r = storage_now(repo->storage, &now_s);
		if (r < 0 || group->condemned_count == 0 || now_s <= group->condemned_s)
			return r;
		group->dropped_count = group->pack_count = group->change_count = 0;
		after_s *= 2;
	}
}

static int write_index(struct prune *prune, struct repack *repack)
{
	struct prune_group group = {
		.changes = prune->changes, .change_count = prune->change_count};
	uint8_t(*condemned)[NAME_SIZE] = NULL, (*dropped)[NAME_SIZE] = NULL;
	int r = repack_finish(repack, &group.packs, &group.pack_count);

	group.condemned_count = names_of(prune, PRUNE_CONDEMN, &condemned);
	group.dropped_count = names_of(prune, PRUNE_DROP, &dropped);
	group.condemned = (const uint8_t(*)[NAME_SIZE])condemned;
	group.dropped = (const uint8_t(*)[NAME_SIZE])dropped;
	prune->result->written_packs = group.pack_count;
	for (size_t i = 0; i < group.pack_count; i++)
		prune->result->written_bytes += group.packs[i].info.size;
	if (r == 0 && group.condemned_count + group.dropped_count + group.pack_count > 0)
		r = write_until_visible(prune, &group);
	mem_free(condemned);
	mem_free(dropped);
	return r;
}

static bool goes_now(const struct prune *prune, size_t pack)
{
	return (prune->fates[pack] == PRUNE_DROP || prune->fates[pack] == PRUNE_REMOVE) &&
	       idset_find(&prune->file_names, prune->names[pack]) != IDSET_NONE;
}

static int remove_files(struct prune *prune)
{
	char path[PACK_PATH_SIZE];
	int r = 0;

	for (size_t i = 0; i < prune->pack_count && r == 0; i++) {
		if (!goes_now(prune, i))
			continue;
		pack_path(prune->names[i], path);
		r = storage_remove(prune->repo->storage, path);
		if (r == ERR_RETAINED) { /* a later prune finds it again */
			log_debug("pack_is_retained", "pack", path, NULL);
			r = 0;
		}
	}
	return r;
}

static void count(struct prune *prune)
{
	struct prune_result *result = prune->result;

	for (size_t i = 0; i < prune->pack_count; i++) {
		uint64_t size = prune->packs[i].size;
		bool is_condemned = prune->fates[i] == PRUNE_CONDEMN ||
				    (prune->fates[i] == PRUNE_WAIT && prune->packs[i].is_named);
		result->freed_bytes += goes_now(prune, i) ? size : 0;
		result->freed_files += goes_now(prune, i);
		result->condemned_bytes += is_condemned ? size : 0;
		result->condemned_packs += is_condemned;
		result->waiting_packs += is_condemned && result->writer_count > 0;
		result->rewritten_packs +=
			prune->fates[i] == PRUNE_CONDEMN && prune->packs[i].live > 0;
	}
}

static int change_all(struct prune *prune)
{
	struct repo *repo = prune->repo;
	struct repack *repack = repack_new(&prune->references);
	int r = copy_packs(prune, repack);

	if (r == 0)
		r = write_index(prune, repack);
	repack_free(repack);
	if (r == 0)
		r = remove_files(prune);
	if (r == 0)
		r = storage_clean(repo->storage, prune->moment.begun_s - TEMPORARY_AGE_S);
	if (r == 0)
		r = repo_refresh(repo);
	return r < 0 ? r : index_merge(repo, GROUPS_MAX);
}

static int run(struct prune *prune)
{
	/* What a forgetting that was killed has left goes, too. */
	int r = prune->options->dry_run ? 0 : repo_forget(prune->repo, NULL, 0);

	if (r == 0)
		r = prune_look(prune);
	if (r == 0)
		r = prune_decide(prune);
	if (r < 0)
		return r;
	count(prune);
	return prune->options->dry_run ? 0 : change_all(prune);
}

static void prune_free(struct prune *prune)
{
	references_free(&prune->references);
	idset_free(&prune->file_names);
	mem_free(prune->files);
	mem_free(prune->roots);
	mem_free(prune->packs);
	mem_free(prune->names);
	mem_free(prune->fates);
	mem_free(prune->sources);
	mem_free(prune->changes);
}

int repo_prune(struct repo *repo, const struct prune_options *options, struct prune_result *out)
{
	struct prune prune = {.repo = repo, .options = options, .result = out};
	int r = 0;

	*out = (struct prune_result){0};
	if (!repo->keys.can_read)
		return err_set(ERR_AUTH, "this key adds to the repository and cannot read it; "
					 "use its password or key file");
	r = storage_now(repo->storage, &prune.moment.begun_s);
	if (r == 0 && !options->dry_run)
		r = lease_begin_work(repo->storage, &repo->keys, LEASE_PRUNE, &prune.lease);
	if (r < 0)
		return r;
	r = run(&prune);
	/* One that cannot be removed ends by itself. */
	AUTO_TEXT why = r < 0 ? mem_strdup(err_message()) : NULL;
	if (!options->dry_run && lease_end(repo->storage, &prune.lease) < 0)
		log_debug("lease_not_removed", "reason", err_message(), NULL);
	prune_free(&prune);
	return r < 0 ? err_set((enum err)r, "%s", why) : 0;
}
