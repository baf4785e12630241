/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/scenario.h"
#include "sandbox/scenario_fields.h"
#include "sandbox/scenario_rules.h"

static const struct field_rules whole = {.nulls = false};
static const struct field_rules part = {.nulls = true};

/* One list of a patch: of objects, or an object of them by what they are found by, where null
 * removes the entry. */
static int check_patch_list(const struct json *entries, const struct scenario_list *list)
{
	size_t position = 0;
	const char *key;
	struct json *value;

	for (size_t i = 0; json_is_array(entries) && i < json_count(entries); i++) {
		AUTO_TEXT place = mem_printf("%s[%zu]", list->key, i);
		int r = fields_check(json_at(entries, i), list->fields, &part, place);
		if (r < 0)
			return r;
	}
	while (json_is_object(entries) && json_next(entries, &position, &key, &value)) {
		AUTO_TEXT place = mem_printf("%s[\"%s\"]", list->key, key);
		AUTO_JSON named = NULL;
		int r = 0;
		if (!value)
			continue;
		AUTO_TEXT text = json_text(value, false);
		r = json_parse(text, strlen(text), &named);
		if (r == 0 && json_is_object(named))
			json_put_text(named, list->member, key);
		r = r < 0 ? r : fields_check(named, list->fields, &part, place);
		if (r < 0)
			return r;
	}
	if (!json_is_array(entries) && !json_is_object(entries))
		return err_set(ERR_INVALID, "%s: must be a list, or an object by %s", list->key,
			list->member);
	return 0;
}

static int check_item_name(const struct json *item, const char *op, const char *place)
{
	const struct json *name = json_get(item, "item");
	bool is_add = text_equal(op, "add");

	if (!name)
		return is_add ? 0 : err_set(ERR_INVALID, "%s.item: is missing", place);
	if (json_is_string(name) || (json_is_number(name) && !is_add))
		return 0;
	return err_set(
		ERR_INVALID, "%s.item: must be a name%s", place, is_add ? "" : " or a number");
}

static int check_item_content(const struct json *item, const char *op, const char *place)
{
	bool file = json_has(item, "file"), content = json_has(item, "content");

	if (!text_equal(op, "add") && !text_equal(op, "replace"))
		return file || content
			       ? err_set(ERR_INVALID, "%s: %s takes no file and no content",
					 place, op)
			       : 0;
	return file != content
		       ? 0
		       : err_set(ERR_INVALID, "%s: %s needs either \"file\" or \"content\"",
				 place, op);
}

static int check_item(const struct json *item, const char *place)
{
	const char *op = json_get_text_or(item, "op", "");

	int r = check_item_name(item, op, place);
	if (r == 0)
		r = check_item_content(item, op, place);
	if (r < 0)
		return r;
	bool in_drive = text_equal(json_get_text_or(item, "in", "mail"), "onedrive");
	if (text_equal(op, "add") && !json_has(item, "folder") && !in_drive)
		return err_set(ERR_INVALID, "%s.folder: is missing", place);
	if (text_equal(op, "move") != json_has(item, "to"))
		return err_set(
			ERR_INVALID, "%s.to: the folder to move to, for move alone", place);
	if (json_has(item, "read") && !text_equal(op, "mark_read"))
		return err_set(ERR_INVALID, "%s.read: is for mark_read alone", place);
	return 0;
}

static int check_items(const struct json *items)
{
	if (!json_is_array(items))
		return err_set(ERR_INVALID, "items: must be a list");
	for (size_t i = 0; i < json_count(items); i++) {
		AUTO_TEXT place = mem_printf("items[%zu]", i);
		int r = fields_check(json_at(items, i), scenario_item_fields, &whole, place);
		if (r == 0)
			r = check_item(json_at(items, i), place);
		if (r < 0)
			return r;
	}
	return 0;
}

static const struct scenario_list *find_list(const char *key)
{
	for (size_t i = 0; i < SCENARIO_LISTS; i++)
		if (strcmp(scenario_lists[i].key, key) == 0)
			return &scenario_lists[i];
	return NULL;
}

