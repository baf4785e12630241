/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "storage/s3_priv.h"

/*
 * Some servers do not know "If-None-Match: *" and take the second object of a name without a
 * word. Nothing but a try tells them from those that do.
 */

static enum s3_known *slot_of(struct s3 *s3, bool in_parts)
{
	return in_parts ? &s3->refuses_second_multipart : &s3->refuses_second;
}

static enum s3_known known(struct s3 *s3, bool in_parts)
{
	pthread_mutex_lock(&s3->known_lock);
	enum s3_known now = *slot_of(s3, in_parts);
	pthread_mutex_unlock(&s3->known_lock);
	return now;
}

static int put_probe(struct s3 *s3, const char *name, bool in_parts)
{
	static const unsigned char text[] = "probe";
	struct s3_upload upload = {
		.name = name, .data = text, .size = sizeof(text), .can_refuse = true};
	uint8_t random[16];

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), upload.mark);
	text_to_hex(random, sizeof(random), upload.hash); /* nobody reads it */
	return in_parts ? s3_upload_in_parts(s3, &upload) : s3_upload_whole(s3, &upload);
}

int s3_probe_refusal(struct s3 *s3, bool in_parts, bool *out)
{
	uint8_t random[16];
	char digits[2 * sizeof(random) + 1];

	*out = known(s3, in_parts) == S3_YES;
	if (known(s3, in_parts) != S3_UNKNOWN)
		return 0;
	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), digits);
	AUTO_TEXT name = mem_printf(STORAGE_TEMPORARY "/%s", digits);
	int r = put_probe(s3, name, false);
	/* One that says that it cannot is as good as one that does not. */
	bool is_first_refused = r == ERR_PROTOCOL;
	if (r < 0 && !is_first_refused)
		return r;
	r = is_first_refused ? 0 : put_probe(s3, name, in_parts);
	if (r < 0 && r != ERR_EXISTS && r != ERR_PROTOCOL)
		return r;
	*out = r == ERR_EXISTS;
	pthread_mutex_lock(&s3->known_lock);
	*slot_of(s3, in_parts) = *out ? S3_YES : S3_NO;
	pthread_mutex_unlock(&s3->known_lock);
	/* Where we may put and not remove, it stays. */
	(void)!s3_remove(&s3->storage, name);
	return 0;
}
