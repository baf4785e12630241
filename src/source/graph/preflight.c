/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

static void add_check(struct json *checks, const char *name, bool ok, const char *text)
{
	struct json *check = json_new_object();

	json_put_text(check, "name", name);
	json_put_bool(check, "ok", ok);
	json_put_text(check, "text", text);
	json_append(checks, check);
}

/* Reads the permissions from the token; where it is no JWT the probes have to find out. */
static int check_permissions(const struct graph *graph, struct json *checks)
{
	AUTO_JSON claims = graph_token_claims(graph);
	const struct json *roles = json_get(claims, "roles");
	int r = 0;

	if (!claims)
		return 0;
	for (int i = 0; i < GRAPH_TASKS; i++) {
		enum graph_task task = (enum graph_task)i;
		const struct graph_permission *permission = graph_permission(task);
		bool ok = graph_roles_allow(roles, task);
		AUTO_TEXT text =
			ok ? mem_printf("granted, %s", permission->purpose)
			   : mem_printf(
				     "missing, %s%s: add the application permission %s of "
				     "Microsoft "
				     "Graph to the app and have an administrator consent to it",
				     permission->purpose,
				     permission->is_optional ? ", which are left out" : "",
				     permission->name);
		add_check(checks, permission->name, ok, text);
		if (!ok && r == 0 && !permission->is_optional)
			r = source_fail(err_set(ERR_AUTH, "%s is %s", permission->name, text),
				SOURCE_TENANT, SOURCE_RETRY_NEVER, permission->name);
	}
	return r;
}

/* The first user with a mailbox plan, to try what is read of mailboxes. */
struct sample {
	char *id;
	char *name;
};

static int pick(void *context, const struct json *user)
{
	struct sample *sample = context;
	const char *id = json_get_text(user, "id");

	if (!id || sample->id || !graph_licenses_of(user).exchange)
		return 0;
	sample->id = mem_strdup(id);
	sample->name = mem_strdup(json_get_text_or(user, "userPrincipalName", id));
	return 0;
}

static int probe_users(struct graph *graph, struct sample *sample)
{
	AUTO_TEXT url =
		mem_printf("%s/v1.0/users?$select=id,userPrincipalName,assignedPlans&$top=999",
			graph->base);
	struct graph_request request = {
		.what = "the users", .url = url, .scope = SOURCE_TENANT};
	AUTO_ANSWER answer = {0};
	AUTO_JSON page = NULL;
	int r = graph_get(graph, &request, &answer);

	if (r == 0)
		r = graph_answer_json(&request, &answer, &page);
	const struct json *values = json_get(page, "value");
	for (size_t i = 0; r == 0 && i < json_count(values); i++)
		r = pick(sample, json_at(values, i));
	return r;
}

static int probe_mailbox(struct graph *graph, const struct sample *sample, const char *path)
{
	AUTO_TEXT user = text_percent_encode(sample->id);
	AUTO_TEXT url = mem_printf("%s/v1.0/users/%s/%s", graph->base, user, path);
	AUTO_TEXT what = mem_printf("the mailbox of %s", sample->name);
	struct graph_request request = {.what = what, .url = url, .scope = SOURCE_TENANT};
	AUTO_ANSWER answer = {0};
	int r = graph_get(graph, &request, &answer);

	/* That this one user has none, or is excluded by a policy, says nothing of the others.
	 */
	bool one_alone = r == ERR_NOTFOUND || graph_error_says(&answer, "ErrorAccessDenied");
	if (one_alone)
		source_forgive();
	return one_alone ? 0 : r;
}

static int note(struct json *checks, const char *name, const char *good, int r)
{
	add_check(checks, name, r == 0, r == 0 ? good : err_message());
	return r;
}

static int run_probes(struct graph *graph, struct json *checks)
{
	struct sample sample = {0};
	int r = note(checks, "users", "users can be listed", probe_users(graph, &sample));

	if (r == 0 && sample.id)
		r = note(checks, "mailbox_settings", "the settings of mailboxes can be read",
			probe_mailbox(graph, &sample, "mailboxSettings/userPurpose"));
	if (r == 0 && sample.id)
		r = note(checks, "mail_folders", "the folders of mailboxes can be read",
			probe_mailbox(graph, &sample, "mailFolders?$top=1"));
	mem_free(sample.id);
	mem_free(sample.name);
	return r;
}

int graph_test(void *self, struct json *report)
{
	struct graph *graph = self;
	struct json *checks = json_new_array();

	json_put(report, "checks", checks);
	int r = note(checks, "sign_in", "signed in", graph_sign_in(graph));
	if (r == 0)
		r = check_permissions(graph, checks);
	return r < 0 ? r : run_probes(graph, checks);
}
