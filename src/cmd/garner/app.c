/* SPDX-License-Identifier: Apache-2.0 */
#include "app.h"

#include <stdio.h>
#include <unistd.h>

#include "base/io.h"
#include "base/mem.h"
#include "crypto/secret.h"
#include "panel/channel.h"

int app_installation(struct app *app, struct installation **out)
{
	int r = app->installation ? 0 : installation_open(app->state, &app->installation);

	*out = app->installation;
	return r;
}

int app_ask(
	struct app *app, const char *operation, const struct json *arguments, struct json **out)
{
	const struct operation_host host = {0};
	struct installation *installation;

	*out = NULL;
	if (channel_is_there(app->state))
		return channel_run(app->state, operation, arguments, out);
	int r = app_installation(app, &installation);
	if (r < 0)
		return r;
	const struct operation_call call = {installation, arguments, &host};
	return operation_run(&call, operation, out);
}

void app_pass_option(
	const struct app *app, struct json *arguments, const char *option, const char *key)
{
	const char *value = options_get(app->options, option);

	if (value)
		json_put_text(arguments, key, value);
}

void app_pass_path(
	const struct app *app, struct json *arguments, const char *option, const char *key)
{
	const char *value = options_get(app->options, option);
	AUTO_TEXT absolute = value ? io_absolute(value) : NULL;

	if (absolute)
		json_put_text(arguments, key, absolute);
}

int app_pass_secret(
	const struct app *app, struct json *arguments, const char *option, const char *key)
{
	const char *path = options_get(app->options, option);
	AUTO_TEXT secret = NULL;

	if (!path)
		return 0;
	int r = secret_read(path, &secret);
	if (r < 0)
		return err_wrap(r, "--%s", option);
	json_put_text(arguments, key, secret);
	return 0;
}

int app_confirm(const struct app *app, const char *question)
{
	char answer[8] = "";

	if (options_has(app->options, "yes"))
		return 0;
	if (!isatty(STDIN_FILENO) || app->json)
		return err_set(
			ERR_USAGE, "%s Without a terminal to ask at, add --yes", question);
	fprintf(stderr, "%s [y/N] ", question);
	if (!fgets(answer, sizeof(answer), stdin) || (answer[0] != 'y' && answer[0] != 'Y'))
		return err_set(ERR_CANCELLED, "nothing was done");
	return 0;
}

int app_exit_code(int error)
{
	static const struct {
		int error, code;
	} codes[] = {
		{ERR_USAGE, 2},
		{ERR_INVALID, 2},
		{ERR_PARTIAL, 3},
		{ERR_LICENSE, 4},
		{ERR_AUTH, 5},
		{ERR_THROTTLED, 6},
		{ERR_NETWORK, 6},
		{ERR_UNAVAILABLE, 6},
		{ERR_CONFLICT, 6},
		{ERR_PROTOCOL, 6},
		{ERR_CORRUPT, 7},
		{ERR_NOREPO, 10},
		{ERR_LOCKED, 11},
		{ERR_PASSWORD, 12},
		{ERR_CANCELLED, 130},
	};

	if (error >= 0)
		return error; /* a command may answer with an exit code of its own */
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		if (codes[i].error == error)
			return codes[i].code;
	}
	return 1;
}
