/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/path.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "repo/path_node.h"

/*
 * Walking: a path is followed component by component from the objects down, then what lies
 * there is visited.
 */

struct path_walk {
	struct repo *repo;
	const struct repo_object *object;
	struct path_tree tree; /* of the object */
	bool deep;
	path_fn *visit;
	void *context;
};

/* What the rest of a path begins with, and moves it over that. Borrowed. */
static size_t next_component(const char **rest, const char **out)
{
	size_t size = strcspn(*rest, "/");

	*out = *rest;
	*rest += size + ((*rest)[size] == '/');
	return size;
}

static bool is_component(const char *text, const char *component, size_t size)
{
	return strlen(text) == size && memcmp(text, component, size) == 0;
}

static int visit_folder(
	struct path_walk *walk, const struct path_folder *folder, const char *path)
{
	struct path_entry entry = {
		.path = path,
		.name = folder->name,
		.kind = PATH_FOLDER,
		.object = walk->object,
		.items = folder->items,
		.bytes = folder->bytes,
	};

	return walk->visit(walk->context, &entry);
}

static int visit_item(struct path_walk *walk, const struct path_child *child, const char *path)
{
	struct path_entry entry = {
		.path = path,
		.name = child->item->name,
		.kind = PATH_ITEM,
		.object = walk->object,
		.item = child->item,
		.position = child->position,
		.items = 1,
		.bytes = child->item->content.size,
	};

	return walk->visit(walk->context, &entry);
}

static int visit_object(
	struct path_walk *walk, const struct repo_object *object, const char *path)
{
	struct path_entry entry = {
		.path = path,
		.name = object->name,
		.kind = PATH_OBJECT,
		.object = object,
		.items = object->items,
		.bytes = object->bytes,
	};

	return walk->visit(walk->context, &entry);
}

static int walk_children(
	struct path_walk *walk, const struct path_folder *folder, const char *path);

static int walk_child(struct path_walk *walk, const struct path_child *child, const char *path)
{
	AUTO_TEXT below = mem_printf("%s/%s", path, child->component);

	if (!child->folder)
		return visit_item(walk, child, below);
	int r = visit_folder(walk, child->folder, below);
	if (r == 0 && walk->deep)
		r = walk_children(walk, child->folder, below);
	return r;
}

/* Some children that stay, while the folder that they come from is gone through. */
struct kept {
	struct path_child **children;
	size_t count, capacity;
};

static void keep(struct kept *kept, const struct path_child *child)
{
	mem_grow(
		&kept->children, &kept->capacity, kept->count + 1, sizeof(struct path_child *));
	kept->children[kept->count++] = path_child_keep(child);
}

static void clear(struct kept *kept)
{
	for (size_t i = 0; i < kept->count; i++)
		path_child_free(kept->children[i]);
	kept->count = 0;
}

static int walk_kept(struct path_walk *walk, struct kept *kept, const char *path)
{
	int r = 0;

	for (size_t i = 0; i < kept->count && r == 0; i++)
		r = walk_child(walk, kept->children[i], path);
	clear(kept);
	return r;
}

/* So many items at a time, in the order in which they are stored; the folders behind all. */
static int walk_deep(struct path_walk *walk, struct path_children **children, const char *path)
{
	enum { AT_A_TIME = 4096 };
	struct kept items = {0}, folders = {0};
	struct path_child child;
	int r = 0;
	bool is_end = false;

	while (r == 0 && !is_end) {
		r = path_children_next(*children, &child);
		is_end = r == 0;
		if (r == 1)
			keep(child.folder ? &folders : &items, &child);
		if (r >= 0 && (is_end || items.count == AT_A_TIME)) {
			path_children_sort(items.children, items.count, walk->repo);
			r = walk_kept(walk, &items, path);
		} else if (r == 1) {
			r = 0;
		}
	}
	path_children_close(*children);
	*children = NULL;
	if (r == 0)
		r = walk_kept(walk, &folders, path);
	clear(&items);
	clear(&folders);
	mem_free(items.children);
	mem_free(folders.children);
	return r;
}

/* The recursion is bounded by the depth of trees, which path_tree_load checks. */
static int walk_children(
	struct path_walk *walk, const struct path_folder *folder, const char *path)
{
	struct path_children *children = NULL;
	struct path_child child;
	int r = path_children_open(&walk->tree, folder, &children);

