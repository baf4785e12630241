/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

#define SELECT                                                                                 \
	"id,userPrincipalName,displayName,mail,accountEnabled,userType,assignedPlans,"         \
	"assignedLicenses"

/* What the service says of one user's mailbox. */
struct mailbox {
	enum { THERE, NONE, USER_GONE, EXCLUDED, UNKNOWN } state;
	char purpose[32];
	char why[512]; /* of UNKNOWN */
};

struct users {
	struct graph *graph;
	source_object_fn *visit;
	void *context;
};

static const struct {
	const char *purpose;
	const char *kind;
} kinds[] = {
	{"user", "mailbox"},
	{"linked", "mailbox"},
	{"shared", "shared_mailbox"},
	{"room", "resource_mailbox"},
	{"equipment", "resource_mailbox"},
	{"site", "site_mailbox"},
	/* Graph has no word of its own for the mailbox of a site. */
	{"others", "site_mailbox"},
};

static const char *kind_of(const char *purpose)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (text_equal_nocase(kinds[i].purpose, purpose))
			return kinds[i].kind;
	return NULL;
}

static bool is_user_purpose(const char *purpose)
{
	const char *kind = kind_of(purpose);

	return kind && text_equal(kind, "mailbox");
}

/* Without this permission every mailbox looks as if a policy kept it from us. */
static bool lacks_permission(const struct graph *graph)
{
	AUTO_JSON claims = graph_token_claims(graph);
	const struct json *roles = json_get(claims, "roles");

	if (!claims)
		return false;
	for (size_t i = 0; i < json_count(roles); i++) {
		const char *role = json_as_text(json_at(roles, i));
		if (role && text_starts_with(role, "MailboxSettings.Read"))
			return false;
	}
	return true;
}

static int no_permission(void)
{
	return source_fail(
		err_set(ERR_AUTH,
			"the kinds of the mailboxes may not be read: give the app the "
			"application permission MailboxSettings.Read and consent to it"),
		SOURCE_TENANT, SOURCE_RETRY_NEVER, "MailboxSettings.Read");
}

/* 0 where the refusal says something of this mailbox alone. */
static int judge_refusal(const struct graph *graph, const struct graph_answer *answer, int r,
	struct mailbox *out)
{
	if (r == ERR_NOTFOUND && graph_error_says(answer, "Request_ResourceNotFound")) {
		out->state = USER_GONE;
		return 0;
	}
	if (r == ERR_NOTFOUND && graph_error_code(answer)[0]) {
		out->state = NONE;
		return 0;
	}
	if (r == ERR_AUTH && answer->http.status == 403) {
		if (!graph_error_says(answer, "ErrorAccessDenied") || lacks_permission(graph))
			return no_permission();
		out->state = EXCLUDED;
		return 0;
	}
	if (source_fault()->scope == SOURCE_TENANT || r == ERR_THROTTLED)
		return r;
	out->state = UNKNOWN;
	snprintf(out->why, sizeof(out->why), "its kind cannot be found out: %s", err_message());
	return 0;
}

static int ask_mailbox(
	struct graph *graph, const char *id, const char *name, struct mailbox *out)
{
	AUTO_TEXT encoded = text_percent_encode(id);
	AUTO_TEXT url = mem_printf(
		"%s/v1.0/users/%s/mailboxSettings/userPurpose", graph->base, encoded);
	AUTO_TEXT what = mem_printf("the mailbox of %s", name);
	struct graph_request request = {.what = what, .url = url, .scope = SOURCE_OBJECT};
	AUTO_ANSWER answer = {0};
	AUTO_JSON body = NULL;
	int r = graph_get(graph, &request, &answer);

	*out = (struct mailbox){.state = THERE};
	if (r == 0)
		r = graph_answer_json(&request, &answer, &body);
	if (r < 0)
		r = judge_refusal(graph, &answer, r, out);
	if (r < 0)
		return r;
	source_forgive();
	if (!body)
		return 0;
	snprintf(out->purpose, sizeof(out->purpose), "%s",
		json_get_text_or(body, "value", "without a word for it"));
	return 0;
}

/* The object's kind and whether it can be backed up. False where the user is no object: nobody
 * looks for a mailbox of somebody who has neither license nor address. */
static bool describe(const struct mailbox *mailbox, bool has_mail, struct source_object *object)
{
	bool licensed = object->owner.m365_license || object->owner.exchange_license;

	object->kind = "mailbox";
	object->owner.purpose = "user";
	switch (mailbox->state) {
	case USER_GONE:
		return false;
	case NONE:
		return licensed;
	case EXCLUDED:
		object->unsupported = "not in the scope of the access policy";
		return licensed || has_mail;
	case UNKNOWN:
		object->unsupported = mailbox->why;
		return licensed || has_mail;
	case THERE:
		break;
	}
	const char *kind = kind_of(mailbox->purpose);
	object->owner.purpose = mailbox->purpose;
	if (!kind) {
		object->unsupported = "its kind of mailbox is not known to this version";
		return licensed || has_mail;
	}
	object->kind = kind;
	object->owner.has_mailbox =
		object->owner.exchange_license || !is_user_purpose(mailbox->purpose);
	return licensed || !is_user_purpose(mailbox->purpose);
}

static int bad_user(void)
{
	return source_fail(err_set(ERR_PROTOCOL,
				   "the users: Microsoft Graph named one without id or name"),
		SOURCE_TENANT, SOURCE_RETRY_LATER, "bad_user");
}

static int visit_user(void *context, const struct json *user)
{
	struct users *users = context;
	struct graph *graph = users->graph;
	const char *id = json_get_text_or(user, "id", "");
	const char *mail = json_get_text_or(user, "mail", "");
	const char *name = mail[0] ? mail : json_get_text_or(user, "userPrincipalName", "");
	struct mailbox mailbox;

	if (text_equal_nocase(json_get_text_or(user, "userType", ""), "Guest"))
		return 0;
	if (id[0] == '\0' || strlen(id) > GRAPH_ID_MAX || name[0] == '\0')
		return bad_user();
	int r = ask_mailbox(graph, id, name, &mailbox);
	if (r < 0)
		return r;

	struct graph_licenses licenses = graph_licenses_of(user);
	struct source_object object = {
		.id = id,
		.name = name,
		.display_name = json_get_text_or(user, "displayName", name),
		.owner = {.tenant_id = graph->tenant_id,
			.directory_id = id,
			.m365_license = licenses.m365,
			.exchange_license = licenses.exchange},
	};
	if (!describe(&mailbox, mail[0] != '\0', &object))
		return 0;
	return users->visit(users->context, &object);
}

int graph_objects(void *self, source_object_fn *visit, void *context)
{
	struct graph *graph = self;
	struct users users = {.graph = graph, .visit = visit, .context = context};
	AUTO_TEXT url = mem_printf("%s/v1.0/users?$select=" SELECT "&$top=999", graph->base);
	struct graph_listing listing = {
		.what = "the users", .url = url, .scope = SOURCE_TENANT};

	return graph_pages(graph, &listing, visit_user, &users, NULL);
}
