/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license/keyset.h"
#include "license_client/license_client_priv.h"
#include "license_client/trials.h"
#include "net/http_client.h"

/* The state of an instance in memory and in its folder: reading, believing, keeping. */

static const char *const file_names[CLIENT_FILES] = {
	[CLIENT_ENDPOINT] = ENDPOINT_FILE,
	[CLIENT_GRANT] = "license",
	[CLIENT_RECORD] = "lease",
	[CLIENT_HELD] = "held",
	[CLIENT_TRIALS] = "trials",
	[CLIENT_SUNSET] = "sunset",
};

enum { HELD_MAX = 512 << 20 }; /* 10 million subjects */

void proof_free(struct proof *proof)
{
	mem_free(proof->lease_text);
	mem_free(proof->keyset_text);
	*proof = (struct proof){0};
}

struct proof proof_copy(const struct proof *proof)
{
	struct proof copy = *proof;

	copy.lease_text = mem_strdup(proof->lease_text);
	copy.keyset_text = mem_strdup(proof->keyset_text);
	return copy;
}

static void copy_text(char *out, size_t size, const char *text)
{
	snprintf(out, size, "%.*s", (int)text_utf8_cut(text, size - 1), text);
}

static void note_damage(struct license_client *client, enum client_file file)
{
	copy_text(client->damage[file], sizeof(client->damage[file]), err_message());
	log_warning(
		"license_state_damaged", "file", file_names[file], "what", err_message(), NULL);
}

/* The same text under the same root key says the same as when it was read. */
static int believe_keyset(struct license_client *client, const char *text)
{
	struct keyset keyset;
	const uint8_t *root = client->endpoint.root;

	if (client->believed_text && text_equal(client->believed_text, text) &&
		memcmp(client->believed_root, root, SIGN_PUBLIC_SIZE) == 0)
		return 0;
	int r = keyset_read(text, root, &keyset);
	if (r < 0)
		return r;
	mem_replace(&client->believed_text, mem_strdup(text));
	memcpy(client->believed_root, root, SIGN_PUBLIC_SIZE);
	client->believed = keyset;
	return 0;
}

int client_believe(struct license_client *client, const char *license_id,
	const char *const texts[2], struct proof *out)
{
	struct proof proof = {0};

	if (!texts[0] || !texts[1])
		return err_set(ERR_CORRUPT, "there is no lease");
	int r = believe_keyset(client, texts[1]);
	if (r == 0)
		r = lease_read(texts[0], &client->believed, &proof.lease);
	if (r < 0)
		return r;
	if (strcmp(proof.lease.license_id, license_id) != 0)
		return err_set(ERR_CORRUPT, "the lease belongs to another license");
	if (strcmp(proof.lease.instance_id, client->identity.id) != 0 ||
		memcmp(proof.lease.instance_public, client->identity.key.public,
			SIGN_PUBLIC_SIZE) != 0)
		return err_set(ERR_CORRUPT, "the lease belongs to another instance");
	proof.lease_text = mem_strdup(texts[0]);
	proof.keyset_text = mem_strdup(texts[1]);
	proof.keyset_version = client->believed.version;
	*out = proof;
	return 0;
}

static int read_endpoint(struct license_client *client)
{
	http_client_free(STEAL(client->http));
	client->service_ahead_s = 0;
	return endpoint_load(&client->folder, &client->endpoint);
}

static int read_grant(struct license_client *client)
{
	AUTO_JSON json = NULL;
	struct grant grant = {0};

	client->grant = grant;
	int r = statefile_read_json(&client->folder, file_names[CLIENT_GRANT], &json);
	if (r < 0)
		return r;
	const char *id = json_get_text_or(json, "license", "");
	const char *secret = json_get_text_or(json, "secret", "");
	if (strlen(id) != LEASE_ID_SIZE - 1 ||
		text_from_hex(secret, grant.secret, SECRET_KEY_SIZE) < 0)
		return err_set(ERR_CORRUPT, "%s/license is no state file", client->folder.path);
	copy_text(grant.license_id, sizeof(grant.license_id), id);
	copy_text(
		grant.key_masked, sizeof(grant.key_masked), json_get_text_or(json, "key", ""));
	client->grant = grant;
	return 0;
}

