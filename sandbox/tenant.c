/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/tenant.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/item_ops.h"
#include "sandbox/mailbox_load.h"

void tenant_lock(struct tenant *tenant)
{
	pthread_mutex_lock(&tenant->lock);
}

void tenant_unlock(struct tenant *tenant)
{
	pthread_mutex_unlock(&tenant->lock);
}

struct user *tenant_user(const struct tenant *tenant, const char *id_or_upn)
{
	for (size_t i = 0; i < tenant->user_count; i++) {
		struct user *user = tenant->users[i];
		if (user->is_removed)
			continue;
		if (text_equal_nocase(user->id, id_or_upn) ||
			text_equal_nocase(user->facts.upn, id_or_upn))
			return user;
	}
	return NULL;
}

struct drive *tenant_drive(const struct tenant *tenant, const char *id, struct user **out_owner)
{
	char own[DRIVE_ID_TEXT];

	for (size_t i = 0; i < tenant->user_count; i++) {
		struct user *user = tenant->users[i];
		if (user->is_removed || !user->drive)
			continue;
		drive_id(user->drive, own);
		*out_owner = user;
		if (strcmp(own, id) == 0)
			return user->drive;
	}
	return NULL;
}

bool user_has_mailbox(const struct user *user)
{
	if (user->facts.guest)
		return false;
	return user->facts.exchange_license || user->facts.purpose != PURPOSE_USER;
}

/* The user of that name, removed or not. */
static struct user *find_any(const struct tenant *tenant, const char *upn)
{
	for (size_t i = 0; i < tenant->user_count; i++)
		if (text_equal_nocase(tenant->users[i]->facts.upn, upn))
			return tenant->users[i];
	return NULL;
}

static struct user *add_user(struct tenant *tenant, const char *upn)
{
	struct user *user = mem_alloc(sizeof(*user));

	ids_guid(IDS_PARTS("user", tenant->id, upn), user->id);
	user->facts.upn = mem_strdup(upn);
	user->mailbox = mailbox_new(tenant->id, tenant->domain, upn);
	mem_grow(&tenant->users, &tenant->user_capacity, tenant->user_count + 1,
		sizeof(*tenant->users));
	tenant->users[tenant->user_count++] = user;
	return user;
}

static bool same_source(const struct scenario_source *a, const struct scenario_source *b)
{
	if (!a->folder || !b->folder)
		return a->folder == b->folder && a->count == b->count;
	return text_equal(a->folder, b->folder);
}

/* What a change asks for: the users that its patch names have their mail or files read again
 * even where the source's name is the same. */
static bool is_named(const struct json *patch, const char *upn, const char *member)
{
	const struct json *users = json_get(patch, "users");
	size_t position = 0;
	const char *key;
	struct json *value;

	for (size_t i = 0; json_is_array(users) && i < json_count(users); i++)
		if (text_equal_nocase(json_get_text_or(json_at(users, i), "upn", ""), upn))
			return json_has(json_at(users, i), member);
	while (json_is_object(users) && json_next(users, &position, &key, &value))
		if (text_equal_nocase(key, upn))
			return json_has(value, member);
	return false;
}

static int set_drive(struct tenant *tenant, struct user *user,
	const struct scenario_source *source, const struct json *patch)
{
	bool is_new = !user->drive;
	int r = 0;

	if (!source->folder && source->count == 0) {
		drive_free(STEAL(user->drive));
		return 0;
	}
	if (is_new)
		user->drive = drive_new(tenant->id, tenant->domain, user->facts.upn);
	if (is_new || is_named(patch, user->facts.upn, "onedrive") ||
		!same_source(&user->facts.onedrive, source))
		r = drive_load(user->drive, source);
	if (is_new)
		drive_seal(user->drive);
	return err_wrap(r, "onedrive of %s", user->facts.upn);
}

static int set_user(
	struct tenant *tenant, struct scenario_user *facts, const struct json *patch)
{
	bool reload = is_named(patch, facts->upn, "mail");

	struct user *user = find_any(tenant, facts->upn);
	bool is_new = !user;

