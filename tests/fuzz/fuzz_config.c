/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "license/trial.h"
#include "license_service/home.h"
#include "license_service/settings.h"

/* What a vendor writes into the settings of the licensing service: taken, and then within its
 * bounds, or refused with a reason that names the file, whatever it is. The first byte chooses
 * the file. */

static char *folder;

static void check_prices(const struct home *home)
{
	const struct price_list *prices = &home->prices;
	int64_t before = 0;

	ASSERT(prices->count >= 1 && prices->count <= PRICE_STEPS_MAX);
	ASSERT(prices->steps[0].from == 1 && strlen(prices->currency) == 3);
	for (int64_t seats = 1; seats <= LICENSE_SEATS_MAX; seats *= 10) {
		int64_t year = price_year(prices, seats);
		ASSERT(year >= before); /* more never costs less */
		before = year;
	}
}

static void check_trials(const struct home *home)
{
	const struct trial_settings *trials = &home->trials;

	ASSERT(trials->days >= 1 && trials->days <= 3650);
	ASSERT(trials->items_per_folder >= 1 && trials->items_per_folder <= TRIAL_ITEMS_MAX);
	ASSERT(trials->offline_days >= 1 && trials->offline_days <= 365);
}

static void check_payment(const struct home *home)
{
	const struct settings *settings = home->settings;

	ASSERT(settings->open_days >= 1 && settings->open_days <= 3650);
	ASSERT(settings->seller[0] && !strpbrk(settings->seller, "\r\n"));
	ASSERT(settings->invoice_text || settings->webhook_text);
	ASSERT(!settings->public_url || strncmp(settings->public_url, "http", 4) == 0);
	ASSERT(!settings->webhook_url || strncmp(settings->webhook_url, "http", 4) == 0);
}

/* Whether the rest of a URL is a port alone. */
static bool is_port(const char *text)
{
	return *text == ':' && strspn(text + 1, "0123456789/") == strlen(text + 1);
}

static void check_mail(const struct home *home)
{
	static const char *const here[] = {
		"smtp://127.0.0.1", "smtp://localhost", "smtp://[::1]"};
	const struct settings *settings = home->settings;
	bool is_here = false;

	ASSERT(settings->mail_server && settings->mail_from);
	ASSERT(settings_is_address(settings->mail_from));
	ASSERT(!settings->mail_user == !settings->mail_password_file);
	for (size_t i = 0; i < sizeof(here) / sizeof(here[0]); i++)
		is_here |= strncmp(settings->mail_server, here[i], strlen(here[i])) == 0 &&
			   is_port(settings->mail_server + strlen(here[i]));
	ASSERT(!settings->mail_is_plain || is_here); /* nobody on the way reads it */
}

static void check_secrets(const struct home *home)
{
	const struct webhook_secrets *secrets = &home->settings->webhook_secrets;

	ASSERT(secrets->count >= 1 && secrets->count <= WEBHOOK_SECRETS_MAX);
	for (size_t i = 0; i < secrets->count; i++)
		ASSERT(secrets->list[i].size >= 24 &&
			secrets->list[i].size <= WEBHOOK_SECRET_MAX);
}

/* The content of a root.pub, where the root key is elsewhere. */
static void check_root(const struct home *home)
{
	ASSERT(!home->has_root);
}

static const struct setting {
	char letter;
	const char *name;
	void (*check)(const struct home *home);
} settings_files[] = {
	{'p', "prices.json", check_prices},
	{'t', "trial.json", check_trials},
	{'y', "payment.json", check_payment},
	{'m', "mail.json", check_mail},
	{'w', "webhook.secret", check_secrets},
	{'r', "root.pub", check_root},
};

static const struct setting *choose(uint8_t letter)
{
	enum { COUNT = sizeof(settings_files) / sizeof(settings_files[0]) };

	for (size_t i = 0; i < COUNT; i++)
		if (settings_files[i].letter == letter)
			return &settings_files[i];
	return &settings_files[letter % COUNT];
}

static void hide_root(bool hide)
{
	AUTO_TEXT here = io_join(folder, "root.key");
	AUTO_TEXT away = io_join(folder, "root.away");

	ASSERT(io_rename(hide ? here : away, hide ? away : here) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct home *home = NULL;
	AUTO_BUF before = buf_init(1 << 16);

	if (!folder) {
		fuzz_fix_random();
		folder = io_join(fuzz_folder(), "home");
		ASSERT(home_open(folder, NULL, &home) == 0); /* makes what else it needs */
		home_close(home);
	}
	if (size == 0)
		return 0;
	const struct setting *setting = choose(data[0]);
	AUTO_TEXT path = io_join(folder, setting->name);
	bool was_there = io_exists(path);
	bool is_root = setting->letter == 'r';

	ASSERT(!was_there || io_read_file(path, &before) == 0);
	ASSERT(io_write_file(path, data + 1, size - 1, 0600) == 0);
	if (is_root)
		hide_root(true);
	if (home_open(folder, NULL, &home) < 0)
		ASSERT(strstr(err_message(), setting->name));
	else
		setting->check(home);
	home_close(home);
	if (is_root)
		hide_root(false);
	if (was_there)
		ASSERT(io_write_file(path, before.data, before.size, 0600) == 0);
	else
		ASSERT(io_remove(path) == 0);
	return 0;
}