void client_get_known(const struct json *json, struct record *record)
{
	record->floor = (struct timefloor){
		.floor_s = json_get_int(json, "floor_s", 0),
		.floor_boot_us = json_get_int(json, "floor_boot_us", 0),
		.contact_s = json_get_int(json, "contact_s", 0),
		.contact_wall_s = json_get_int(json, "contact_wall_s", 0),
	};
	record->floor.kept_s = record->floor.floor_s;
	record->floor.heard_s = json_get_int(json, "heard_s", 0);
	record->floor.heard_boot_us = json_get_int(json, "heard_boot_us", 0);
	copy_text(record->floor.heard_boot, sizeof(record->floor.heard_boot),
		json_get_text_or(json, "heard_boot", ""));
	copy_text(record->floor.boot, sizeof(record->floor.boot),
		json_get_text_or(json, "boot", ""));
	record->failed_s = json_get_int(json, "failed_s", 0);
	copy_text(record->refused, sizeof(record->refused),
		json_get_text_or(json, "refused", ""));
	copy_text(record->machine, sizeof(record->machine),
		json_get_text_or(json, "machine", ""));
}

/* Where it cannot be believed, the history is known from the last lease on. */
static void read_head(struct license_client *client, const struct json *json)
{
	const char *texts[2] = {
		json_get_text(json, "head_lease"), json_get_text(json, "head_keyset")};

	if (texts[0] && client_believe(client, client->grant.license_id, texts,
				&client->record.head) < 0)
		log_warning("license_state_damaged", "file", file_names[CLIENT_RECORD], "what",
			err_message(), NULL);
}

void client_bind_floor(struct timefloor *floor, int64_t issued_s)
{
	floor->contact_s = issued_s;
	if (floor->floor_s < issued_s)
		floor->floor_s = issued_s;
}

static int read_record(struct license_client *client)
{
	AUTO_JSON json = NULL;
	struct record *record = &client->record;

	proof_free(&record->proof);
	proof_free(&record->head);
	*record = (struct record){0};
	int r = statefile_read_json(&client->folder, file_names[CLIENT_RECORD], &json);
	if (r < 0)
		return r;
	client_get_known(json, record);
	const char *texts[2] = {json_get_text(json, "lease"), json_get_text(json, "keyset")};
	r = client_believe(client, client->grant.license_id, texts, &record->proof);
	if (r == 0)
		client_bind_floor(&record->floor, record->proof.lease.issued_s);
	if (r == 0)
		read_head(client, json);
	return r;
}

/* A text of the held file: its size and its bytes. The caller frees *out. */
static int read_text(struct reader *reader, char **out)
{
	uint32_t size;
	const unsigned char *bytes;
	int r = reader_u32(reader, &size);

	if (r == 0)
		r = reader_bytes(reader, size, &bytes);
	if (r == 0)
		*out = mem_strndup((const char *)bytes, size);
	return r;
}

static int read_held(struct license_client *client)
{
	AUTO_BUF bytes = buf_init(HELD_MAX);
	AUTO_TEXT lease = NULL;
	AUTO_TEXT keyset = NULL;

	proof_free(&client->held_proof);
	heldset_free(&client->held);
	int r = statefile_read(&client->folder, file_names[CLIENT_HELD], &bytes);
	struct reader reader = {.data = bytes.data, .size = bytes.size};
	if (r == 0)
		r = read_text(&reader, &lease);
	if (r == 0)
		r = read_text(&reader, &keyset);
	if (r == 0)
		r = heldset_read(&reader, &client->held);
	const char *texts[2] = {lease, keyset};
	if (r == 0)
		r = client_believe(
			client, client->grant.license_id, texts, &client->held_proof);
	if (r == 0 && !heldset_matches(&client->held, &client->held_proof.lease)) {
		proof_free(&client->held_proof);
		r = err_set(ERR_CORRUPT, "the assigned subjects are not those of the lease");
	}
	if (r < 0)
		heldset_free(&client->held);
	return r;
}

