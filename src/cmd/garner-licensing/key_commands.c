/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"
#include "base/clock.h"
#include "base/text.h"
#include "license_service/keys.h"
#include "license_service/mail_queue.h"

/* garner-licensing reissue, revoke-instance. */

enum { KEEP_DAYS_MAX = 366, DAY_S = 86400 };

static void print_reissued(const struct app *app, const char *made, const char *old,
	const struct keys_reissue *reissue)
{
	AUTO_JSON result = json_new_object();

	json_put_int(result, "schema", 1);
	json_put_text(result, "license_key", reissue->by_mail ? NULL : made);
	json_put_bool(result, "by_mail", reissue->by_mail);
	json_put_text(result, "old_key", old);
	if (app->json)
		print_json(result);
	if (reissue->by_mail) {
		print_line(app, "The license key goes by e-mail to whom the license was sold.");
	} else {
		print_line(app, "License key: %s", made);
		print_line(
			app, "It is shown this once; the service keeps only a digest of it.");
	}
	print_line(app, reissue->new_secret ? "All instances activate again with it; nobody "
					      "holds a license."
					    : "First activate with it at an instance that is "
					      "enrolled already.");
}

/* To its owner by mail, where that can be; else it is printed. */
static int decide_way(struct app *app, const char *license_id, struct keys_reissue *reissue)
{
	int r = options_has(app->options, "print") ? 0 : mail_has_owner(app->store, license_id);

	reissue->by_mail = r > 0;
	return r < 0 ? r : 0;
}

int commands_reissue(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	char made[KEY_TEXT_SIZE];
	const char *keep = options_get(options, "keep-old");
	struct keys_reissue reissue = {.new_secret = options_has(options, "new-secret")};
	int64_t days = 0;
	int r = 0;

	if (keep && text_to_int(keep, 0, KEEP_DAYS_MAX, &days) < 0)
		r = err_set(
			ERR_USAGE, "--keep-old is a number of days up to %d", KEEP_DAYS_MAX);
	if (r == 0 && keep && reissue.new_secret)
		r = err_set(ERR_USAGE, "--new-secret keeps no old key");
	if (r == 0)
		r = app_open_store(app);
	if (r == 0)
		r = app_read_key(app, &key);
	reissue.keep_s = days * DAY_S;
	if (r == 0)
		r = decide_way(app, key.license_id, &reissue);
	if (r == 0)
		r = keys_reissue(app->store, key.license_id, &reissue, clock_now_s(), made);
	if (r < 0)
		return r;
	print_reissued(app, made, key.masked, &reissue);
	secret_wipe(made, sizeof(made));
	return 0;
}

int commands_revoke_instance(void *context, const struct options *options)
{
	struct app *app = context;
	struct app_key key;
	const char *instance = options_argument(options, options_count(options) - 1);
	AUTO_JSON result = json_new_object();
	int r = app_open_store(app);

	if (r == 0)
		r = app_read_key(app, &key);
	if (r == 0)
		r = keys_revoke_instance(app->store, key.license_id, instance, clock_now_s());
	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_text(result, "instance", instance);
	if (app->json)
		print_json(result);
	print_line(app, "The instance gets no more leases, and works offline to the limit.");
	return 0;
}
