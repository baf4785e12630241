/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* groupTypes/any(c:c eq 'Unified'): those of Microsoft 365. */
#define QUERY                                                                                  \
	"?$filter=groupTypes/any(c:c%%20eq%%20'Unified')"                                      \
	"&$select=id,displayName,mail,visibility&$top=999"

struct groups {
	struct graph *graph;
	source_object_fn *visit;
	void *context;
};

static int bad_group(void)
{
	return source_fail(
		err_set(ERR_PROTOCOL, "the groups: Microsoft Graph named one without id"),
		SOURCE_TENANT, SOURCE_RETRY_LATER, "bad_group");
}

/* A group that hides its members hides them from us too, and would look as if it had none. */
static const char *why_unsupported(const struct graph *graph, const struct json *value)
{
	const char *visibility = json_get_text_or(value, "visibility", "");

	if (!text_equal_nocase(visibility, "HiddenMembership") ||
		!graph_lacks(graph, GRAPH_READ_HIDDEN_MEMBERS))
		return NULL;
	return "its members are hidden; give the app the application permission "
	       "Member.Read.Hidden and consent to it";
}

static int take_group(void *context, const struct json *value)
{
	struct groups *groups = context;
	const char *id = json_get_text_or(value, "id", "");
	const char *display_name = json_get_text_or(value, "displayName", "");
	const char *name = json_get_text_or(value, "mail", display_name);
	const struct source_grant members = {
		.who = {.kind = SOURCE_PRINCIPAL_GROUP, .id = id}, .member = true};
	const struct source_object object = {
		.id = id,
		.kind = "group_mailbox",
		.name = name[0] ? name : id,
		.display_name = display_name,
		.owner = {.tenant_id = groups->graph->tenant_id,
			.directory_id = "",
			.purpose = ""},
		.grants = &members,
		.grant_count = 1,
		.unsupported = why_unsupported(groups->graph, value),
	};

	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)
		return bad_group();
	return groups->visit(groups->context, &object);
}

int graph_groups_visit(struct graph *graph, source_object_fn *visit, void *context)
{
	static const enum graph_task tasks[] = {GRAPH_LIST_GROUPS, GRAPH_READ_CONVERSATIONS};
	struct groups groups = {graph, visit, context};
	AUTO_TEXT url = mem_printf("%s/v1.0/groups" QUERY, graph->base);
	struct graph_listing listing = {
		.what = "the groups", .url = url, .scope = SOURCE_TENANT};

	for (size_t i = 0; i < sizeof(tasks) / sizeof(tasks[0]); i++) {
		if (!graph_lacks(graph, tasks[i]))
			continue;
		graph_gaps_add(graph, "group_mailbox", tasks[i]);
		return 0;
	}
	int r = graph_pages(graph, &listing, take_group, &groups, NULL);
	/* Where the token tells nothing of permissions, the refusal does. */
	if (r != ERR_AUTH || !text_equal(source_fault()->code, "Authorization_RequestDenied"))
		return r;
	source_forgive();
	graph_gaps_add(graph, "group_mailbox", GRAPH_LIST_GROUPS);
	return 0;
}
