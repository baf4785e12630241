/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/scenario_rules.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"

const char *const scenario_purposes[] = {"user", "shared", "room", "equipment", "site", NULL};

static const char *const group_kinds[] = {"m365", "security", NULL};
static const char *const roles[] = {"read", "contribute", "edit", "design", "full", NULL};
static const char *const rights[] = {"read", "create", "edit", "delete", NULL};
static const char *const operations[] = {"add", "replace", "delete", "move", "mark_read", NULL};

static const char *const places[] = {"mail", "onedrive", NULL};

static const struct field user_fields[] = {
	{"upn", FIELD_UPN, .required = true},
	{"name", FIELD_NAME},
	{"purpose", FIELD_WORD, .words = scenario_purposes},
	{"enabled", FIELD_BOOL},
	{"guest", FIELD_BOOL},
	{"m365_license", FIELD_BOOL},
	{"exchange_license", FIELD_BOOL},
	{"mail", FIELD_SOURCE},
	{"archive", FIELD_SOURCE},
	{"calendar", FIELD_COUNT},
	{"contacts", FIELD_COUNT},
	{"tasks", FIELD_COUNT},
	{"onedrive", FIELD_SOURCE},
	{NULL},
};

static const struct field group_fields[] = {
	{"name", FIELD_NAME, .required = true},
	{"kind", FIELD_WORD, .words = group_kinds},
	{"members", FIELD_NAMES},
	{"owners", FIELD_NAMES},
	{"mail", FIELD_SOURCE},
	{"site", FIELD_SOURCE},
	{NULL},
};

static const struct field site_permission_fields[] = {
	{"who", FIELD_NAME, .required = true},
	{"role", FIELD_WORD, .required = true, .words = roles},
	{NULL},
};

static const struct field site_fields[] = {
	{"path", FIELD_PATH, .required = true},
	{"parent", FIELD_PATH},
	{"library", FIELD_SOURCE},
	{"permissions", FIELD_OBJECTS, .fields = site_permission_fields},
	{NULL},
};

static const struct field folder_permission_fields[] = {
	{"who", FIELD_NAME, .required = true},
	{"rights", FIELD_WORDS, .required = true, .words = rights},
	{NULL},
};

static const struct field public_folder_fields[] = {
	{"path", FIELD_PATH, .required = true},
	{"mail", FIELD_SOURCE},
	{"permissions", FIELD_OBJECTS, .fields = folder_permission_fields},
	{NULL},
};

const struct field scenario_item_fields[] = {
	{"op", FIELD_WORD, .required = true, .words = operations},
	{"upn", FIELD_UPN, .required = true},
	{"in", FIELD_WORD, .words = places},
	{"folder", FIELD_NAME},
	{"item", FIELD_ANY},
	{"to", FIELD_NAME},
	{"file", FIELD_NAME},
	{"content", FIELD_TEXT},
	{"read", FIELD_BOOL},
	{NULL},
};

const struct field scenario_fields[] = {
	{"tenant_id", FIELD_NAME},
	{"domain", FIELD_NAME},
	{"users", FIELD_OBJECTS, .required = true, .fields = user_fields},
	{"groups", FIELD_OBJECTS, .fields = group_fields},
	{"sites", FIELD_OBJECTS, .fields = site_fields},
	{"public_folders", FIELD_OBJECTS, .fields = public_folder_fields},
	{"on_premises", FIELD_BOOL},
	{NULL},
};

const struct scenario_list scenario_lists[SCENARIO_LISTS] = {
	{"users", "upn", user_fields},
	{"groups", "name", group_fields},
	{"sites", "path", site_fields},
	{"public_folders", "path", public_folder_fields},
};

/* The entry of a list whose member has this value, without regard to case. */
static const struct json *find_entry(
	const struct json *document, const struct scenario_list *list, const char *value)
{
	const struct json *entries = json_get(document, list->key);

	for (size_t i = 0; i < json_count(entries); i++) {
		const struct json *entry = json_at(entries, i);
		if (text_equal_nocase(json_get_text_or(entry, list->member, ""), value))
			return entry;
	}
	return NULL;
}

