/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/item_ops.h"

#include <string.h>
#include <sys/stat.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"

enum { NAMESAKES_MAX = 1000 };

struct operation {
	struct mailbox *mailbox;
	const struct json *object;
	const struct scenario_base *base;
	int64_t now_s;
};

int item_ops_content(
	const struct json *operation, const struct scenario_base *base, struct content **out)
{
	const char *file = json_get_text(operation, "file");
	AUTO_TEXT path = NULL;
	struct stat facts;

	*out = NULL;
	if (!file) {
		*out = content_from_text(json_get_text_or(operation, "content", ""));
		return 0;
	}
	int r = scenario_path(file, base, &path);
	if (r < 0)
		return r;
	if (stat(path, &facts) < 0)
		return err_errno("cannot look at %s", path);
	if (!S_ISREG(facts.st_mode))
		return err_set(ERR_INVALID, "\"%s\" is no file", file);
	*out = content_from_file(path, (uint64_t)facts.st_size, facts.st_mtime);
	return 0;
}

static int find_folder(const struct operation *operation, struct folder **out)
{
	const char *path = json_get_text(operation->object, "folder");

	*out = path ? mailbox_folder_at(operation->mailbox, path, false) : NULL;
	if (path && !*out)
		return err_set(ERR_NOTFOUND, "there is no folder \"%s\"", path);
	return 0;
}

/* What is looked for, and what was found. */
struct search {
	const struct folder *folder; /* NULL: any */
	const char *name;
	struct message *found;
	size_t count;
};

static void visit_message(void *context, struct message *message)
{
	struct search *search = context;

	if (search->folder && message->folder != search->folder)
		return;
	if (strcmp(message->name, search->name) != 0)
		return;
	search->found = message;
	search->count++;
}

/* The n-th message that lies in the folder, from 1, in the order in which they came
 * or last changed. */
static struct message *nth_message(const struct folder *folder, int64_t number)
{
	for (size_t i = 0; i < folder->log_size; i++)
		if (mailbox_is_current(folder, i) && --number == 0)
			return folder->log[i].message;
	return NULL;
}

static int find_by_number(const struct folder *folder, int64_t number, struct message **out)
{
	if (!folder)
		return err_set(ERR_INVALID, "an item by number needs its folder");
	*out = nth_message(folder, number);
	if (!*out)
		return err_set(ERR_NOTFOUND, "the folder has no item %lld", (long long)number);
	return 0;
}

static int find_by_name(const struct operation *operation, const struct folder *folder,
	const char *name, struct message **out)
{
	struct search search = {.folder = folder, .name = name};
	struct ids_ref ref;

	mailbox_each(operation->mailbox, visit_message, &search);
	if (search.count > 1)
		return err_set(ERR_INVALID, "there are %zu items \"%s\"; say in which folder",
			search.count, name);
	*out = search.found;
	if (!*out && ids_read(name, &ref) == 0 && ref.kind != IDS_FOLDER)
		*out = mailbox_message(operation->mailbox, &ref.key);
	if (!*out || !(*out)->folder)
		return err_set(ERR_NOTFOUND, "there is no item \"%s\"%s%s", name,
			folder ? " in " : "", folder ? folder->name : "");
	return 0;
}

static int find_message(const struct operation *operation, struct message **out)
{
	const struct json *item = json_get(operation->object, "item");
	struct folder *folder;

	int r = find_folder(operation, &folder);
	if (r < 0)
		return r;
	if (json_is_number(item))
		return find_by_number(folder, json_as_int(item, 0), out);
	return find_by_name(operation, folder, json_as_text(item), out);
}

/* The name of an added item: as said, or the file's, or one that is made up. */
static char *name_of(const struct operation *operation, const struct folder *folder)
{
	const char *name = json_get_text(operation->object, "item");
	const char *file = json_get_text(operation->object, "file");
	const char *slash = file ? strrchr(file, '/') : NULL;

	if (name)
		return mem_strdup(name);
	if (file)
		return mem_strdup(slash ? slash + 1 : file);
	return mem_printf("added-%zu.eml", folder->log_size + 1);
}

/* A key that no message of this path has had yet: what was deleted keeps its own. */
static struct ids_key free_key(
	const struct mailbox *mailbox, const struct folder *folder, const char *name)
{
	AUTO_TEXT above = mailbox_path(folder);
	struct ids_key key = {0};

	for (int i = 0; i < NAMESAKES_MAX; i++) {
		AUTO_TEXT path = mem_printf("%s/%s#%d", above, name, i);
		key = ids_key_of(IDS_PARTS(
			"added", mailbox_tenant(mailbox), mailbox_address(mailbox), path));
		if (!mailbox_message(mailbox, &key))
			break;
	}
	return key;
}

static int add(const struct operation *operation)
{
	struct mailbox *mailbox = operation->mailbox;
	const char *path = json_get_text_or(operation->object, "folder", "");
	struct content *content;

	int r = item_ops_content(operation->object, operation->base, &content);
	if (r < 0)
		return r;
	struct folder *folder = mailbox_folder_at(mailbox, path, true);
	AUTO_TEXT name = name_of(operation, folder);
	struct search search = {.folder = folder, .name = name};
	mailbox_each(mailbox, visit_message, &search);
	struct ids_key key = free_key(mailbox, folder, name);
	if (search.found || mailbox_message(mailbox, &key)) {
		content_free(content);
		return err_set(ERR_EXISTS, "there is an item \"%s\" in %s", name, path);
	}
	struct message *message = mailbox_add(mailbox, folder, &key, name, content);
	message->modified_s = operation->now_s;
	return 0;
}

static int replace(const struct operation *operation)
{
	struct message *message = NULL;
	struct content *content;

	int r = find_message(operation, &message);
	if (r == 0)
		r = item_ops_content(operation->object, operation->base, &content);
	if (r == 0)
		mailbox_replace(message, content, operation->now_s);
	return r;
}

static int delete (const struct operation *operation)
{
	struct message *message = NULL;

	int r = find_message(operation, &message);
	if (r == 0)
		mailbox_delete(message);
	return r;
}

static int move(const struct operation *operation)
{
	const char *to = json_get_text_or(operation->object, "to", "");
	struct message *message = NULL;

	int r = find_message(operation, &message);
	if (r == 0)
		mailbox_move(message, mailbox_folder_at(operation->mailbox, to, true),
			operation->now_s);
	return r;
}

static int mark_read(const struct operation *operation)
{
	struct message *message = NULL;

	int r = find_message(operation, &message);
	if (r == 0)
		mailbox_mark(message, json_get_bool(operation->object, "read", true));
	return r;
}

int item_ops_apply(struct mailbox *mailbox, const struct json *object,
	const struct scenario_base *base, int64_t now_s)
{
	static const struct {
		const char *name;
		int (*apply)(const struct operation *operation);
	} operations[] = {{"add", add}, {"replace", replace}, {"delete", delete},
		{"move", move}, {"mark_read", mark_read}};
	const struct operation operation = {mailbox, object, base, now_s};
	const char *op = json_get_text_or(object, "op", "");

	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		if (strcmp(operations[i].name, op) == 0)
			return operations[i].apply(&operation);
	return err_set(ERR_INVALID, "unknown operation \"%s\"", op);
}
