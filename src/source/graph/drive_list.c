/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "source/graph/drive_tree.h"

/* Only what an entry is made of, so that pages stay small. */
#define SELECT                                                                                 \
	"$select=id,name,size,file,folder,package,root,deleted,remoteItem,parentReference,"    \
	"fileSystemInfo,lastModifiedDateTime,cTag,eTag"

/* A folder's cursor says at which link of the drive its list was right. */
#define CURSOR "drive1 "

enum { RESETS_MAX = 3 };

void graph_drive_forget(struct graph *graph)
{
	if (!graph->drive)
		return;
	drive_clear(graph->drive);
	mem_free(graph->drive->id);
	mem_free(STEAL(graph->drive));
}

static struct graph_drive *take_drive(struct graph *graph, const struct source_object *object)
{
	if (graph->drive && text_equal(graph->drive->id, object->id))
		return graph->drive;
	graph_drive_forget(graph);
	graph->drive = mem_alloc(sizeof(*graph->drive));
	graph->drive->id = mem_strdup(object->id);
	return graph->drive;
}

int graph_drive_resume(
	struct graph *graph, const struct source_object *object, const char *place)
{
	if (!drive_read_place(graph, place, take_drive(graph, object)))
		log_debug("drive_from_the_beginning", "drive", object->id, NULL);
	return 0;
}

char *graph_drive_place(struct graph *graph, const struct source_object *object)
{
	const struct graph_drive *drive = graph->drive;

	if (!drive || !text_equal(drive->id, object->id) || !drive->end[0])
		return NULL;
	return drive_write_place(drive);
}

static int bad_drive(const struct source_object *object, const char *why)
{
	return source_fail(err_set(ERR_PROTOCOL, "the OneDrive of %s: %s", object->name, why),
		SOURCE_OBJECT, SOURCE_RETRY_LATER, "bad_drive");
}

static int take_value(void *context, const struct json *value)
{
	drive_put(context, value);
	return 0;
}

/* One way through the list of changes: from where it was resumed, or from the beginning. */
static int walk(struct graph *graph, const struct source_object *object, bool *out_reset)
{
	struct graph_drive *drive = graph->drive;
	AUTO_TEXT id = text_percent_encode(object->id);
	AUTO_TEXT what = mem_printf("the OneDrive of %s", object->name);
	AUTO_TEXT url = drive->link ? mem_strdup(drive->link)
				    : mem_printf("%s/v1.0/drives/%s/root/delta?" SELECT,
					      graph->base, id);
	struct graph_listing listing = {.what = what,
		.url = url,
		.scope = SOURCE_OBJECT,
		.delta = true,
		.url_is_old = drive->link != NULL};
	AUTO_TEXT end = NULL;

	drive->whole = !drive->link;
	int r = graph_pages(graph, &listing, take_value, drive, &end);
	*out_reset = listing.reset;
	if (r < 0)
		return r;
	drive_word(end, drive->end);
	mem_replace(&drive->link, STEAL(end));
	return 0;
}

static int read_changes(struct graph *graph, const struct source_object *object)
{
	bool reset;
	int r = walk(graph, object, &reset);

	for (int resets = 0; reset && resets < RESETS_MAX; resets++) {
		log_info(
			"delta_reset", "drive", object->id, "code", source_fault()->code, NULL);
		source_forgive();
		drive_clear(graph->drive);
		r = walk(graph, object, &reset);
	}
	if (r == 0 &&
		(!graph->drive->root_id || !drive_find(graph->drive, graph->drive->root_id)))
		r = bad_drive(object, "Microsoft Graph names no root");
	return r;
}

/* Hangs each file below its folder, so that a folder's list is found at once. */
static void sort_files(struct graph_drive *drive)
{
	for (struct drive_entry *entry = drive->entries; entry; entry = entry->hh.next) {
		struct drive_entry *folder = drive_find(drive, entry->parent_id);
		if (entry->what != DRIVE_FILE || !folder || folder->what != DRIVE_FOLDER)
			continue;
		entry->next = folder->files;
		folder->files = entry;
	}
}

struct telling {
	const struct graph_drive *drive;
	const struct source_object *object;
	source_folder_fn *visit;
	void *context;
	size_t count;
};

static int tell_folder(struct telling *telling, struct drive_entry *entry)
{
	bool is_root = text_equal(entry->id, telling->drive->root_id);
	const struct source_folder folder = {.id = entry->id,
		.parent_id = is_root ? "" : entry->parent_id,
		.name = is_root ? "" : entry->name};

	if (++telling->count > GRAPH_FOLDERS_MAX)
		return bad_drive(telling->object, "its folders do not come to an end");
	entry->visit = DRIVE_SEEN;
	return telling->visit(telling->context, &folder);
}

