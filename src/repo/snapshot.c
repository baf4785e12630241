/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "repo/repo_priv.h"
#include "repo/sealed_file.h"
#include "repo/snapshot_file.h"

enum { ID_LEAST = 4 };

void repo_object_free(struct repo_object *object)
{
	mem_free(object->kind);
	mem_free(object->name);
	*object = (struct repo_object){0};
}

void snapshot_free(struct snapshot *snapshot)
{
	if (!snapshot)
		return;
	for (size_t i = 0; i < snapshot->object_count; i++)
		repo_object_free(&snapshot->objects[i]);
	mem_free(snapshot->objects);
	mem_free(snapshot->job);
	mem_free(snapshot);
}

enum { BODY_MAX = 256 << 20 };

int snapshot_put(struct repo *repo, struct snapshot_node *node, const struct snapshot *snapshot)
{
	struct sealed_file file = {.kind = &sealed_snapshot};
	AUTO_BUF body = buf_init(BODY_MAX);

	secret_random(file.name, sizeof(file.name));
	memcpy(node->self.name, file.name, NAME_SIZE);
	int r = snapshot_encode(&repo->keys, node, snapshot, &body);
	return r < 0 ? r : sealed_put(repo->storage, &repo->keys, &file, &body);
}

/* ERR_NOTFOUND where the file is not there (any more). */
static int load(struct repo *repo, const uint8_t name[NAME_SIZE], struct snapshot_node *node,
	struct snapshot **out)
{
	struct sealed_file file = {.kind = &sealed_snapshot};
	AUTO_BUF body = buf_init(BODY_MAX);
	char id[NAME_TEXT];

	memcpy(file.name, name, NAME_SIZE);
	*node = (struct snapshot_node){0};
	memcpy(node->self.name, name, NAME_SIZE);
	text_to_hex(name, NAME_SIZE, id);
	int r = sealed_get(repo->storage, &repo->keys, &file, &body);
	if (r < 0)
		return r;
	return err_wrap(snapshot_decode(&repo->keys, &body, node, out), "snapshot %s", id);
}

struct names {
	uint8_t (*list)[NAME_SIZE];
	size_t count, capacity;
};

static int take_name(void *context, const uint8_t name[NAME_SIZE], int64_t modified_s)
{
	struct names *names = context;

	(void)modified_s;
	mem_grow(&names->list, &names->capacity, names->count + 1, NAME_SIZE);
	memcpy(names->list[names->count++], name, NAME_SIZE);
	return 0;
}

/* All that is read of the files at once. */
struct all {
	struct snapshot_chain chain;
	struct snapshot **snapshots; /* that are no notes; asked for by `wanted` */
	size_t snapshot_count;
	struct names damaged;
	bool wanted;
};

static void free_all(struct all *all)
{
	for (size_t i = 0; i < all->snapshot_count; i++)
		snapshot_free(all->snapshots[i]);
	mem_free(all->snapshots);
	mem_free(all->damaged.list);
	snapshot_chain_free(&all->chain);
}

static int load_one(struct repo *repo, const uint8_t name[NAME_SIZE], struct all *all)
{
	struct snapshot_node node;
	struct snapshot *snapshot = NULL;
	int r = load(repo, name, &node, all->wanted ? &snapshot : NULL);

	if (r == ERR_CORRUPT)
		return take_name(&all->damaged, name, 0);
	if (r < 0)
		return r == ERR_NOTFOUND ? 0 : r; /* forgotten meanwhile */
	snapshot_chain_add(&all->chain, &node);
	if (snapshot)
		all->snapshots[all->snapshot_count++] = snapshot;
	return 0;
}

/* The message of the last damaged one stands where there is one. */
static int load_all(struct repo *repo, struct all *all)
{
	struct names names = {0};
	int r = sealed_each(repo->storage, &sealed_snapshot, take_name, &names);

	all->snapshots = mem_array(names.count + 1, sizeof(struct snapshot *));
	for (size_t i = 0; i < names.count && r == 0; i++)
		r = load_one(repo, names.list[i], all);
	mem_free(names.list);
	snapshot_chain_sort(&all->chain);
	return r;
}

int snapshot_chain_load(struct repo *repo, struct snapshot_chain *out, size_t *out_damaged)
{
	struct all all = {0};
	int r = load_all(repo, &all);

	*out = (struct snapshot_chain){0};
	*out_damaged = all.damaged.count;
	if (r == 0) {
		*out = all.chain;
		all.chain = (struct snapshot_chain){0};
	}
	free_all(&all);
	return r;
}

int snapshot_write(struct repo *repo, struct snapshot *snapshot)
{
	struct snapshot_chain chain;
	struct snapshot_node node = {.created_s = snapshot->created_s};
	size_t damaged;
	int r = snapshot_chain_load(repo, &chain, &damaged);

	if (r == 0) {
		node.earlier_count =
			snapshot_chain_heads(&chain, SNAPSHOT_EARLIER_MAX, &node.earlier);
		node.place = snapshot_chain_next_place(&chain);
		r = snapshot_put(repo, &node, snapshot);
	}
	if (r == 0)
		text_to_hex(node.self.name, NAME_SIZE, snapshot->id);
	snapshot_node_free(&node);
	snapshot_chain_free(&chain);
	return r;
}

int snapshot_read(struct repo *repo, const char *id, struct snapshot **out)
{
	uint8_t name[NAME_SIZE];
	struct snapshot_node node = {0};
	int r = text_from_hex(id, name, sizeof(name));

	*out = NULL;
	if (r == 0)
		r = load(repo, name, &node, out);
	if (r == 0 && !*out)
		r = err_set(ERR_NOTFOUND,
			"%s is no snapshot, but the note that some were forgotten", id);
	snapshot_node_free(&node);
	return r;
}

