/* SPDX-License-Identifier: Apache-2.0 */
#include "job/base.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

void bases_free(struct bases *bases)
{
	for (size_t i = 0; i < bases->count; i++)
		repo_object_free(&bases->objects[i]);
	mem_free(bases->objects);
	*bases = (struct bases){0};
}

struct repo_object *bases_find(struct bases *bases, const char *kind, const char *name)
{
	for (size_t i = 0; i < bases->count; i++) {
		if (text_equal(bases->objects[i].kind, kind) &&
			text_equal(bases->objects[i].name, name))
			return &bases->objects[i];
	}
	return NULL;
}

struct repo_object *bases_put(struct bases *bases, const struct repo_object *object)
{
	struct repo_object *slot = bases_find(bases, object->kind, object->name);
	struct repo_object copy = *object;

	copy.kind = mem_strdup(object->kind);
	copy.name = mem_strdup(object->name);
	if (slot) {
		repo_object_free(slot);
	} else {
		mem_grow(&bases->objects, &bases->capacity, bases->count + 1,
			sizeof(*bases->objects));
		slot = &bases->objects[bases->count++];
	}
	*slot = copy;
	return slot;
}

static int by_kind_and_name(const void *a, const void *b)
{
	const struct repo_object *left = a, *right = b;
	int order = strcmp(left->kind, right->kind);

	return order ? order : strcmp(left->name, right->name);
}

void bases_sort(struct bases *bases)
{
	if (bases->count > 0)
		qsort(bases->objects, bases->count, sizeof(*bases->objects), by_kind_and_name);
}

static void read_row(struct db_rows *rows, struct repo *repo, struct bases *out, bool *fits)
{
	AUTO_TEXT kind = mem_strdup(db_text(rows, 0));
	AUTO_TEXT name = mem_strdup(db_text(rows, 1));
	struct repo_object object = {
		.kind = kind,
		.name = name,
		.kept = true,
		.items = (uint64_t)db_int(rows, 3),
		.bytes = (uint64_t)db_int(rows, 4),
		.stored_s = db_int(rows, 5),
		.trial_items = (uint32_t)db_int(rows, 6),
	};
	/* A tree that the repository does not have is no base: it was put back to an earlier
	 * state, or the storage is another one now, or of an earlier version. */
	if (text_from_hex(db_text(rows, 2), object.tree, sizeof(object.tree)) == 0 &&
		repo_has_tree(repo, object.tree))
		bases_put(out, &object);
	else
		*fits = false;
}

static int from_database(struct installation *installation, const struct job *job,
	struct repo *repo, struct bases *out, bool *fits)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(installation->db, &rows,
		"SELECT kind, name, tree_id, items, bytes, stored_s, "
		"trial_items FROM base WHERE job_id = ?1 ORDER BY kind, name",
		"i", job->id);

	while (r == 0 && (r = db_next(rows)) == 1) {
		read_row(rows, repo, out, fits);
		r = 0;
	}
	return r;
}

/* What is not there yet, as the newest snapshot of the job has it. */
static void take_others(struct bases *bases, const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->object_count; i++) {
		const struct repo_object *object = &snapshot->objects[i];
		if (!bases_find(bases, object->kind, object->name))
			bases_put(bases, object)->kept = true;
	}
}

static int from_snapshots(const struct job *job, struct repo *repo, struct bases *out)
{
	struct snapshot **snapshots = NULL;
	size_t count = 0;
	int r = repo_snapshots(repo, &snapshots, &count);

	for (size_t i = count; r == 0 && i-- > 0;) {
		if (!text_equal(snapshots[i]->job, job->name))
			continue;
		take_others(out, snapshots[i]);
		break;
	}
	for (size_t i = 0; i < count; i++)
		snapshot_free(snapshots[i]);
	mem_free(snapshots);
	return r;
}

int bases_load(struct installation *installation, const struct job *job, struct repo *repo,
	struct bases *out)
{
	bool fits = true;

	*out = (struct bases){0};
	int r = from_database(installation, job, repo, out, &fits);
	if (r == 0 && (!fits || out->count == 0))
		r = from_snapshots(job, repo, out);
	return r;
}

int base_save(
	struct installation *installation, int64_t job_id, const struct repo_object *object)
{
	char tree_id[REPO_ID_TEXT];

	text_to_hex(object->tree, sizeof(object->tree), tree_id);
	return db_run(installation->db,
		"INSERT INTO base (job_id, kind, name, tree_id, tree_size, tree_is_list, items,"
		" bytes, stored_s, trial_items) "
		"VALUES (?1, ?2, ?3, ?4, 0, 0, ?5, ?6, ?7, ?8) "
		"ON CONFLICT (job_id, kind, name) DO UPDATE SET tree_id = ?4, items = ?5, "
		"bytes = ?6, stored_s = ?7, trial_items = ?8",
		"isssiiii", job_id, object->kind, object->name, tree_id, (int64_t)object->items,
		(int64_t)object->bytes, object->stored_s, (int64_t)object->trial_items);
}

int cursor_load(struct installation *installation, const struct cursor_key *key, char **out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(installation->db, &rows,
		"SELECT cursor FROM cursor WHERE job_id = ?1 AND kind = ?2 AND name = ?3 "
		"AND folder_id = ?4 AND list_id = ?5",
		"issss", key->job_id, key->kind, key->name, key->folder_id, key->list_id);

	*out = r == 1 ? mem_strdup(db_text(rows, 0)) : NULL;
	return r < 0 ? r : 0;
}

int cursor_save(
	struct installation *installation, const struct cursor_key *key, const char *cursor)
{
	return db_run(installation->db,
		"INSERT INTO cursor VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
		"ON CONFLICT (job_id, kind, name, folder_id) "
		"DO UPDATE SET list_id = ?5, cursor = ?6",
		"isssss", key->job_id, key->kind, key->name, key->folder_id, key->list_id,
		cursor);
}
