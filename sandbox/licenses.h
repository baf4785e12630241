/* SPDX-License-Identifier: Apache-2.0 */
#ifndef SANDBOX_LICENSES_H
#define SANDBOX_LICENSES_H

#include "base/json.h"
#include "sandbox/tenant.h"

/*
 * Microsoft's licenses of the organization, with Microsoft's own ids: Office 365 E3 where the
 * scenario says that a user has an Exchange license, Microsoft 365 Apps for enterprise where it
 * has another.
 */

/** Each is new JSON that the caller frees. */
struct json *licenses_assigned(const struct user *user); /* assignedLicenses */
struct json *licenses_plans(const struct user *user);    /* assignedPlans */
struct json *licenses_details(const struct user *user);  /* the licenseDetails of a user */
struct json *licenses_skus(const struct tenant *tenant); /* subscribedSkus */

#endif
