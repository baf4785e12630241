/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_client/assignments.h"
#include "license_client/exchange.h"

/*
 * Activation. The license's secret, under which its subjects are made, is wrapped under a key
 * derived from the license key and left with the service: the first instance's is everybody's.
 */

enum { WRAPPED_MAX = 512, NAME_SIZE = 201 };

static void wrapping_key(const char *license_key, uint8_t out[SECRET_KEY_SIZE])
{
	hash_hkdf(license_key, strlen(license_key), NULL, 0, "garner license secret", out,
		SECRET_KEY_SIZE);
}

/* The caller frees the text. */
static char *wrap(const char *license_key, const uint8_t secret[SECRET_KEY_SIZE])
{
	uint8_t key[SECRET_KEY_SIZE];
	AUTO_BUF sealed = buf_init(WRAPPED_MAX);

	wrapping_key(license_key, key);
	int r = secret_seal(key, secret, SECRET_KEY_SIZE, &sealed);
	ASSERT(r == 0); /* it fits */
	secret_wipe(key, sizeof(key));
	return text_to_base64(sealed.data, sealed.size);
}

/* A secret of our own making, in case that we are the first. */
static char *offer_secret(const char *license_key)
{
	uint8_t secret[SECRET_KEY_SIZE];

	secret_random(secret, sizeof(secret));
	char *text = wrap(license_key, secret);
	secret_wipe(secret, sizeof(secret));
	return text;
}

/* The secret that all instances share. It comes beside the lease and is not signed: what
 * vouches for it is that somebody with the license key sealed it. */
static int open_secret(
	const char *license_key, const char *wrapped, uint8_t out[SECRET_KEY_SIZE])
{
	uint8_t key[SECRET_KEY_SIZE];
	AUTO_BUF sealed = buf_init(WRAPPED_MAX);
	AUTO_BUF secret = buf_init(WRAPPED_MAX);

	wrapping_key(license_key, key);
	int r = wrapped ? text_from_base64(wrapped, &sealed) : ERR_INVALID;
	if (r == 0)
		r = secret_open(key, sealed.data, sealed.size, &secret);
	secret_wipe(key, sizeof(key));
	if (r < 0 || secret.size != SECRET_KEY_SIZE)
		return err_set(ERR_CORRUPT, "the secret that the licensing service keeps for "
					    "this license cannot be opened with its key");
	memcpy(out, secret.data, SECRET_KEY_SIZE);
	secret_wipe(secret.data, secret.size);
	return 0;
}

/* An instance that has a license leaves its secret under this key too: where it is another key
 * of the same license, the others can then use it. */
static void put_rewrapped(
	const struct license_client *client, const char *license_key, struct json *body)
{
	struct json *rewrapped;

	if (!client->grant.license_id[0])
		return;
	AUTO_TEXT secret = wrap(license_key, client->grant.secret);
	rewrapped = json_new_object();
	json_put_text(rewrapped, "license_id", client->grant.license_id);
	json_put_text(rewrapped, "secret", secret);
	json_put(body, "rewrapped", rewrapped);
}

static struct json *request_body(const struct license_client *client, const char *license_key)
{
	char name[NAME_SIZE] = "";
	struct json *body = json_new_object();
	struct json *instance = json_new_object();
	AUTO_TEXT wrapped = offer_secret(license_key);
	AUTO_TEXT public = text_to_base64(client->identity.key.public, SIGN_PUBLIC_SIZE);

	if (gethostname(name, sizeof(name) - 1) < 0 || !text_is_utf8(name, strlen(name)))
		name[0] = 0;
	json_put_text(body, "license_key", license_key);
	json_put_text(instance, "id", client->identity.id);
	json_put_text(instance, "name", name);
	json_put_text(instance, "public_key", public);
	json_put(body, "instance", instance);
	json_put_text(body, "wrapped_secret", wrapped);
	put_rewrapped(client, license_key, body);
	return body;
}

/* Refusals that the administrator can do something about, each in its own words (A11). */
static int explain(int failure, const char *problem)
{
	static const struct {
		const char *problem;
		int code;
		const char *text;
	} refusals[] = {
		{"key_unknown", ERR_LICENSE,
			"the licensing service does not know this license key; check that it "
			"is the one of your order, and that this is the right service"},
		{"key_revoked", ERR_LICENSE,
			"this license key was revoked; ask the vendor for the reason"},
		{"key_replaced", ERR_LICENSE,
			"this license key was replaced by a new one; ask the vendor for it"},
		{"secret_not_rewrapped", ERR_LICENSE,
			"this license key is new: activate with it first at an instance that "
			"is active under the old one, and then here"},
		{"instance_revoked", ERR_LICENSE,
			"the vendor revoked this instance; ask the vendor for the reason"},
		{"key_mistyped", ERR_INVALID,
			"the licensing service says that the license key is mistyped"},
		{"instance_conflict", ERR_LICENSE,
			"this instance is known under the license with another identity; "
			"remove the file `identity` of its state and activate again"},
	};

	for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
		if (strcmp(problem, refusals[i].problem) == 0)
			return err_set((enum err)refusals[i].code, "%s", refusals[i].text);
	}
	return err_wrap(failure, "cannot activate");
}

/* The lease first: between the two writes it belongs to a license that is not this
 * instance's, which is seen, and backs up nothing. */
static int keep(struct license_client *client, const struct grant *grant, struct proof *proof)
{
	int lock;
	int r = client_begin(client, &lock);

	if (r < 0)
		return r;
	if (strcmp(client->grant.license_id, grant->license_id) != 0)
		r = client_drop_held(client);
	proof_free(&client->record.proof); /* and its sequence: this one begins anew, */
	client->followed.revision = 0;     /* and so does its history */
	if (r == 0)
		r = client_keep_proof(client, proof, true);
	if (r == 0) {
		client->grant = *grant;
		r = client_write_grant(client);
	}
	if (r < 0)
		client->read_once = false; /* what is on the disk counts */
	client_end(lock);
	return r;
}

static int take(
	struct license_client *client, const char *license_key, struct exchange_reply *reply)
{
	struct grant grant = {0};
	int r = open_secret(
		license_key, json_get_text(reply->document, "wrapped_secret"), grant.secret);

	if (r == 0) {
		memcpy(grant.license_id, reply->proof.lease.license_id,
			sizeof(grant.license_id));
		key_mask(license_key, grant.key_masked);
		r = keep(client, &grant, &reply->proof);
	}
	secret_wipe(&grant, sizeof(grant));
	return r;
}

int license_client_activate(struct license_client *client, const char *key)
{
	char license_key[KEY_TEXT_SIZE];
	AUTO_REPLY reply = {0};
	int r = key_read(key, license_key);

	if (r < 0)
		return r;
	client_refresh(client);
	AUTO_JSON body = request_body(client, license_key);
	const struct exchange exchange = {
		.path = "/v1/activate",
		.body = body,
		.timeout_ms = EXCHANGE_TIMEOUT_MS,
	};
	r = exchange_run(client, &exchange, &reply);
	r = r < 0 ? explain(r, reply.problem) : take(client, license_key, &reply);
	secret_wipe(license_key, sizeof(license_key));
	if (r == 0 && assignments_update(client, EXCHANGE_TIMEOUT_MS) < 0)
		log_info("license_list_not_read", "why", err_message(), NULL);
	return r;
}
