/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "job/gate.h"
#include "job/report.h"

/* The license of the installation: where the service is, the key, the state. */

static int describe_status(const struct operation_call *call, struct json **out)
{
	struct license_status status;
	struct json *json = json_new_object();

	license_client_status(call->installation->license, &status);
	json_put_text(json, "state", license_state_name(status.state));
	json_put_text(json, "key", *status.key_masked ? status.key_masked : NULL);
	json_put_int(json, "seats", status.seats);
	json_put_int(json, "used", status.used);
	json_put_time(json, "expires_at", status.expires_s);
	json_put_time(json, "offline_until", status.offline_until_s);
	json_put_time(json, "sunset_until", status.sunset_until_s);
	json_put_time(json, "offline_since", status.offline_since_s);
	json_put_text(json, "server", *status.server ? status.server : NULL);
	json_put_bool(json, "development", status.development);
	json_put(json, "reason",
		*status.trouble ? report_reason("trouble", status.trouble) : NULL);
	*out = json;
	return 0;
}

static int set_server(const struct operation_call *call, struct json **out)
{
	const char *url;
	const char *root = json_get_text(call->arguments, "root_key_file");
	int r = operation_want(call, "url", &url);

	if (r == 0)
		r = license_client_set_server(call->installation->license, url, root,
			json_get_text(call->arguments, "ca_file"));
	return r < 0 ? r : describe_status(call, out);
}

static int take_sunset(const struct operation_call *call, struct json **out)
{
	const char *file;
	int r = operation_want(call, "file", &file);

	if (r == 0)
		r = license_client_take_sunset(call->installation->license, file);
	return r < 0 ? r : describe_status(call, out);
}

static int activate(const struct operation_call *call, struct json **out)
{
	const char *key;
	int r = operation_want(call, "key", &key);

	if (r == 0)
		r = license_client_activate(call->installation->license, key);
	return r < 0 ? r : describe_status(call, out);
}

/* Fresh where the service answers in time, else from the lease. */
static int show_status(const struct operation_call *call, struct json **out)
{
	struct license_status status;

	license_client_status(call->installation->license, &status);
	if (status.state != LICENSE_NONE &&
		license_client_contact(call->installation->license, GATE_TIMEOUT_MS) < 0)
		log_info("license_contact_failed", "reason", err_message(), NULL);
	return describe_status(call, out);
}

const struct operation operations_license[] = {
	{"license.server", set_server},
	{"license.sunset", take_sunset},
	{"license.activate", activate},
	{"license.status", show_status},
	{NULL, NULL},
};