static int read_sunset(struct license_client *client)
{
	AUTO_BUF bytes = buf_init(SUNSET_TEXT_MAX);

	client->sunset = (struct sunset){0};
	int r = statefile_read(&client->folder, file_names[CLIENT_SUNSET], &bytes);
	if (r < 0)
		return r;
	r = sunset_read(buf_text(&bytes) ? buf_text(&bytes) : "", client->endpoint.root,
		&client->sunset);
	if (r == 0 && !sunset_is_for(&client->sunset, client->grant.license_id)) {
		client->sunset = (struct sunset){0};
		r = err_set(ERR_CORRUPT, "the sunset statement is for another license");
	}
	return r;
}

static bool is_changed(struct license_client *client)
{
	bool changed = !client->read_once;

	for (int i = 0; i < CLIENT_FILES && !changed; i++) {
		struct statefile_stamp now = statefile_stamp(&client->folder, file_names[i]);
		changed = !statefile_stamp_equal(&now, &client->stamps[i]);
	}
	return changed;
}

/* In this order: the lease is judged by the root key and the license, the held set by both; the
 * trials by the root key. */
static void read_changed(struct license_client *client)
{
	static int (*const readers[CLIENT_FILES])(struct license_client *) = {
		[CLIENT_ENDPOINT] = read_endpoint,
		[CLIENT_GRANT] = read_grant,
		[CLIENT_RECORD] = read_record,
		[CLIENT_HELD] = read_held,
		[CLIENT_TRIALS] = trials_read,
		[CLIENT_SUNSET] = read_sunset,
	};

	if (!is_changed(client))
		return;
	client->read_once = true;
	for (int i = 0; i < CLIENT_FILES; i++) {
		client->stamps[i] = statefile_stamp(&client->folder, file_names[i]);
		client->damage[i][0] = 0;
		int r = readers[i](client);
		bool expected = i <= CLIENT_RECORD && client->grant.license_id[0];
		if (r < 0 && (r != ERR_NOTFOUND || expected))
			note_damage(client, (enum client_file)i);
	}
}

void client_refresh(struct license_client *client)
{
	int lock;

	if (!is_changed(client))
		return;
	if (client_begin(client, &lock) == 0) {
		client_end(lock);
		return;
	}
	/* Without the lock the files may be in the midst of a change: what is read now is not
	 * relied on for longer than this call. */
	read_changed(client);
	client->read_once = false;
}

int client_begin(struct license_client *client, int *out_lock)
{
	int r = statefile_lock(&client->folder, out_lock);

	if (r == 0)
		read_changed(client);
	return r;
}

void client_end(int lock)
{
	io_close(lock);
}

struct timefloor_reading client_clocks(const struct license_client *client)
{
	return (struct timefloor_reading){
		.wall_s = clock_now_s(),
		.boot_us = clock_boot_us(),
		.boot = client->boot,
	};
}

bool client_is_trial(const struct license_client *client)
{
	return !client->grant.license_id[0] && !client->damage[CLIENT_GRANT][0];
}

static bool knows_trials(const struct license_client *client)
{
	return client_is_trial(client) && client->trials.count > 0;
}

struct record *client_known(struct license_client *client)
{
	if (client->record.proof.lease_text)
		return &client->record;
	return knows_trials(client) ? &client->trials.known : NULL;
}

int client_write_known(struct license_client *client)
{
	return client->record.proof.lease_text ? client_write_record(client)
					       : trials_write(client);
}

int64_t client_now_s(const struct license_client *client)
{
	struct timefloor_reading clocks = client_clocks(client);

	if (client->record.proof.lease_text)
		return timefloor_now(&client->record.floor, &clocks);
	return knows_trials(client) ? timefloor_now(&client->trials.known.floor, &clocks)
				    : clocks.wall_s;
}

void client_stamp_own(struct license_client *client, enum client_file file)
{
	client->damage[file][0] = 0;
	client->stamps[file] = statefile_stamp(&client->folder, file_names[file]);
}

int client_write_grant(struct license_client *client)
{
	AUTO_JSON json = json_new_object();
	char secret[2 * SECRET_KEY_SIZE + 1];

	text_to_hex(client->grant.secret, SECRET_KEY_SIZE, secret);
	json_put_int(json, "schema", 1);
	json_put_text(json, "license", client->grant.license_id);
	json_put_text(json, "key", client->grant.key_masked);
	json_put_text(json, "secret", secret);
	secret_wipe(secret, sizeof(secret));
	int r = statefile_write_json(&client->folder, file_names[CLIENT_GRANT], json);
	client_stamp_own(client, CLIENT_GRANT);
	return r;
}

