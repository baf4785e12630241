/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/token.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

enum { TOKEN_BYTES = 24, NONCE_BYTES = 16, FORM_MAX = 200 };

static void compute(
	const struct home *home, const char *purpose, const char *text, uint8_t out[HASH_SIZE])
{
	AUTO_TEXT whole = mem_printf("%s\n%s", purpose, text);

	hash_hmac(home->tokens, sizeof(home->tokens), whole, strlen(whole), out);
}

static char *make(const struct home *home, const char *purpose, const char *text)
{
	uint8_t mac[HASH_SIZE];

	compute(home, purpose, text, mac);
	return text_to_base64url(mac, TOKEN_BYTES);
}

static bool is_made(
	const struct home *home, const char *purpose, const char *text, const char *given)
{
	AUTO_TEXT right = make(home, purpose, text);

	return strlen(given) == strlen(right) && secret_equal(given, right, strlen(right));
}

char *token_of_order(const struct home *home, const char *order_id)
{
	return make(home, "order", order_id);
}

bool token_is_of_order(const struct home *home, const char *order_id, const char *given)
{
	return given && is_made(home, "order", order_id, given);
}

char *token_of_form(const struct home *home, int64_t now_s)
{
	uint8_t nonce[NONCE_BYTES];
	char hex[2 * NONCE_BYTES + 1];

	secret_random(nonce, sizeof(nonce));
	text_to_hex(nonce, sizeof(nonce), hex);
	AUTO_TEXT head = mem_printf("%" PRId64 ".%s", now_s, hex);
	AUTO_TEXT mac = make(home, "form", head);
	return mem_printf("%s.%s", head, mac);
}

int token_check_form(const struct home *home, const char *token, int64_t now_s)
{
	const char *dot = strrchr(token, '.');
	int64_t at_s;

	if (strlen(token) > FORM_MAX || !dot)
		return err_set(ERR_AUTH, "this form is not ours");
	AUTO_TEXT head = mem_strndup(token, (size_t)(dot - token));
	AUTO_TEXT time = mem_strndup(head, strcspn(head, "."));
	if (!is_made(home, "form", head, dot + 1) ||
		text_to_int(time, 0, INT64_MAX / 4, &at_s) < 0)
		return err_set(ERR_AUTH, "this form is not ours");
	if (now_s > at_s + TOKEN_FORM_LIFE_S || now_s < at_s - TOKEN_FORM_LIFE_S)
		return err_set(ERR_AUTH, "this form was shown too long ago");
	return 0;
}

void token_order_id(const struct home *home, const char *seed, char out[ORDER_ID_SIZE])
{
	uint8_t mac[HASH_SIZE];

	compute(home, "order id", seed, mac);
	text_to_hex(mac, (ORDER_ID_SIZE - 1) / 2, out);
}
