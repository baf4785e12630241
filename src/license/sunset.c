/* SPDX-License-Identifier: Apache-2.0 */
#include "license/sunset.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license/signed_text_priv.h"

static const char domain[] = "GARNER-SUNSET/1\n";

char *sunset_write(const struct sunset *sunset, const struct sign_key *root)
{
	AUTO_BUF body = buf_init(SUNSET_TEXT_MAX);
	char until[TIMESTAMP_SIZE];

	timestamp_format(sunset->until_s, until);
	ASSERT(buf_append_text(&body, domain) == 0);
	signed_text_put(&body, "license", sunset->license_id[0] ? sunset->license_id : "-");
	signed_text_put(&body, "until", until);
	return signed_text_close(&body, root);
}

static int read_license(const char *value, struct sunset *out)
{
	uint8_t id[(LEASE_ID_SIZE - 1) / 2];

	if (text_equal(value, "-"))
		return 0;
	if (text_from_hex(value, id, sizeof(id)) == 0)
		text_to_hex(id, sizeof(id), out->license_id);
	if (!text_equal(out->license_id, value))
		return err_set(ERR_CORRUPT, "its license is no id");
	return 0;
}

static int read_lines(const char **text, struct sunset *out)
{
	char value[SIGNED_TEXT_VALUE_MAX];

	if (!text_starts_with(*text, domain))
		return err_set(ERR_CORRUPT, "it is no sunset statement");
	*text += sizeof(domain) - 1;
	int r = signed_text_take(text, "license", value);
	if (r == 0)
		r = read_license(value, out);
	if (r == 0)
		r = signed_text_take(text, "until", value);
	return r < 0 ? r : signed_text_time(value, &out->until_s);
}

int sunset_read(const char *text, const uint8_t root[SIGN_PUBLIC_SIZE], struct sunset *out)
{
	uint8_t signature[SIGN_SIGNATURE_SIZE];
	const char *at = text;
	size_t size = 0;

	*out = (struct sunset){0};
	int r = read_lines(&at, out);
	if (r == 0) {
		size = (size_t)(at - text);
		r = signed_text_take_signature(&at, signature);
	}
	if (r == 0 && !sign_is_valid(root, text, size, signature))
		r = err_set(ERR_CORRUPT, "the sunset statement is not signed by the root key");
	if (r < 0)
		*out = (struct sunset){0};
	return r;
}

bool sunset_is_for(const struct sunset *sunset, const char *license_id)
{
	return sunset->until_s > 0 &&
	       (!sunset->license_id[0] || text_equal(sunset->license_id, license_id));
}

bool sunset_allows(const struct sunset *sunset, enum standing standing, int64_t now_s)
{
	return standing != STANDING_REVOKED && now_s < sunset->until_s;
}
