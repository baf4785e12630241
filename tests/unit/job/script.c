/* SPDX-License-Identifier: Apache-2.0 */
#include "script.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

struct script script;

static int fail(struct script_fault *fault)
{
	if (fault->error == 0)
		return 0;
	int error = fault->error;
	if (fault->times > 0 && --fault->times == 0)
		fault->error = 0;
	return source_fail(err_set((enum err)error, "as the script says"), fault->scope,
		fault->retry, "scripted");
}

static void close_script(void *self)
{
	(void)self;
}

static int test(void *self, struct json *report)
{
	(void)self;
	json_put(report, "checks", json_new_array());
	return 0;
}

static int list_objects(void *self, source_object_fn *visit, void *context)
{
	int r = 0;

	(void)self;
	for (size_t i = 0; i < script.object_count && r == 0; i++)
		r = visit(context, &script.objects[i]);
	return r != 0 ? r : fail(&script.objects_fault);
}

static int list_users(void *self, source_user_fn *visit, void *context)
{
	int r = 0;

	(void)self;
	script.user_reads++;
	for (size_t i = 0; i < script.user_count && r == 0; i++)
		r = visit(context, &script.users[i]);
	return r != 0 ? r : fail(&script.users_fault);
}

static int list_members(
	void *self, const char *group_id, source_principal_fn *visit, void *context)
{
	int r = 0;

	(void)self;
	for (size_t i = 0; i < script.group_count; i++) {
		struct script_group *group = &script.groups[i];
		if (!text_equal(group->id, group_id))
			continue;
		group->reads++;
		for (size_t j = 0; j < group->member_count && r == 0; j++)
			r = visit(context, &group->members[j]);
		return r != 0 ? r : fail(&group->fault);
	}
	return source_fail(err_set(ERR_NOTFOUND, "there is no group %s", group_id),
		SOURCE_OBJECT, SOURCE_RETRY_NEVER, "Request_ResourceNotFound");
}

static int list_gaps(void *self, source_gap_fn *visit, void *context)
{
	const struct source_gap gap = {
		script.gap_kind, "Group.Read.All", "give the app Group.Read.All"};

	(void)self;
	return script.gap_kind ? visit(context, &gap) : 0;
}

static int resume(void *self, const struct source_object *object, const char *place)
{
	size_t used = strlen(script.resumed);

	(void)self;
	snprintf(script.resumed + used, sizeof(script.resumed) - used, "%s=%s ", object->id,
		place ? place : "");
	return 0;
}

static char *place(void *self, const struct source_object *object)
{
	(void)self;
	(void)object;
	return mem_strdup(script.place);
}

static int list_folders(
	void *self, const struct source_object *object, source_folder_fn *visit, void *context)
{
	int r = 0;

	(void)self;
	for (size_t i = 0; i < script.folder_count && r == 0; i++) {
		const struct script_folder *at = &script.folders[i];
		const struct source_folder folder = {at->id, at->parent_id, at->name};
		if (text_equal(at->object, object->id))
			r = visit(context, &folder);
	}
	return r != 0 ? r : fail(&script.folders_fault);
}

static struct script_folder *find_folder(const char *object, const char *id)
{
	for (size_t i = 0; i < script.folder_count; i++) {
		struct script_folder *folder = &script.folders[i];
		if (text_equal(folder->object, object) && text_equal(folder->id, id))
			return folder;
	}
	return NULL;
}

static int list_changes(void *self, const struct source_object *object,
	const struct source_folder *at, struct source_listing *listing)
{
	struct script_folder *folder = find_folder(object->id, at->id);
	int r = 0;

	(void)self;
	snprintf(folder->asked, sizeof(folder->asked), "%s",
		listing->cursor ? listing->cursor : "");
	for (size_t i = 0; i < script.item_count && r == 0; i++) {
		const struct script_item *entry = &script.items[i];
		const struct source_item item = {.id = entry->id,
			.name = entry->removed ? "" : entry->name,
			.type = entry->removed ? "" : "file",
			.tag = entry->removed ? "" : entry->tag,
			.modified_s = entry->removed ? 0 : 1000000000,
			.removed = entry->removed};
		if (text_equal(entry->object, object->id) && text_equal(entry->folder, at->id))
			r = listing->visit(listing->context, &item);
	}
	if (r == 0)
		r = fail(&folder->fault);
	listing->complete = r == 0 && !script.partial;
	listing->next_cursor = r == 0 ? mem_strdup(script.cursor) : NULL;
	return r;
}

static int read_item(void *self, const struct source_object *object, const char *item_id,
	source_sink_fn *sink, void *context)
{
	struct script_item *item = NULL;

	(void)self;
	for (size_t i = 0; i < script.item_count; i++) {
		struct script_item *at = &script.items[i];
		if (text_equal(at->object, object->id) && text_equal(at->id, item_id) &&
			!at->removed)
			item = at;
	}
	if (!item)
		return source_fail(err_set(ERR_NOTFOUND, "there is no %s", item_id),
			SOURCE_ITEM, SOURCE_RETRY_NEVER, "not_found");
	item->reads++;
	if (script.on_read)
		script.on_read(item_id);
	size_t size = strlen(item->text), half = size / 2;
	int r = sink(context, item->text, half);
	if (r == 0)
		r = fail(&item->fault);
	return r == 0 ? sink(context, item->text + half, size - half) : r;
}

static int tell_tenant(void *self, char **out)
{
	const struct script *at = self;

	*out = mem_strdup(at->tenant ? at->tenant : "");
	return 0;
}

static const struct source_kind kind = {
	.name = "script",
	.close = close_script,
	.test = test,
	.tenant = tell_tenant,
	.objects = list_objects,
	.users = list_users,
	.members = list_members,
	.gaps = list_gaps,
	.resume = resume,
	.place = place,
	.folders = list_folders,
	.changes = list_changes,
	.read = read_item,
};

struct source *script_source(void)
{
	return source_new(&kind, &script);
}

void script_clear(void)
{
	script = (struct script){0};
}

/* What the linker puts in the place of the one in source/folder. */
int __wrap_folder_source_new(const char *path, struct cancel *cancel, struct source **out);

int __wrap_folder_source_new(const char *path, struct cancel *cancel, struct source **out)
{
	(void)path;
	(void)cancel;
	*out = script_source();
	return 0;
}