/* Tells a folder after those above it. What lies below one that is gone is gone with it. */
static int tell_from_top(struct telling *telling, struct drive_entry *entry)
{
	const struct graph_drive *drive = telling->drive;
	struct drive_entry **path = NULL;
	size_t depth = 0, capacity = 0;
	bool is_there = true;
	int r = 0;

	while (is_there && entry->visit != DRIVE_SEEN) {
		if (entry->visit == DRIVE_SEEING) {
			r = bad_drive(telling->object, "its folders go round in a circle");
			break;
		}
		entry->visit = DRIVE_SEEING;
		mem_grow(&path, &capacity, depth + 1, sizeof(struct drive_entry *));
		path[depth++] = entry;
		if (text_equal(entry->id, drive->root_id))
			break;
		entry = drive_find(drive, entry->parent_id);
		is_there = entry && entry->what == DRIVE_FOLDER;
	}
	for (size_t i = 0; i < depth && !is_there; i++)
		path[i]->visit = DRIVE_UNSEEN;
	while (r == 0 && is_there && depth > 0)
		r = tell_folder(telling, path[--depth]);
	mem_free(path);
	return r;
}

int graph_drive_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context)
{
	struct graph_drive *drive = take_drive(graph, object);
	struct telling telling = {drive, object, visit, context, 0};

	if (drive->end[0]) /* it was read before: this is another reading */
		drive_clear(drive);
	int r = read_changes(graph, object);
	if (r < 0)
		return r;
	sort_files(drive);
	r = tell_from_top(&telling, drive_find(drive, drive->root_id));
	for (struct drive_entry *entry = drive->entries; r == 0 && entry;
		entry = entry->hh.next)
		if (entry->what == DRIVE_FOLDER)
			r = tell_from_top(&telling, entry);
	return r;
}

static int visit_file(const struct source_listing *listing, const struct drive_entry *entry)
{
	const struct source_item item = {.id = entry->id,
		.name = entry->name,
		.type = "file",
		.tag = entry->tag,
		.modified_s = entry->modified_s,
		.size = entry->size};

	return listing->visit(listing->context, &item);
}

static int visit_gone(const struct source_listing *listing, const struct drive_entry *entry)
{
	const struct source_item gone = {
		.id = entry->id, .name = "", .type = "", .tag = "", .removed = true};

	return listing->visit(listing->context, &gone);
}

static int tell_held(const struct drive_entry *folder, const struct source_listing *listing)
{
	int r = 0;

	for (const struct drive_entry *file = folder->files; r == 0 && file; file = file->next)
		r = visit_file(listing, file);
	return r;
}

/* A delta does not say where a file was before: it is gone from every folder but its own. */
static int tell_changed(const struct graph_drive *drive, const struct source_folder *folder,
	const struct source_listing *listing)
{
	int r = 0;

	for (const struct drive_entry *entry = drive->entries; r == 0 && entry;
		entry = entry->hh.next) {
		if (entry->what == DRIVE_FOLDER)
			continue;
		if (entry->what == DRIVE_FILE && text_equal(entry->parent_id, folder->id))
			r = visit_file(listing, entry);
		else
			r = visit_gone(listing, entry);
	}
	return r;
}

static int take_child(void *context, const struct json *value)
{
	const struct source_listing *listing = context;
	struct drive_entry entry;
	int r = 0;

	if (!drive_read_entry(value, &entry))
		return 0;
	if (entry.what == DRIVE_FILE)
		r = visit_file(listing, &entry);
	drive_free_entry(&entry);
	return r;
}

static int list_children(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	AUTO_TEXT drive = text_percent_encode(object->id);
	AUTO_TEXT id = text_percent_encode(folder->id);
	AUTO_TEXT what = mem_printf("the files of %s in %s", object->name, folder->name);
	AUTO_TEXT url = mem_printf(
		"%s/v1.0/drives/%s/items/%s/children?" SELECT, graph->base, drive, id);
	struct graph_listing pages = {.what = what, .url = url, .scope = SOURCE_FOLDER};

	return graph_pages(graph, &pages, take_child, listing, NULL);
}

int graph_drive_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	const struct graph_drive *drive = take_drive(graph, object);
	const struct drive_entry *entry = drive_find(drive, folder->id);
	bool is_held = entry && drive->end[0] && !drive->without_files;
	bool fits = listing->cursor && drive->begin[0] &&
		    text_starts_with(listing->cursor, CURSOR) &&
		    text_equal(listing->cursor + strlen(CURSOR), drive->begin);
	int r;

	listing->complete = true;
	if (is_held && drive->whole) {
		r = tell_held(entry, listing);
	} else if (is_held && fits) {
		listing->complete = false;
		r = tell_changed(drive, folder, listing);
	} else {
		r = list_children(graph, object, folder, listing);
	}
	if (r == 0 && drive->end[0])
		listing->next_cursor = mem_printf(CURSOR "%s", drive->end);
	return r;
}
