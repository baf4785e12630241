/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "license/standing.h"
#include "license_client/license_client_priv.h"

/* A file of an instance's license state, edited. The first byte chooses the file, the second
 * how: "m" with the instance's own check behind it, so that the reader behind that is tried,
 * "s" with a text that the vendor's keys signed within, else as it is. The instance has a
 * license that is over, or for the file of trials none at all. Nothing that no key of the
 * vendor signed makes it back up; what one signed does as the rules say, and not beyond. */

static const int64_t now_s = 1800000000;
static const char license_id[] = "ffeeddccbbaa99887766554433221100";
static const char subject[] =
	"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

static struct sign_key root, online;
static struct keyset keyset;
static char *keyset_text, *lease_text;
static char *licensed, *unlicensed; /* folders */

static int64_t fixed_us(void *context)
{
	(void)context;
	return now_s * 1000000;
}

static void no_sleep(void *context, int64_t us)
{
	(void)context;
	(void)us;
}

static const struct clock fixed = {
	.now_us = fixed_us, .boot_us = fixed_us, .sleep_us = no_sleep};

static void make_keys(void)
{
	fuzz_key(1, &root);
	fuzz_key(2, &online);
	keyset = (struct keyset){.version = 1, .count = 1};
	keyset.keys[0].until_s = 2 * now_s;
	keyset_key_id(online.public, keyset.keys[0].id);
	memcpy(keyset.keys[0].public, online.public, SIGN_PUBLIC_SIZE);
	keyset_text = keyset_write(&keyset, &root);
}

static struct license_client *open_client(const char *folder)
{
	struct license_client *client;

	ASSERT(license_client_open(folder, &client) == 0);
	return client;
}

static void make_unlicensed(void)
{
	char text[KEYSET_ROOT_SIZE];
	AUTO_TEXT file = io_join(fuzz_folder(), "root.pub");

	keyset_root_write(root.public, text);
	ASSERT(io_write_file(file, text, strlen(text), 0600) == 0);
	struct license_client *client = open_client(unlicensed);
	ASSERT(license_client_set_server(client, "http://127.0.0.1:1", file, NULL) == 0);
	license_client_close(client);
}

static void make_licensed(void)
{
	char text[KEYSET_ROOT_SIZE];
	AUTO_TEXT file = io_join(fuzz_folder(), "root.pub");

	keyset_root_write(root.public, text);
	struct license_client *client = open_client(licensed);
	ASSERT(license_client_set_server(client, "http://127.0.0.1:1", file, NULL) == 0);
	struct lease lease = {.sequence = 1,
		.seats = 10,
		.expires_s = now_s - 86400,
		.issued_s = now_s - 2 * 86400,
		.renew_after_s = now_s,
		.offline_limit_s = 30 * 86400};

	memcpy(lease.license_id, license_id, sizeof(lease.license_id));
	memcpy(lease.instance_id, client->identity.id, sizeof(lease.instance_id));
	memcpy(lease.instance_public, client->identity.key.public, SIGN_PUBLIC_SIZE);
	memcpy(client->grant.license_id, license_id, sizeof(license_id));
	lease_text = lease_write(&lease, &online);
	client->record.proof = (struct proof){
		.lease_text = mem_strdup(lease_text), .keyset_text = mem_strdup(keyset_text)};
	ASSERT(client_write_grant(client) == 0 && client_write_record(client) == 0);
	license_client_close(client);
}

static void open_world(void)
{
	fuzz_fix_random();
	clock_use(&fixed);
	log_set_level(LOG_ERROR); /* damage is what it is about */
	make_keys();
	licensed = io_join(fuzz_folder(), "licensed");
	unlicensed = io_join(fuzz_folder(), "unlicensed");
	make_unlicensed();
	make_licensed();
}

/* {instance}, {public}, {key}, {license}; as texts within JSON {lease} and {keyset}. */
static char *fill(const struct license_client *client, const char *text)
{
	AUTO_JSON quoted = json_new_object();
	AUTO_TEXT public = text_to_base64(client->identity.key.public, SIGN_PUBLIC_SIZE);
	AUTO_BUF out = buf_init(1 << 16);

	json_put_text(quoted, "{lease}", lease_text);
	json_put_text(quoted, "{keyset}", keyset_text);
	AUTO_TEXT lease = json_text(json_get(quoted, "{lease}"), false);
	AUTO_TEXT keys = json_text(json_get(quoted, "{keyset}"), false);
	const char *places[][2] = {{"{instance}", client->identity.id}, {"{public}", public},
		{"{key}", keyset.keys[0].id}, {"{license}", license_id}, {"{lease}", lease},
		{"{keyset}", keys}};
	int r = buf_append_text(&out, "");
	while (*text && r == 0) {
		size_t i = 0;
		const size_t count = sizeof(places) / sizeof(places[0]);
		while (i < count && strncmp(text, places[i][0], strlen(places[i][0])) != 0)
			i++;
		r = i < count ? buf_append_text(&out, places[i][1]) : buf_append(&out, text, 1);
		text += i < count ? strlen(places[i][0]) : 1;
	}
	return mem_strdup(buf_text(&out) ? buf_text(&out) : "");
}

