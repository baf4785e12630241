/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "sandbox/graph_priv.h"

/*
 * The mailbox of a group as Graph tells it: a message of the inbox is a conversation by itself,
 * and so are all of another folder together. Each conversation has one thread.
 */

enum { BODY_MAX = 64 << 20, PREVIEW_MAX = 255 };

struct thread {
	struct ids_key key;
	char *topic; /* NULL: the subject of its message */
	struct message_view *posts;
	int64_t *delivered_s; /* when each came by an operation; 0 */
	size_t count, capacity, delivered_capacity;
};

struct threads {
	struct thread *list;
	size_t count, capacity;
};

static void thread_free(struct thread *thread)
{
	for (size_t i = 0; i < thread->count; i++)
		message_view_free(&thread->posts[i]);
	mem_free(thread->posts);
	mem_free(thread->delivered_s);
	mem_free(thread->topic);
}

static void threads_free(struct threads *threads)
{
	for (size_t i = 0; i < threads->count; i++)
		thread_free(&threads->list[i]);
	mem_free(threads->list);
}

static struct thread *add_thread(
	struct threads *threads, const struct ids_key *key, const char *topic)
{
	mem_grow(
		&threads->list, &threads->capacity, threads->count + 1, sizeof(*threads->list));
	struct thread *thread = &threads->list[threads->count++];
	*thread = (struct thread){.key = *key, .topic = mem_strdup(topic)};
	return thread;
}

static void add_post(struct thread *thread, const struct message *message)
{
	mem_grow(&thread->posts, &thread->capacity, thread->count + 1, sizeof(*thread->posts));
	mem_grow(&thread->delivered_s, &thread->delivered_capacity, thread->count + 1,
		sizeof(*thread->delivered_s));
	thread->delivered_s[thread->count] = message->modified_s;
	message_view_take(message, true, &thread->posts[thread->count++]);
}

static void collect(const struct folder *folder, struct threads *out)
{
	bool is_inbox = folder->well_known && strcmp(folder->well_known, "inbox") == 0;
	struct thread *thread = NULL;

	for (size_t i = 0; i < folder->log_size; i++) {
		const struct message *message = folder->log[i].message;
		if (!mailbox_is_current(folder, i))
			continue;
		if (is_inbox || !thread)
			thread = add_thread(out, is_inbox ? &message->key : &folder->key,
				is_inbox ? NULL : folder->name);
		add_post(thread, message);
	}
	for (size_t i = 0; i < folder->child_count; i++)
		collect(folder->children[i], out);
}

/* The threads of the group in the path; false with a reply. Not below the lock. */
static bool open_threads(struct call *call, struct threads *out)
{
	const struct group *group = graph_open_group(call);

	*out = (struct threads){0};
	if (!group)
		return false;
	bool has_mailbox = group->mailbox != NULL;
	if (has_mailbox)
		collect(mailbox_root(group->mailbox), out);
	tenant_unlock(call->sandbox->tenant);
	if (!has_mailbox)
		reply_error(call, 404, "ResourceNotFound", "Resource could not be discovered.");
	return has_mailbox;
}

static void thread_id(const struct thread *thread, char out[IDS_TEXT_SIZE])
{
	ids_write(&(struct ids_ref){.kind = IDS_FOLDER, .key = thread->key}, out);
}

static void conversation_id(const struct thread *thread, char out[IDS_TEXT_SIZE])
{
	ids_write(&(struct ids_ref){.kind = IDS_IMMUTABLE, .key = thread->key}, out);
}

static struct thread *find_thread(const struct threads *threads, const char *id)
{
	char own[IDS_TEXT_SIZE], conversation[IDS_TEXT_SIZE];

	for (size_t i = 0; i < threads->count; i++) {
		thread_id(&threads->list[i], own);
		conversation_id(&threads->list[i], conversation);
		if (strcmp(own, id) == 0 || strcmp(conversation, id) == 0)
			return &threads->list[i];
	}
	return NULL;
}

static void put_time(struct json *object, const char *key, int64_t at_s)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(at_s, text);
	json_put_text(object, key, text);
}

