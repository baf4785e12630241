/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "sandbox/graph_priv.h"
#include "sandbox/licenses.h"
#include "sandbox/user_filter.h"

/* What Graph tells of a user when nothing is selected. */
static const char default_select[] =
	"businessPhones,displayName,givenName,jobTitle,mail,mobilePhone,officeLocation,"
	"preferredLanguage,surname,userPrincipalName,id";

/* Properties that Graph tells of a single user alone. */
static const char *const single_only[] = {"aboutMe", "birthday", "hireDate", "interests",
	"mailboxSettings", "mySite", "pastProjects", "preferredName", "responsibilities",
	"schools", "skills", NULL};

/* The words of Graph. It has none for the mailbox of a site. */
static const char *purpose_word(const struct user *user)
{
	static const char *const words[] = {"user", "shared", "room", "equipment", "others"};

	return words[user->facts.purpose];
}

/* "Ada Lovelace" in two parts; the second is NULL where there is but one. */
static void put_names(struct json *object, const char *name)
{
	const char *space = strrchr(name, ' ');
	AUTO_TEXT given = mem_strndup(name, space ? (size_t)(space - name) : strlen(name));

	json_put_text(object, "displayName", name);
	json_put_text(object, "givenName", given);
	json_put_text(object, "surname", space ? space + 1 : NULL);
}

struct json *graph_user_json(const struct user *user, const char *select)
{
	struct json *object = json_new_object();
	const char *upn = user->facts.upn;
	AUTO_TEXT nickname = mem_strndup(upn, strcspn(upn, "@"));
	bool has_address = user_has_mailbox(user) || user->facts.guest;

	json_put_text(object, "id", user->id);
	put_names(object, user->facts.name);
	json_put_text(object, "userPrincipalName", upn);
	json_put_text(object, "mail", has_address ? upn : NULL);
	json_put_text(object, "mailNickname", nickname);
	json_put_text(object, "userType", user->facts.guest ? "Guest" : "Member");
	json_put_bool(object, "accountEnabled", user->facts.enabled);
	json_put_text(object, "createdDateTime", "2024-01-15T08:00:00Z");
	json_put_text(object, "usageLocation", "DE");
	json_put(object, "assignedLicenses", licenses_assigned(user));
	json_put(object, "assignedPlans", licenses_plans(user));
	return odata_select_apply(
		object, select && select[0] ? select : default_select, &graph_type_user);
}

static bool users_options(struct call *call, const char **out_select, int64_t *out_top)
{
	static const char *const accepted[] = {
		"$select", "$top", "$filter", "$skiptoken", "$count", NULL};

	if (!graph_accepts(call, accepted) || !graph_select(call, &graph_type_user, out_select))
		return false;
	for (size_t i = 0; *out_select && single_only[i]; i++) {
		if (strchr(*out_select, '*') || !odata_select_has(*out_select, single_only[i]))
			continue;
		reply_error(call, 400, "BadRequest",
			"Property '%s' can be selected for a single user only.",
			single_only[i]);
		return false;
	}
	return graph_directory_top(call, out_top);
}

void graph_users(struct call *call)
{
	struct tenant *tenant = call->sandbox->tenant;
	const char *select;
	int64_t top;
	size_t at;
	struct user_filter filter;

	if (!users_options(call, &select, &top) || !graph_skiptoken(call, &at))
		return;
	if (user_filter_parse(odata_query_get(&call->query, "$filter"), &filter) < 0) {
		reply_error(call, 400, "Request_UnsupportedQuery", "%s", err_message());
		return;
	}
	AUTO_TEXT context = select ? mem_printf("users(%s)", select) : mem_strdup("users");
	struct json *list = json_new_array();
	tenant_lock(tenant);
	for (; at < tenant->user_count && (int64_t)json_count(list) < top; at++) {
		const struct user *user = tenant->users[at];
		if (!user->is_removed && user_filter_fits(&filter, user))
			json_append(list, graph_user_json(user, select));
	}
	/* Graph too gives a last page that may be empty. */
	bool is_more = at < tenant->user_count;
	tenant_unlock(tenant);
	user_filter_free(&filter);
	struct json *body = reply_list(call, context, list);
	if (is_more)
		graph_put_skiptoken(call, body, at);
	reply_json(call, 200, body);
}

static struct json *settings_json(const struct user *user)
{
	struct json *settings = json_new_object(), *language = json_new_object();
	char archive[IDS_TEXT_SIZE];