int scenario_check_patch(const struct json *patch)
{
	static const struct field on_premises[] = {{"on_premises", FIELD_BOOL}, {NULL}};
	size_t position = 0;
	const char *key;
	struct json *value;

	if (!json_is_object(patch))
		return err_set(ERR_INVALID, "patch: must be an object");
	while (json_next(patch, &position, &key, &value)) {
		const struct scenario_list *list = find_list(key);
		int r = 0;
		if (list)
			r = check_patch_list(value, list);
		else if (strcmp(key, "items") == 0)
			r = check_items(value);
		else if (strcmp(key, "on_premises") == 0)
			r = 0; /* looked at below, with its kind */
		else if (strcmp(key, "tenant_id") == 0 || strcmp(key, "domain") == 0)
			r = err_set(ERR_INVALID, "%s: cannot be changed while it runs", key);
		else
			r = err_set(ERR_INVALID, "%s: unknown key", key);
		if (r < 0)
			return r;
	}
	AUTO_JSON rest = json_new_object();
	if (json_has(patch, "on_premises"))
		json_put(rest, "on_premises", json_share(json_get(patch, "on_premises")));
	return fields_check(rest, on_premises, &part, "");
}

static struct json *find_target(
	const struct json *entries, const struct scenario_list *list, const char *value)
{
	for (size_t i = 0; i < json_count(entries); i++) {
		struct json *entry = json_at(entries, i);
		if (text_equal_nocase(json_get_text_or(entry, list->member, ""), value))
			return entry;
	}
	return NULL;
}

/* Puts the members of `change` over the entry; null takes the member away. */
static void merge_entry(
	struct json *entries, const struct scenario_list *list, const struct json *change)
{
	struct json *target =
		find_target(entries, list, json_get_text_or(change, list->member, ""));
	size_t position = 0;
	const char *key;
	struct json *value;

	if (!target) {
		target = json_new_object();
		json_append(entries, target);
	}
	while (json_next(change, &position, &key, &value)) {
		if (value)
			json_put(target, key, json_share(value));
		else
			json_remove(target, key);
	}
}

static struct json *without_entry(
	const struct json *entries, const struct scenario_list *list, const char *value)
{
	const struct json *leaving = find_target(entries, list, value);
	struct json *rest = json_new_array();

	for (size_t i = 0; i < json_count(entries); i++)
		if (json_at(entries, i) != leaving)
			json_append(rest, json_share(json_at(entries, i)));
	return rest;
}

static struct json *without_name(const struct json *names, const char *leaving)
{
	struct json *rest = json_new_array();

	for (size_t i = 0; i < json_count(names); i++)
		if (!text_equal_nocase(json_as_text(json_at(names, i)), leaving))
			json_append(rest, json_share(json_at(names, i)));
	return rest;
}

/* Who leaves the organization leaves its groups, as in Entra. */
static void leave_groups(struct json *document, const char *leaving)
{
	static const char *const lists[] = {"members", "owners"};
	struct json *groups = json_get(document, "groups");

	for (size_t i = 0; i < json_count(groups); i++)
		for (size_t j = 0; j < 2; j++) {
			struct json *group = json_at(groups, i);
			if (json_has(group, lists[j]))
				json_put(group, lists[j],
					without_name(json_get(group, lists[j]), leaving));
		}
}

static void merge_map(
	struct json *document, const struct scenario_list *list, const struct json *map)
{
	size_t position = 0;
	const char *key;
	struct json *value;

	while (json_next(map, &position, &key, &value)) {
		struct json *entries = json_get(document, list->key);
		if (!value) {
			json_put(document, list->key, without_entry(entries, list, key));
			leave_groups(document, key);
			continue;
		}
		json_put_text(value, list->member, key);
		merge_entry(entries, list, value);
	}
}

static void merge_list(
	struct json *document, const struct scenario_list *list, const struct json *changes)
{
	if (!json_get(document, list->key))
		json_put(document, list->key, json_new_array());
	if (json_is_object(changes)) {
		merge_map(document, list, changes);
		return;
	}
	for (size_t i = 0; i < json_count(changes); i++)
		merge_entry(json_get(document, list->key), list, json_at(changes, i));
}

static int copy_json(const struct json *json, struct json **out)
{
	AUTO_TEXT text = json_text(json, false);

	return json_parse(text, strlen(text), out);
}

int scenario_merge(const struct json *document, const struct json *patch, struct json **out)
{
	AUTO_JSON merged = NULL;
	AUTO_JSON changes = NULL;

	*out = NULL;
	int r = copy_json(document, &merged);
	if (r == 0)
		r = copy_json(patch, &changes); /* parts of it become parts of the result */
	if (r < 0)
		return r;
	for (size_t i = 0; i < SCENARIO_LISTS; i++)
		if (json_has(changes, scenario_lists[i].key))
			merge_list(merged, &scenario_lists[i],
				json_get(changes, scenario_lists[i].key));
	if (json_is_null(changes, "on_premises"))
		json_remove(merged, "on_premises");
	else if (json_has(changes, "on_premises"))
		json_put_bool(
			merged, "on_premises", json_get_bool(changes, "on_premises", false));
	*out = STEAL(merged);
	return 0;
}
