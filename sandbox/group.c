/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/group.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/mailbox_load.h"
#include "sandbox/tenant.h"

char *group_nickname(const char *name)
{
	char *nickname = mem_strdup(name);
	size_t kept = 0;

	text_lower(nickname);
	for (const char *from = nickname; *from; from++)
		if (isalnum((unsigned char)*from))
			nickname[kept++] = *from;
	nickname[kept] = 0;
	return nickname;
}

static struct group *find_any(const struct groups *groups, const char *name)
{
	for (size_t i = 0; i < groups->count; i++)
		if (text_equal_nocase(groups->list[i]->name, name))
			return groups->list[i];
	return NULL;
}

static bool is_called(const struct group *group, const char *name)
{
	return text_equal_nocase(group->id, name) || text_equal_nocase(group->name, name) ||
	       (group->address && text_equal_nocase(group->address, name));
}

struct group *groups_find(const struct groups *groups, const char *name)
{
	for (size_t i = 0; i < groups->count; i++)
		if (!groups->list[i]->is_removed && is_called(groups->list[i], name))
			return groups->list[i];
	return NULL;
}

static struct group *add_group(struct tenant *tenant, const char *name)
{
	struct groups *groups = &tenant->groups;
	struct group *group = mem_alloc(sizeof(*group));
	AUTO_TEXT lower = mem_strdup(name);

	text_lower(lower);
	ids_guid(IDS_PARTS("group", tenant->id, lower), group->id);
	mem_grow(&groups->list, &groups->capacity, groups->count + 1, sizeof(*groups->list));
	groups->list[groups->count++] = group;
	return group;
}

static bool is_m365(const struct json *entry)
{
	return text_equal(json_get_text_or(entry, "kind", "m365"), "m365");
}

/* True where the patch says something of the mail of this group, though the source is the same.
 */
static bool is_named(const struct json *patch, const char *name)
{
	const struct json *groups = json_get(patch, "groups");
	size_t position = 0;
	const char *key;
	struct json *value;

	for (size_t i = 0; json_is_array(groups) && i < json_count(groups); i++)
		if (text_equal_nocase(json_get_text_or(json_at(groups, i), "name", ""), name))
			return json_has(json_at(groups, i), "mail");
	while (json_is_object(groups) && json_next(groups, &position, &key, &value))
		if (text_equal_nocase(key, name))
			return json_has(value, "mail");
	return false;
}

static bool same_source(const struct scenario_source *a, const struct scenario_source *b)
{
	if (!a->folder || !b->folder)
		return a->folder == b->folder && a->count == b->count;
	return text_equal(a->folder, b->folder);
}

/* `mail` is taken over. */
static int set_mail(
	struct tenant *tenant, struct group *group, struct scenario_source *mail, bool reload)
{
	bool is_new = !group->mailbox;
	int r = 0;

	if (is_new)
		group->mailbox = mailbox_new(tenant->id, tenant->domain, group->address);
	if (is_new || reload || !same_source(&group->mail, mail))
		r = mailbox_load(group->mailbox, mail, clock_now_s());
	if (is_new)
		mailbox_seal(group->mailbox);
	mem_free(group->mail.folder);
	group->mail = *mail;
	return err_wrap(r, "mail of the group %s", group->name);
}

static void take_names(struct json **slot, struct json *names)
{
	json_free(*slot);
	*slot = names ? json_share(names) : NULL;
}

static int set_group(struct tenant *tenant, const struct json *entry, const struct json *patch,
	const struct scenario_base *base)
{
	const char *name = json_get_text_or(entry, "name", "");
	struct group *group = find_any(&tenant->groups, name);
	struct scenario_source mail;
	int r = scenario_source_read(json_get(entry, "mail"), base, &mail);

	if (r < 0)
		return err_wrap(r, "mail of the group %s", name);
	if (!group)
		group = add_group(tenant, name);
	mem_replace(&group->name, mem_strdup(name));
	mem_replace(&group->nickname, group_nickname(name));
	mem_replace(&group->address,
		is_m365(entry) ? mem_printf("%s@%s", group->nickname, tenant->domain) : NULL);
	take_names(&group->members, json_get(entry, "members"));
	take_names(&group->owners, json_get(entry, "owners"));
	group->is_removed = false;
	if (group->address)
		return set_mail(tenant, group, &mail, is_named(patch, name));
	mem_free(mail.folder);
	return 0;
}

