/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/prune_priv.h"
#include "repo/repo_priv.h"
#include "repo/snapshot_file.h"

/*
 * What a prune has to know before it decides. The order matters: who is at work first, so that
 * whoever is not in that list has everything in the storage; snapshots before the index, so
 * that all that they refer to is in it.
 */

enum { TRIES = 8 };

static void note_writer(struct prune *prune, const struct lease *lease)
{
	struct prune_result *result = prune->result;
	struct prune_writer *writer = &result->writers[result->writer_count++];

	_Static_assert(sizeof(writer->machine) == sizeof(lease->place.machine), "same size");
	memcpy(writer->machine, lease->place.machine, sizeof(writer->machine));
	writer->process = lease->process;
	writer->since_s = lease->since_s;
	if (lease->since_s < prune->moment.oldest_s)
		prune->moment.oldest_s = lease->since_s;
}

static int look_at_writers(struct prune *prune)
{
	struct repo *repo = prune->repo;
	struct lease *leases = NULL;
	size_t count = 0;
	int r = leases_at_work(
		repo->storage, &repo->keys, !prune->options->dry_run, &leases, &count);

	prune->moment.oldest_s = INT64_MAX;
	prune->result->writers = mem_array(count + 1, sizeof(*prune->result->writers));
	for (size_t i = 0; i < count && r == 0; i++) {
		if (memcmp(leases[i].name, prune->lease.name, NAME_SIZE) == 0)
			continue;
		if (leases[i].work == LEASE_PRUNE)
			r = err_set(ERR_LOCKED,
				"another prune or repair of this repository is at work, on "
				"%s; start "
				"this one again when it has ended",
				leases[i].place.machine);
		note_writer(prune, &leases[i]);
	}
	mem_free(leases);
	return r;
}

static int take_file(void *context, const struct storage_entry *entry)
{
	struct prune *prune = context;
	const char *name = strrchr(entry->name, '/');
	uint8_t bytes[NAME_SIZE];

	if (!name || strlen(name + 1) != NAME_TEXT - 1 ||
		text_from_hex(name + 1, bytes, sizeof(bytes)) < 0)
		return 0;
	if (!idset_add(&prune->file_names, bytes))
		return 0;
	mem_grow(&prune->files, &prune->file_capacity, prune->file_names.count,
		sizeof(*prune->files));
	prune->files[prune->file_names.count - 1] =
		(struct prune_file){entry->size, entry->modified_s};
	return 0;
}

/* One that cannot be read might need anything. */
static int look_at_snapshots(struct prune *prune)
{
	char(*ids)[SNAPSHOT_ID_TEXT] = NULL;
	size_t count = 0;
	int r = snapshot_ids(prune->repo, &ids, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		struct snapshot *snapshot = NULL;
		r = snapshot_read(prune->repo, ids[i], &snapshot);
		if (r == ERR_NOTFOUND) { /* forgotten meanwhile, or a note */
			r = 0;
			continue;
		}
		if (r < 0) {
			r = err_wrap(r, "nothing can be pruned as long as a snapshot cannot be "
					"read; run garner repair");
			break;
		}
		mem_grow(&prune->roots, &prune->root_capacity,
			prune->root_count + snapshot->object_count, REPO_ID_SIZE);
		for (size_t j = 0; j < snapshot->object_count; j++)
			memcpy(prune->roots[prune->root_count++], snapshot->objects[j].tree,
				REPO_ID_SIZE);
		snapshot_free(snapshot);
	}
	mem_free(ids);
	return r;
}

static int look_at_index(struct prune *prune)
{
	int r = ERR_NOTFOUND;

	for (int i = 0; i < TRIES && r == ERR_NOTFOUND; i++)
		r = references_load(prune->repo, &prune->references);
	if (r == ERR_NOTFOUND)
		r = ERR_CORRUPT;
	return r < 0 ? err_wrap(r, "index") : repo_refresh(prune->repo);
}

static void add_pack(
	struct prune *prune, const uint8_t name[NAME_SIZE], const struct prune_pack *pack)
{
	memcpy(prune->names[prune->pack_count], name, NAME_SIZE);
	prune->packs[prune->pack_count++] = *pack;
}

/* The facts of packs that the index knows; a file that is not there counts as young. */
static void name_packs(struct prune *prune)
{
	const struct index *index = &prune->references.index;

	for (size_t i = 0; i < index->pack_count; i++) {
		const struct index_pack *pack = &index->packs[i];
		struct prune_pack *facts = &prune->references.packs[i];
		int64_t file = idset_find(&prune->file_names, pack->name);
		facts->size = pack->size;
		facts->is_named = !pack->dropped;
		facts->is_dropped = pack->dropped;
		facts->condemned_s = pack->condemned_s;
		facts->modified_s =
			file == IDSET_NONE ? INT64_MAX : prune->files[file].modified_s;
	}
}

static void plan(struct prune *prune)
{
	const struct index *index = &prune->references.index;
	size_t most = index->pack_count + prune->file_names.count + 1;

	prune->packs = mem_array(most, sizeof(*prune->packs));
	prune->names = mem_array(most, NAME_SIZE);
	prune->fates = mem_array(most, sizeof(*prune->fates));
	for (size_t i = 0; i < index->pack_count; i++)
		add_pack(prune, index->packs[i].name, &prune->references.packs[i]);
	for (size_t i = 0; i < prune->file_names.count; i++) {
		const uint8_t *name = prune->file_names.ids[i];
		const struct prune_pack pack = {
			.size = prune->files[i].size, .modified_s = prune->files[i].modified_s};
		if (idset_find(&index->pack_names, name) == IDSET_NONE)
			add_pack(prune, name, &pack);
	}
	prune_plan(prune->packs, prune->pack_count, &prune->moment, prune->fates);
}

static int mark_roots(struct prune *prune)
{
	for (size_t i = 0; i < prune->root_count; i++) {
		if (references_number(&prune->references, prune->roots[i]) < 0)
			return err_set(ERR_CORRUPT, "a tree that a snapshot needs is not in "
						    "the index; run garner repair");
		references_add_root(&prune->references, prune->roots[i]);
	}
	return 0;
}

int prune_look(struct prune *prune)
{
	int r = look_at_writers(prune);

	if (r == 0)
		r = storage_list(prune->repo->storage, "packs", take_file, prune);
	if (r == 0)
		r = look_at_snapshots(prune);
	if (r == 0)
		r = look_at_index(prune);
	if (r == 0)
		r = mark_roots(prune);
	if (r == 0)
		r = prune_cancelled(prune);
	if (r < 0)
		return r;
	name_packs(prune);
	r = references_judge(&prune->references, &prune->moment);
	if (r == 0)
		plan(prune);
	return r;
}