static bool is_user(const struct json *document, const char *name)
{
	return find_entry(document, &scenario_lists[0], name) != NULL;
}

static bool is_group(const struct json *document, const char *name)
{
	return find_entry(document, &scenario_lists[1], name) != NULL;
}

static int check_twice(const struct json *document, const struct scenario_list *list)
{
	const struct json *entries = json_get(document, list->key);

	for (size_t i = 0; i < json_count(entries); i++) {
		const char *value = json_get_text(json_at(entries, i), list->member);
		if (find_entry(document, list, value) != json_at(entries, i))
			return err_set(ERR_INVALID, "%s[%zu].%s: \"%s\" is there twice",
				list->key, i, list->member, value);
	}
	return 0;
}

static int check_members(const struct json *document, const struct json *group, const char *key,
	const char *place)
{
	const struct json *names = json_get(group, key);
	bool security = text_equal(json_get_text_or(group, "kind", "m365"), "security");

	for (size_t i = 0; i < json_count(names); i++) {
		const char *name = json_as_text(json_at(names, i));
		if (is_user(document, name) || (security && is_group(document, name)))
			continue;
		return err_set(ERR_INVALID, "%s.%s[%zu]: \"%s\" is no user%s", place, key, i,
			name,
			is_group(document, name) ? "; only security groups hold groups" : "");
	}
	return 0;
}

static int check_groups(const struct json *document)
{
	const struct json *groups = json_get(document, "groups");

	for (size_t i = 0; i < json_count(groups); i++) {
		AUTO_TEXT place = mem_printf("groups[%zu]", i);
		int r = check_members(document, json_at(groups, i), "members", place);
		if (r == 0)
			r = check_members(document, json_at(groups, i), "owners", place);
		if (r < 0)
			return r;
	}
	return 0;
}

/* `anyone` is the word that stands for all: "everyone" or "default". */
static int check_permissions(const struct json *document, const struct json *entry,
	const char *anyone, const char *place)
{
	const struct json *permissions = json_get(entry, "permissions");

	for (size_t i = 0; i < json_count(permissions); i++) {
		const char *who = json_get_text_or(json_at(permissions, i), "who", "");
		if (text_equal(who, anyone) || is_user(document, who) ||
			is_group(document, who))
			continue;
		return err_set(ERR_INVALID,
			"%s.permissions[%zu].who: \"%s\" is no user, no group and not \"%s\"",
			place, i, who, anyone);
	}
	return 0;
}

static int check_sites(const struct json *document)
{
	const struct json *sites = json_get(document, "sites");

	for (size_t i = 0; i < json_count(sites); i++) {
		const struct json *site = json_at(sites, i);
		const char *parent = json_get_text(site, "parent");
		AUTO_TEXT place = mem_printf("sites[%zu]", i);
		if (parent && !find_entry(document, &scenario_lists[2], parent))
			return err_set(ERR_INVALID, "%s.parent: there is no site \"%s\"", place,
				parent);
		int r = check_permissions(document, site, "everyone", place);
		if (r < 0)
			return r;
	}
	return 0;
}

int scenario_check_links(const struct json *document)
{
	const struct json *folders = json_get(document, "public_folders");

	for (size_t i = 0; i < SCENARIO_LISTS; i++) {
		int r = check_twice(document, &scenario_lists[i]);
		if (r < 0)
			return r;
	}
	for (size_t i = 0; i < json_count(folders); i++) {
		AUTO_TEXT place = mem_printf("public_folders[%zu]", i);
		int r = check_permissions(document, json_at(folders, i), "default", place);
		if (r < 0)
			return r;
	}
	int r = check_groups(document);
	return r < 0 ? r : check_sites(document);
}
