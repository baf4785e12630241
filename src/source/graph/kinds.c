/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* How objects of a kind are read; the last one is for every other. */
static const struct kind {
	const char *name;
	int (*folders)(struct graph *graph, const struct source_object *object,
		source_folder_fn *visit, void *context);
	int (*changes)(struct graph *graph, const struct source_object *object,
		const struct source_folder *folder, struct source_listing *listing);
	int (*read)(struct graph *graph, const struct source_object *object,
		const char *item_id, source_sink_fn *sink, void *context);
} kinds[] = {
	{"group_mailbox", graph_posts_folders, graph_posts_changes, graph_posts_read},
	{"onedrive", graph_drive_folders, graph_drive_changes, graph_drive_read},
	{NULL, graph_mail_folders, graph_mail_changes, graph_mail_read},
};

static const struct kind *kind_of(const struct source_object *object)
{
	const struct kind *kind = kinds;

	while (kind->name && !text_equal(kind->name, object->kind))
		kind++;
	return kind;
}

static bool is_drive(const struct source_object *object)
{
	return text_equal(object->kind, "onedrive");
}

int graph_resume(void *self, const struct source_object *object, const char *place)
{
	return is_drive(object) ? graph_drive_resume(self, object, place) : 0;
}

char *graph_place(void *self, const struct source_object *object)
{
	return is_drive(object) ? graph_drive_place(self, object) : NULL;
}

int graph_folders(
	void *self, const struct source_object *object, source_folder_fn *visit, void *context)
{
	return kind_of(object)->folders(self, object, visit, context);
}

int graph_changes(void *self, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	return kind_of(object)->changes(self, object, folder, listing);
}

int graph_read(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context)
{
	return kind_of(object)->read(self, object, item_id, sink, context);
}