	if (is_new)
		user = add_user(tenant, facts->upn);
	int r = 0;
	if (is_new || reload || !same_source(&user->facts.mail, &facts->mail))
		r = mailbox_load(user->mailbox, &facts->mail, clock_now_s());
	if (is_new)
		mailbox_seal(user->mailbox);
	r = err_wrap(r, "mail of %s", user->facts.upn);
	if (r == 0)
		r = set_drive(tenant, user, &facts->onedrive, patch);
	scenario_user_free(&user->facts);
	user->facts = *facts;
	user->is_removed = false;
	*facts = (struct scenario_user){0};
	return r;
}

static void remove_missing(struct tenant *tenant, const struct json *users)
{
	for (size_t i = 0; i < tenant->user_count; i++) {
		struct user *user = tenant->users[i];
		bool is_there = false;
		for (size_t j = 0; !is_there && j < json_count(users); j++)
			is_there = text_equal_nocase(user->facts.upn,
				json_get_text_or(json_at(users, j), "upn", ""));
		user->is_removed = !is_there;
	}
}

/* Reads all users of a document before any of them is touched. */
static int read_users(
	const struct json *users, const struct scenario_base *base, struct scenario_user *out)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_count(users); i++)
		r = scenario_user_read(json_at(users, i), base, &out[i]);
	return r;
}

static int set_users(struct tenant *tenant, const struct json *document,
	const struct json *patch, const struct scenario_base *base)
{
	const struct json *users = json_get(document, "users");
	size_t count = json_count(users);
	struct scenario_user *facts = mem_array(count + 1, sizeof(*facts));

	int r = read_users(users, base, facts);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = set_user(tenant, &facts[i], patch);
	if (r == 0)
		remove_missing(tenant, users);
	for (size_t i = 0; i < count; i++)
		scenario_user_free(&facts[i]);
	mem_free(facts);
	return r;
}

/* Sources in the document become absolute once, so that a later patch, which has another folder
 * to start from, does not change what they mean. */
static int settle_sources(const struct json *document, const struct scenario_base *base)
{
	static const struct {
		const char *list, *member;
	} sources[] = {{"users", "mail"}, {"users", "archive"}, {"users", "onedrive"},
		{"groups", "mail"}, {"groups", "site"}, {"sites", "library"},
		{"public_folders", "mail"}};

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		const struct json *entries = json_get(document, sources[i].list);
		for (size_t j = 0; j < json_count(entries); j++) {
			struct json *entry = json_at(entries, j);
			struct scenario_source source;
			int r = scenario_source_read(
				json_get(entry, sources[i].member), base, &source);
			if (r == 0 && source.folder)
				json_put_text(entry, sources[i].member, source.folder);
			mem_free(source.folder);
			if (r < 0)
				return err_wrap(
					r, "%s[%zu].%s", sources[i].list, j, sources[i].member);
		}
	}
	return 0;
}

static int take_document(struct tenant *tenant, struct json *document, const struct json *patch,
	const struct scenario_base *base)
{
	int r = scenario_check(document);

	if (r == 0)
		r = settle_sources(document, base);
	if (r == 0)
		r = set_users(tenant, document, patch, base);
	if (r == 0)
		r = groups_set(tenant, document, patch, base);
	if (r < 0)
		return r;
	json_free(tenant->document);
	tenant->document = json_share(document);
	return 0;
}

static int load_scenario(struct tenant *tenant, const char *path, struct json *document)
{
	AUTO_TEXT absolute = io_absolute(path);
	AUTO_TEXT working = io_absolute(".");
	char *slash = strrchr(absolute, '/');

	int r = scenario_check(document);
	if (r < 0)
		return r;
	if (slash)
		*(slash == absolute ? slash + 1 : slash) = 0;
	tenant->id = scenario_tenant_id(document);
	tenant->domain = scenario_domain(document);
	ids_guid(IDS_PARTS("client", tenant->id), tenant->client_id);
	return take_document(
		tenant, document, NULL, &(struct scenario_base){absolute, working});
}