	if (r == 0 && walk->deep)
		r = walk_deep(walk, &children, path);
	else
		while (r == 0 && (r = path_children_next(children, &child)) == 1)
			r = walk_child(walk, &child, path);
	path_children_close(children);
	return err_wrap(r, "%s", path);
}

/* The child with that component; NULL where there is none. */
static int find_child(struct path_walk *walk, const struct path_folder *folder,
	const char *component, size_t size, struct path_child **out)
{
	struct path_children *children = NULL;
	struct path_child child;
	int r = path_children_open(&walk->tree, folder, &children);

	*out = NULL;
	while (r == 0 && !*out && (r = path_children_next(children, &child)) == 1) {
		if (is_component(child.component, component, size))
			*out = path_child_keep(&child);
		r = 0;
	}
	path_children_close(children);
	return r;
}

static int follow(struct path_walk *walk, const struct path_folder *folder, const char *path,
	const char *rest);

/* The path ends in this child, or goes on below it. */
static int follow_child(struct path_walk *walk, const struct path_child *child,
	const char *path, const char *rest)
{
	AUTO_TEXT below = mem_printf("%s/%s", path, child->component);

	if (child->folder)
		return follow(walk, child->folder, below, rest);
	if (*rest)
		return err_set(ERR_NOTFOUND, "%s is no folder", below);
	return visit_item(walk, child, below);
}

static int follow(struct path_walk *walk, const struct path_folder *folder, const char *path,
	const char *rest)
{
	const char *component;
	struct path_child *child = NULL;

	if (!*rest) {
		int r = 0;
		if (walk->deep)
			r = folder->is_top ? visit_object(walk, walk->object, path)
					   : visit_folder(walk, folder, path);
		return r != 0 ? r : walk_children(walk, folder, path);
	}
	size_t size = next_component(&rest, &component);
	int r = find_child(walk, folder, component, size, &child);
	if (child)
		r = follow_child(walk, child, path, rest);
	else if (r == 0)
		r = err_set(ERR_NOTFOUND, "there is nothing named \"%.*s\" in %s", (int)size,
			component, path);
	path_child_free(child);
	return r;
}

/* One object: itself, or what `rest` names in it. */
static int walk_object(struct path_walk *walk, const struct repo_object *object,
	const char *path, const char *rest)
{
	walk->object = object;
	int r = path_tree_load(&walk->tree, walk->repo, object->tree);
	if (r == 0)
		r = follow(walk, path_tree_top(&walk->tree), path, rest);
	else
		r = err_wrap(r, "%s", path);
	path_tree_free(&walk->tree);
	return r;
}

/* One object of several: it is named, and walked where the walk is deep. */
static int walk_whole(
	struct path_walk *walk, const struct repo_object *object, const char *path)
{
	return walk->deep ? walk_object(walk, object, path, "")
			  : visit_object(walk, object, path);
}

/* The objects that the path names: all, those of a kind, or one and what `rest` names in it. */
static int walk_objects(struct path_walk *walk, const struct path_object *objects, size_t count,
	const char *path)
{
	const char *kind, *name, *rest = path;
	size_t kind_size = next_component(&rest, &kind);
	size_t name_size = next_component(&rest, &name);
	bool found = kind_size == 0;
	int r = 0;

	for (size_t i = 0; i < count && r == 0; i++) {
		const struct path_object *at = &objects[i];
		if (kind_size > 0 && !is_component(at->kind, kind, kind_size))
			continue;
		if (name_size > 0 && !is_component(at->name, name, name_size))
			continue;
		found = true;
		r = name_size > 0 ? walk_object(walk, at->object, at->path, rest)
				  : walk_whole(walk, at->object, at->path);
	}
	return r == 0 && !found ? err_set(ERR_NOTFOUND,
					  "there is nothing at \"%s\" in the snapshot", path)
				: r;
}

int path_walk(struct repo *repo, const struct snapshot *snapshot, const char *path,
	const struct path_visitor *visitor)
{
	struct path_walk walk = {.repo = repo,
		.deep = visitor->deep,
		.visit = visitor->visit,
		.context = visitor->context};
	struct path_object *objects = path_objects_new(snapshot);
	int r = walk_objects(&walk, objects, snapshot->object_count, path);

	path_objects_free(objects, snapshot->object_count);
	return r;
}