void client_put_known(struct json *json, const struct record *record)
{
	json_put_int(json, "floor_s", record->floor.floor_s);
	json_put_int(json, "floor_boot_us", record->floor.floor_boot_us);
	json_put_text(json, "boot", record->floor.boot);
	json_put_int(json, "heard_s", record->floor.heard_s);
	json_put_int(json, "heard_boot_us", record->floor.heard_boot_us);
	json_put_text(json, "heard_boot", record->floor.heard_boot);
	json_put_int(json, "contact_s", record->floor.contact_s);
	json_put_int(json, "contact_wall_s", record->floor.contact_wall_s);
	json_put_int(json, "failed_s", record->failed_s);
	json_put_text(json, "refused", record->refused);
	json_put_text(json, "machine", record->machine);
}

int client_write_record(struct license_client *client)
{
	AUTO_JSON json = json_new_object();
	const struct record *record = &client->record;

	json_put_int(json, "schema", 1);
	json_put_text(json, "lease", record->proof.lease_text);
	json_put_text(json, "keyset", record->proof.keyset_text);
	client_put_known(json, record);
	if (record->head.lease_text) {
		json_put_text(json, "head_lease", record->head.lease_text);
		json_put_text(json, "head_keyset", record->head.keyset_text);
	}
	int r = statefile_write_json(&client->folder, file_names[CLIENT_RECORD], json);
	client_stamp_own(client, CLIENT_RECORD);
	return r;
}

static int append_text(struct buf *out, const char *text)
{
	int r = buf_put_u32(out, (uint32_t)strlen(text));

	return r < 0 ? r : buf_append_text(out, text);
}

int client_write_held(struct license_client *client)
{
	AUTO_BUF bytes = buf_init(HELD_MAX);
	int r = append_text(&bytes, client->held_proof.lease_text);

	if (r == 0)
		r = append_text(&bytes, client->held_proof.keyset_text);
	if (r == 0)
		r = heldset_write(&client->held, &bytes);
	if (r == 0)
		r = statefile_write(
			&client->folder, file_names[CLIENT_HELD], bytes.data, bytes.size);
	client_stamp_own(client, CLIENT_HELD);
	return r;
}

int client_write_sunset(struct license_client *client, const char *text)
{
	return statefile_write(&client->folder, file_names[CLIENT_SUNSET], text, strlen(text));
}

int client_drop_held(struct license_client *client)
{
	proof_free(&client->held_proof);
	heldset_free(&client->held);
	int r = statefile_remove(&client->folder, file_names[CLIENT_HELD]);
	client_stamp_own(client, CLIENT_HELD);
	return r;
}

/* Whether another process of this instance kept a later answer while ours was under way. */
static bool is_overtaken(const struct license_client *client, const struct proof *proof)
{
	const struct proof *kept = &client->record.proof;

	return kept->lease_text && strcmp(kept->lease.key_id, proof->lease.key_id) == 0 &&
	       strcmp(kept->lease.license_id, proof->lease.license_id) == 0 &&
	       kept->lease.sequence > proof->lease.sequence;
}

void client_note_good_contact(const struct license_client *client, struct record *record)
{
	record->failed_s = 0;
	record->refused[0] = 0;
	copy_text(record->machine, sizeof(record->machine), client->machine);
}

int client_keep_proof(struct license_client *client, struct proof *proof, bool follows)
{
	struct timefloor_reading clocks = client_clocks(client);
	struct record *record = &client->record;

	if (is_overtaken(client, proof)) {
		proof_free(proof);
		return 0;
	}
	if (follows) {
		proof_free(&record->head);
	} else if (!record->head.lease_text) {
		record->head = record->proof;
		record->proof = (struct proof){0};
	}
	proof_free(&record->proof);
	record->proof = *proof;
	*proof = (struct proof){0};
	timefloor_set(&record->floor, record->proof.lease.issued_s, &clocks);
	client_note_good_contact(client, record);
	return client_write_record(client);
}
