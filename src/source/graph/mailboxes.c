/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* What the service says of one user's mailbox. */
struct mailbox {
	enum { THERE, NONE, USER_GONE, EXCLUDED, UNKNOWN } state;
	char purpose[32];
	char why[512]; /* of UNKNOWN */
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
		/* Without the permission every mailbox looks as if a policy kept it from us. */
		if (!graph_error_says(answer, "ErrorAccessDenied") ||
			graph_lacks(graph, GRAPH_READ_SETTINGS))
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

int graph_mailbox_visit(struct graph *graph, const struct graph_user *user,
	source_object_fn *visit, void *context)
{
	struct mailbox mailbox;
	int r = ask_mailbox(graph, user->id, user->name, &mailbox);

	if (r < 0)
		return r;
	struct source_object object = {
		.id = user->id,
		.name = user->name,
		.display_name = user->display_name,
		.owner = {.tenant_id = graph->tenant_id,
			.directory_id = user->id,
			.m365_license = user->m365_license,
			.exchange_license = user->exchange_license},
	};
	if (!describe(&mailbox, user->has_mail, &object))
		return 0;
	return visit(context, &object);
}
