/* SPDX-License-Identifier: Apache-2.0 */
#include "mount/node.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

void node_free(struct node *node)
{
	for (size_t i = 0; i < node->count; i++)
		node_free(&node->children[i]);
	mem_free(node->children);
	mem_free(node->name);
	mem_free(node->path);
	*node = (struct node){0};
}

struct reading {
	const struct node_source *source;
	struct node *node;
};

/* Whether the last child is the folder of this name: kinds have many objects, one folder. */
static bool is_there(const struct node *node, const char *name, size_t size)
{
	for (size_t i = 0; i < node->count; i++)
		if (strncmp(node->children[i].name, name, size) == 0 &&
			node->children[i].name[size] == '\0')
			return true;
	return false;
}

static struct node *add(struct node *node, const char *path, size_t path_size, size_t name_at)
{
	mem_grow(&node->children, &node->capacity, node->count + 1, sizeof(*node->children));
	struct node *child = &node->children[node->count++];
	child->path = mem_strndup(path, path_size);
	child->name = mem_strdup(child->path + name_at);
	child->is_folder = true;
	return child;
}

static int take_entry(void *context, const struct path_entry *entry)
{
	const struct reading *reading = context;
	const struct mount_options *options = reading->source->options;
	struct node *node = reading->node;
	size_t own = strlen(node->path);
	size_t name_at = own ? own + 1 : 0;

	if (strlen(entry->path) <= name_at) /* an item is its own child */
		return err_set(
			ERR_INVALID, "%s is an item; mount the folder it lies in", entry->path);
	size_t name_size = strcspn(entry->path + name_at, "/");
	/* What lies deeper stands for the folder on the way: KIND of KIND/NAME. */
	if (entry->path[name_at + name_size]) {
		if (!is_there(node, entry->path + name_at, name_size))
			(void)add(node, entry->path, name_at + name_size, name_at);
		return 0;
	}
	struct node *child = add(node, entry->path, name_at + name_size, name_at);
	child->is_folder = entry->kind != PATH_ITEM;
	if (entry->object)
		child->modified_s = entry->object->stored_s;
	if (entry->kind == PATH_ITEM) {
		child->modified_s = entry->item->modified_s;
		child->content = entry->item->content;
		child->is_allowed =
			!options->allows || options->allows(options->context, entry);
	}
	return 0;
}

static int by_name(const void *a, const void *b)
{
	const struct node *left = a, *right = b;

	return strcmp(left->name, right->name);
}

int node_read(const struct node_source *source, struct node *node)
{
	struct reading reading = {source, node};
	const struct path_visitor visitor = {.visit = take_entry, .context = &reading};

	if (node->is_read)
		return 0;
	int r = path_walk(source->repo, source->snapshot, node->path, &visitor);
	if (r < 0) {
		for (size_t i = 0; i < node->count; i++)
			node_free(&node->children[i]);
		node->count = 0;
		return r;
	}
	if (node->count > 0)
		qsort(node->children, node->count, sizeof(*node->children), by_name);
	node->is_read = true;
	return 0;
}

int node_top(const struct node_source *source, struct node *out)
{
	*out = (struct node){.name = mem_strdup(""),
		.path = mem_strdup(source->options->path),
		.is_folder = true,
		.modified_s = source->snapshot->created_s};
	return node_read(source, out);
}

int node_find(
	const struct node_source *source, struct node *top, const char *path, struct node **out)
{
	struct node *at = top;

	while (*path) {
		path += strspn(path, "/");
		size_t size = strcspn(path, "/");
		if (size == 0)
			break;
		AUTO_TEXT name = mem_strndup(path, size);
		const struct node key = {.name = name};
		int r = at->is_folder ? node_read(source, at)
				      : err_set(ERR_NOTFOUND, "%s is no folder", at->path);
		if (r < 0)
			return r;
		at = at->count ? bsearch(&key, at->children, at->count, sizeof(key), by_name)
			       : NULL;
		if (!at)
			return err_set(ERR_NOTFOUND, "there is no %s", path);
		path += size;
	}
	*out = at;
	return 0;
}
