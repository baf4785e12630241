/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "app.h"
#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license_service/root.h"

/* garner-licensing root …: the root key and what it signs. */

enum { TEXT_MAX = 64 * 1024, TEXT_MODE = 0644, RAISE_MAX = 1000 * 1000 };

/* What monitoring sees: the weeks before the end, and the end. */
static int exit_of_warning(int days)
{
	static const struct {
		int days, code;
	} codes[] = {{30, 20}, {14, 21}, {7, 22}, {-1, 23}};

	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (days == codes[i].days)
			return codes[i].code;
	return 0;
}

int commands_root_status(void *context, const struct options *options)
{
	struct app *app = context;
	struct root_status status = {0};
	AUTO_JSON result = json_new_object();
	char until[TIMESTAMP_SIZE];
	int r = app_open_home(app);

	(void)options;
	if (r == 0)
		r = root_status(app->home, clock_now_s(), &status);
	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_text(result, "root", status.is_here ? "here" : "elsewhere");
	json_put_int(result, "version", status.version);
	json_put_text(result, "key", status.key_id[0] ? status.key_id : NULL);
	json_put_time(result, "from", status.from_s);
	json_put_time(result, "until", status.until_s);
	json_put_int(result, "warning_days", status.warning_days);
	if (app->json)
		print_json(result);
	timestamp_format(status.until_s, until);
	print_line(app, "Root key:    %s", status.is_here ? "here" : "elsewhere");
	print_line(app, "Online key:  %s, until %s, keyset version %" PRId64,
		status.key_id[0] ? status.key_id : "none yet", status.until_s ? until : "-",
		status.version);
	if (status.warning_days < 0)
		print_line(app,
			"It is over: nothing can be signed. Make the next one: root request");
	else if (status.warning_days)
		print_line(app, "It ends within %d days. Make the next one: root request",
			status.warning_days);
	app->exit_code = exit_of_warning(status.warning_days);
	return 0;
}

/* Puts a text that was made into the file of --to, or prints it. */
static int put_text(const struct app *app, const char *name, const char *text)
{
	const char *to = options_get(app->options, "to");
	AUTO_JSON result = json_new_object();

	ASSERT(text);
	if (to) {
		int r = io_write_file(to, text, strlen(text), TEXT_MODE);
		if (r < 0)
			return r;
	}
	json_put_int(result, "schema", 1);
	json_put_text(result, name, text);
	json_put_text(result, "file", to);
	if (app->json)
		print_json(result);
	else if (!to)
		fputs(text, stdout);
	else
		print_line(app, "Written to %s.", to);
	return 0;
}

static int read_text(const char *path, char **out)
{
	AUTO_BUF content = buf_init(TEXT_MAX);
	int r = io_read_file(path, &content);

	*out = NULL;
	if (r < 0)
		return r;
	if (!buf_text(&content))
		return err_set(ERR_INVALID, "%s is too large", path);
	*out = mem_strdup(buf_text(&content));
	return 0;
}

int commands_root_export(void *context, const struct options *options)
{
	struct app *app = context;
	const char *to = options_get(options, "to");
	AUTO_JSON result = json_new_object();
	int r = to ? app_open_home(app)
		   : err_set(ERR_USAGE, "name a folder of another medium with --to DIR");

	if (r == 0)
		r = root_export(app->home, to);
	if (r < 0)
		return r;
	json_put_int(result, "schema", 1);
	json_put_text(result, "root", "elsewhere");
	if (app->json)
		print_json(result);
	print_line(app,
		"The root key lies in %s now, and not here any more. Keep two copies of it; "
		"without it no online key can be made.",
		to);
	return 0;
}

int commands_root_request(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_TEXT text = NULL;
	const char *raise = options_get(options, "raise");
	struct root_asking asking = {.alone = options_has(options, "replace")};
	int r = 0;

	if (raise && text_to_int(raise, 0, RAISE_MAX, &asking.raise) < 0)
		r = err_set(ERR_USAGE, "--raise must be a number up to %d", RAISE_MAX);
	if (r == 0)
		r = app_open_home(app);
	if (r == 0)
		r = root_request(app->home, clock_now_s(), &asking, &text);
	return r < 0 ? r : put_text(app, "request", text);
}

int commands_root_sign(void *context, const struct options *options)
{
	struct app *app = context;
	const char *root_key = options_get(options, "root-key");
	AUTO_TEXT request = NULL;
	AUTO_TEXT text = NULL;
	int r = root_key ? read_text(options_argument(options, 0), &request)
			 : err_set(ERR_USAGE, "name the root key's file with --root-key FILE");

	if (r == 0)
		r = root_sign(root_key, request, &text);
	return r < 0 ? r : put_text(app, "keyset", text);
}

int commands_root_import(void *context, const struct options *options)
{
	struct app *app = context;
	AUTO_TEXT text = NULL;
	int r = app_open_home(app);

	if (r == 0)
		r = read_text(options_argument(options, 0), &text);
	if (r == 0)
		r = root_import(app->home, text);
	return r < 0 ? r : commands_root_status(app, options);
}

int commands_root_sunset(void *context, const struct options *options)
{
	struct app *app = context;
	const char *root_key = options_get(options, "root-key");
	const char *until = options_get(options, "until");
	AUTO_TEXT text = NULL;
	int64_t until_s;

	if (!root_key || !until)
		return err_set(ERR_USAGE, "give --root-key FILE and --until TIME");
	if (timestamp_parse(until, &until_s) < 0)
		return err_set(ERR_USAGE, "--until is a time like 2036-01-01T00:00:00Z");
	int r = root_sunset(root_key, options_get(options, "license"), until_s, &text);
	return r < 0 ? r : put_text(app, "sunset", text);
}
