/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "source/graph/graph_priv.h"

/*
 * A group's mailbox has no list of changes. Its threads say when something was last delivered:
 * the cursor is what they said, with the posts of each, and only the threads that say something
 * else are asked for their posts.
 */

enum { CURSOR_VERSION = 1 };

struct pass {
	struct graph *graph;
	const struct source_object *object;
	const struct source_listing *listing;
	const struct json *before; /* { thread: [ delivered, [ post, … ] ] } */
	struct json *now;
	/* Of the thread in hand: */
	const char *thread_id, *topic;
	struct json *posts;
};

int graph_posts_folders(struct graph *graph, const struct source_object *object,
	source_folder_fn *visit, void *context)
{
	const struct source_folder folder = {
		.id = "conversations", .parent_id = "", .name = "Conversations"};

	(void)graph;
	(void)object;
	return visit(context, &folder);
}

static int bad_post(const struct pass *pass)
{
	return source_fail(err_set(ERR_PROTOCOL,
				   "the conversations of %s: Microsoft Graph named one without "
				   "a usable id",
				   pass->object->name),
		SOURCE_FOLDER, SOURCE_RETRY_LATER, "bad_post");
}

static bool is_usable(const char *id)
{
	return id[0] && strlen(id) <= GRAPH_ID_MAX && !strchr(id, ' ');
}

/* An item's id: those of its thread and of itself. The caller frees it. */
static char *item_id(const char *thread_id, const char *post_id)
{
	return mem_printf("%s %s", thread_id, post_id);
}

static int take_post(void *context, const struct json *post)
{
	struct pass *pass = context;
	const char *id = json_get_text_or(post, "id", "");
	const char *received = json_get_text_or(post, "receivedDateTime", "");
	int64_t received_s = 0;

	if (!is_usable(id))
		return bad_post(pass);
	bool is_dated = timestamp_parse(received, &received_s) == 0;
	AUTO_TEXT whole_id = item_id(pass->thread_id, id);
	AUTO_TEXT name = graph_item_name(&(struct graph_name){
		whole_id, pass->topic, is_dated ? &received_s : NULL, ".json"});
	const struct source_item item = {
		.id = whole_id,
		.name = name,
		.type = "message",
		.tag = json_get_text_or(post, "changeKey",
			json_get_text_or(post, "lastModifiedDateTime", received)),
		.modified_s = received_s,
	};

	json_append(pass->posts, json_new_text(id));
	return pass->listing->visit(pass->listing->context, &item);
}

static int list_posts(struct pass *pass)
{
	AUTO_TEXT group = text_percent_encode(pass->object->id);
	AUTO_TEXT thread = text_percent_encode(pass->thread_id);
	AUTO_TEXT what = mem_printf("the conversations of %s", pass->object->name);
	AUTO_TEXT url =
		mem_printf("%s/v1.0/groups/%s/threads/%s/posts"
			   "?$select=id,changeKey,receivedDateTime,lastModifiedDateTime",
			pass->graph->base, group, thread);
	struct graph_listing pages = {.what = what, .url = url, .scope = SOURCE_FOLDER};
	int r = graph_pages(pass->graph, &pages, take_post, pass, NULL);

	if (r == ERR_NOTFOUND) { /* deleted meanwhile */
		source_forgive();
		r = 0;
	}
	return r;
}

static bool has_text(const struct json *list, const char *text)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (text_equal(json_as_text(json_at(list, i)), text))
			return true;
	return false;
}

/* Tells the posts gone that a thread had before and has no more. */
static int tell_gone(const struct pass *pass, const char *thread_id, const struct json *had,
	const struct json *has)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_count(had); i++) {
		const char *id = json_as_text(json_at(had, i));
		if (!id || has_text(has, id))
			continue;
		AUTO_TEXT whole_id = item_id(thread_id, id);
		const struct source_item gone = {
			.id = whole_id, .name = "", .type = "", .tag = "", .removed = true};
		r = pass->listing->visit(pass->listing->context, &gone);
	}
	return r;
}

