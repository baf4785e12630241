/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/graph.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_drive.h"
#include "sandbox/graph_priv.h"

struct route {
	const char *path; /* "{}" stands for anything; the first that fits is taken */
	enum requests_kind kind;
	void (*handle)(struct call *call); /* NULL: Microsoft serves it, the sandbox does not */
	const struct permission *needs;    /* NULL: what every application may */
};

/* What an application must have been granted, one of them, and how it is refused without. */
struct permission {
	const char *roles;
	const char *code, *message;
};

#define OF_DIRECTORY                                                                           \
	"Authorization_RequestDenied", "Insufficient privileges to complete the operation."
#define OF_OUTLOOK "ErrorAccessDenied", "Access is denied. Check credentials and try again."

static const struct permission read_users = {
	"User.Read.All User.ReadWrite.All Directory.Read.All Directory.ReadWrite.All",
	OF_DIRECTORY};
static const struct permission read_tenant = {
	"Organization.Read.All Organization.ReadWrite.All Directory.Read.All "
	"Directory.ReadWrite.All User.Read.All",
	OF_DIRECTORY};
static const struct permission read_groups = {
	"GroupMember.Read.All GroupMember.ReadWrite.All Group.Read.All Group.ReadWrite.All "
	"Directory.Read.All Directory.ReadWrite.All",
	OF_DIRECTORY};
static const struct permission read_settings = {
	"MailboxSettings.Read MailboxSettings.ReadWrite", OF_OUTLOOK};
static const struct permission read_mail = {"Mail.Read Mail.ReadWrite", OF_OUTLOOK};

static const struct permission read_posts = {
	"Group.Read.All Group.ReadWrite.All Group-Conversation.Read.All "
	"Group-Conversation.ReadWrite.All",
	OF_OUTLOOK};
static const struct permission read_files = {
	"Files.Read.All Files.ReadWrite.All Sites.Read.All Sites.ReadWrite.All", "accessDenied",
	"Access denied"};

static const struct route routes[] = {
	{"users", REQUESTS_USER, graph_users, &read_users},
	{"users/delta", REQUESTS_USER, NULL},
	{"users/{}", REQUESTS_USER, graph_user, &read_users},
	{"users/{}/licenseDetails", REQUESTS_USER, graph_license_details, &read_users},
	{"users/{}/mailboxSettings", REQUESTS_USER, graph_mailbox_settings, &read_settings},
	{"users/{}/mailboxSettings/userPurpose", REQUESTS_USER, graph_user_purpose,
		&read_settings},
	{"users/{}/mailFolders", REQUESTS_FOLDER, graph_folders, &read_mail},
	{"users/{}/mailFolders/delta", REQUESTS_FOLDER, NULL},
	{"users/{}/mailFolders/{}", REQUESTS_FOLDER, graph_folder, &read_mail},
	{"users/{}/mailFolders/{}/childFolders", REQUESTS_FOLDER, graph_child_folders,
		&read_mail},
	{"users/{}/mailFolders/{}/messages", REQUESTS_MESSAGE, graph_messages, &read_mail},
	{"users/{}/mailFolders/{}/messages/delta", REQUESTS_DELTA, graph_delta, &read_mail},
	{"users/{}/mailFolders/{}/messages/{}", REQUESTS_MESSAGE, graph_message, &read_mail},
	{"users/{}/mailFolders/{}/messages/{}/$value", REQUESTS_VALUE, graph_value, &read_mail},
	{"users/{}/messages", REQUESTS_MESSAGE, NULL},
	{"users/{}/messages/{}", REQUESTS_MESSAGE, graph_message, &read_mail},
	{"users/{}/messages/{}/$value", REQUESTS_VALUE, graph_value, &read_mail},
	{"users/{}/drive", REQUESTS_DRIVE, graph_drive, &read_files},
	{"users/{}/drive/root", REQUESTS_DRIVE, graph_drive_item, &read_files},
	{"users/{}/drive/root/delta", REQUESTS_DRIVE, graph_drive_delta, &read_files},
	{"users/{}/drive/root/children", REQUESTS_DRIVE, graph_drive_children, &read_files},
	{"users/{}/drive/items/{}", REQUESTS_DRIVE, graph_drive_item, &read_files},
	{"users/{}/drive/items/{}/children", REQUESTS_DRIVE, graph_drive_children, &read_files},
	{"users/{}/drive/items/{}/content", REQUESTS_DRIVE, graph_drive_content, &read_files},
	{"drives/{}", REQUESTS_DRIVE, graph_drive, &read_files},
	{"drives/{}/root", REQUESTS_DRIVE, graph_drive_item, &read_files},
	{"drives/{}/root/delta", REQUESTS_DRIVE, graph_drive_delta, &read_files},
	{"drives/{}/root/children", REQUESTS_DRIVE, graph_drive_children, &read_files},
	{"drives/{}/items/{}", REQUESTS_DRIVE, graph_drive_item, &read_files},
	{"drives/{}/items/{}/children", REQUESTS_DRIVE, graph_drive_children, &read_files},
	{"drives/{}/items/{}/content", REQUESTS_DRIVE, graph_drive_content, &read_files},
	{"groups", REQUESTS_GROUP, graph_groups, &read_groups},
	{"groups/delta", REQUESTS_GROUP, NULL},
	{"groups/{}", REQUESTS_GROUP, graph_group, &read_groups},
	{"groups/{}/members", REQUESTS_GROUP, graph_members, &read_groups},
	{"groups/{}/transitiveMembers", REQUESTS_GROUP, graph_transitive_members, &read_groups},
	{"groups/{}/conversations", REQUESTS_THREAD, graph_conversations, &read_posts},
	{"groups/{}/threads", REQUESTS_THREAD, graph_threads, &read_posts},
	{"groups/{}/threads/{}/posts", REQUESTS_THREAD, graph_posts, &read_posts},
	{"groups/{}/threads/{}/posts/{}", REQUESTS_POST, graph_post, &read_posts},
	{"groups/{}/owners", REQUESTS_GROUP, graph_owners, &read_groups},
	{"subscribedSkus", REQUESTS_USER, graph_skus, &read_tenant},
	{"organization", REQUESTS_USER, graph_organization, &read_tenant},
};