int tenant_new(const char *scenario_path, struct tenant **out)
{
	AUTO_JSON document = NULL;

	*out = NULL;
	int r = json_read_file(scenario_path, &document);
	if (r < 0)
		return r;
	struct tenant *tenant = mem_alloc(sizeof(*tenant));
	pthread_mutex_init(&tenant->lock, NULL);
	r = load_scenario(tenant, scenario_path, document);
	if (r < 0) {
		tenant_free(tenant);
		return err_wrap(r, "%s", scenario_path);
	}
	*out = tenant;
	return 0;
}

void tenant_free(struct tenant *tenant)
{
	if (!tenant)
		return;
	for (size_t i = 0; i < tenant->user_count; i++) {
		mailbox_free(tenant->users[i]->mailbox);
		drive_free(tenant->users[i]->drive);
		scenario_user_free(&tenant->users[i]->facts);
		mem_free(tenant->users[i]);
	}
	mem_free(tenant->users);
	groups_free(&tenant->groups);
	mem_free(tenant->id);
	mem_free(tenant->domain);
	json_free(tenant->document);
	pthread_mutex_destroy(&tenant->lock);
	mem_free(tenant);
}

/* That of a user, or of a group by its address. */
static struct mailbox *find_mailbox(const struct tenant *tenant, const char *address)
{
	const struct user *user = tenant_user(tenant, address);
	const struct group *group = user ? NULL : groups_find(&tenant->groups, address);

	return user ? user->mailbox : group ? group->mailbox : NULL;
}

static int change_item(
	struct tenant *tenant, const struct json *item, const struct scenario_base *base)
{
	const char *upn = json_get_text_or(item, "upn", "");
	struct mailbox *mailbox = find_mailbox(tenant, upn);
	const struct user *user = tenant_user(tenant, upn);

	if (!mailbox)
		return err_set(ERR_NOTFOUND, "there is no user \"%s\"", upn);
	if (!text_equal(json_get_text_or(item, "in", "mail"), "onedrive"))
		return item_ops_apply(mailbox, item, base, clock_now_s());
	if (!user || !user->drive)
		return err_set(ERR_NOTFOUND, "\"%s\" has no OneDrive", upn);
	return drive_apply(user->drive, item, base, clock_now_s());
}

static int change_items(struct tenant *tenant, const struct json *items,
	const struct scenario_base *base, size_t *out_applied)
{
	for (size_t i = 0; i < json_count(items); i++) {
		const struct json *item = json_at(items, i);
		int r = change_item(tenant, item, base);
		if (r < 0)
			return err_wrap(r, "items[%zu]", i);
		(*out_applied)++;
	}
	return 0;
}

static size_t count_entries(const struct json *patch)
{
	static const char *const lists[] = {"users", "groups", "sites", "public_folders"};
	size_t count = json_has(patch, "on_premises");

	for (size_t i = 0; i < 4; i++) {
		const struct json *list = json_get(patch, lists[i]);
		size_t position = 0;
		const char *key;
		struct json *value;
		count += json_count(list);
		while (json_is_object(list) && json_next(list, &position, &key, &value))
			count++;
	}
	return count;
}

static int change_document(
	struct tenant *tenant, const struct json *patch, const struct scenario_base *base)
{
	AUTO_JSON merged = NULL;

	int r = scenario_merge(tenant->document, patch, &merged);
	return r < 0 ? r : take_document(tenant, merged, patch, base);
}

int tenant_change(struct tenant *tenant, const struct json *patch,
	const struct scenario_base *base, size_t *out_applied)
{
	size_t entries = count_entries(patch);

	*out_applied = 0;
	int r = scenario_check_patch(patch);
	if (r < 0)
		return r;
	tenant_lock(tenant);
	if (entries > 0)
		r = change_document(tenant, patch, base);
	if (r == 0) {
		*out_applied = entries;
		r = change_items(tenant, json_get(patch, "items"), base, out_applied);
	}
	tenant_unlock(tenant);
	return r;
}