static int take_thread(void *context, const struct json *thread)
{
	struct pass *pass = context;
	const char *delivered = json_get_text_or(thread, "lastDeliveredDateTime", "");
	struct json *known;
	int r = 0;

	pass->thread_id = json_get_text_or(thread, "id", "");
	pass->topic = json_get_text(thread, "topic");
	if (!is_usable(pass->thread_id))
		return bad_post(pass);
	known = json_get(pass->before, pass->thread_id);
	if (known && delivered[0] && text_equal(json_as_text(json_at(known, 0)), delivered)) {
		json_put(pass->now, pass->thread_id, json_share(known));
		return 0;
	}
	struct json *entry = json_new_array();
	pass->posts = json_new_array();
	json_append(entry, json_new_text(delivered));
	json_append(entry, pass->posts);
	json_put(pass->now, pass->thread_id, entry);
	r = list_posts(pass);
	return r != 0 ? r : tell_gone(pass, pass->thread_id, json_at(known, 1), pass->posts);
}

static int tell_gone_threads(const struct pass *pass)
{
	size_t position = 0;
	const char *thread_id;
	struct json *known;
	int r = 0;

	while (r == 0 && json_next(pass->before, &position, &thread_id, &known))
		if (!json_has(pass->now, thread_id))
			r = tell_gone(pass, thread_id, json_at(known, 1), NULL);
	return r;
}

/* What the threads said when the cursor was made; NULL where it is none of ours. */
static struct json *read_cursor(const char *cursor)
{
	AUTO_JSON json = NULL;

	if (!cursor || json_parse(cursor, strlen(cursor), &json) < 0 ||
		json_get_int(json, "posts", 0) != CURSOR_VERSION ||
		!json_is_object(json_get(json, "threads")))
		return NULL;
	return json_share(json_get(json, "threads"));
}

static char *write_cursor(struct json *threads)
{
	AUTO_JSON cursor = json_new_object();

	json_put_int(cursor, "posts", CURSOR_VERSION);
	json_put(cursor, "threads", json_share(threads));
	return json_text(cursor, false);
}

int graph_posts_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	AUTO_JSON before = read_cursor(listing->cursor);
	AUTO_JSON now = json_new_object();
	struct pass pass = {.graph = graph,
		.object = object,
		.listing = listing,
		.before = before,
		.now = now};
	AUTO_TEXT group = text_percent_encode(object->id);
	AUTO_TEXT what = mem_printf("the conversations of %s", object->name);
	AUTO_TEXT url = mem_printf("%s/v1.0/groups/%s/threads"
				   "?$select=id,topic,lastDeliveredDateTime",
		graph->base, group);
	struct graph_listing pages = {.what = what, .url = url, .scope = SOURCE_FOLDER};

	(void)folder;
	int r = graph_pages(graph, &pages, take_thread, &pass, NULL);
	if (r == 0 && before)
		r = tell_gone_threads(&pass);
	if (r != 0)
		return r;
	listing->complete = !before;
	listing->next_cursor = write_cursor(now);
	return 0;
}

int graph_posts_read(struct graph *graph, const struct source_object *object, const char *id,
	source_sink_fn *sink, void *context)
{
	const char *space = strchr(id, ' ');
	AUTO_TEXT thread_id = mem_strndup(id, space ? (size_t)(space - id) : 0);
	AUTO_TEXT group = text_percent_encode(object->id);
	AUTO_TEXT thread = text_percent_encode(thread_id);
	AUTO_TEXT post = text_percent_encode(space ? space + 1 : "");
	AUTO_TEXT url = mem_printf("%s/v1.0/groups/%s/threads/%s/posts/%s?$expand=attachments",
		graph->base, group, thread, post);
	AUTO_TEXT what = mem_printf("a post of %s", object->name);

	if (!space)
		return source_fail(err_set(ERR_NOTFOUND, "%s: there is none of that id", what),
			SOURCE_ITEM, SOURCE_RETRY_NEVER, "bad_id");
	return graph_stream(graph, &(struct graph_source){what, url}, sink, context);
}
