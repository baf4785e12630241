/* SPDX-License-Identifier: Apache-2.0 */
#include "license/lease.h"

#include <stddef.h>
#include <string.h>

#include "license/signed_form_priv.h"

static const char *const state_names[] = {
	[LEASE_ACTIVE] = "active",
	[LEASE_EXPIRED] = "expired",
	[LEASE_REVOKED] = "revoked",
	[LEASE_REVOKED + 1] = NULL,
};

#define FIELD(name_, kind_, member)                                                            \
	{                                                                                      \
		.name = (name_), .kind = (kind_), .offset = offsetof(struct lease, member)     \
	}

static const struct signed_field fields[] = {
	FIELD("key-id", SIGNED_KEY_ID, key_id),
	FIELD("license", SIGNED_ID, license_id),
	FIELD("instance", SIGNED_ID, instance_id),
	FIELD("instance-key", SIGNED_PUBLIC, instance_public),
	FIELD("epoch", SIGNED_NUMBER, epoch),
	FIELD("sequence", SIGNED_NUMBER, sequence),
	FIELD("revision", SIGNED_NUMBER, revision),
	FIELD("seats", SIGNED_NUMBER, seats),
	FIELD("used", SIGNED_NUMBER, used),
	{
		.name = "state",
		.kind = SIGNED_WORD,
		.offset = offsetof(struct lease, state),
		.words = state_names,
	},
	FIELD("activated", SIGNED_TIME, activated_s),
	FIELD("expires", SIGNED_TIME, expires_s),
	FIELD("resets", SIGNED_MOMENT, resets_s),
	FIELD("issued", SIGNED_TIME, issued_s),
	FIELD("renew-after", SIGNED_TIME, renew_after_s),
	FIELD("offline-limit", SIGNED_NUMBER, offline_limit_s),
	FIELD("nonce", SIGNED_NONCE, nonce),
	{
		.name = "answer",
		.kind = SIGNED_ANSWER,
		.offset = offsetof(struct lease, answer_digest),
		.flag = offsetof(struct lease, has_answer),
	},
	FIELD("assigned-count", SIGNED_NUMBER, assigned_count),
	FIELD("assigned-digest", SIGNED_DIGEST, assigned_digest),
	FIELD("chain", SIGNED_DIGEST, chain),
};

static const struct signed_form form = {
	.what = "lease",
	.domain = "GARNER-LEASE/1\n",
	.fields = fields,
	.count = sizeof(fields) / sizeof(fields[0]),
	.key_id = offsetof(struct lease, key_id),
	.issued_s = offsetof(struct lease, issued_s),
};

const char *lease_state_name(enum lease_state state)
{
	return state_names[state];
}

char *lease_write(struct lease *lease, const struct sign_key *key)
{
	return signed_form_write(&form, lease, key);
}

int lease_read(const char *text, const struct keyset *keyset, struct lease *out)
{
	*out = (struct lease){0};
	int r = signed_form_read(&form, text, keyset, out);
	if (r < 0)
		*out = (struct lease){0};
	return r;
}

void lease_assigned_add(struct hash_stream *stream, const char *subject)
{
	hash_stream_add(stream, subject, strlen(subject));
	hash_stream_add(stream, "\n", 1);
}
