/* SPDX-License-Identifier: Apache-2.0 */
#include "license_client/identity.h"

#include <stdbool.h>
#include <string.h>

#include "base/io.h"
#include "base/json.h"
#include "base/text.h"
#include "crypto/secret.h"

static const char file_name[] = "identity";

static int write_new(const struct statefile_folder *folder, struct identity *out)
{
	uint8_t id[IDENTITY_ID_SIZE];
	char secret[2 * SIGN_SECRET_SIZE + 1];
	AUTO_JSON json = json_new_object();

	secret_random(id, sizeof(id));
	text_to_hex(id, sizeof(id), out->id);
	sign_key_new(&out->key);
	text_to_hex(out->key.secret, SIGN_SECRET_SIZE, secret);
	json_put_int(json, "schema", 1);
	json_put_text(json, "instance", out->id);
	json_put_text(json, "secret", secret);
	secret_wipe(secret, sizeof(secret));
	return statefile_write_json(folder, file_name, json);
}

/* A secret key carries its public half; a signature shows whether the two belong together. */
static bool key_from_secret(const char *secret, struct sign_key *out)
{
	static const char probe[] = "identity";
	uint8_t signature[SIGN_SIGNATURE_SIZE];

	if (!secret || text_from_hex(secret, out->secret, SIGN_SECRET_SIZE) < 0)
		return false;
	memcpy(out->public, out->secret + SIGN_SECRET_SIZE - SIGN_PUBLIC_SIZE,
		SIGN_PUBLIC_SIZE);
	sign_make(out, probe, sizeof(probe), signature);
	return sign_is_valid(out->public, probe, sizeof(probe), signature);
}

static bool read_identity(const struct json *json, struct identity *out)
{
	uint8_t id[IDENTITY_ID_SIZE];
	const char *text = json_get_text(json, "instance");

	if (!text || text_from_hex(text, id, sizeof(id)) < 0)
		return false;
	text_to_hex(id, sizeof(id), out->id);
	return key_from_secret(json_get_text(json, "secret"), &out->key);
}

static int read_or_make(const struct statefile_folder *folder, struct identity *out)
{
	AUTO_JSON json = NULL;
	int r = statefile_read_json(folder, file_name, &json);

	if (r == ERR_NOTFOUND)
		return write_new(folder, out);
	if (r < 0 && r != ERR_CORRUPT)
		return r;
	if (r == 0 && read_identity(json, out))
		return 0;
	return err_set(ERR_CORRUPT,
		"the identity of this instance is damaged; remove %s/%s and activate again "
		"(nothing that is backed up is lost)",
		folder->path, file_name);
}

int identity_load(struct statefile_folder *folder, struct identity *out)
{
	int lock;

	memset(folder->key, 0, sizeof(folder->key));
	int r = statefile_lock(folder, &lock); /* two first starts at once make one identity */
	if (r < 0)
		return r;
	r = read_or_make(folder, out);
	io_close(lock);
	if (r == 0)
		hash_hkdf(out->key.secret, SIGN_SECRET_SIZE, NULL, 0, "garner state file",
			folder->key, sizeof(folder->key));
	return r;
}