/* First steps of paths that Graph has, at the top and below a user. */
static const char *const unserved_tops[] = {"$batch", "sites", "drives", "shares", "devices",
	"directory", "directoryObjects", "domains", "applications", "servicePrincipals",
	"teams", "chats", "admin", "reports", "search", "subscriptions", "solutions", "planner",
	"places", "contacts", "communications", "security", NULL};
static const char *const unserved_of_users[] = {"drive", "drives", "calendar", "calendars",
	"calendarView", "calendarGroups", "events", "contacts", "contactFolders", "todo",
	"onenote", "planner", "manager", "memberOf", "transitiveMemberOf", "photo", "photos",
	"outlook", "settings", "inferenceClassification", "people", "chats", "joinedTeams",
	"followedSites", "onlineMeetings", "presence", "messages", "mailFolders",
	"translateExchangeIds", "sendMail", NULL};

static const char *const unserved_of_groups[] = {"acceptedSenders", "rejectedSenders",
	"calendar", "calendarView", "conversations", "drive", "drives", "events", "memberOf",
	"transitiveMemberOf", "onenote", "photo", "photos", "planner", "settings", "sites",
	"team", "threads", "extensions", "appRoleAssignments", "membersWithLicenseErrors",
	"permissionGrants", "members", "transitiveMembers", "owners", NULL};

static bool fits(const char *pattern, const struct odata_path *path)
{
	size_t at = 1; /* behind "v1.0" */

	for (; *pattern && at < path->count; at++) {
		size_t length = strcspn(pattern, "/");
		AUTO_TEXT step = mem_strndup(pattern, length);
		if (strcmp(step, "{}") != 0 && !text_equal_nocase(step, path->segments[at]))
			return false;
		pattern += length + (pattern[length] == '/');
	}
	return *pattern == 0 && at == path->count;
}

static const struct route *find_route(const struct odata_path *path)
{
	for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++)
		if (fits(routes[i].path, path))
			return &routes[i];
	return NULL;
}

static bool is_in(const char *const *words, const char *word)
{
	for (; *words; words++)
		if (text_equal_nocase(*words, word))
			return true;
	return false;
}

static bool is_collection(const char *top)
{
	return text_equal_nocase(top, "users") || text_equal_nocase(top, "groups");
}

static bool is_unserved_below(const struct odata_path *path)
{
	if (path->count < 4 || !is_collection(path->segments[1]))
		return false;
	return is_in(text_equal_nocase(path->segments[1], "users") ? unserved_of_users
								   : unserved_of_groups,
		path->segments[3]);
}

static void reply_no_route(struct call *call)
{
	const struct odata_path *path = &call->path;
	const char *top = path->count > 1 ? path->segments[1] : "";

	if (path->count == 1) {
		reply_unserved(call, "the service document");
	} else if (text_equal_nocase(top, "me")) {
		reply_error(call, 400, "BadRequest",
			"/me request is only valid with delegated authentication flow.");
	} else if (is_in(unserved_tops, top) || is_unserved_below(path)) {
		reply_unserved(call, http_call_path(call->http));
	} else {
		reply_error(call, 400, "BadRequest", "Resource not found for the segment '%s'.",
			is_collection(top) && path->count > 3 ? path->segments[3] : top);
	}
}

static void refuse_token(struct call *call, const char *message)
{
	http_reply_header(call->http, "WWW-Authenticate",
		"Bearer realm=\"\", authorization_uri=\"" /* as Graph, whose own is here */
		"https://login.microsoftonline.com/common/oauth2/authorize\"");
	reply_error(call, 401, "InvalidAuthenticationToken", "%s", message);
}

static bool is_authorized(struct call *call)
{
	const char *header = http_call_header(call->http, "Authorization");
	const struct sandbox *sandbox = call->sandbox;

	if (!header || strncasecmp(header, "Bearer ", 7) != 0 || !header[7]) {
		refuse_token(call, "Access token is empty.");
		return false;
	}
	if (token_check(header + 7, sandbox->tenant->id, clock_now_s(), sandbox->token_key) <
		0) {
		refuse_token(call, err_message());
		return false;
	}
	return true;
}

/* The token was checked, so it is there. */
static bool is_permitted(struct call *call, const struct permission *permission)
{
	const char *token = http_call_header(call->http, "Authorization") + strlen("Bearer ");

	if (!permission || token_has_role(token, permission->roles))
		return true;
	reply_error(call, 403, permission->code, "%s", permission->message);
	return false;
}

bool graph_handle(struct call *call)
{
	if (call->path.count == 0 || !text_equal(call->path.segments[0], "v1.0"))
		return false;

	const struct route *route = find_route(&call->path);
	if (route)
		call->kind = route->kind;
	if (!is_authorized(call))
		return true;
	if (!route)
		reply_no_route(call);
	else if (!route->handle)
		reply_unserved(call, route->path);
	else if (!text_equal(call->method, "GET"))
		reply_error(call, 405, "Request_BadRequest",
			"Specified HTTP method is not allowed for the request target.");
	else if (is_permitted(call, route->needs))
		route->handle(call);
	return true;
}
