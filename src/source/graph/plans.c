/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"
#include "source/graph/graph_priv.h"

/*
 * Service plans by their ids, as Microsoft lists them under "Product names and service plan
 * identifiers for licensing". Named are only those that must not count, so that a plan that is
 * new tomorrow counts as what its service says.
 */

/* Plans of the service "exchange" that come without a mailbox. */
static const char *const without_mailbox[] = {
	"113feb6c-3fe4-4440-bddc-54d774bf0318", /* EXCHANGE_S_FOUNDATION, part of nearly all */
	"922ba911-5694-4e99-a794-73aed9bfeec8", /* EXCHANGE_S_FOUNDATION_GOV */
	"176a09a6-7ec5-4039-ac02-b2791c6ba793", /* EXCHANGE_S_ARCHIVE_ADDON */
	"da040e0a-b393-4bea-bb76-928b3fa1cf5a", /* EXCHANGE_S_ARCHIVE, for Exchange Server */
	"326e2b78-9d27-42c9-8509-46c827743a17", /* EOP_ENTERPRISE, filtering alone */
};

/* Plans that users get for nothing, often by a click of their own. */
static const char *const unpaid[] = {
	"113feb6c-3fe4-4440-bddc-54d774bf0318", /* EXCHANGE_S_FOUNDATION */
	"922ba911-5694-4e99-a794-73aed9bfeec8", /* EXCHANGE_S_FOUNDATION_GOV */
	"50e68c76-46c6-4674-81f9-75456511b170", /* FLOW_P2_VIRAL */
	"d20bfa21-e9ae-43fc-93c2-20783f0840c3", /* FLOW_P2_VIRAL_REAL */
	"d5368ca3-357e-4acb-9c21-8495fb025d1f", /* POWERAPPS_P2_VIRAL */
	"17ab22cd-a0b3-4536-910a-cb6eb12696c0", /* DYN365_CDS_VIRAL */
	"2049e525-b859-401b-b2a0-e0a31c4b1fe4", /* BI_AZURE_P0 */
	"a420f25f-a7b3-4ff5-a9d0-5d58f73b537d", /* WINDOWS_STORE */
	"f47330e9-c134-43b3-9993-e7f004506889", /* MCOEV_VIRTUALUSER, of call queues */
};

#define IS_IN(list, id) is_in(list, sizeof(list) / sizeof((list)[0]), id)

static bool is_in(const char *const *list, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal_nocase(list[i], id))
			return true;
	return false;
}

/* "Warning" is the time of grace: all works as before. */
static bool is_enabled(const struct json *plan)
{
	const char *status = json_get_text_or(plan, "capabilityStatus", "");

	return text_equal_nocase(status, "Enabled") || text_equal_nocase(status, "Warning");
}

struct graph_licenses graph_licenses_of(const struct json *user)
{
	const struct json *plans = json_get(user, "assignedPlans");
	struct graph_licenses licenses = {0};

	for (size_t i = 0; i < json_count(plans); i++) {
		const struct json *plan = json_at(plans, i);
		const char *id = json_get_text_or(plan, "servicePlanId", "");
		const char *service = json_get_text_or(plan, "service", "");
		if (!is_enabled(plan))
			continue;
		licenses.m365 = licenses.m365 || !IS_IN(unpaid, id);
		licenses.exchange =
			licenses.exchange ||
			(text_equal_nocase(service, "exchange") && !IS_IN(without_mailbox, id));
	}
	return licenses;
}
