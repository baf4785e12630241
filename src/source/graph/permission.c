/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "source/graph/graph_priv.h"

enum { NAMES_MAX = 5 };

/* Any one of the names will do; the first is the one to ask for, the least that suffices. */
static const struct entry {
	struct graph_permission permission;
	const char *names[NAMES_MAX];
} entries[GRAPH_TASKS] = {
	[GRAPH_LIST_USERS] = {{"User.Read.All", "to list users and their licenses", false},
		{"User.Read.All", "User.ReadWrite.All", "Directory.Read.All",
			"Directory.ReadWrite.All"}},
	[GRAPH_READ_MAIL] = {{"Mail.Read", "to read messages and their folders", false},
		{"Mail.Read", "Mail.ReadWrite"}},
	[GRAPH_READ_SETTINGS] = {{"MailboxSettings.Read",
					 "to tell user, shared and resource mailboxes apart",
					 false},
		{"MailboxSettings.Read", "MailboxSettings.ReadWrite"}},
	[GRAPH_LIST_GROUPS] = {{"GroupMember.Read.All", "to list groups and their members",
				       true},
		{"GroupMember.Read.All", "Group.Read.All", "Group.ReadWrite.All",
			"Directory.Read.All", "Directory.ReadWrite.All"}},
	[GRAPH_READ_CONVERSATIONS] = {{"Group.Read.All", "to read the mailboxes of groups",
					      true},
		{"Group.Read.All", "Group.ReadWrite.All", "Group-Conversation.Read.All",
			"Group-Conversation.ReadWrite.All"}},
	[GRAPH_READ_HIDDEN_MEMBERS] = {{"Member.Read.Hidden",
					       "to list members of groups that hide them",
					       true},
		{"Member.Read.Hidden"}},
	[GRAPH_READ_FILES] = {{"Files.Read.All", "to read the files of OneDrive", true},
		{"Files.Read.All", "Files.ReadWrite.All", "Sites.Read.All",
			"Sites.ReadWrite.All", "Sites.FullControl.All"}},
};

const struct graph_permission *graph_permission(enum graph_task task)
{
	return &entries[task].permission;
}

static bool has_role(const struct json *roles, const char *name)
{
	for (size_t i = 0; i < json_count(roles); i++) {
		const char *role = json_as_text(json_at(roles, i));
		if (role && text_equal(role, name))
			return true;
	}
	return false;
}

bool graph_roles_allow(const struct json *roles, enum graph_task task)
{
	const char *const *names = entries[task].names;

	for (size_t i = 0; i < NAMES_MAX && names[i]; i++)
		if (has_role(roles, names[i]))
			return true;
	return false;
}

bool graph_lacks(const struct graph *graph, enum graph_task task)
{
	AUTO_JSON claims = graph_token_claims(graph);

	/* A token that is no JWT tells nothing. */
	return json_has(claims, "roles") && !graph_roles_allow(json_get(claims, "roles"), task);
}
