/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"

int app_open_home(struct app *app)
{
	const char *state = options_get(app->options, "state");
	const char *database = options_get(app->options, "database");

	if (!state)
		state = getenv("GARNER_LICENSING_STATE");
	if (!database)
		database = getenv("GARNER_LICENSING_DATABASE");
	if (database && !*database)
		database = NULL;
	if (!state || !*state)
		return err_set(ERR_USAGE, "give the folder of the service with --state DIR");
	return home_open(state, database, &app->home);
}

int app_open_store(struct app *app)
{
	int r = app_open_home(app);

	return r < 0 ? r : store_open(app->home, &app->store);
}

void app_close(struct app *app)
{
	store_close(app->store);
	home_close(app->home);
}

/* What was typed, as text for the caller to wipe and free. */
static int read_typed(const struct app *app, char **out)
{
	const char *argument = options_argument(app->options, 0);
	const char *file = options_get(app->options, "key-file");

	if (!file && argument && text_equal(argument, "-"))
		file = "-";
	if (file)
		return secret_read(file, out);
	if (!argument)
		argument = options_get(app->options, "key");
	if (!argument)
		return err_set(ERR_USAGE, "give the license key, or a file with --key-file");
	*out = mem_strdup(argument);
	return 0;
}

int app_read_key(struct app *app, struct app_key *out)
{
	char key[KEY_TEXT_SIZE];
	AUTO_TEXT typed = NULL;
	int r = read_typed(app, &typed);

	if (r < 0)
		return r;
	r = key_read(typed, key);
	secret_wipe(typed, strlen(typed));
	if (r == 0) {
		key_mask(key, out->masked);
		r = store_find_key(app->store, key, out->license_id);
	}
	secret_wipe(key, sizeof(key));
	return r;
}

int app_read_seats(const struct app *app, int64_t *out)
{
	const char *seats = options_get(app->options, "seats");

	if (!seats)
		return err_set(ERR_USAGE, "give the number of licenses with --seats N");
	if (text_to_int(seats, 1, LICENSE_SEATS_MAX, out) < 0)
		return err_set(ERR_USAGE, "--seats must be a number between 1 and %d",
			LICENSE_SEATS_MAX);
	return 0;
}

int app_exit_code(int error)
{
	switch (error) {
	case 0:
		return 0;
	case ERR_USAGE:
		return 2;
	case ERR_PARTIAL:
		return 3;
	case ERR_LICENSE:
		return 4;
	case ERR_AUTH:
		return 5;
	case ERR_NETWORK:
	case ERR_THROTTLED:
	case ERR_UNAVAILABLE:
	case ERR_CONFLICT:
		return 6;
	case ERR_LOCKED:
		return 11;
	case ERR_CANCELLED:
		return 130;
	default:
		return 1;
	}
}
