/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mailbox.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"

struct mailbox {
	char *tenant, *domain, *address;
	struct folder *root;
	struct folder *folders;   /* by key */
	struct message *messages; /* by key, the deleted too */
};

/* The folders that every mailbox has, and how Microsoft calls them in English. */
static const struct {
	const char *word, *name;
} well_known[] = {
	{"archive", "Archive"},
	{"deleteditems", "Deleted Items"},
	{"drafts", "Drafts"},
	{"inbox", "Inbox"},
	{"junkemail", "Junk Email"},
	{"outbox", "Outbox"},
	{"sentitems", "Sent Items"},
};
enum { WELL_KNOWN = sizeof(well_known) / sizeof(well_known[0]) };

static struct folder *new_folder(struct mailbox *mailbox, struct folder *parent,
	const char *name, const struct ids_key *key)
{
	struct folder *folder = mem_alloc(sizeof(*folder));

	folder->key = *key;
	folder->name = mem_strdup(name);
	folder->parent = parent;
	if (parent) {
		mem_grow(&parent->children, &parent->child_capacity, parent->child_count + 1,
			sizeof(*parent->children));
		parent->children[parent->child_count++] = folder;
	}
	HASH_ADD(hh, mailbox->folders, key, sizeof(folder->key), folder);
	return folder;
}

static struct folder *new_well_known(
	struct mailbox *mailbox, const char *word, const char *name)
{
	struct ids_key key =
		ids_key_of(IDS_PARTS("well-known", mailbox->tenant, mailbox->address, word));
	struct folder *folder = new_folder(mailbox, mailbox->root, name, &key);

	folder->well_known = word;
	return folder;
}

struct mailbox *mailbox_new(const char *tenant_id, const char *domain, const char *address)
{
	struct mailbox *mailbox = mem_alloc(sizeof(*mailbox));

	mailbox->tenant = mem_strdup(tenant_id);
	mailbox->domain = mem_strdup(domain);
	mailbox->address = mem_strdup(address);
	mailbox->root = new_well_known(mailbox, "msgfolderroot", "Top of Information Store");
	for (size_t i = 0; i < WELL_KNOWN; i++)
		new_well_known(mailbox, well_known[i].word, well_known[i].name);
	return mailbox;
}

static void free_folder(struct folder *folder)
{
	mem_free(folder->name);
	mem_free(folder->children);
	mem_free(folder->log);
	mem_free(folder);
}

static void free_message(struct message *message)
{
	mem_free(message->name);
	content_free(message->content);
	mem_free(message);
}

void mailbox_free(struct mailbox *mailbox)
{
	struct folder *folder, *next_folder;
	struct message *message, *next_message;

	if (!mailbox)
		return;
	HASH_ITER(hh, mailbox->folders, folder, next_folder)
	{
		HASH_DEL(mailbox->folders, folder);
		free_folder(folder);
	}
	HASH_ITER(hh, mailbox->messages, message, next_message)
	{
		HASH_DEL(mailbox->messages, message);
		free_message(message);
	}
	mem_free(mailbox->tenant);
	mem_free(mailbox->domain);
	mem_free(mailbox->address);
	mem_free(mailbox);
}

const char *mailbox_tenant(const struct mailbox *mailbox)
{
	return mailbox->tenant;
}

const char *mailbox_domain(const struct mailbox *mailbox)
{
	return mailbox->domain;
}

const char *mailbox_address(const struct mailbox *mailbox)
{
	return mailbox->address;
}

struct folder *mailbox_root(const struct mailbox *mailbox)
{
	return mailbox->root;
}

struct folder *mailbox_folder(const struct mailbox *mailbox, const struct ids_key *key)
{
	struct folder *folder;

	HASH_FIND(hh, mailbox->folders, key, sizeof(*key), folder);
	return folder;
}

struct message *mailbox_message(const struct mailbox *mailbox, const struct ids_key *key)
{
	struct message *message;

	HASH_FIND(hh, mailbox->messages, key, sizeof(*key), message);
	return message;
}

struct folder *mailbox_well_known(const struct mailbox *mailbox, const char *name)
{
	if (text_equal_nocase(name, mailbox->root->well_known))
		return mailbox->root;
	for (size_t i = 0; i < mailbox->root->child_count; i++) {
		struct folder *folder = mailbox->root->children[i];
		if (folder->well_known && text_equal_nocase(folder->well_known, name))
			return folder;
	}
	return NULL;
}

struct folder *mailbox_child(const struct folder *parent, const char *name)
{
	struct folder *alike = NULL;

	for (size_t i = 0; i < parent->child_count; i++) {
		struct folder *child = parent->children[i];
		if (strcmp(child->name, name) == 0)
			return child;
		if (!alike && text_equal_nocase(child->name, name))
			alike = child;
	}
	return alike;
}

struct folder *mailbox_add_folder(
	struct mailbox *mailbox, struct folder *parent, const char *name, const char *path)
{
	struct ids_key key =
		ids_key_of(IDS_PARTS("folder", mailbox->tenant, mailbox->address, path));

	return new_folder(mailbox, parent, name, &key);
}

char *mailbox_path(const struct folder *folder)
{
	if (!folder->parent)
		return mem_strdup("");
	AUTO_TEXT above = mailbox_path(folder->parent);
	return above[0] ? mem_printf("%s/%s", above, folder->name) : mem_strdup(folder->name);
}

/* One step down. A well-known name counts at the top, where no folder has it as its own. */
static struct folder *step_down(
	struct mailbox *mailbox, struct folder *parent, const char *name, bool make)
{
	struct folder *found = mailbox_child(parent, name);

