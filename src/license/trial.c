/* SPDX-License-Identifier: Apache-2.0 */
#include "license/trial.h"

#include <stddef.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "license/signed_form_priv.h"

static const char *const state_names[] = {
	[TRIAL_RUNS] = "runs",
	[TRIAL_ENDED] = "over",
	[TRIAL_ENDED + 1] = NULL,
};

#define FIELD(name_, kind_, member)                                                            \
	{                                                                                      \
		.name = (name_), .kind = (kind_), .offset = offsetof(struct trial, member)     \
	}

static const struct signed_field fields[] = {
	FIELD("key-id", SIGNED_KEY_ID, key_id),
	FIELD("tenant", SIGNED_DIGEST, tenant),
	FIELD("instance", SIGNED_ID, instance_id),
	FIELD("instance-key", SIGNED_PUBLIC, instance_public),
	FIELD("sequence", SIGNED_NUMBER, sequence),
	{
		.name = "state",
		.kind = SIGNED_WORD,
		.offset = offsetof(struct trial, state),
		.words = state_names,
	},
	FIELD("started", SIGNED_TIME, started_s),
	FIELD("ends", SIGNED_TIME, ends_s),
	FIELD("items-per-folder", SIGNED_NUMBER, items_per_folder),
	FIELD("issued", SIGNED_TIME, issued_s),
	FIELD("renew-after", SIGNED_TIME, renew_after_s),
	FIELD("offline-limit", SIGNED_NUMBER, offline_limit_s),
	FIELD("nonce", SIGNED_NONCE, nonce),
};

static const struct signed_form form = {
	.what = "trial",
	.domain = "GARNER-TRIAL/1\n",
	.fields = fields,
	.count = sizeof(fields) / sizeof(fields[0]),
	.key_id = offsetof(struct trial, key_id),
	.issued_s = offsetof(struct trial, issued_s),
};

void trial_tenant(const char *tenant_id, uint8_t out[HASH_SIZE])
{
	AUTO_TEXT id = mem_strdup(tenant_id);

	text_lower(id);
	AUTO_TEXT text = mem_printf("GARNER-TENANT/1\n%s", id);
	hash_sha256(text, strlen(text), out);
}

char *trial_write(struct trial *trial, const struct sign_key *key)
{
	return signed_form_write(&form, trial, key);
}

int trial_read(const char *text, const struct keyset *keyset, struct trial *out)
{
	*out = (struct trial){0};
	int r = signed_form_read(&form, text, keyset, out);
	if (r == 0 && (out->items_per_folder < 1 || out->items_per_folder > TRIAL_ITEMS_MAX))
		r = err_set(ERR_CORRUPT, "trial: its items per folder make no sense");
	if (r < 0)
		*out = (struct trial){0};
	return r;
}

enum trial_standing trial_judge(
	const struct trial *trial, int64_t now_s, int64_t failed_since_s)
{
	if (trial->state == TRIAL_ENDED || now_s >= trial->ends_s)
		return TRIAL_OVER;
	if (now_s >= trial_offline_until(trial))
		return TRIAL_SUSPENDED;
	return failed_since_s ? TRIAL_OFFLINE : TRIAL_ACTIVE;
}

bool trial_may_back_up(enum trial_standing standing)
{
	return standing == TRIAL_OFFLINE || standing == TRIAL_ACTIVE;
}

int64_t trial_offline_until(const struct trial *trial)
{
	return trial->issued_s + trial->offline_limit_s;
}

bool trial_hands_out(int64_t limit, uint64_t position)
{
	return limit == 0 || position < (uint64_t)limit;
}
