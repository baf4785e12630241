/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/license_client.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/standing.h"
#include "license_client/license_client_priv.h"
#include "license_client/trials.h"
#include "license_client/vendor_root.h"
#include "net/http_client.h"

static const int64_t heard_max_s = 253402300799; /* the end of the year 9999 */

static const struct {
	enum license_state state;
	const char *name;
} standings[] = {
	[STANDING_REVOKED] = {LICENSE_REVOKED, "revoked"},
	[STANDING_EXPIRED] = {LICENSE_EXPIRED, "expired"},
	[STANDING_SUSPENDED] = {LICENSE_SUSPENDED, "suspended"},
	[STANDING_OFFLINE] = {LICENSE_OFFLINE, "offline"},
	[STANDING_EXPIRES_SOON] = {LICENSE_EXPIRES_SOON, "expires_soon"},
	[STANDING_ACTIVE] = {LICENSE_ACTIVE, "active"},
};

const char *license_state_name(enum license_state state)
{
	if (state == LICENSE_TRIAL || state == LICENSE_TRIAL_OVER)
		return state == LICENSE_TRIAL ? "trial" : "trial_over";
	for (size_t i = 0; i < sizeof(standings) / sizeof(*standings); i++) {
		if (standings[i].state == state)
			return standings[i].name;
	}
	return "none";
}

/* A line of text from the system, cut to fit; "" where there is none. */
static void read_line(const char *path, char *out, size_t size)
{
	AUTO_BUF bytes = buf_init(4096);

	out[0] = 0;
	if (io_read_file(path, &bytes) < 0 || !buf_text(&bytes))
		return;
	snprintf(out, size, "%.*s", (int)strcspn(buf_text(&bytes), "\n"), buf_text(&bytes));
}

/* The machine, as a digest: its id is nobody's business, and only compared with itself. */
static void read_machine(char out[33])
{
	char id[64];
	uint8_t digest[HASH_SIZE];

	read_line("/etc/machine-id", id, sizeof(id));
	hash_sha256(id, strlen(id), digest);
	text_to_hex(digest, 16, out);
}

int license_client_open(const char *folder, struct license_client **out)
{
	struct license_client *client;
	int r = io_make_folders(folder, 0700);

	*out = NULL;
	if (r < 0)
		return r;
	client = mem_alloc(sizeof(*client));
	client->folder.path = io_absolute(folder);
	read_line("/proc/sys/kernel/random/boot_id", client->boot, sizeof(client->boot));
	read_machine(client->machine);
	r = identity_load(&client->folder, &client->identity);
	if (r < 0) {
		license_client_close(client);
		return r;
	}
	client_refresh(client);
	*out = client;
	return 0;
}

void license_client_close(struct license_client *client)
{
	if (!client)
		return;
	http_client_free(client->http);
	endpoint_free(&client->endpoint);
	proof_free(&client->record.proof);
	proof_free(&client->record.head);
	proof_free(&client->held_proof);
	heldset_free(&client->held);
	trials_free(&client->trials);
	mem_free(client->folder.path);
	mem_free(client->believed_text);
	secret_wipe(client, sizeof(*client));
	mem_free(client);
}

int license_client_set_server(struct license_client *client, const char *url,
	const char *root_key_file, const char *ca_file)
{
	const struct endpoint_setting setting = {
		.url = url,
		.root_key_file = root_key_file,
		.ca_file = ca_file,
	};
	int lock;
	int r = client_begin(client, &lock);

	if (r < 0)
		return r;
	r = endpoint_save(&client->folder, &setting);
	client_end(lock);
	client_refresh(client);
	return r;
}

/* What is worth telling; each on its own, as many as fit. */

static void tell(struct license_status *out, const char *text)
{
	size_t used = strlen(out->trouble);
	size_t room = sizeof(out->trouble) - used - 1;
	const char *gap = used ? "; " : "";

	if (strlen(gap) + strlen(text) > room)
		text = used ? "" : text;
	if (*text)
		snprintf(out->trouble + used, room + 1, "%s%.*s", gap,
			(int)text_utf8_cut(text, room - strlen(gap)), text);
}

static void tell_damage(const struct license_client *client, struct license_status *out)
{
	static const char *const remedies[CLIENT_FILES] = {
		[CLIENT_ENDPOINT] = "name the licensing service again",
		[CLIENT_GRANT] = "activate again with the license key",
		[CLIENT_RECORD] = "the next answer of the licensing service heals it",
		[CLIENT_HELD] = "the next answer of the licensing service heals it",
		[CLIENT_TRIALS] = "the next start of a backup job heals it",
		[CLIENT_SUNSET] = "take the vendor's statement again",
	};

	for (int i = 0; i < CLIENT_FILES; i++) {
		if (!client->damage[i][0])
			continue;
		AUTO_TEXT text = mem_printf("%s (%s)", client->damage[i], remedies[i]);
		tell(out, text);
		return; /* those behind it follow from the first */
	}
}

static void tell_clock(const struct record *record, const struct timefloor_reading *clocks,
	struct license_status *out)
{
	int64_t error_s = timefloor_error_s(&record->floor, clocks);
	int64_t hours = (error_s < 0 ? -error_s : error_s) / 3600;

	if (!error_s)
		return;
	AUTO_TEXT text =
		mem_printf("the clock of this machine is %s by %" PRId64 " hours; set it right",
			error_s < 0 ? "behind" : "ahead", hours);
	tell(out, text);
}

