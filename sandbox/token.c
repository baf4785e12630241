/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/token.h"

#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "sandbox/ids.h"

enum { TOKEN_MAX = 8192, SKEW_S = 300 };

/* The application permissions that the sandbox's administrator has consented to. */
static const char *const roles[] = {"User.Read.All", "Directory.Read.All",
	"Organization.Read.All", "Group.Read.All", "GroupMember.Read.All",
	"MailboxSettings.Read", "Mail.Read", "Calendars.Read", "Contacts.Read",
	"Tasks.Read.All", "Files.Read.All", "Member.Read.Hidden", "Sites.Read.All"};

static struct json *make_roles(const struct json *chosen)
{
	struct json *list = json_new_array();

	for (size_t i = 0; chosen && i < json_count(chosen); i++)
		json_append(list, json_new_text(json_as_text(json_at(chosen, i))));
	for (size_t i = 0; !chosen && i < sizeof(roles) / sizeof(roles[0]); i++)
		json_append(list, json_new_text(roles[i]));
	return list;
}

static struct json *make_claims(const struct token_claims *claims)
{
	struct json *body = json_new_object();
	AUTO_TEXT issuer = mem_printf("%s/%s/", claims->base_url, claims->tenant_id);
	char unique[IDS_GUID_SIZE];

	ids_guid_random(unique);
	json_put_text(body, "aud", "https://graph.microsoft.com");
	json_put_text(body, "iss", issuer);
	json_put_int(body, "iat", claims->now_s);
	json_put_int(body, "nbf", claims->now_s);
	json_put_int(body, "exp", claims->now_s + TOKEN_LIFE_S);
	json_put_text(body, "appid", claims->client_id);
	json_put_text(body, "idtyp", "app");
	json_put(body, "roles", make_roles(claims->roles));
	json_put_text(body, "tid", claims->tenant_id);
	json_put_text(body, "uti", unique);
	json_put_text(body, "ver", "1.0");
	return body;
}

static char *sign(const char *text, size_t size, const uint8_t key[TOKEN_KEY_SIZE])
{
	uint8_t tag[HASH_SIZE];

	hash_hmac(key, TOKEN_KEY_SIZE, text, size, tag);
	return text_to_base64url(tag, sizeof(tag));
}

char *token_make(const struct token_claims *claims, const uint8_t key[TOKEN_KEY_SIZE])
{
	static const char header[] = "{\"typ\":\"JWT\",\"alg\":\"HS256\"}";
	AUTO_JSON body = make_claims(claims);
	AUTO_TEXT body_text = json_text(body, false);
	AUTO_TEXT first = text_to_base64url(header, strlen(header));
	AUTO_TEXT second = text_to_base64url(body_text, strlen(body_text));
	AUTO_TEXT signed_text = mem_printf("%s.%s", first, second);
	AUTO_TEXT signature = sign(signed_text, strlen(signed_text), key);

	return mem_printf("%s.%s", signed_text, signature);
}

static int read_claims(const char *text, size_t size, struct json **out)
{
	AUTO_TEXT coded = mem_strndup(text, size);
	AUTO_BUF decoded = buf_init(TOKEN_MAX);

	int r = text_from_base64(coded, &decoded);
	return r < 0 ? r : json_parse((const char *)decoded.data, decoded.size, out);
}

int token_check(const char *token, const char *tenant_id, int64_t now_s,
	const uint8_t key[TOKEN_KEY_SIZE])
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	AUTO_JSON claims = NULL;

	if (!second || strlen(token) > TOKEN_MAX)
		return err_set(ERR_INVALID,
			"IDX14100: JWT is not well formed, there are no dots (.).");
	AUTO_TEXT expected = sign(token, (size_t)(second - token), key);
	size_t size = strlen(expected);
	if (strlen(second + 1) != size || !secret_equal(second + 1, expected, size))
		return err_set(ERR_INVALID, "Signature is invalid.");
	if (read_claims(first + 1, (size_t)(second - first) - 1, &claims) < 0 ||
		!text_equal(json_get_text_or(claims, "tid", ""), tenant_id))
		return err_set(ERR_INVALID, "Access token validation failure.");
	if (now_s >= json_get_int(claims, "exp", 0) ||
		now_s < json_get_int(claims, "nbf", 0) - SKEW_S)
		return err_set(ERR_AUTH, "Lifetime validation failed, the token is expired.");
	return 0;
}

static bool is_among(const char *word, const char *words)
{
	size_t size = strlen(word);

	for (const char *at = words; *at; at += strspn(at, " ")) {
		size_t length = strcspn(at, " ");
		if (length == size && memcmp(at, word, size) == 0)
			return true;
		at += length;
	}
	return false;
}

bool token_has_role(const char *token, const char *wanted)
{
	const char *first = strchr(token, '.');
	const char *second = first ? strchr(first + 1, '.') : NULL;
	AUTO_JSON claims = NULL;

	if (!second || read_claims(first + 1, (size_t)(second - first) - 1, &claims) < 0)
		return false;
	const struct json *list = json_get(claims, "roles");
	for (size_t i = 0; i < json_count(list); i++)
		if (is_among(json_as_text(json_at(list, i)), wanted))
			return true;
	return false;
}
