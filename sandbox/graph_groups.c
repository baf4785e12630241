/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_priv.h"
#include "sandbox/group_filter.h"

static struct json *new_list(const char *text)
{
	struct json *list = json_new_array();

	if (text)
		json_append(list, json_new_text(text));
	return list;
}

static struct json *group_json(const struct group *group, const char *select)
{
	struct json *object = json_new_object();
	bool is_m365 = group->address != NULL;
	AUTO_TEXT proxy = is_m365 ? mem_printf("SMTP:%s", group->address) : NULL;

	json_put_text(object, "id", group->id);
	json_put_text(object, "deletedDateTime", NULL);
	json_put_text(object, "classification", NULL);
	json_put_text(object, "createdDateTime", "2024-01-15T08:00:00Z");
	json_put_text(object, "description", NULL);
	json_put_text(object, "displayName", group->name);
	json_put(object, "groupTypes", new_list(is_m365 ? "Unified" : NULL));
	json_put_text(object, "mail", group->address);
	json_put_bool(object, "mailEnabled", is_m365);
	json_put_text(object, "mailNickname", group->nickname);
	json_put(object, "proxyAddresses", new_list(proxy));
	json_put_text(object, "renewedDateTime", "2024-01-15T08:00:00Z");
	json_put(object, "resourceProvisioningOptions", json_new_array());
	json_put_bool(object, "securityEnabled", !is_m365);
	json_put_text(object, "visibility", is_m365 ? "Private" : NULL);
	return odata_select_apply(object, select, &graph_type_group);
}

struct group *graph_open_group(struct call *call)
{
	struct tenant *tenant = call->sandbox->tenant;
	const char *id = call->path.segments[2];

	tenant_lock(tenant);
	for (size_t i = 0; i < tenant->groups.count; i++) {
		struct group *group = tenant->groups.list[i];
		if (!group->is_removed && text_equal_nocase(group->id, id))
			return group;
	}
	tenant_unlock(tenant);
	/* Users go by name too; groups by id alone. */
	if (strlen(id) != IDS_GUID_SIZE - 1)
		reply_error(
			call, 400, "Request_BadRequest", "Invalid object identifier '%s'.", id);
	else
		reply_error(call, 404, "Request_ResourceNotFound",
			"Resource '%s' does not exist or one of its queried reference-property "
			"objects "
			"are not present.",
			id);
	return NULL;
}

void graph_groups(struct call *call)
{
	static const char *const accepted[] = {
		"$select", "$top", "$filter", "$skiptoken", "$count", NULL};
	struct tenant *tenant = call->sandbox->tenant;
	struct group_filter filter;
	const char *select;
	int64_t top;
	size_t at;

	if (!graph_accepts(call, accepted) || !graph_select(call, &graph_type_group, &select) ||
		!graph_directory_top(call, &top) || !graph_skiptoken(call, &at))
		return;
	if (group_filter_parse(odata_query_get(&call->query, "$filter"), &filter) < 0) {
		reply_error(call, 400, "Request_UnsupportedQuery", "%s", err_message());
		return;
	}
	struct json *list = json_new_array();
	tenant_lock(tenant);
	for (; at < tenant->groups.count && (int64_t)json_count(list) < top; at++) {
		const struct group *group = tenant->groups.list[at];
		if (!group->is_removed && group_filter_fits(&filter, group))
			json_append(list, group_json(group, select));
	}
	bool is_more = at < tenant->groups.count;
	tenant_unlock(tenant);
	group_filter_free(&filter);
	AUTO_TEXT context = select ? mem_printf("groups(%s)", select) : mem_strdup("groups");
	struct json *body = reply_list(call, context, list);
	if (is_more)
		graph_put_skiptoken(call, body, at);
	reply_json(call, 200, body);
}

void graph_group(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;

	if (!graph_accepts(call, accepted) || !graph_select(call, &graph_type_group, &select))
		return;
	const struct group *group = graph_open_group(call);
	if (!group)
		return;
	struct json *body = group_json(group, select);
	tenant_unlock(call->sandbox->tenant);
	graph_put_context(call, body, "groups/$entity");
	reply_json(call, 200, body);
}

/* The names of a $select that the type has; NULL where nothing is selected. */
static char *part_of_select(const char *select, const struct graph_type *type)
{
	AUTO_TEXT rest = mem_strdup(select ? select : "");
	AUTO_TEXT part = mem_strdup("id");
	char *saved = rest, *name;
	bool is_list;

	while ((name = strsep(&saved, ", \t")))
		if (name[0] && graph_type_find(type, name, strlen(name), &is_list))
			mem_replace(&part, mem_printf("%s,%s", part, name));
	return select && !strchr(select, '*') ? STEAL(part) : NULL;
}

static struct json *member_json(const struct member *member, const char *select)
{
	const struct graph_type *type = member->user ? &graph_type_user : &graph_type_group;
	AUTO_TEXT part = part_of_select(select, type);
	AUTO_TEXT kind = mem_printf("#%s", type->name);
	struct json *object = member->user ? graph_user_json(member->user, part)
					   : group_json(member->group, part);

	json_put_text(object, "@odata.type", kind);
	return object;
}

/* What may be selected of a member: what a user or a group has. */
static bool member_select(struct call *call, const char **out)
{
	const char *select = odata_query_get(&call->query, "$select");
	AUTO_TEXT rest = mem_strdup(select ? select : "");
	char *saved = rest, *name;
	bool is_list;

	*out = select;
	while ((name = strsep(&saved, ", \t"))) {
		size_t size = strlen(name);
		if (size == 0 || strcmp(name, "*") == 0 ||
			graph_type_find(&graph_type_user, name, size, &is_list) ||
			graph_type_find(&graph_type_group, name, size, &is_list))
			continue;
		reply_error(call, 400, "BadRequest",
			"Parsing OData Select and Expand failed: Could not find a property "
			"named "
			"'%s' on type 'microsoft.graph.directoryObject'.",
			name);
		return false;
	}
	return true;
}

typedef size_t list_fn(
	const struct tenant *tenant, const struct group *group, struct member **out);

static size_t list_members(
	const struct tenant *tenant, const struct group *group, struct member **out)
{
	return group_list(tenant, group->members, out);
}

static size_t list_owners(
	const struct tenant *tenant, const struct group *group, struct member **out)
{
	return group_list(tenant, group->owners, out);
}

static void reply_members(struct call *call, list_fn *list)
{
	static const char *const accepted[] = {"$select", "$top", "$skiptoken", "$count", NULL};
	struct json *values = json_new_array();
	struct member *members;
	const struct group *group = NULL;
	const char *select;
	int64_t top;
	size_t at;

	if (graph_accepts(call, accepted) && member_select(call, &select) &&
		graph_directory_top(call, &top) && graph_skiptoken(call, &at))
		group = graph_open_group(call);
	if (!group) {
		json_free(values);
		return;
	}
	size_t count = list(call->sandbox->tenant, group, &members);
	for (; at < count && (int64_t)json_count(values) < top; at++)
		json_append(values, member_json(&members[at], select));
	tenant_unlock(call->sandbox->tenant);
	mem_free(members);
	struct json *body = reply_list(call, "directoryObjects", values);
	if (at < count)
		graph_put_skiptoken(call, body, at);
	reply_json(call, 200, body);
}

void graph_members(struct call *call)
{
	reply_members(call, list_members);
}

void graph_transitive_members(struct call *call)
{
	reply_members(call, group_all);
}

void graph_owners(struct call *call)
{
	reply_members(call, list_owners);
}