static int compare_ids(const void *a, const void *b)
{
	return memcmp(a, b, SNAPSHOT_ID_TEXT);
}

int snapshot_ids(struct repo *repo, char (**out)[SNAPSHOT_ID_TEXT], size_t *out_count)
{
	struct all all = {0};
	int r = load_all(repo, &all);
	char(*ids)[SNAPSHOT_ID_TEXT] =
		mem_array(all.chain.count + all.damaged.count + 1, SNAPSHOT_ID_TEXT);
	size_t count = 0;

	for (size_t i = 0; i < all.chain.count; i++) {
		const struct snapshot_node *node = &all.chain.nodes[i];
		if (node->kind == SNAPSHOT_KEPT &&
			!snapshot_chain_is_forgotten(&all.chain, node->self.name))
			text_to_hex(node->self.name, NAME_SIZE, ids[count++]);
	}
	for (size_t i = 0; i < all.damaged.count; i++)
		text_to_hex(all.damaged.list[i], NAME_SIZE, ids[count++]);
	free_all(&all);
	if (r < 0) {
		mem_free(ids);
		return r;
	}
	if (count > 1)
		qsort(ids, count, SNAPSHOT_ID_TEXT, compare_ids);
	*out = ids;
	*out_count = count;
	return 0;
}

/* A snapshot and where it stands in the chain. */
struct ordered {
	struct snapshot *snapshot;
	uint32_t place;
};

static int compare_ordered(const void *a, const void *b)
{
	const struct ordered *one = a, *other = b;

	if (one->snapshot->created_s != other->snapshot->created_s)
		return one->snapshot->created_s < other->snapshot->created_s ? -1 : 1;
	if (one->place != other->place)
		return one->place < other->place ? -1 : 1;
	return strcmp(one->snapshot->id, other->snapshot->id);
}

/* Those that are not forgotten, the oldest first; within a second the chain says which. */
static size_t put_in_order(struct all *all, struct snapshot **out)
{
	struct ordered *list = mem_array(all->snapshot_count + 1, sizeof(*list));
	size_t count = 0;

	for (size_t i = 0; i < all->snapshot_count; i++) {
		uint8_t name[NAME_SIZE] = {0};
		int r = text_from_hex(all->snapshots[i]->id, name, sizeof(name));
		const struct snapshot_node *node = snapshot_chain_find(&all->chain, name);

		ASSERT(r == 0 && node);
		if (snapshot_chain_is_forgotten(&all->chain, name)) {
			snapshot_free(all->snapshots[i]);
			continue;
		}
		list[count++] = (struct ordered){all->snapshots[i], node->place};
	}
	if (count > 1)
		qsort(list, count, sizeof(*list), compare_ordered);
	for (size_t i = 0; i < count; i++)
		out[i] = list[i].snapshot;
	all->snapshot_count = 0;
	mem_free(list);
	return count;
}

static void free_snapshots(struct snapshot **snapshots, size_t count)
{
	for (size_t i = 0; i < count; i++)
		snapshot_free(snapshots[i]);
	mem_free(snapshots);
}

int repo_snapshots(struct repo *repo, struct snapshot ***out, size_t *out_count)
{
	struct all all = {.wanted = true};
	int r = load_all(repo, &all);

	if (r == 0 && all.damaged.count > 0)
		r = err_set(ERR_CORRUPT, "%zu snapshots are damaged, one of them: %s",
			all.damaged.count, err_message());
	if (r == 0) {
		*out = mem_array(all.snapshot_count + 1, sizeof(struct snapshot *));
		*out_count = put_in_order(&all, *out);
	}
	free_all(&all);
	return r;
}

static int find_latest(struct repo *repo, struct snapshot **out)
{
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	if (r < 0)
		return r;
	if (count == 0)
		r = err_set(ERR_NOTFOUND, "there is no snapshot in %s yet",
			storage_place(repo->storage));
	else
		*out = snapshots[--count];
	free_snapshots(snapshots, count);
	return r;
}

/* The only id that begins so. */
static int find_id(struct repo *repo, const char *start, char out[SNAPSHOT_ID_TEXT])
{
	struct names names = {0};
	char id[NAME_TEXT];
	size_t matches = 0;
	int r = sealed_each(repo->storage, &sealed_snapshot, take_name, &names);

	for (size_t i = 0; i < names.count; i++) {
		text_to_hex(names.list[i], NAME_SIZE, id);
		if (!text_starts_with(id, start))
			continue;
		memcpy(out, id, SNAPSHOT_ID_TEXT);
		matches++;
	}
	mem_free(names.list);
	if (r < 0)
		return r;
	if (matches > 1)
		return err_set(ERR_INVALID, "%zu snapshots begin with \"%s\"; give more digits",
			matches, start);
	if (matches == 0)
		return err_set(ERR_NOTFOUND, "there is no snapshot \"%s\" in %s", start,
			storage_place(repo->storage));
	return 0;
}

int repo_snapshot(struct repo *repo, const char *id, struct snapshot **out)
{
	char whole[SNAPSHOT_ID_TEXT];

	if (text_equal(id, "latest"))
		return find_latest(repo, out);
	if (strlen(id) < ID_LEAST)
		return err_set(ERR_INVALID,
			"\"%s\" is too short for a snapshot; give %d digits or "
			"more, or \"latest\"",
			id, ID_LEAST);
	int r = find_id(repo, id, whole);
	return r < 0 ? r : snapshot_read(repo, whole, out);
}