	mailbox_folder_id(mailbox_well_known(user->mailbox, "archive"), archive);
	json_put_text(language, "locale", "en-US");
	json_put_text(language, "displayName", "English (United States)");
	json_put_text(settings, "archiveFolder", archive);
	json_put_text(settings, "timeZone", "UTC");
	json_put_text(settings, "dateFormat", "yyyy-MM-dd");
	json_put_text(settings, "timeFormat", "HH:mm");
	json_put_text(settings, "delegateMeetingMessageDeliveryOptions", "sendToDelegateOnly");
	json_put(settings, "language", language);
	json_put_text(settings, "userPurpose", purpose_word(user));
	return settings;
}

void graph_user(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;

	if (!graph_accepts(call, accepted) || !graph_select(call, &graph_type_user, &select))
		return;
	struct user *user = graph_open_user(call);
	if (!user)
		return;
	struct json *body = graph_user_json(user, select);
	if (select && odata_select_has(select, "mailboxSettings") && user_has_mailbox(user))
		json_put(body, "mailboxSettings", settings_json(user));
	tenant_unlock(call->sandbox->tenant);
	graph_put_context(call, body, "users/$entity");
	reply_json(call, 200, body);
}

/* Puts each of a list through $select. */
static struct json *select_each(
	struct json *list, const char *select, const struct graph_type *type)
{
	struct json *chosen = json_new_array();

	for (size_t i = 0; i < json_count(list); i++)
		json_append(
			chosen, odata_select_apply(json_share(json_at(list, i)), select, type));
	json_free(list);
	return chosen;
}

void graph_license_details(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_license_details, &select))
		return;
	struct user *user = graph_open_user(call);
	if (!user)
		return;
	struct json *list = licenses_details(user);
	AUTO_TEXT context = mem_printf("users('%s')/licenseDetails", user->id);
	tenant_unlock(call->sandbox->tenant);
	reply_json(call, 200,
		reply_list(
			call, context, select_each(list, select, &graph_type_license_details)));
}

void graph_skus(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	struct tenant *tenant = call->sandbox->tenant;
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_subscribed_sku, &select))
		return;
	tenant_lock(tenant);
	struct json *list = licenses_skus(tenant);
	tenant_unlock(tenant);
	reply_json(call, 200,
		reply_list(call, "subscribedSkus",
			select_each(list, select, &graph_type_subscribed_sku)));
}

static struct json *organization_json(const struct tenant *tenant)
{
	struct json *object = json_new_object(), *domain = json_new_object();
	struct json *domains = json_new_array();

	json_put_text(domain, "name", tenant->domain);
	json_put_text(domain, "type", "Managed");
	json_put_text(domain, "capabilities", "Email, OfficeCommunicationsOnline");
	json_put_bool(domain, "isDefault", true);
	json_put_bool(domain, "isInitial", true);
	json_append(domains, domain);
	json_put_text(object, "id", tenant->id);
	json_put_text(object, "displayName", tenant->domain);
	json_put_text(object, "createdDateTime", "2024-01-15T08:00:00Z");
	json_put_text(object, "countryLetterCode", "DE");
	json_put_text(object, "preferredLanguage", "en");
	json_put_text(object, "tenantType", "AAD");
	json_put(object, "verifiedDomains", domains);
	return object;
}

void graph_organization(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_organization, &select))
		return;
	struct json *list = json_new_array();
	json_append(list, organization_json(call->sandbox->tenant));
	reply_json(call, 200,
		reply_list(call, "organization",
			select_each(list, select, &graph_type_organization)));
}

void graph_mailbox_settings(struct call *call)
{
	static const char *const accepted[] = {"$select", NULL};
	const char *select;

	if (!graph_accepts(call, accepted) ||
		!graph_select(call, &graph_type_mailbox_settings, &select))
		return;
	struct user *user = graph_open_mailbox(call);
	if (!user)
		return;
	struct json *settings =
		odata_select_apply(settings_json(user), select, &graph_type_mailbox_settings);
	AUTO_TEXT context = mem_printf("users('%s')/mailboxSettings", user->id);
	tenant_unlock(call->sandbox->tenant);
	graph_put_context(call, settings, context);
	reply_json(call, 200, settings);
}

void graph_user_purpose(struct call *call)
{
	static const char *const accepted[] = {NULL};
	struct json *body = NULL;

	if (!graph_accepts(call, accepted))
		return;
	struct user *user = graph_open_mailbox(call);
	if (!user)
		return;
	AUTO_TEXT context = mem_printf("users('%s')/mailboxSettings/userPurpose", user->id);
	body = json_new_object();
	graph_put_context(call, body, context);
	json_put_text(body, "value", purpose_word(user));
	tenant_unlock(call->sandbox->tenant);
	reply_json(call, 200, body);
}
