/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/settings.h"

#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "license_service/home.h"
#include "net/smtp.h"

enum {
	PUBLIC_MODE = 0644,
	SECRET_MODE = 0600,
	OPEN_DAYS = 30,
	OPEN_DAYS_MAX = 3650,
	TEXT_LIMIT = 2000,
};

static const char default_payment[] =
	"{\n"
	"  \"seller\": \"Garner\",\n"
	"  \"public_url\": null,\n"
	"  \"open_days\": 30,\n"
	"  \"invoice\": { \"text\": \"We send you an invoice. Please pay it by bank transfer "
	"and name the order {order}.\" },\n"
	"  \"webhook\": null\n"
	"}\n";

bool settings_is_address(const char *text)
{
	return smtp_is_address(text);
}

/* Whether a URL of that scheme leads to this machine: nothing but a port, then a path, may
 * stand behind the host, so that it is neither a longer name nor a user of another host. */
static bool is_loopback(const char *url, const char *scheme)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]", NULL};

	if (!text_starts_with(url, scheme))
		return false;
	url += strlen(scheme);
	for (const char *const *host = hosts; *host; host++) {
		const char *rest = url + strlen(*host);
		if (!text_starts_with(url, *host))
			continue;
		if (*rest == ':')
			rest += 1 + strspn(rest + 1, "0123456789");
		return *rest == '\0' || *rest == '/';
	}
	return false;
}

/* A text that is there and not too long; NULL where it is absent. */
static int take_text(const struct json *json, const char *key, char **out)
{
	const char *text = json_get_text(json, key);

	if (json_get(json, key) && !text)
		return err_set(ERR_INVALID, "\"%s\" must be a text", key);
	if (text && (!*text || strlen(text) > TEXT_LIMIT))
		return err_set(ERR_INVALID, "\"%s\" must have 1 to %d bytes", key, TEXT_LIMIT);
	*out = mem_strdup(text);
	return 0;
}

static int take_url(const struct json *json, struct settings *out)
{
	int r = take_text(json, "public_url", &out->public_url);

	if (r < 0 || !out->public_url)
		return r;
	if (!text_starts_with(out->public_url, "https://") &&
		!text_starts_with(out->public_url, "http://"))
		return err_set(ERR_INVALID, "\"public_url\" must begin with https://");
	if (text_ends_with(out->public_url, "/"))
		out->public_url[strlen(out->public_url) - 1] = '\0';
	return 0;
}

static int take_sides(const struct json *json, struct settings *out)
{
	const struct json *webhook = json_get(json, "webhook");
	int r = take_text(json_get(json, "invoice"), "text", &out->invoice_text);

	if (r == 0)
		r = take_text(webhook, "text", &out->webhook_text);
	if (r == 0)
		r = take_text(webhook, "url", &out->webhook_url);
	if (r == 0 && out->webhook_url && !text_starts_with(out->webhook_url, "https://") &&
		!is_loopback(out->webhook_url, "http://"))
		r = err_set(ERR_INVALID, "the \"url\" of \"webhook\" must begin with https://");
	if (r == 0 && !out->invoice_text && !out->webhook_text)
		r = err_set(ERR_INVALID,
			"give an \"invoice\" or a \"webhook\" with a \"text\" that says how "
			"to pay");
	return r;
}

static int read_payment(const struct json *json, struct settings *out)
{
	int r = take_text(json, "seller", &out->seller);

	if (r == 0 && !out->seller)
		out->seller = mem_strdup("Garner");
	if (r == 0 && strpbrk(out->seller, "\r\n"))
		r = err_set(ERR_INVALID, "\"seller\" is one line");
	if (r == 0)
		r = take_url(json, out);
	if (r == 0)
		r = take_sides(json, out);
	out->open_days = json_get_int(json, "open_days", OPEN_DAYS);
	if (r == 0 && (out->open_days < 1 || out->open_days > OPEN_DAYS_MAX))
		r = err_set(
			ERR_INVALID, "\"open_days\" must lie between 1 and %d", OPEN_DAYS_MAX);
	return r;
}

