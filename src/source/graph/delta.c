/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "source/graph/graph_priv.h"

/* isRead must be named, or a message that was read would not be reported at all. */
#define SELECT                                                                                 \
	"$select=id,changeKey,subject,receivedDateTime,sentDateTime,isRead,parentFolderId,"    \
	"lastModifiedDateTime"

/* A cursor says what it is a place in: another list of properties or kind of ids makes another
 * list, and then another word here. Behind it is the deltaLink as it was given. */
#define CURSOR "mail1 "

enum { RESETS_MAX = 3 };

struct pass {
	struct graph *graph;
	const struct source_object *object;
	const struct source_folder *folder;
	source_item_fn *visit;
	void *context;
	bool whole; /* it lists all, not only what changed */
};

static int bad_message(const struct pass *pass)
{
	return source_fail(err_set(ERR_PROTOCOL,
				   "the messages of %s in %s: Microsoft Graph named "
				   "one without a usable id",
				   pass->object->name, pass->folder->name),
		SOURCE_FOLDER, SOURCE_RETRY_LATER, "bad_message");
}

/* A change of the read flag alone may come as the flag alone. */
static bool is_partial(const struct json *message)
{
	return !json_get_text(message, "changeKey") || !json_has(message, "subject") ||
	       !json_has(message, "receivedDateTime");
}

static bool read_time(const struct json *message, int64_t *out_s)
{
	static const char *const keys[] = {"receivedDateTime", "sentDateTime"};

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *text = json_get_text(message, keys[i]);
		if (text && timestamp_parse(text, out_s) == 0)
			return true;
	}
	*out_s = 0;
	return false;
}

static int visit_whole(struct pass *pass, const char *id, const struct json *message)
{
	int64_t received_s;
	bool dated = read_time(message, &received_s);
	AUTO_TEXT name = graph_item_name(&(struct graph_name){
		id, json_get_text(message, "subject"), dated ? &received_s : NULL, ".eml"});
	struct source_item item = {
		.id = id,
		.name = name,
		.type = "message",
		.tag = json_get_text_or(message, "changeKey", ""),
		.modified_s = received_s,
	};

	return pass->visit(pass->context, &item);
}

/* In a whole listing an item that is not named would count as gone. */
static int complete(struct pass *pass, const char *id)
{
	struct graph *graph = pass->graph;
	AUTO_TEXT user = text_percent_encode(pass->object->id);
	AUTO_TEXT message_id = text_percent_encode(id);
	AUTO_TEXT url = mem_printf(
		"%s/v1.0/users/%s/messages/%s?" SELECT, graph->base, user, message_id);
	AUTO_TEXT what = mem_printf("a message of %s", pass->object->name);
	struct graph_request request = {.what = what, .url = url, .scope = SOURCE_FOLDER};
	AUTO_ANSWER answer = {0};
	AUTO_JSON message = NULL;
	int r = graph_get(graph, &request, &answer);

	if (r == ERR_NOTFOUND) {
		source_forgive();
		return 0;
	}
	if (r == 0)
		r = graph_answer_json(&request, &answer, &message);
	return r < 0 ? r : visit_whole(pass, id, message);
}

static int visit_message(void *context, const struct json *message)
{
	struct pass *pass = context;
	const char *id = json_get_text_or(message, "id", "");

	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)
		return bad_message(pass);
	if (json_has(message, "@removed")) {
		struct source_item gone = {
			.id = id, .name = "", .type = "", .tag = "", .removed = true};
		return pass->visit(pass->context, &gone);
	}
	if (!is_partial(message))
		return visit_whole(pass, id, message);
	return pass->whole ? complete(pass, id) : 0;
}

static char *first_url(const struct pass *pass)
{
	AUTO_TEXT user = text_percent_encode(pass->object->id);
	AUTO_TEXT folder = text_percent_encode(pass->folder->id);

	return mem_printf("%s/v1.0/users/%s/mailFolders/%s/messages/delta?" SELECT,
		pass->graph->base, user, folder);
}

/* One way through the pages, from `link` or from the beginning. */
static int walk(struct pass *pass, const char *link, char **out_cursor, bool *out_reset)
{
	AUTO_TEXT url = link ? mem_strdup(link) : first_url(pass);
	AUTO_TEXT what =
		mem_printf("the messages of %s in %s", pass->object->name, pass->folder->name);
	struct graph_listing listing = {.what = what,
		.url = url,
		.scope = SOURCE_FOLDER,
		.delta = true,
		.url_is_old = link != NULL};
	AUTO_TEXT delta = NULL;

	pass->whole = !link;
	int r = graph_pages(pass->graph, &listing, visit_message, pass, &delta);
	if (r == 0)
		*out_cursor = mem_printf(CURSOR "%s", delta);
	*out_reset = listing.reset;
	return r;
}

/* The link in a cursor; NULL where it is none of ours, or of another server: then all is listed
 * anew, which costs no content. */
static const char *link_of(const struct graph *graph, const char *cursor)
{
	if (!cursor || !text_starts_with(cursor, CURSOR))
		return NULL;
	const char *link = cursor + strlen(CURSOR);
	return graph_is_ours(graph, link) ? link : NULL;
}

int graph_mail_changes(struct graph *graph, const struct source_object *object,
	const struct source_folder *folder, struct source_listing *listing)
{
	struct pass pass = {.graph = graph,
		.object = object,
		.folder = folder,
		.visit = listing->visit,
		.context = listing->context};
	bool reset;
	int r = walk(&pass, link_of(graph, listing->cursor), &listing->next_cursor, &reset);

	for (int resets = 0; reset && resets < RESETS_MAX; resets++) {
		log_info("delta_reset", "folder", folder->id, "code", source_fault()->code,
			NULL);
		source_forgive();
		r = walk(&pass, NULL, &listing->next_cursor, &reset);
	}
	listing->complete = r == 0 && pass.whole;
	return r;
}
