/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

#define SELECT "id,userPrincipalName,displayName,mail,userType,assignedPlans"

void graph_users_free(struct graph_users *users)
{
	for (size_t i = 0; i < users->count; i++) {
		mem_free(users->list[i].id);
		mem_free(users->list[i].name);
		mem_free(users->list[i].display_name);
	}
	mem_free(users->list);
	*users = (struct graph_users){0};
}

static int bad_user(void)
{
	return source_fail(err_set(ERR_PROTOCOL,
				   "the users: Microsoft Graph named one without id or name"),
		SOURCE_TENANT, SOURCE_RETRY_LATER, "bad_user");
}

static int take_user(void *context, const struct json *user)
{
	struct graph_users *users = context;
	const char *id = json_get_text_or(user, "id", "");
	const char *mail = json_get_text_or(user, "mail", "");
	const char *name = mail[0] ? mail : json_get_text_or(user, "userPrincipalName", "");
	struct graph_licenses licenses = graph_licenses_of(user);

	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX || name[0] == '\0')
		return bad_user();
	mem_grow(&users->list, &users->capacity, users->count + 1, sizeof(*users->list));
	users->list[users->count++] = (struct graph_user){
		.id = mem_strdup(id),
		.name = mem_strdup(name),
		.display_name = mem_strdup(json_get_text_or(user, "displayName", name)),
		.has_mail = mail[0] != '\0',
		.guest = text_equal_nocase(json_get_text_or(user, "userType", ""), "Guest"),
		.m365_license = licenses.m365,
		.exchange_license = licenses.exchange,
	};
	return 0;
}

int graph_users_fetch(struct graph *graph)
{
	AUTO_TEXT url = mem_printf("%s/v1.0/users?$select=" SELECT "&$top=999", graph->base);
	struct graph_listing listing = {
		.what = "the users", .url = url, .scope = SOURCE_TENANT};

	graph_users_free(&graph->users);
	int r = graph_pages(graph, &listing, take_user, &graph->users, NULL);
	graph->users.known = r == 0;
	return r;
}

int graph_users(void *self, source_user_fn *visit, void *context)
{
	struct graph *graph = self;
	int r = graph->users.known ? 0 : graph_users_fetch(graph);

	for (size_t i = 0; r == 0 && i < graph->users.count; i++) {
		const struct graph_user *from = &graph->users.list[i];
		const struct source_user user = {.id = from->id,
			.name = from->name,
			.guest = from->guest,
			.m365_license = from->m365_license};
		r = visit(context, &user);
	}
	return r;
}

struct members {
	const struct graph_listing *listing;
	source_principal_fn *visit;
	void *context;
};

/* To pass over one whose kind is not told would be to count too few. */
static int bad_member(const struct members *members)
{
	return source_fail(
		err_set(ERR_PROTOCOL, "%s: Microsoft Graph named one without its kind or id",
			members->listing->what),
		SOURCE_OBJECT, SOURCE_RETRY_LATER, "bad_member");
}

static int take_member(void *context, const struct json *value)
{
	const struct members *members = context;
	const char *type = json_get_text_or(value, "@odata.type", "");
	const char *id = json_get_text_or(value, "id", "");
	struct source_principal member = {.kind = SOURCE_PRINCIPAL_USER, .id = id};

	if (type[0] == '\0' || id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)
		return bad_member(members);
	if (text_equal_nocase(type, "#microsoft.graph.group"))
		member.kind = SOURCE_PRINCIPAL_GROUP;
	else if (!text_equal_nocase(type, "#microsoft.graph.user"))
		return 0;
	return members->visit(members->context, &member);
}

int graph_members(void *self, const char *group_id, source_principal_fn *visit, void *context)
{
	struct graph *graph = self;
	AUTO_TEXT group = text_percent_encode(group_id);
	AUTO_TEXT what = mem_printf("the members of the group %s", group_id);
	AUTO_TEXT url =
		mem_printf("%s/v1.0/groups/%s/members?$select=id&$top=999", graph->base, group);
	struct graph_listing listing = {.what = what, .url = url, .scope = SOURCE_OBJECT};
	struct members members = {&listing, visit, context};

	return graph_pages(graph, &listing, take_member, &members, NULL);
}
