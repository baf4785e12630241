/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mailbox_load.h"

#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/generator.h"
#include "sandbox/mail_text.h"

struct load {
	struct mailbox *mailbox;
	uint32_t round; /* of this load, in message.seen */
	int64_t now_s;
};

/* A message of the source: found, or to be made. `content` is taken over. */
static void take(
	struct load *load, struct folder *folder, const char *path, struct content *content)
{
	struct mailbox *mailbox = load->mailbox;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	struct ids_key key = ids_key_of(
		IDS_PARTS("message", mailbox_tenant(mailbox), mailbox_address(mailbox), path));
	struct message *message = mailbox_message(mailbox, &key);

	if (!message)
		message = mailbox_add(mailbox, folder, &key, name, content);
	else if (!message->folder)
		mailbox_revive(message, folder, content);
	else if (content_stamp(message->content) != content_stamp(content))
		mailbox_replace(message, content, load->now_s);
	else
		content_free(content);
	message->is_native = true;
	message->seen = load->round;
}

/* A folder of the machine, and the mail folder that it becomes. */
struct place {
	struct load *load;
	const char *path; /* on the machine */
	const char *name; /* below the source: "Inbox/Old"; "" at the top */
	struct folder *folder;
	const struct claims *claims; /* at the top; else NULL */
};

/* Which folder of the machine is which well-known one: for each child that the root had at
 * first, the best fitting name. */
struct claims {
	const struct folder *root;
	char **names; /* NULL where none fits */
	size_t count;
};

static int load_folder(const struct place *place);

/* Names of folders are bytes; JSON wants UTF-8. Bytes that are none are read as Latin-1. */
static char *display_name(const char *name)
{
	size_t size = strlen(name);

	return text_is_utf8(name, size) ? mem_strdup(name) : mail_text_decode(name, size);
}

/* The child that is called exactly so; names that differ in case are different folders here,
 * though Exchange would not have both. */
static struct folder *child_exactly(const struct folder *parent, const char *name)
{
	for (size_t i = 0; i < parent->child_count; i++)
		/* NOLINTNEXTLINE: children is NULL only while child_count is 0. */
		if (strcmp(parent->children[i]->name, name) == 0)
			return parent->children[i];
	return NULL;
}

static struct folder *claimed_folder(const struct place *place, const char *name)
{
	const struct claims *claims = place->claims;

	for (size_t i = 0; claims && i < claims->count; i++)
		if (claims->names[i] && text_equal(claims->names[i], name))
			return place->folder->children[i];
	return NULL;
}

static int visit_folder(const struct place *place, const char *name)
{
	AUTO_TEXT path = io_join(place->path, name);
	AUTO_TEXT below =
		place->name[0] ? mem_printf("%s/%s", place->name, name) : mem_strdup(name);
	AUTO_TEXT shown = display_name(name);
	struct folder *folder = claimed_folder(place, name);

	if (!folder)
		folder = child_exactly(place->folder, shown);
	if (!folder)
		folder = mailbox_add_folder(place->load->mailbox, place->folder, shown, below);
	return load_folder(&(struct place){place->load, path, below, folder, NULL});
}

static void visit_file(const struct place *place, const struct io_entry *entry)
{
	struct folder *folder = place->folder;
	AUTO_TEXT path = io_join(place->path, entry->name);
	AUTO_TEXT below = place->name[0] ? mem_printf("%s/%s", place->name, entry->name)
					 : mem_strdup(entry->name);

	if (!folder->parent) /* directly in the source */
		folder = mailbox_well_known(place->load->mailbox, "inbox");
	take(place->load, folder, below,
		content_from_file(path, entry->size, entry->modified_s));
}

static int visit_entry(void *context, const struct io_entry *entry)
{
	const struct place *place = context;

	if (entry->is_folder)
		return visit_folder(place, entry->name);
	if (entry->is_file)
		visit_file(place, entry);
	return 0;
}

static int load_folder(const struct place *place)
{
	struct place copy = *place;

	return io_list(place->path, visit_entry, &copy);
}

/* How well a name fits a well-known folder: 3 "SentItems", 2 "sentitems", 1 "Sent Items". */
static int fit(const struct folder *folder, const char *name)
{
	AUTO_TEXT lower = mem_strdup(name);
	AUTO_TEXT spaced = mem_strdup(name);
	size_t kept = 0;

	text_lower(lower);
	for (const char *from = lower; *from; from++)
		if (*from != ' ')
			spaced[kept++] = *from;
	spaced[kept] = 0;
	if (!folder->well_known || strcmp(spaced, folder->well_known) != 0)
		return 0;
	if (strcmp(lower, folder->well_known) != 0)
		return 1;
	return name[0] != lower[0] ? 3 : 2;
}

static int visit_claim(void *context, const struct io_entry *entry)
{
	struct claims *claims = context;

	for (size_t i = 0; entry->is_folder && i < claims->count; i++) {
		const struct folder *folder = claims->root->children[i];
		const char *best = claims->names[i];
		if (fit(folder, entry->name) > (best ? fit(folder, best) : 0))
			mem_replace(&claims->names[i], mem_strdup(entry->name));
	}
	return 0;
}

static int load_from_folder(struct load *load, const char *path)
{
	struct folder *root = mailbox_root(load->mailbox);
	size_t count = root->child_count;
	struct claims claims = {root, mem_array(count, sizeof(char *)), count};

	int r = io_list(path, visit_claim, &claims);
	/* First the names, so that none of the old ones is taken for another folder's. */
	for (size_t i = 0; r == 0 && i < count; i++)
		if (claims.names[i])
			mem_replace(&root->children[i]->name, display_name(claims.names[i]));
	if (r == 0)
		r = load_folder(&(struct place){load, path, "", root, &claims});
	for (size_t i = 0; i < count; i++)
		mem_free(claims.names[i]);
	mem_free(claims.names);
	return r;
}

static void load_made(struct load *load, int64_t count)
{
	struct mailbox *mailbox = load->mailbox;

	for (uint32_t number = 1; number <= (uint32_t)count; number++) {
		const char *path = generator_folder(number);
		struct content_recipe recipe = {mailbox_tenant(mailbox),
			mailbox_domain(mailbox), mailbox_address(mailbox), number};
		AUTO_TEXT below = mem_printf("%s/%06u.eml", path, number);
		struct folder *folder = mailbox_folder_at(mailbox, path, true);
		take(load, folder, below, content_from_recipe(&recipe));
	}
}

static void find_round(void *context, struct message *message)
{
	struct load *load = context;

	if (message->seen >= load->round)
		load->round = message->seen + 1;
}

static void drop_unseen(void *context, struct message *message)
{
	const struct load *load = context;

	if (message->is_native && message->seen != load->round)
		mailbox_delete(message);
}

int mailbox_load(struct mailbox *mailbox, const struct scenario_source *source, int64_t now_s)
{
	struct load load = {mailbox, 1, now_s};
	int r = 0;

	mailbox_each(mailbox, find_round, &load);
	if (source->folder)
		r = load_from_folder(&load, source->folder);
	else
		load_made(&load, source->count);
	if (r == 0)
		mailbox_each(mailbox, drop_unseen, &load);
	return r;
}
