/* SPDX-License-Identifier: Apache-2.0 */
#include "job/gate.h"

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"

static const char *why_not(enum license_state state)
{
	switch (state) {
	case LICENSE_NONE:
		return "the license of this instance cannot be verified now; see garner "
		       "license status";
	case LICENSE_EXPIRED:
		return "the subscription has expired; renew it with the same license key "
		       "(restores go on working)";
	case LICENSE_SUSPENDED:
		return "the licensing service could not be reached for the longest time "
		       "allowed; backups go on by themselves as soon as it answers";
	case LICENSE_REVOKED:
		return "the license key was revoked by its vendor; ask the vendor (restores go "
		       "on working)";
	case LICENSE_TRIAL:
		return "the trial has not begun: the licensing service must be asked first; "
		       "the backup begins as soon as it answers, or a license key is entered "
		       "with garner license activate KEY";
	case LICENSE_TRIAL_OVER:
		return "the trial is over; enter your license key with garner license activate "
		       "KEY, and all goes on (restores work under the limit of the trial)";
	default:
		return "the license allows no backup";
	}
}

int gate_go_on(
	struct installation *installation, const char *tenant, struct license_status *out)
{
	license_client_tenant_status(installation->license, tenant, out);
	if (out->may_back_up)
		return 0;
	return err_set(ERR_LICENSE, "%s", why_not(out->state));
}

/* The service is asked at each start; what it says is in the status afterwards, and that it
 * said nothing too. */
void gate_ask(struct installation *installation)
{
	int r = license_client_contact(installation->license, GATE_TIMEOUT_MS);

	if (r < 0 && r != ERR_LICENSE)
		log_warning("license_contact_failed", "reason", err_message(), NULL);
}

/* Without a key: the trial of the tenant, begun here where it has not. */
static int ask_for_trial(
	struct installation *installation, const char *tenant, struct license_status *out)
{
	int asked = license_client_trial_begin(installation->license, tenant, GATE_TIMEOUT_MS);
	AUTO_TEXT why = mem_strdup(asked < 0 ? err_message() : "");
	int r = gate_go_on(installation, tenant, out);

	if (asked < 0)
		log_warning("trial_not_told", "reason", why, NULL);
	if (r == 0 || out->state != LICENSE_TRIAL || asked == 0)
		return r;
	return err_set(ERR_LICENSE, "%s (%s)", why_not(LICENSE_TRIAL), why);
}

int gate_start(
	struct installation *installation, const char *tenant, struct license_status *out)
{
	license_client_tenant_status(installation->license, tenant, out);
	if (out->is_trial)
		return ask_for_trial(installation, tenant, out);
	gate_ask(installation);
	return gate_go_on(installation, tenant, out);
}

int gate_foresee(
	struct installation *installation, const char *tenant, struct license_status *out)
{
	gate_ask(installation);
	int r = gate_go_on(installation, tenant, out);
	return out->state == LICENSE_TRIAL ? 0 : r;
}

static bool is_ended(enum license_state state)
{
	return state == LICENSE_EXPIRED || state == LICENSE_REVOKED ||
	       state == LICENSE_TRIAL_OVER;
}

int gate_new_backup(struct installation *installation, const char *tenant)
{
	struct license_status status;

	license_client_tenant_status(installation->license, tenant, &status);
	if (!is_ended(status.state))
		return 0;
	gate_ask(installation);
	license_client_tenant_status(installation->license, tenant, &status);
	if (!is_ended(status.state))
		return 0;
	return err_set(ERR_LICENSE, "no new backup can be made: %s", why_not(status.state));
}

/* The tenants whose trial jobs wait for; "" is none. */
static int waiting_tenants(struct installation *installation, struct json *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_query(installation->db, &rows,
		"SELECT DISTINCT connection.tenant FROM connection"
		" JOIN job ON job.connection = connection.name"
		" JOIN run ON run.job_id = job.id"
		" WHERE connection.tenant <> '' AND run.state = 'suspended'"
		" AND run.id IN (SELECT max(id) FROM run GROUP BY job_id)",
		"");

	while (r == 0 && (r = db_next(rows)) == 1) {
		json_append(out, json_new_text(db_text(rows, 0)));
		r = 0;
	}
	return r;
}

static int begin_waiting(struct installation *installation, int64_t timeout_ms)
{
	AUTO_JSON tenants = json_new_array();
	int result = 1;
	int r = waiting_tenants(installation, tenants);

	for (size_t i = 0; r == 0 && i < json_count(tenants); i++) {
		const char *tenant = json_as_text(json_at(tenants, i));
		struct license_status status;

		license_client_tenant_status(installation->license, tenant, &status);
		if (!status.is_trial || status.may_back_up || is_ended(status.state))
			continue;
		r = license_client_trial_begin(installation->license, tenant, timeout_ms);
		result = 0;
	}
	return r < 0 ? r : result;
}

int gate_poll(struct installation *installation, int64_t timeout_ms)
{
	struct license_status status;
	int r = license_client_contact(installation->license, timeout_ms);

	license_client_status(installation->license, &status);
	if (r < 0 && r != ERR_LICENSE)
		return r;
	if (!status.is_trial)
		return r;
	int begun = begin_waiting(installation, timeout_ms);
	return begun == 1 && r == 0 ? 0 : begun;
}

const char *gate_job_state(enum license_state state)
{
	switch (state) {
	case LICENSE_SUSPENDED:
	case LICENSE_TRIAL: /* not begun: it waits for the service */
		return "suspended";
	case LICENSE_EXPIRED:
	case LICENSE_TRIAL_OVER:
		return "expired";
	default:
		return "stopped";
	}
}

const char *gate_reason_code(enum license_state state)
{
	return state == LICENSE_TRIAL ? "trial_not_begun" : license_state_name(state);
}