/* Exchange would not have two of one address. */
static int check_nickname(const struct json *groups, size_t index)
{
	const char *name = json_get_text_or(json_at(groups, index), "name", "");
	AUTO_TEXT own = group_nickname(name);

	if (!is_m365(json_at(groups, index)))
		return 0;
	if (!own[0])
		return err_set(ERR_INVALID,
			"groups[%zu].name: \"%s\" has no letter or digit for an address", index,
			name);
	for (size_t i = 0; i < index; i++) {
		AUTO_TEXT other =
			group_nickname(json_get_text_or(json_at(groups, i), "name", ""));
		if (is_m365(json_at(groups, i)) && text_equal(own, other))
			return err_set(ERR_INVALID,
				"groups[%zu].name: \"%s\" has the same address as groups[%zu]",
				index, name, i);
	}
	return 0;
}

int groups_set(struct tenant *tenant, const struct json *document, const struct json *patch,
	const struct scenario_base *base)
{
	const struct json *entries = json_get(document, "groups");
	int r = 0;

	for (size_t i = 0; r == 0 && i < json_count(entries); i++)
		r = check_nickname(entries, i);
	for (size_t i = 0; r == 0 && i < tenant->groups.count; i++)
		tenant->groups.list[i]->is_removed = true;
	for (size_t i = 0; r == 0 && i < json_count(entries); i++)
		r = set_group(tenant, json_at(entries, i), patch, base);
	return r;
}

void groups_free(struct groups *groups)
{
	for (size_t i = 0; i < groups->count; i++) {
		struct group *group = groups->list[i];
		mailbox_free(group->mailbox);
		json_free(group->members);
		json_free(group->owners);
		mem_free(group->mail.folder);
		mem_free(group->name);
		mem_free(group->nickname);
		mem_free(group->address);
		mem_free(group);
	}
	mem_free(groups->list);
	*groups = (struct groups){0};
}

struct found {
	struct member *list;
	size_t count, capacity;
};

static bool is_found(const struct found *found, const struct member *member)
{
	for (size_t i = 0; i < found->count; i++)
		if (found->list[i].user == member->user &&
			found->list[i].group == member->group)
			return true;
	return false;
}

/* A name stands for a user before it stands for a group. */
static void find_named(
	const struct tenant *tenant, const struct json *names, struct found *found)
{
	for (size_t i = 0; i < json_count(names); i++) {
		const char *name = json_as_text(json_at(names, i));
		struct member member = {.user = tenant_user(tenant, name)};
		if (!member.user)
			member.group = groups_find(&tenant->groups, name);
		if ((!member.user && !member.group) || is_found(found, &member))
			continue;
		mem_grow(
			&found->list, &found->capacity, found->count + 1, sizeof(*found->list));
		found->list[found->count++] = member;
	}
}

size_t group_list(const struct tenant *tenant, const struct json *names, struct member **out)
{
	struct found found = {0};

	find_named(tenant, names, &found);
	*out = found.list;
	return found.count;
}

size_t group_all(const struct tenant *tenant, const struct group *group, struct member **out)
{
	struct found found = {0};
	size_t count = 0;

	find_named(tenant, group->members, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].group)
			find_named(tenant, found.list[i].group->members, &found);
	for (size_t i = 0; i < found.count; i++)
		if (found.list[i].group != group)
			found.list[count++] = found.list[i];
	*out = found.list;
	return count;
}
