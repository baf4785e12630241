/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

#define SELECT "$select=id,displayName,parentFolderId,childFolderCount,isHidden"
#define QUERY "?includeHiddenFolders=true&$top=100&" SELECT

/* Folders whose children are still to be asked for, first in, first out: so parents come before
 * children, and memory holds ids alone. */
struct walk {
	struct graph *graph;
	const struct source_object *object;
	source_folder_fn *visit;
	void *context;
	const char *parent_id; /* of the folders that are being listed */
	char **open;
	size_t begin, end, capacity;
	size_t count;
};

static int bad_folder(const struct walk *walk, const char *why)
{
	return source_fail(
		err_set(ERR_PROTOCOL, "the folders of %s: %s", walk->object->name, why),
		SOURCE_OBJECT, SOURCE_RETRY_LATER, "bad_folder");
}

/* A search folder shows messages that lie in other folders. */
static bool is_search(const struct json *folder)
{
	const char *type = json_get_text_or(folder, "@odata.type", "");

	return text_ends_with(type, "mailSearchFolder");
}

static int visit_folder(void *context, const struct json *value)
{
	struct walk *walk = context;
	const char *id = json_get_text_or(value, "id", "");

	if (is_search(value))
		return 0;
	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)
		return bad_folder(walk, "Microsoft Graph named one without a usable id");
	if (++walk->count > GRAPH_FOLDERS_MAX)
		return bad_folder(walk, "they do not come to an end");

	struct source_folder folder = {.id = id,
		.parent_id = walk->parent_id,
		.name = json_get_text_or(value, "displayName", "")};
	int r = walk->visit(walk->context, &folder);
	if (r != 0 || json_get_int(value, "childFolderCount", 1) == 0)
		return r;
	mem_grow(&walk->open, &walk->capacity, walk->end + 1, sizeof(*walk->open));
	walk->open[walk->end++] = mem_strdup(id);
	return 0;
}

static int list_children(struct walk *walk, const char *user, const char *parent_id)
{
	AUTO_TEXT parent = text_percent_encode(parent_id);
	AUTO_TEXT what = mem_printf("the folders of %s", walk->object->name);
	AUTO_TEXT url =
		parent_id[0] ? mem_printf("%s/v1.0/users/%s/mailFolders/%s/childFolders" QUERY,
				       walk->graph->base, user, parent)
			     : mem_printf("%s/v1.0/users/%s/mailFolders" QUERY,
				       walk->graph->base, user);
	struct graph_listing listing = {.what = what, .url = url, .scope = SOURCE_OBJECT};

	walk->parent_id = parent_id;
	return graph_pages(walk->graph, &listing, visit_folder, walk, NULL);
}

/* True where a folder was removed between being named and being asked for its children. */
static bool is_gone_meanwhile(int r)
{
	return r == ERR_NOTFOUND &&
	       (text_equal_nocase(source_fault()->code, "ErrorItemNotFound") ||
		       text_equal_nocase(source_fault()->code, "ErrorFolderNotFound"));
}

int graph_mail_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context)
{
	struct walk walk = {
		.graph = graph, .object = object, .visit = visit, .context = context};
	AUTO_TEXT user = text_percent_encode(object->id);

	int r = list_children(&walk, user, "");

	while (r == 0 && walk.begin < walk.end) {
		AUTO_TEXT parent_id = walk.open[walk.begin++];
		r = list_children(&walk, user, parent_id);
		if (is_gone_meanwhile(r)) {
			source_forgive();
			r = 0;
		}
	}
	while (walk.begin < walk.end)
		mem_free(walk.open[walk.begin++]);
	mem_free(walk.open);
	return r;
}
