/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* What the service says of one user's OneDrive. */
struct answer {
	enum { THERE, NONE, FORBIDDEN, UNKNOWN } state;
	char id[GRAPH_ID_MAX + 1];
	char why[512];
};

/* 0 where the refusal says something of this drive alone. */
static int judge_refusal(
	const struct graph *graph, const struct graph_answer *answer, int r, struct answer *out)
{
	if (r == ERR_NOTFOUND) {
		out->state = NONE;
		return 0;
	}
	if (source_fault()->scope == SOURCE_TENANT || r == ERR_THROTTLED)
		return r;
	/* An organization without SharePoint has no drives. */
	if (answer->http.status == 400) {
		out->state = NONE;
		return 0;
	}
	AUTO_JSON claims = graph_token_claims(graph);
	if (r == ERR_AUTH && !json_has(claims, "roles")) {
		out->state = FORBIDDEN;
		return 0;
	}
	out->state = UNKNOWN;
	snprintf(out->why, sizeof(out->why), "it cannot be looked at: %s", err_message());
	return 0;
}

static int ask_drive(struct graph *graph, const struct graph_user *user, struct answer *out)
{
	AUTO_TEXT encoded = text_percent_encode(user->id);
	AUTO_TEXT url = mem_printf("%s/v1.0/users/%s/drive?$select=id", graph->base, encoded);
	AUTO_TEXT what = mem_printf("the OneDrive of %s", user->name);
	struct graph_request request = {.what = what, .url = url, .scope = SOURCE_OBJECT};
	AUTO_ANSWER answer = {0};
	AUTO_JSON body = NULL;
	int r = graph_get(graph, &request, &answer);

	*out = (struct answer){.state = THERE};
	if (r == 0)
		r = graph_answer_json(&request, &answer, &body);
	if (r < 0)
		r = judge_refusal(graph, &answer, r, out);
	if (r < 0)
		return r;
	source_forgive();
	const char *id = json_get_text_or(body, "id", "");
	if (out->state == THERE && (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX)) {
		out->state = UNKNOWN;
		snprintf(out->why, sizeof(out->why), "Microsoft Graph names it without an id");
	}
	if (out->state == THERE)
		snprintf(out->id, sizeof(out->id), "%s", id);
	return 0;
}

int graph_drive_visit(struct graph *graph, const struct graph_user *user,
	source_object_fn *visit, void *context)
{
	struct answer answer;

	if (graph_lacks(graph, GRAPH_READ_FILES) || graph_gaps_has(graph, "onedrive")) {
		graph_gaps_add(graph, "onedrive", GRAPH_READ_FILES);
		return 0;
	}
	int r = ask_drive(graph, user, &answer);
	if (r < 0 || answer.state == NONE)
		return r;
	if (answer.state == FORBIDDEN) {
		graph_gaps_add(graph, "onedrive", GRAPH_READ_FILES);
		return 0;
	}
	/* Whether somebody without a license has one is of no account. */
	if (answer.state == UNKNOWN && (user->guest || !user->m365_license))
		return 0;
	const struct source_object object = {
		.id = answer.state == THERE ? answer.id : user->id,
		.kind = "onedrive",
		.name = user->name,
		.display_name = user->display_name,
		.owner = {.tenant_id = graph->tenant_id,
			.directory_id = user->id,
			.purpose = "user",
			.guest = user->guest,
			.m365_license = user->m365_license,
			.exchange_license = user->exchange_license},
		.unsupported = answer.state == UNKNOWN ? answer.why : NULL,
	};
	return visit(context, &object);
}