static int open_payment(const struct home *home, struct settings *out)
{
	AUTO_JSON json = NULL;
	AUTO_TEXT path = home_path(home, "payment.json");
	int r = 0;

	if (!io_exists(path))
		r = io_write_file(
			path, default_payment, sizeof(default_payment) - 1, PUBLIC_MODE);
	if (r == 0)
		r = json_read_file(path, &json);
	if (r == 0)
		r = read_payment(json, out);
	return err_wrap(r, "settings of payment %s", path);
}

static int make_secret(const char *path)
{
	AUTO_TEXT secret = webhook_secret_new();
	AUTO_TEXT line = mem_printf("%s\n", secret);
	int r = io_write_file(path, line, strlen(line), SECRET_MODE);

	secret_wipe(secret, strlen(secret));
	secret_wipe(line, strlen(line));
	return r;
}

static int open_webhook_secret(const struct home *home, struct settings *out)
{
	AUTO_TEXT path = home_path(home, "webhook.secret");
	AUTO_TEXT text = NULL;
	int r = io_exists(path) ? 0 : make_secret(path);

	if (r == 0)
		r = secret_read(path, &text);
	if (r == 0)
		r = webhook_secrets_read(text, &out->webhook_secrets);
	if (text)
		secret_wipe(text, strlen(text));
	return err_wrap(r, "secrets of payment webhooks %s", path);
}

static int check_mail(const struct settings *settings)
{
	if (!settings->mail_server ||
		(!text_starts_with(settings->mail_server, "smtp://") &&
			!text_starts_with(settings->mail_server, "smtps://")))
		return err_set(ERR_INVALID,
			"\"server\" must be smtps://HOST:465, or smtp://HOST:587 with "
			"STARTTLS");
	if (!settings->mail_from || !settings_is_address(settings->mail_from))
		return err_set(ERR_INVALID, "\"from\" must be an address");
	if (!settings->mail_user != !settings->mail_password_file)
		return err_set(ERR_INVALID, "\"user\" and \"password_file\" go together");
	return 0;
}

static int read_mail(const struct json *json, struct settings *out)
{
	int r = take_text(json, "server", &out->mail_server);

	if (r == 0)
		r = take_text(json, "from", &out->mail_from);
	if (r == 0)
		r = take_text(json, "user", &out->mail_user);
	if (r == 0)
		r = take_text(json, "password_file", &out->mail_password_file);
	if (r == 0)
		r = take_text(json, "ca_file", &out->mail_ca_file);
	out->mail_is_plain = !json_get_bool(json, "tls", true);
	if (r == 0)
		r = check_mail(out);
	if (r == 0 && out->mail_is_plain && !is_loopback(out->mail_server, "smtp://"))
		r = err_set(ERR_INVALID, "mail without TLS goes to this machine only");
	return r;
}

static int open_mail(const struct home *home, struct settings *out)
{
	AUTO_JSON json = NULL;
	AUTO_TEXT path = home_path(home, "mail.json");

	if (!io_exists(path))
		return 0;
	int r = json_read_file(path, &json);
	if (r == 0)
		r = read_mail(json, out);
	return err_wrap(r, "settings of mail %s", path);
}

int settings_open(const struct home *home, struct settings **out)
{
	struct settings *settings = mem_alloc(sizeof(*settings));
	int r = open_payment(home, settings);

	*out = NULL;
	if (r == 0)
		r = open_webhook_secret(home, settings);
	if (r == 0)
		r = open_mail(home, settings);
	if (r < 0) {
		settings_close(settings);
		return r;
	}
	*out = settings;
	return 0;
}

void settings_close(struct settings *settings)
{
	if (!settings)
		return;
	mem_free(settings->seller);
	mem_free(settings->public_url);
	mem_free(settings->invoice_text);
	mem_free(settings->webhook_text);
	mem_free(settings->webhook_url);
	mem_free(settings->mail_server);
	mem_free(settings->mail_user);
	mem_free(settings->mail_password_file);
	mem_free(settings->mail_ca_file);
	mem_free(settings->mail_from);
	secret_wipe(settings, sizeof(*settings));
	mem_free(settings);
}
