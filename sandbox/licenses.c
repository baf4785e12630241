/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/licenses.h"

#include "base/mem.h"
#include "base/text.h"

/* Since when plans are assigned: before anything that happens in a sandbox. */
#define ASSIGNED_AT "2024-01-15T08:00:00Z"

struct plan {
	const char *id, *name, *service;
};

struct sku {
	const char *id, *name;
	struct plan plans[3];
	size_t count;
};

static const struct sku office_e3 = {"6fd2c87f-b296-42f0-b197-1e91e994b900", "ENTERPRISEPACK",
	{{"efb87545-963c-4e0d-99df-69c6916d9eb0", "EXCHANGE_S_ENTERPRISE", "exchange"},
		{"43de0ff5-c92c-492b-9116-175376d08c38", "OFFICESUBSCRIPTION",
			"MicrosoftOffice"},
		{"5dbe027f-2339-4123-9542-606e4d348a72", "SHAREPOINTENTERPRISE", "SharePoint"}},
	3};
static const struct sku apps = {"c2273bd0-dff7-4215-9ef5-2c7bcfb06425", "OFFICESUBSCRIPTION",
	{{"43de0ff5-c92c-492b-9116-175376d08c38", "OFFICESUBSCRIPTION", "MicrosoftOffice"},
		{"13696edf-5a08-49f6-8134-03083ed8ba30", "ONEDRIVESTANDARD", "SharePoint"}},
	2};

static const struct sku *sku_of(const struct user *user)
{
	if (user->facts.exchange_license)
		return &office_e3;
	return user->facts.m365_license ? &apps : NULL;
}

struct json *licenses_assigned(const struct user *user)
{
	const struct sku *sku = sku_of(user);
	struct json *list = json_new_array();

	if (sku) {
		struct json *license = json_new_object();
		json_put(license, "disabledPlans", json_new_array());
		json_put_text(license, "skuId", sku->id);
		json_append(list, license);
	}
	return list;
}

struct json *licenses_plans(const struct user *user)
{
	const struct sku *sku = sku_of(user);
	struct json *list = json_new_array();

	for (size_t i = 0; sku && i < sku->count; i++) {
		struct json *plan = json_new_object();
		json_put_text(plan, "assignedDateTime", ASSIGNED_AT);
		json_put_text(plan, "capabilityStatus", "Enabled");
		json_put_text(plan, "service", sku->plans[i].service);
		json_put_text(plan, "servicePlanId", sku->plans[i].id);
		json_append(list, plan);
	}
	return list;
}

static struct json *service_plans(const struct sku *sku)
{
	struct json *list = json_new_array();

	for (size_t i = 0; i < sku->count; i++) {
		struct json *plan = json_new_object();
		json_put_text(plan, "servicePlanId", sku->plans[i].id);
		json_put_text(plan, "servicePlanName", sku->plans[i].name);
		json_put_text(plan, "provisioningStatus", "Success");
		json_put_text(plan, "appliesTo", "User");
		json_append(list, plan);
	}
	return list;
}

struct json *licenses_details(const struct user *user)
{
	const struct sku *sku = sku_of(user);
	struct json *list = json_new_array();
	char id[IDS_GUID_SIZE];

	if (sku) {
		struct json *details = json_new_object();
		ids_guid(IDS_PARTS("license", user->id, sku->id), id);
		json_put_text(details, "id", id);
		json_put_text(details, "skuId", sku->id);
		json_put_text(details, "skuPartNumber", sku->name);
		json_put(details, "servicePlans", service_plans(sku));
		json_append(list, details);
	}
	return list;
}

static struct json *subscribed(const struct tenant *tenant, const struct sku *sku)
{
	struct json *object = json_new_object(), *units = json_new_object();
	AUTO_TEXT id = mem_printf("%s_%s", tenant->id, sku->id);
	int64_t consumed = 0;

	for (size_t i = 0; i < tenant->user_count; i++)
		consumed += !tenant->users[i]->is_removed && sku_of(tenant->users[i]) == sku;
	json_put_int(units, "enabled", consumed + 25);
	json_put_int(units, "suspended", 0);
	json_put_int(units, "warning", 0);
	json_put_int(units, "lockedOut", 0);
	json_put_text(object, "id", id);
	json_put_text(object, "accountId", tenant->id);
	json_put_text(object, "accountName", tenant->domain);
	json_put_text(object, "appliesTo", "User");
	json_put_text(object, "capabilityStatus", "Enabled");
	json_put_int(object, "consumedUnits", consumed);
	json_put(object, "prepaidUnits", units);
	json_put(object, "servicePlans", service_plans(sku));
	json_put_text(object, "skuId", sku->id);
	json_put_text(object, "skuPartNumber", sku->name);
	json_put(object, "subscriptionIds", json_new_array());
	return object;
}

struct json *licenses_skus(const struct tenant *tenant)
{
	struct json *list = json_new_array();

	json_append(list, subscribed(tenant, &office_e3));
	json_append(list, subscribed(tenant, &apps));
	return list;
}