/* What came by an operation was delivered then; the rest when its header says. */
static int64_t delivered_of(const struct thread *thread, size_t post, const struct json *facts)
{
	int64_t at_s = 0;

	if (thread->delivered_s[post])
		return thread->delivered_s[post];
	if (timestamp_parse(json_get_text_or(facts, "receivedDateTime", ""), &at_s) < 0)
		at_s = 0;
	return at_s;
}

static const char *sender_of(const struct json *facts)
{
	const struct json *address = json_get(json_get(facts, "from"), "emailAddress");

	return json_get_text_or(address, "name", json_get_text(address, "address"));
}

static void add_sender(struct json *senders, const char *name)
{
	for (size_t i = 0; i < json_count(senders); i++)
		if (text_equal(json_as_text(json_at(senders, i)), name))
			return;
	json_append(senders, json_new_text(name));
}

/* What a conversation and its thread have in common. */
static struct json *thread_json(const struct thread *thread)
{
	struct json *object = json_new_object(), *senders = json_new_array();
	AUTO_TEXT topic = mem_strdup(thread->topic);
	AUTO_TEXT preview = NULL;
	int64_t last_s = 0;

	for (size_t i = 0; i < thread->count; i++) {
		AUTO_JSON facts = message_view_json(&thread->posts[i], NULL);
		int64_t at_s = delivered_of(thread, i, facts);
		if (sender_of(facts))
			add_sender(senders, sender_of(facts));
		if (!topic)
			topic = mem_strdup(json_get_text(facts, "subject"));
		if (at_s >= last_s)
			mem_replace(&preview, mem_strdup(json_get_text(facts, "bodyPreview")));
		last_s = at_s > last_s ? at_s : last_s;
	}
	json_put_text(object, "topic", topic);
	json_put_bool(object, "hasAttachments", false);
	put_time(object, "lastDeliveredDateTime", last_s);
	json_put(object, "uniqueSenders", senders);
	json_put_text(object, "preview", preview);
	return object;
}

/* Replies with a page of the conversations or threads. */
static void reply_threads(struct call *call, const struct graph_type *type, const char *context,
	bool conversations)
{
	static const char *const accepted[] = {"$select", "$top", "$skip", NULL};
	struct threads threads;
	const char *select;
	int64_t top, skip;

	if (!graph_accepts(call, accepted) || !graph_select(call, type, &select) ||
		!graph_page(call, &top, &skip) || !open_threads(call, &threads))
		return;
	struct json *list = json_new_array();
	int64_t count = (int64_t)threads.count;
	for (int64_t i = skip; i < count && i - skip < top; i++) {
		struct json *object = thread_json(&threads.list[i]);
		char id[IDS_TEXT_SIZE];
		if (conversations)
			conversation_id(&threads.list[i], id);
		else
			thread_id(&threads.list[i], id);
		json_put_text(object, "id", id);
		if (!conversations)
			json_put_bool(object, "isLocked", false);
		json_append(list, odata_select_apply(object, select, type));
	}
	threads_free(&threads);
	struct json *body = reply_list(call, context, list);
	if (skip < count && count - skip > top)
		graph_put_next(call, body, skip + top);
	reply_json(call, 200, body);
}

void graph_conversations(struct call *call)
{
	AUTO_TEXT context = mem_printf("groups('%s')/conversations", call->path.segments[2]);

	reply_threads(call, &graph_type_conversation, context, true);
}

void graph_threads(struct call *call)
{
	AUTO_TEXT context = mem_printf("groups('%s')/threads", call->path.segments[2]);

	reply_threads(call, &graph_type_thread, context, false);
}

/* All behind the header, as it is. */
static char *body_of(const struct message_view *view)
{
	AUTO_BUF bytes = buf_init(BODY_MAX);
	const char *path = content_path(view->content);

	if ((path ? io_read_file(path, &bytes) : content_read_made(view->content, &bytes)) <
			0 ||
		!buf_text(&bytes))
		return mem_strdup("");
	const char *text = buf_text(&bytes);
	const char *end = strstr(text, "\n\n"), *other = strstr(text, "\r\n\r\n");
	if (other && (!end || other < end))
		return mem_strdup(other + 4);
	return mem_strdup(end ? end + 2 : "");
}

