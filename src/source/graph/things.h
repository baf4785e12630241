/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SOURCE_GRAPH_THINGS_H
#define SOURCE_GRAPH_THINGS_H

#include "source/source.h"

/*
 * What is read of objects, by their kind. Part of graph_priv.h. The calls are those of
 * source.h.
 */

struct graph;

/* folders.c, delta.c, content.c: messages of a mailbox. */
NODISCARD int graph_mail_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context);
NODISCARD int graph_mail_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing);
NODISCARD int graph_mail_read(struct graph *graph, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context);

/* conversations.c: posts of a group's mailbox, all in one folder. */
NODISCARD int graph_posts_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context);
NODISCARD int graph_posts_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing);
NODISCARD int graph_posts_read(struct graph *graph, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context);

/* drive.c, drive_tree.c, drive_read.c: files of a OneDrive. Its list of changes is one for the
 * whole drive: it is read when the folders are asked for, and held until another drive's are.
 */
NODISCARD int graph_drive_visit(struct graph *graph, const struct graph_user *user,
	source_object_fn *visit, void *context);
NODISCARD int graph_drive_resume(
	struct graph *graph, const struct source_object *object, const char *place);
char *graph_drive_place(struct graph *graph, const struct source_object *object);
NODISCARD int graph_drive_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context);
NODISCARD int graph_drive_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing);
NODISCARD int graph_drive_read(struct graph *graph, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context);
void graph_drive_forget(struct graph *graph);

#endif
