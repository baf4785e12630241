/* SPDX-License-Identifier: Apache-2.0 */
#include "job/handout.h"

#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "license/trial.h"
#include "license_client/license_client.h"

static bool is_marked(const struct snapshot *snapshot)
{
	for (size_t i = 0; i < snapshot->object_count; i++)
		if (snapshot->objects[i].trial_items)
			return true;
	return false;
}

bool handout_is_limited(const char *state_folder, const struct snapshot *snapshot)
{
	AUTO_TEXT folder = io_join(state_folder, "license");
	struct license_client *client = NULL;

	if (!is_marked(snapshot))
		return false;
	if (!io_is_folder(folder))
		return true;
	/* What is wrong with a license hinders no restore: the limit binds then. */
	if (license_client_open(folder, &client) < 0) {
		log_warning("license_unread", "reason", err_message(), NULL);
		return true;
	}
	bool has_key = license_client_has_key(client);
	license_client_close(client);
	return !has_key;
}

bool handout_allows(const struct path_entry *entry, bool is_limited)
{
	return !is_limited || trial_hands_out(entry->object->trial_items, entry->position);
}
