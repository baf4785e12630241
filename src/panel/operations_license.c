/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "job/gate.h"
#include "job/older_import.h"
#include "job/report.h"
#include "job/watch.h"
#include "license/standing.h"

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
	if (status.is_trial && status.trial_items)
		json_put_int(json, "trial_items", status.trial_items);
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

/* Fresh where the service answers in time, else from its last answer. A trial that has not
 * begun is nothing to ask for: only a backup begins it. */
static int show_status(const struct operation_call *call, struct json **out)
{
	struct license_status status;

	license_client_status(call->installation->license, &status);
	bool has_begun = !status.is_trial || status.expires_s;
	if (has_begun &&
		license_client_contact(call->installation->license, GATE_TIMEOUT_MS) < 0)
		log_info("license_contact_failed", "reason", err_message(), NULL);
	if (watch_look(call->installation) < 0)
		log_warning("notices_not_kept", "reason", err_message(), NULL);
	return describe_status(call, out);
}

/* Where licenses are ordered; the service shows its form for this key (G1). */
static int buy(const struct operation_call *call, struct json **out)
{
	struct license_status status;

	license_client_status(call->installation->license, &status);
	if (!*status.server)
		return err_set(ERR_INVALID, "it is not known where to buy: name the licensing "
					    "service first, garner license server URL");
	size_t size = strlen(status.server);
	while (size > 0 && status.server[size - 1] == '/')
		size--;
	AUTO_TEXT key = text_percent_encode(status.key_masked);
	bool is_due = *key && clock_now_s() >= status.expires_s - STANDING_SOON_S;
	AUTO_TEXT url = mem_printf("%.*s/buy%s%s%s", (int)size, status.server,
		*key ? "?key=" : "", key, is_due ? "&kind=renew" : "");
	*out = json_new_object();
	json_put_text(*out, "url", url);
	json_put_text(*out, "key", *status.key_masked ? status.key_masked : NULL);
	return 0;
}

static int import_older(const struct operation_call *call, struct json **out)
{
	struct older_import import = {
		.secret = json_get_text(call->arguments, "secret"),
		.password = json_get_text(call->arguments, "password"),
		.connection = call->arguments,
		.dry_run = json_get_bool(call->arguments, "dry_run", false),
	};
	int r = operation_want(call, "file", &import.file);

	return r < 0 ? r : older_import(call->installation, &import, out);
}

const struct operation operations_license[] = {
	{"license.server", set_server},
	{"license.sunset", take_sunset},
	{"license.activate", activate},
	{"license.status", show_status},
	{"license.buy", buy},
	{"license.import_older", import_older},
	{NULL, NULL},
};
