/* SPDX-License-Identifier: Apache-2.0 */
#include "job/gate.h"

#include "base/log.h"

static const char *why_not(enum license_state state)
{
	switch (state) {
	case LICENSE_NONE:
		return "there is no license on this instance; enter your license key with "
		       "garner "
		       "license activate KEY";
	case LICENSE_EXPIRED:
		return "the subscription has expired; renew it with the same license key "
		       "(restores go "
		       "on working)";
	case LICENSE_SUSPENDED:
		return "the licensing service could not be reached for the longest time "
		       "allowed; "
		       "backups go on by themselves as soon as it answers";
	case LICENSE_REVOKED:
		return "the license key was revoked by its vendor; ask the vendor (restores go "
		       "on "
		       "working)";
	default:
		return "the license allows no backup";
	}
}

int gate_go_on(struct installation *installation, struct license_status *out)
{
	license_client_status(installation->license, out);
	if (out->may_back_up)
		return 0;
	return err_set(ERR_LICENSE, "%s", why_not(out->state));
}

/* The service is asked at each start; what it says is in the status afterwards, and that it
 * said nothing too. */
void gate_ask(struct installation *installation)
{
	struct license_status status;

	license_client_status(installation->license, &status);
	if (status.state == LICENSE_NONE)
		return;
	if (license_client_contact(installation->license, GATE_TIMEOUT_MS) < 0)
		log_warning("license_contact_failed", "reason", err_message(), NULL);
}

int gate_start(struct installation *installation, struct license_status *out)
{
	gate_ask(installation);
	return gate_go_on(installation, out);
}

int gate_new_backup(struct installation *installation)
{
	struct license_status status;

	license_client_status(installation->license, &status);
	if (status.state != LICENSE_EXPIRED && status.state != LICENSE_REVOKED)
		return 0;
	gate_ask(installation);
	license_client_status(installation->license, &status);
	if (status.state != LICENSE_EXPIRED && status.state != LICENSE_REVOKED)
		return 0;
	return err_set(ERR_LICENSE, "no new backup can be made: %s", why_not(status.state));
}

const char *gate_job_state(enum license_state state)
{
	switch (state) {
	case LICENSE_SUSPENDED:
		return "suspended";
	case LICENSE_EXPIRED:
		return "expired";
	default:
		return "stopped";
	}
}
