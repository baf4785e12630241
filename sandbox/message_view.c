/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "sandbox/graph_priv.h"
#include "sandbox/mail_facts.h"

enum { HEAD_MAX = 64 * 1024, CHANGE_KEY_SIZE = 20 };

/* What is told without a look at the message itself. */
static const char *const cheap[] = {
	"id", "isRead", "isDraft", "parentFolderId", "changeKey", "categories", "flag", NULL};

void message_view_take(const struct message *message, bool immutable, struct message_view *out)
{
	const struct folder *folder = message->folder;

	*out = (struct message_view){
		.content = content_share(message->content),
		.version = message->version,
		.modified_s = message->modified_s,
		.is_read = message->is_read,
		.is_draft = folder->well_known && strcmp(folder->well_known, "drafts") == 0,
	};
	mailbox_message_id(message, immutable, out->id);
	mailbox_folder_id(folder, out->parent);
	text_to_hex(message->key.bytes, IDS_KEY_SIZE, out->key);
}

void message_view_free(struct message_view *view)
{
	content_free(view->content);
	view->content = NULL;
}

bool message_view_refuses(struct call *call, const char *select)
{
	static const char *const unserved[] = {
		"body", "uniqueBody", "internetMessageHeaders", NULL};

	for (size_t i = 0; select && select[0] && unserved[i]; i++) {
		if (strchr(select, '*') || !odata_select_has(select, unserved[i]))
			continue;
		AUTO_TEXT what = mem_printf("the property %s of a message", unserved[i]);
		reply_unserved(call, what);
		return true;
	}
	return false;
}

/* Differs whenever anything of the message does, and is the same at every start. */
static char *change_key(const struct message_view *view)
{
	AUTO_TEXT text = mem_printf("%s/%s/%u/%llu", view->key, view->parent, view->version,
		(unsigned long long)content_stamp(view->content));
	uint8_t bytes[CHANGE_KEY_SIZE] = {0x09, 0x00, 0x00, 0x01};
	uint8_t hash[HASH_SIZE];

	hash_sha256(text, strlen(text), hash);
	memcpy(bytes + 4, hash, CHANGE_KEY_SIZE - 4);
	return text_to_base64(bytes, sizeof(bytes));
}

static void put_time(struct json *object, const char *key, int64_t at_s)
{
	char text[TIMESTAMP_SIZE];

	timestamp_format(at_s, text);
	json_put_text(object, key, text);
}

static struct json *share_or_null(struct json *value)
{
	return value ? json_share(value) : NULL;
}

static void put_people(struct json *object, const struct mail_facts *facts)
{
	json_put(object, "sender", share_or_null(facts->sender));
	json_put(object, "from", share_or_null(facts->from));
	json_put(object, "toRecipients", share_or_null(facts->to));
	json_put(object, "ccRecipients", share_or_null(facts->cc));
	json_put(object, "bccRecipients", share_or_null(facts->bcc));
	json_put(object, "replyTo", share_or_null(facts->reply_to));
}

/* A message without any date came when its file was written. */
static void put_times(
	struct json *object, const struct message_view *view, const struct mail_facts *facts)
{
	int64_t fallback_s = content_modified_s(view->content);
	int64_t received_s = facts->received_s ? facts->received_s : fallback_s;
	int64_t sent_s = facts->sent_s ? facts->sent_s : fallback_s;

	put_time(object, "createdDateTime", received_s);
	put_time(object, "lastModifiedDateTime",
		view->modified_s ? view->modified_s : received_s);
	put_time(object, "receivedDateTime", received_s);
	put_time(object, "sentDateTime", sent_s);
}

static void put_facts(struct json *object, const struct message_view *view)
{
	AUTO_BUF head = buf_init(HEAD_MAX);
	AUTO_FACTS facts = {0};

	/* A file that went away is found out by who asks for its bytes. */
	if (content_read_head(view->content, &head) < 0)
		log_warning("message_unreadable", "why", err_message(), NULL);
	mail_facts_read((const char *)head.data, head.size, &facts);
	put_times(object, view, &facts);
	json_put_bool(object, "hasAttachments", facts.has_attachments);
	json_put_text(object, "internetMessageId", facts.message_id);
	json_put_text(object, "subject", facts.subject);
	json_put_text(object, "bodyPreview", facts.preview);
	json_put_text(object, "importance", facts.importance);
	put_people(object, &facts);
}

static void put_constants(struct json *object, const struct message_view *view)
{
	struct json *flag = json_new_object();
	AUTO_TEXT encoded = text_percent_encode(view->id);
	AUTO_TEXT link = mem_printf("https://outlook.office365.com/owa/?ItemID=%s&exvsurl=1&"
				    "viewmodel=ReadMessageItem",
		encoded);
	AUTO_TEXT conversation = text_to_base64url(view->key, 2 * IDS_KEY_SIZE);

	json_put_text(flag, "flagStatus", "notFlagged");
	json_put(object, "categories", json_new_array());
	json_put(object, "flag", flag);
	json_put_text(object, "conversationId", conversation);
	json_put(object, "isDeliveryReceiptRequested", NULL);
	json_put_bool(object, "isReadReceiptRequested", false);
	json_put_text(object, "webLink", link);
	json_put_text(object, "inferenceClassification", "focused");
}

static bool needs_head(const char *select)
{
	AUTO_TEXT rest = mem_strdup(select ? select : "*");
	char *saved = rest, *name;

	while ((name = strsep(&saved, ", \t"))) {
		size_t i = 0;
		while (cheap[i] && strcmp(cheap[i], name) != 0)
			i++;
		if (name[0] && !cheap[i])
			return true;
	}
	return !select || !select[0];
}

struct json *message_view_json(const struct message_view *view, const char *select)
{
	struct json *object = json_new_object();
	AUTO_TEXT key = change_key(view);
	AUTO_TEXT etag = mem_printf("W/\"%s\"", key);

	json_put_text(object, "@odata.etag", etag);
	json_put_text(object, "id", view->id);
	json_put_text(object, "changeKey", key);
	json_put_text(object, "parentFolderId", view->parent);
	json_put_bool(object, "isRead", view->is_read);
	json_put_bool(object, "isDraft", view->is_draft);
	put_constants(object, view);
	if (needs_head(select))
		put_facts(object, view);
	return odata_select_apply(object, select, &graph_type_message);
}

struct json *message_view_mark(const struct message_view *view)
{
	return message_view_json(view, "id,isRead,parentFolderId");
}