	if (!found && parent == mailbox->root)
		found = mailbox_well_known(mailbox, name);
	if (!found && make) {
		AUTO_TEXT above = mailbox_path(parent);
		AUTO_TEXT path = mem_printf("%s/%s", above, name);
		found = mailbox_add_folder(mailbox, parent, name, path);
	}
	return found;
}

struct folder *mailbox_folder_at(struct mailbox *mailbox, const char *path, bool make)
{
	struct folder *folder = mailbox->root;

	while (folder && *path) {
		size_t length = strcspn(path, "/");
		AUTO_TEXT name = mem_strndup(path, length);
		if (length > 0)
			folder = step_down(mailbox, folder, name, make);
		path += length + (path[length] == '/');
	}
	return folder;
}

/* Writes an entry into the folder's log and returns its moment. */
static uint32_t log_event(struct folder *folder, const struct event *event)
{
	mem_grow(&folder->log, &folder->log_capacity, folder->log_size + 1,
		sizeof(*folder->log));
	folder->log[folder->log_size++] = *event;
	return (uint32_t)folder->log_size;
}

static void enter(struct message *message, struct folder *folder)
{
	message->folder = folder;
	message->changed = message->marked = 0;
	message->entered = log_event(folder, &(struct event){.message = message});
	folder->count++;
	folder->unread += !message->is_read;
}

static void leave(struct message *message, bool for_good)
{
	struct folder *folder = message->folder;

	folder->count--;
	folder->unread -= !message->is_read;
	message->folder = NULL;
	log_event(folder, &(struct event){message, true, for_good, message->moves});
}

struct message *mailbox_add(struct mailbox *mailbox, struct folder *folder,
	const struct ids_key *key, const char *name, struct content *content)
{
	struct message *message = mem_alloc(sizeof(*message));
	bool unread = !(folder->well_known && strcmp(folder->well_known, "sentitems") == 0);

	message->key = *key;
	message->name = mem_strdup(name);
	message->content = content;
	message->modified_s = content_modified_s(content);
	/* One in four is unread, but nobody leaves what he sent himself unread. */
	message->is_read = !unread || key->bytes[0] % 4 != 0;
	HASH_ADD(hh, mailbox->messages, key, sizeof(message->key), message);
	enter(message, folder);
	return message;
}

void mailbox_revive(struct message *message, struct folder *folder, struct content *content)
{
	content_free(message->content);
	message->content = content;
	message->version++;
	enter(message, folder);
}

void mailbox_replace(struct message *message, struct content *content, int64_t now_s)
{
	content_free(message->content);
	message->content = content;
	message->modified_s = now_s;
	message->version++;
	message->changed = log_event(message->folder, &(struct event){.message = message});
}

void mailbox_delete(struct message *message)
{
	leave(message, true);
	message->version++;
}

void mailbox_move(struct message *message, struct folder *to, int64_t now_s)
{
	leave(message, false);
	message->moves++;
	message->version++;
	message->modified_s = now_s;
	enter(message, to);
}

void mailbox_mark(struct message *message, bool is_read)
{
	if (message->is_read == is_read)
		return;
	message->is_read = is_read;
	message->folder->unread += is_read ? (size_t)-1 : 1;
	message->version++;
	message->marked = log_event(message->folder, &(struct event){.message = message});
}

uint32_t mailbox_last_moment(const struct message *message)
{
	uint32_t last = message->entered;

	if (message->changed > last)
		last = message->changed;
	return message->marked > last ? message->marked : last;
}

bool mailbox_is_current(const struct folder *folder, size_t index)
{
	const struct event *event = &folder->log[index];

	return !event->has_left && event->message->folder == folder &&
	       mailbox_last_moment(event->message) == index + 1;
}

void mailbox_each(struct mailbox *mailbox, mailbox_visit_fn *visit, void *context)
{
	struct message *message, *next;

	HASH_ITER(hh, mailbox->messages, message, next)
	{
		if (message->folder)
			visit(context, message);
	}
}

static uint64_t origin_of(const struct folder *folder)
{
	struct hash_stream *stream = hash_stream_new();
	uint8_t hash[HASH_SIZE];
	uint64_t origin;

	for (size_t i = 0; i < folder->log_size; i++) {
		const struct message *message = folder->log[i].message;
		uint64_t stamp = content_stamp(message->content);
		hash_stream_add(stream, message->key.bytes, IDS_KEY_SIZE);
		hash_stream_add(stream, &stamp, sizeof(stamp));
	}
	hash_stream_finish(stream, hash);
	memcpy(&origin, hash, sizeof(origin));
	return origin;
}

void mailbox_seal(struct mailbox *mailbox)
{
	struct folder *folder, *next;

	HASH_ITER(hh, mailbox->folders, folder, next)
	{
		folder->origin = origin_of(folder);
	}
}

void mailbox_message_id(const struct message *message, bool immutable, char out[IDS_TEXT_SIZE])
{
	struct ids_ref ref = {
		.kind = immutable ? IDS_IMMUTABLE : IDS_PLACED, .key = message->key};

	if (!immutable && message->folder)
		ref.place = ids_place(&message->key, &message->folder->key, message->moves);
	ids_write(&ref, out);
}

void mailbox_folder_id(const struct folder *folder, char out[IDS_TEXT_SIZE])
{
	ids_write(&(struct ids_ref){.kind = IDS_FOLDER, .key = folder->key}, out);
}
