/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/trial_settings.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/io.h"
#include "base/json.h"
#include "base/text.h"
#include "license/trial.h"

enum { FILE_MODE = 0644, DAYS_MAX = 3650, OFFLINE_DAYS_MAX = 365 };

static const char defaults[] = "{\n"
			       "  \"days\": 30,\n"
			       "  \"items_per_folder\": 5,\n"
			       "  \"offline_days\": 14\n"
			       "}\n";

static const struct {
	const char *name;
	size_t offset;
	int64_t most;
} members[] = {
	{"days", offsetof(struct trial_settings, days), DAYS_MAX},
	{"items_per_folder", offsetof(struct trial_settings, items_per_folder),
		TRIAL_ITEMS_MAX},
	{"offline_days", offsetof(struct trial_settings, offline_days), OFFLINE_DAYS_MAX},
};

enum { MEMBER_COUNT = sizeof(members) / sizeof(members[0]) };

static bool is_known(const char *name)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++)
		if (text_equal(members[i].name, name))
			return true;
	return false;
}

static int refuse_others(const struct json *json)
{
	size_t position = 0;
	const char *name;
	struct json *value;

	while (json_next(json, &position, &name, &value))
		if (!is_known(name))
			return err_set(ERR_INVALID,
				"\"%s\" is unknown; there are days, items_per_folder and "
				"offline_days",
				name);
	return 0;
}

static int read_members(const struct json *json, struct trial_settings *out)
{
	for (size_t i = 0; i < MEMBER_COUNT; i++) {
		int64_t value = json_get_int(json, members[i].name, 0);

		if (!json_is_number(json_get(json, members[i].name)) || value < 1 ||
			value > members[i].most)
			return err_set(ERR_INVALID,
				"\"%s\" must be a whole number from 1 to %" PRId64,
				members[i].name, members[i].most);
		*(int64_t *)((char *)out + members[i].offset) = value;
	}
	return 0;
}

int trial_settings_open(const char *path, struct trial_settings *out)
{
	AUTO_JSON json = NULL;
	int r = 0;

	if (!io_exists(path))
		r = io_write_file(path, defaults, sizeof(defaults) - 1, FILE_MODE);
	if (r == 0)
		r = json_read_file(path, &json);
	if (r == 0 && !json_is_object(json))
		r = err_set(ERR_INVALID, "it must be a JSON object");
	if (r == 0)
		r = refuse_others(json);
	if (r == 0)
		r = read_members(json, out);
	return err_wrap(r, "settings of trials %s", path);
}