/* What a file holds that has a text signed within, and whether that makes the instance back up.
 * The caller frees it. */
static char *with_lease(const struct license_client *client, const char *body, bool *allows)
{
	struct lease lease;
	AUTO_TEXT text = fuzz_signed(body, &online);
	AUTO_JSON json = json_new_object();

	*allows = lease_read(text, &keyset, &lease) == 0 &&
		  strcmp(lease.license_id, license_id) == 0 &&
		  strcmp(lease.instance_id, client->identity.id) == 0 &&
		  memcmp(lease.instance_public, client->identity.key.public,
			  SIGN_PUBLIC_SIZE) == 0 &&
		  standing_may_back_up(standing_judge(
			  &lease, lease.issued_s > now_s ? lease.issued_s : now_s, 0));
	json_put_text(json, "lease", text);
	json_put_text(json, "keyset", keyset_text);
	return json_text(json, false);
}

static char *with_trial(const struct license_client *client, const char *body, bool *allows)
{
	struct trial trial;
	AUTO_TEXT text = fuzz_signed(body, &online);
	AUTO_JSON json = json_new_object();
	struct json *list = json_new_array();
	struct json *entry = json_new_object();

	*allows = trial_read(text, &keyset, &trial) == 0 &&
		  strcmp(trial.instance_id, client->identity.id) == 0 &&
		  memcmp(trial.instance_public, client->identity.key.public,
			  SIGN_PUBLIC_SIZE) == 0 &&
		  trial_may_back_up(trial_judge(&trial, now_s, 0));
	json_put_text(entry, "trial", text);
	json_put_text(entry, "keyset", keyset_text);
	json_append(list, entry);
	json_put(json, "trials", list);
	return json_text(json, false);
}

static char *with_sunset(const struct license_client *client, const char *body, bool *allows)
{
	struct sunset sunset;
	char *text = fuzz_signed(body, &root);

	(void)client;
	*allows = strlen(text) < SUNSET_TEXT_MAX &&
		  sunset_read(text, root.public, &sunset) == 0 &&
		  sunset_is_for(&sunset, license_id) && now_s < sunset.until_s;
	return text;
}

static const struct state_file {
	char letter;
	const char *name;
	char *(*sign)(const struct license_client *client, const char *body, bool *allows);
} files[] = {
	{'l', "lease", with_lease},
	{'h', "held", NULL},
	{'g', "license", NULL},
	{'e', "server", NULL},
	{'i', "identity", NULL},
	{'t', "trials", with_trial},
	{'s', "sunset", with_sunset},
};

static const struct state_file *choose(uint8_t letter)
{
	enum { COUNT = sizeof(files) / sizeof(files[0]) };

	for (size_t i = 0; i < COUNT; i++)
		if (files[i].letter == letter)
			return &files[i];
	return &files[letter % COUNT];
}

/* The identity holds the key under which the others are checked, and is checked under none. */
static void write_checked(
	const struct license_client *client, const struct state_file *file, const char *text)
{
	struct statefile_folder folder = client->folder;

	if (file->letter == 'i')
		memset(folder.key, 0, sizeof(folder.key));
	ASSERT(statefile_write(&folder, file->name, text, strlen(text)) == 0);
}

/* Writes it; true where what was signed makes the instance back up. */
static bool write_file(
	const char *folder, const struct state_file *file, const uint8_t *data, size_t size)
{
	bool allows = false;
	AUTO_TEXT path = io_join(folder, file->name);
	struct license_client *client = open_client(folder);
	AUTO_TEXT raw = fuzz_text(data + 1, size - 1);
	AUTO_TEXT text = fill(client, raw);

	if (data[0] == 's' && file->sign) {
		AUTO_TEXT content = file->sign(client, text, &allows);
		write_checked(client, file, content);
	} else if (data[0] == 'm') {
		write_checked(client, file, text);
	} else {
		ASSERT(io_write_file(path, data + 1, size - 1, 0600) == 0);
	}
	license_client_close(client);
	return allows;
}

static void check(const char *folder, bool allows)
{
	struct license_client *client = NULL;
	struct license_status status, other;

	if (license_client_open(folder, &client) < 0) {
		ASSERT(!allows && err_message()[0]);
		return;
	}
	license_client_status(client, &status);
	ASSERT(status.may_back_up == allows);
	ASSERT(!license_client_is_held(client, subject));
	/* A trial of one tenant is none of another. */
	license_client_tenant_status(client, "another", &other);
	ASSERT(!other.may_back_up || (allows && !status.is_trial));
	license_client_close(client);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!licensed)
		open_world();
	if (size < 2)
		return 0;
	const struct state_file *file = choose(data[0]);
	const char *folder = file->letter == 't' ? unlicensed : licensed;
	AUTO_TEXT path = io_join(folder, file->name);
	AUTO_BUF before = buf_init(1 << 20);
	bool was_there = io_exists(path);

	ASSERT(!was_there || io_read_file(path, &before) == 0);
	bool allows = write_file(folder, file, data + 1, size - 1);
	check(folder, allows);
	if (was_there)
		ASSERT(io_write_file(path, before.data, before.size, 0600) == 0);
	else
		ASSERT(io_remove(path) == 0);
	return 0;
}
