/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/webhook.h"
#include "fuzz.h"

/* A signed webhook, a line each: id, timestamp, signatures (where {signature} is the right
 * one), a secret or "-" for one that is known, and the body. What is believed has the right
 * signature among its own, by one of the secrets, within the time; with one more byte it is
 * not. */

enum { LINES = 4 };

static const int64_t now_s = 1800000000;
static const char known[] = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

struct input {
	char *lines[LINES]; /* id, timestamp, signatures, secrets */
	const uint8_t *body;
	size_t size;
};

static bool take_lines(const uint8_t *data, size_t size, struct input *out)
{
	for (int i = 0; i < LINES; i++) {
		const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
		if (!end)
			return false;
		out->lines[i] = fuzz_text(data, (size_t)(end - data));
		size -= (size_t)(end - data) + 1;
		data = end + 1;
	}
	out->body = data;
	out->size = size;
	return true;
}

static void free_lines(struct input *input)
{
	for (int i = 0; i < LINES; i++)
		mem_free(input->lines[i]);
}

/* "A B" is two secrets: here a line is taken by what parts the lines of the input. */
static void read_secrets(char *text, struct webhook_secrets *out)
{
	for (char *p = text; *p; p++)
		*p = *p == ' ' ? '\n' : *p;
	bool is_known = webhook_secrets_read(text, out) < 0;
	if (is_known)
		ASSERT(webhook_secrets_read(known, out) == 0);
	ASSERT(out->count >= 1 && out->count <= WEBHOOK_SECRETS_MAX);
	for (size_t i = 0; i < out->count; i++)
		ASSERT(out->list[i].size >= 24 && out->list[i].size <= WEBHOOK_SECRET_MAX);
}

/* {signature} replaced by the right one. */
static char *fill(const char *signatures, const char *right)
{
	static const char place[] = "{signature}";
	const char *at = strstr(signatures, place);

	if (!at)
		return mem_strdup(signatures);
	return mem_printf(
		"%.*s%s%s", (int)(at - signatures), signatures, right, at + sizeof(place) - 1);
}

static void check_believed(const struct webhook_message *message, const char *signatures,
	const struct webhook_secrets *secrets)
{
	int64_t at_s;
	AUTO_TEXT longer = mem_alloc(message->body_size + 1);
	struct webhook_message changed = *message;

	ASSERT(text_to_int(message->timestamp, 0, INT64_MAX / 4, &at_s) == 0);
	ASSERT(at_s >= now_s - WEBHOOK_TOLERANCE_S && at_s <= now_s + WEBHOOK_TOLERANCE_S);
	ASSERT(message->id[0] && !strchr(message->id, '.'));
	ASSERT(strlen(message->id) <= WEBHOOK_ID_MAX);
	if (message->body_size)
		memcpy(longer, message->body, message->body_size);
	longer[message->body_size] = 'x';
	changed.body = longer;
	changed.body_size++;
	ASSERT(webhook_verify(&changed, signatures, secrets, now_s) < 0);
	changed = *message;
	changed.id = "other";
	ASSERT(strcmp(message->id, "other") == 0 ||
		webhook_verify(&changed, signatures, secrets, now_s) < 0);
	ASSERT(webhook_verify(message, signatures, secrets,
		       now_s + 2 * WEBHOOK_TOLERANCE_S + 1) == ERR_AUTH);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {0};
	struct webhook_secrets secrets;

	if (take_lines(data, size, &input)) {
		const struct webhook_message message = {.id = input.lines[0],
			.timestamp = input.lines[1],
			.body = input.body,
			.body_size = input.size};
		read_secrets(input.lines[3], &secrets);
		AUTO_TEXT right = webhook_sign(&message, &secrets);
		AUTO_TEXT signatures = fill(input.lines[2], right);
		int r = webhook_verify(&message, signatures, &secrets, now_s);
		ASSERT(r == 0 || r == ERR_INVALID || r == ERR_AUTH);
		/* No signature of the input's is right but the one that was put there. */
		ASSERT(r < 0 || strstr(input.lines[2], "{signature}"));
		if (r == 0)
			check_believed(&message, signatures, &secrets);
	}
	free_lines(&input);
	return 0;
}
