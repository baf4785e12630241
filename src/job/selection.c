/* SPDX-License-Identifier: Apache-2.0 */
#include "job/selection.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"

static const char *const kinds[] = {"mailbox", "group_mailbox", "shared_mailbox",
	"resource_mailbox", "site_mailbox", "public_folder", "site", "team_site", "onedrive",
	"folder"};

static bool kind_is_known(const char *kind, size_t size)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strlen(kinds[i]) == size && strncmp(kinds[i], kind, size) == 0)
			return true;
	}
	return false;
}

int selection_check(const char *objects)
{
	if (text_equal(objects, "all"))
		return 0;
	for (const char *at = objects;;) {
		size_t size = strcspn(at, ",");
		size_t kind = strcspn(at, ":");
		if (kind >= size || kind + 1 == size || !kind_is_known(at, kind))
			return err_set(ERR_INVALID,
				"--objects: \"%.*s\" is not understood; write all, KIND:all or "
				"KIND:NAME with "
				"a KIND of mailbox, shared_mailbox, resource_mailbox, folder, "
				"…",
				(int)size, at);
		if (!at[size])
			return 0;
		at += size + 1;
	}
}

/* Whether one entry of the list, KIND:all or KIND:NAME, names the object. */
static bool entry_names(const char *entry, size_t size, const struct source_object *object)
{
	size_t kind = strcspn(entry, ":");

	if (strlen(object->kind) != kind || strncmp(entry, object->kind, kind) != 0)
		return false;
	AUTO_TEXT name = mem_strndup(entry + kind + 1, size - kind - 1);
	return text_equal(name, "all") || text_equal_nocase(name, object->name);
}

static bool is_wanted(const char *objects, const struct source_object *object)
{
	if (text_equal(objects, "all"))
		return true;
	for (const char *at = objects;;) {
		size_t size = strcspn(at, ",");
		if (entry_names(at, size, object))
			return true;
		if (!at[size])
			return false;
		at += size + 1;
	}
}

static struct source_grant *copy_grants(const struct source_grant *from, size_t count)
{
	struct source_grant *to = mem_array(count + 1, sizeof(*to));

	for (size_t i = 0; i < count; i++) {
		to[i] = from[i];
		to[i].who.id = mem_strdup(from[i].who.id ? from[i].who.id : "");
	}
	return to;
}

/* A copy with texts of its own; free_object gives them back. */
static struct source_object copy_object(const struct source_object *from)
{
	struct source_object to = *from;

	to.id = mem_strdup(from->id);
	to.kind = mem_strdup(from->kind);
	to.name = mem_strdup(from->name);
	to.display_name = mem_strdup(from->display_name);
	to.unsupported = mem_strdup(from->unsupported);
	to.owner.tenant_id = mem_strdup(from->owner.tenant_id);
	to.owner.directory_id = mem_strdup(from->owner.directory_id);
	to.owner.purpose = mem_strdup(from->owner.purpose);
	to.grants = copy_grants(from->grants, from->grant_count);
	return to;
}

static void free_object(struct source_object *object)
{
	mem_free(object->id);
	mem_free(object->kind);
	mem_free(object->name);
	mem_free(object->display_name);
	mem_free(object->unsupported);
	mem_free(object->owner.tenant_id);
	mem_free(object->owner.directory_id);
	mem_free(object->owner.purpose);
	for (size_t i = 0; i < object->grant_count; i++)
		mem_free(object->grants[i].who.id);
	mem_free(object->grants);
}

struct reading {
	struct selection *selection;
	const char *objects;
};

static int take_object(void *context, const struct source_object *object)
{
	struct reading *reading = context;
	struct selection *selection = reading->selection;

	if (!is_wanted(reading->objects, object))
		return 0;
	mem_grow(&selection->objects, &selection->capacity, selection->count + 1,
		sizeof(*selection->objects));
	selection->objects[selection->count++] = copy_object(object);
	return 0;
}

static int order_by_name(const void *a, const void *b)
{
	const struct source_object *left = a, *right = b;
	int order = text_compare_nocase(left->name, right->name);

	if (order == 0)
		order = strcmp(left->name, right->name);
	return order ? order : strcmp(left->kind, right->kind);
}

/* Notes an entry that names nothing, once. */
static void add_missing(struct selection *selection, const char *entry, size_t size)
{
	AUTO_TEXT text = mem_strndup(entry, size);

	for (size_t i = 0; i < selection->missing_count; i++) {
		if (text_equal(selection->missing[i], text))
			return;
	}
	mem_grow(&selection->missing, &selection->missing_capacity,
		selection->missing_count + 1, sizeof(*selection->missing));
	selection->missing[selection->missing_count++] = STEAL(text);
}

static void find_missing(struct selection *selection, const char *objects)
{
	if (text_equal(objects, "all"))
		return;
	for (const char *at = objects;;) {
		size_t size = strcspn(at, ",");
		bool found = size > 4 && strncmp(at + size - 4, ":all", 4) == 0;
		for (size_t i = 0; i < selection->count && !found; i++)
			found = entry_names(at, size, &selection->objects[i]);
		if (!found)
			add_missing(selection, at, size);
		if (!at[size])
			return;
		at += size + 1;
	}
}

/* Whether the job wants objects of a kind at all. */
static bool kind_is_wanted(const char *objects, const char *kind)
{
	size_t size = strlen(kind);

	if (text_equal(objects, "all"))
		return true;
	for (const char *at = objects; *at; at += *at == ',') {
		if (strncmp(at, kind, size) == 0 && at[size] == ':')
			return true;
		at += strcspn(at, ",");
	}
	return false;
}

static int take_gap(void *context, const struct source_gap *gap)
{
	struct reading *reading = context;
	struct selection *selection = reading->selection;

	if (!kind_is_wanted(reading->objects, gap->kind))
		return 0;
	mem_grow(&selection->gaps, &selection->gap_capacity, selection->gap_count + 1,
		sizeof(*selection->gaps));
	selection->gaps[selection->gap_count++] =
		(struct source_gap){.kind = mem_strdup(gap->kind),
			.permission = mem_strdup(gap->permission),
			.text = mem_strdup(gap->text)};
	return 0;
}

const struct source_gap *selection_gap(const struct selection *selection, const char *kind)
{
	for (size_t i = 0; i < selection->gap_count; i++) {
		if (text_equal(selection->gaps[i].kind, kind))
			return &selection->gaps[i];
	}
	return NULL;
}

int selection_read(struct source *source, const char *objects, struct selection *out)
{
	struct reading reading = {out, objects};

	*out = (struct selection){0};
	int r = source_objects(source, take_object, &reading);
	if (r == 0)
		r = source_gaps(source, take_gap, &reading);
	if (r < 0)
		return r;
	if (out->count > 0)
		qsort(out->objects, out->count, sizeof(*out->objects), order_by_name);
	find_missing(out, objects);
	return 0;
}

void selection_free(struct selection *selection)
{
	for (size_t i = 0; i < selection->count; i++)
		free_object(&selection->objects[i]);
	for (size_t i = 0; i < selection->missing_count; i++)
		mem_free(selection->missing[i]);
	mem_free(selection->objects);
	for (size_t i = 0; i < selection->gap_count; i++) {
		mem_free(selection->gaps[i].kind);
		mem_free(selection->gaps[i].permission);
		mem_free(selection->gaps[i].text);
	}
	mem_free(selection->gaps);
	mem_free(selection->missing);
	*selection = (struct selection){0};
}
