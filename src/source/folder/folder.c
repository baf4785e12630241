/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/folder/folder_priv.h"

enum { FOLDERS_MAX = 1000000 }; /* of one object, waiting to be walked */

static void close_folder(void *self)
{
	struct folder_source *source = self;

	folder_close_kept(source);
	mem_free(source->piece);
	mem_free(source->root);
	mem_free(source);
}

static int fail(int r, enum source_scope scope)
{
	return source_fail(r, scope, SOURCE_RETRY_LATER, err_name(r));
}

/* Objects: the folders at the top, and the root itself for the files in it. */

struct objects {
	source_object_fn *visit;
	void *context;
	int result; /* of the callback */
	bool has_files;
};

static int visit_object(struct objects *objects, const char *name)
{
	struct source_object object = {
		.id = name,
		.kind = "folder",
		.name = name,
		.display_name = name,
		.owner = {.tenant_id = "", .directory_id = "", .purpose = ""},
	};

	objects->result = objects->visit(objects->context, &object);
	return objects->result;
}

static int visit_top(void *context, const struct folder_entry *entry)
{
	struct objects *objects = context;

	if (entry->is_folder)
		return visit_object(objects, entry->name);
	objects->has_files = true;
	return 0;
}

static int list_objects(void *self, source_object_fn *visit, void *context)
{
	struct objects objects = {.visit = visit, .context = context};
	const struct folder_visitor visitor = {visit_top, &objects, FOLDER_TELL};
	int r = folder_list(self, FOLDER_ROOT, &visitor);

	if (r == 0 && objects.has_files)
		r = visit_object(&objects, FOLDER_ROOT);
	return objects.result != 0 || r == 0 ? r : fail(r, SOURCE_TENANT);
}

/* Folders, first in, first out, so that parents come before children. */

struct walk {
	struct folder_source *source;
	source_folder_fn *visit;
	void *context;
	const char *parent; /* that is being listed */
	int result;         /* of the callback */
	char **open;
	size_t begin, end, capacity;
};

static int visit_one(struct walk *walk, const char *path, const char *parent, const char *name)
{
	struct source_folder folder = {.id = path, .parent_id = parent, .name = name};

	walk->result = walk->visit(walk->context, &folder);
	if (walk->result != 0 || text_equal(path, FOLDER_ROOT))
		return walk->result;
	if (walk->end - walk->begin >= FOLDERS_MAX)
		return err_set(ERR_LIMIT, "more than %d folders wait to be walked below %s/%s",
			FOLDERS_MAX, walk->source->root, parent);
	mem_grow(&walk->open, &walk->capacity, walk->end + 1, sizeof(*walk->open));
	walk->open[walk->end++] = mem_strdup(path);
	return 0;
}

static int visit_below(void *context, const struct folder_entry *entry)
{
	struct walk *walk = context;

	if (!entry->is_folder)
		return 0;
	if (cancel_is_wished(walk->source->cancel))
		return err_set(ERR_CANCELLED, "stopped as asked");
	return visit_one(walk, entry->path, walk->parent, entry->name);
}

/* A folder that cannot be listed is named all the same; the call for its files then says so. */
static int walk_folder(struct walk *walk, const char *path)
{
	const struct folder_visitor visitor = {visit_below, walk, 0};

	walk->parent = path;
	int r = folder_list(walk->source, path, &visitor);
	if (walk->result != 0 || (r != ERR_IO && r != ERR_NOTFOUND))
		return r;
	log_warning("source_unreadable", "folder", path, "error", err_message(), NULL);
	return 0;
}

static int list_folders(
	void *self, const struct source_object *object, source_folder_fn *visit, void *context)
{
	struct walk walk = {.source = self, .visit = visit, .context = context};
	int r = visit_one(&walk, object->id, "", "");

	while (r == 0 && walk.begin < walk.end) {
		AUTO_TEXT path = walk.open[walk.begin++];
		r = walk_folder(&walk, path);
	}
	while (walk.begin < walk.end)
		mem_free(walk.open[walk.begin++]);
	mem_free(walk.open);
	return walk.result != 0 || r == 0 ? r : fail(r, SOURCE_OBJECT);
}

/* Files. */

struct files {
	struct folder_source *source;
	source_item_fn *visit;
	void *context;
	int result; /* of the callback */
};

static bool is_message(const char *name)
{
	size_t size = strlen(name);

	return size > 4 && text_equal_nocase(name + size - 4, ".eml");
}

static int visit_file(void *context, const struct folder_entry *entry)
{
	struct files *files = context;
	const struct stat *stat = &entry->stat;

	if (entry->is_folder)
		return 0;
	if (cancel_is_wished(files->source->cancel))
		return err_set(ERR_CANCELLED, "stopped as asked");
	AUTO_TEXT tag = mem_printf("%jd-%jd.%09ld-%ju", (intmax_t)stat->st_size,
		(intmax_t)stat->st_mtim.tv_sec, stat->st_mtim.tv_nsec, (uintmax_t)stat->st_ino);
	struct source_item item = {
		.id = entry->path,
		.name = entry->name,
		.type = is_message(entry->name) ? "message" : "file",
		.tag = tag,
		.modified_s = stat->st_mtim.tv_sec,
		.size = (uint64_t)stat->st_size,
	};

	files->result = files->visit(files->context, &item);
	return files->result;
}

static int list_files(void *self, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	struct files files = {
		.source = self, .visit = listing->visit, .context = listing->context};
	/* What lies at the top was told of when the objects were listed. */
	const struct folder_visitor visitor = {visit_file, &files,
		text_equal(folder->id, FOLDER_ROOT) ? FOLDER_STAT : FOLDER_STAT | FOLDER_TELL};

	(void)object;
	int r = folder_list(self, folder->id, &visitor);
	listing->complete = r == 0;
	return files.result != 0 || r == 0 ? r : fail(r, SOURCE_FOLDER);
}

static int count_entry(void *context, const struct folder_entry *entry)
{
	size_t *counts = context;

	counts[entry->is_folder ? 0 : 1]++;
	return 0;
}

static int test_folder(void *self, struct json *report)
{
	struct json *checks = json_new_array();
	struct json *check = json_new_object();
	size_t counts[2] = {0};
	const struct folder_visitor visitor = {count_entry, counts, 0};
	int r = folder_list(self, FOLDER_ROOT, &visitor);
	AUTO_TEXT text = r < 0 ? mem_strdup(err_message())
			       : mem_printf("%zu folders and %zu files at the top", counts[0],
					 counts[1]);

	json_put_text(check, "name", "folder");
	json_put_bool(check, "ok", r == 0);
	json_put_text(check, "text", text);
	json_append(checks, check);
	json_put(report, "checks", checks);
	return r == 0 ? 0 : fail(r, SOURCE_TENANT);
}

static const struct source_kind folder_kind = {
	.name = "folder",
	.close = close_folder,
	.test = test_folder,
	.objects = list_objects,
	.folders = list_folders,
	.changes = list_files,
	.read = folder_read,
};

int folder_source_new(const char *path, struct cancel *cancel, struct source **out)
{
	*out = NULL;
	if (!path || path[0] == '\0')
		return err_set(ERR_INVALID, "the folder's path is missing");
	if (!io_exists(path))
		return err_set(ERR_NOTFOUND, "there is no folder %s", path);
	if (!io_is_folder(path))
		return err_set(ERR_INVALID, "%s is no folder", path);

	struct folder_source *source = mem_alloc(sizeof(*source));
	source->root = io_absolute(path);
	source->cancel = cancel;
	*out = source_new(&folder_kind, source);
	return 0;
}