static void tell_sunset(const struct license_client *client, struct license_status *out)
{
	char until[TIMESTAMP_SIZE];

	if (!client->sunset.until_s || out->state != LICENSE_OFFLINE)
		return;
	timestamp_format(client->sunset.until_s, until);
	AUTO_TEXT text = mem_printf(
		"works without the licensing service until %s, by the vendor's word", until);
	tell(out, text);
}

static void tell_troubles(struct license_client *client, const struct timefloor_reading *clocks,
	struct license_status *out)
{
	const struct record *record = client_known(client);

	tell_damage(client, out);
	if (!record)
		return;
	tell_sunset(client, out);
	tell(out, record->refused);
	tell_clock(record, clocks, out);
	if (strcmp(record->machine, client->machine) != 0)
		tell(out, "this state was copied from another machine");
}

/* The floor follows time also between contacts; where it cannot be kept now, the next call
 * tries again. */
static void raise_floor(struct license_client *client, const struct timefloor_reading *clocks)
{
	struct record *record = client_known(client);
	int lock;

	if (!record)
		return;
	struct timefloor floor = record->floor;
	if (!timefloor_raise(&floor, clocks)) {
		record->floor = floor; /* known here, and not worth a write */
		return;
	}
	if (client_begin(client, &lock) < 0)
		return;
	record = client_known(client);
	if (record && timefloor_raise(&record->floor, clocks) && client_write_known(client) < 0)
		log_warning("license_state_not_kept", "why", err_message(), NULL);
	client_end(lock);
}

void license_client_heard_time(struct license_client *client, int64_t at_s)
{
	struct timefloor_reading clocks = client_clocks(client);
	struct timefloor floor = client->record.floor;
	int lock;

	if (at_s <= 0 || at_s > heard_max_s || !client->record.proof.lease_text ||
		!timefloor_hear(&floor, at_s, &clocks) || client_begin(client, &lock) < 0)
		return;
	if (client->record.proof.lease_text &&
		timefloor_hear(&client->record.floor, at_s, &clocks) &&
		client_write_record(client) < 0)
		log_warning("license_state_not_kept", "why", err_message(), NULL);
	client_end(lock);
}

static void judge(
	const struct license_client *client, int64_t now_s, struct license_status *out)
{
	const struct lease *lease = &client->record.proof.lease;
	enum standing standing = standing_judge(lease, now_s, client->record.failed_s);

	out->state = standings[standing].state;
	out->may_back_up = standing_may_back_up(standing);
	out->sunset_until_s = client->sunset.until_s;
	if (!out->may_back_up && client_works_by_sunset(client, now_s)) {
		out->state = LICENSE_OFFLINE;
		out->may_back_up = true;
	}
	out->seats = lease->seats;
	out->used = standing_assignments_hold(lease, now_s) ? lease->used : 0;
	out->expires_s = lease->expires_s;
	out->offline_until_s = standing_offline_until(lease);
	out->offline_since_s = client->record.failed_s;
	out->leased_s = lease->issued_s;
}

static void status(
	struct license_client *client, const char *tenant_id, struct license_status *out)
{
	struct timefloor_reading clocks = client_clocks(client);
	uint8_t tenant[HASH_SIZE];

	*out = (struct license_status){.state = LICENSE_NONE};
	client_refresh(client);
	out->development = vendor_root() == NULL;
	snprintf(out->server, sizeof(out->server), "%s", client->endpoint.url);
	snprintf(out->key_masked, sizeof(out->key_masked), "%s", client->grant.key_masked);
	out->now_s = client_now_s(client);
	raise_floor(client, &clocks);
	if (tenant_id)
		trial_tenant(tenant_id, tenant);
	if (client->record.proof.lease_text)
		judge(client, client_now_s(client), out);
	else if (client_is_trial(client) && !client->damage[CLIENT_TRIALS][0])
		trials_judge(client, tenant_id ? tenant : NULL, out);
	else
		out->is_trial = client_is_trial(client);
	tell_troubles(client, &clocks, out);
}

void license_client_status(struct license_client *client, struct license_status *out)
{
	status(client, NULL, out);
}

void license_client_tenant_status(
	struct license_client *client, const char *tenant_id, struct license_status *out)
{
	status(client, tenant_id, out);
}

bool license_client_has_key(struct license_client *client)
{
	client_refresh(client);
	return client->record.proof.lease_text != NULL;
}

int license_client_subject(struct license_client *client, const char *tenant_id,
	const char *directory_id, char out[LICENSE_SUBJECT_TEXT])
{
	uint8_t digest[HASH_SIZE];
	AUTO_TEXT tenant = mem_strdup(tenant_id);
	AUTO_TEXT directory = mem_strdup(directory_id);

	client_refresh(client);
	if (!client->grant.license_id[0])
		return err_set(ERR_LICENSE, "no license is active here; activate a license "
					    "key first");
	text_lower(tenant); /* ids of Microsoft's are the same in either case */
	text_lower(directory);
	AUTO_TEXT text = mem_printf("GARNER-SUBJECT/1%c%s%c%s", 0, tenant, 0, directory);
	size_t size = strlen("GARNER-SUBJECT/1") + strlen(tenant) + strlen(directory) + 2;
	hash_hmac(client->grant.secret, sizeof(client->grant.secret), text, size, digest);
	text_to_hex(digest, sizeof(digest), out);
	return 0;
}