static struct json *post_json(
	const struct thread *thread, size_t index, const char *select, bool with_attachments)
{
	const struct message_view *view = &thread->posts[index];
	AUTO_JSON facts = message_view_json(view, NULL);
	struct json *object = json_new_object(), *body = json_new_object();
	AUTO_TEXT text = odata_select_has(select, "body") ? body_of(view) : NULL;
	static const char *const shared[] = {"@odata.etag", "id", "createdDateTime",
		"lastModifiedDateTime", "changeKey", "categories", "from", "sender", NULL};
	char id[IDS_TEXT_SIZE];

	for (size_t i = 0; shared[i]; i++) {
		struct json *value = json_get(facts, shared[i]);
		json_put(object, shared[i], value ? json_share(value) : NULL);
	}
	put_time(object, "receivedDateTime", delivered_of(thread, index, facts));
	json_put_bool(object, "hasAttachments", false);
	json_put_text(body, "contentType", "text");
	json_put_text(body, "content", text);
	json_put(object, "body", body);
	json_put(object, "newParticipants", json_new_array());
	thread_id(thread, id);
	json_put_text(object, "conversationThreadId", id);
	conversation_id(thread, id);
	json_put_text(object, "conversationId", id);
	object = odata_select_apply(object, select, &graph_type_post);
	if (with_attachments)
		json_put(object, "attachments", json_new_array());
	return object;
}

static bool read_expand(struct call *call, bool *out)
{
	const char *expand = odata_query_get(&call->query, "$expand");

	*out = expand != NULL;
	if (!expand || text_equal(expand, "attachments"))
		return true;
	reply_unserved(call, "$expand of anything but attachments");
	return false;
}

/* The thread in the path; false with a reply. The caller frees the threads. */
static struct thread *open_thread(struct call *call, struct threads *threads)
{
	if (!open_threads(call, threads))
		return NULL;
	struct thread *thread = find_thread(threads, call->path.segments[4]);
	if (thread)
		return thread;
	threads_free(threads);
	reply_error(call, 404, "ErrorItemNotFound",
		"The specified object was not found in the store.");
	return NULL;
}

void graph_posts(struct call *call)
{
	static const char *const accepted[] = {"$select", "$top", "$skip", "$expand", NULL};
	struct thread *thread = NULL;
	struct threads threads;
	const char *select;
	int64_t top, skip;
	bool expand;

	if (graph_accepts(call, accepted) && graph_select(call, &graph_type_post, &select) &&
		read_expand(call, &expand) && graph_page(call, &top, &skip))
		thread = open_thread(call, &threads);
	if (!thread)
		return;
	struct json *list = json_new_array();
	int64_t count = (int64_t)thread->count;
	for (int64_t i = skip; i < count && i - skip < top; i++)
		json_append(list, post_json(thread, (size_t)i, select, expand));
	threads_free(&threads);
	AUTO_TEXT context = mem_printf("groups('%s')/threads('%s')/posts",
		call->path.segments[2], call->path.segments[4]);
	struct json *body = reply_list(call, context, list);
	if (skip < count && count - skip > top)
		graph_put_next(call, body, skip + top);
	reply_json(call, 200, body);
}

void graph_post(struct call *call)
{
	static const char *const accepted[] = {"$select", "$expand", NULL};
	struct thread *thread = NULL;
	struct threads threads;
	struct json *body = NULL;
	const char *select;
	bool expand;

	if (graph_accepts(call, accepted) && graph_select(call, &graph_type_post, &select) &&
		read_expand(call, &expand))
		thread = open_thread(call, &threads);
	if (!thread)
		return;
	for (size_t i = 0; i < thread->count && !body; i++)
		if (strcmp(thread->posts[i].id, call->path.segments[6]) == 0)
			body = post_json(thread, i, select, expand);
	threads_free(&threads);
	if (!body) {
		reply_error(call, 404, "ErrorItemNotFound",
			"The specified object was not found in the store.");
		return;
	}
	graph_put_context(call, body, "posts/$entity");
	reply_json(call, 200, body);
}
