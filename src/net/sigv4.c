/* SPDX-License-Identifier: Apache-2.0 */
#include "net/sigv4.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "crypto/secret.h"

enum { DAY_SIZE = 8, DIGITS_SIZE = 2 * HASH_SIZE + 1 };

#define ALGORITHM "AWS4-HMAC-SHA256"

void sigv4_date(int64_t at_s, char out[SIGV4_DATE_SIZE])
{
	struct timestamp_parts at = timestamp_split(at_s);
	char text[80];

	snprintf(text, sizeof(text), "%04d%02d%02dT%02d%02d%02dZ", at.year, at.month, at.day,
		at.hour, at.minute, at.second);
	memcpy(out, text, SIGV4_DATE_SIZE - 1);
	out[SIGV4_DATE_SIZE - 1] = 0;
}

char *sigv4_encode_path(const char *path)
{
	AUTO_TEXT copy = mem_strdup(path);
	char *encoded = mem_strdup("");
	char *at = copy;

	while (at) {
		char *slash = strchr(at, '/');
		if (slash)
			*slash = 0;
		AUTO_TEXT part = text_percent_encode(at);
		mem_replace(&encoded, mem_printf("%s%s%s", encoded, part, slash ? "/" : ""));
		at = slash ? slash + 1 : NULL;
	}
	return encoded;
}

static int order_texts(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

char *sigv4_encode_query(const struct sigv4_pair *query, size_t count)
{
	char *parts[SIGV4_QUERY_MAX];
	char *whole = mem_strdup("");

	ASSERT(count <= SIGV4_QUERY_MAX);
	for (size_t i = 0; i < count; i++) {
		AUTO_TEXT name = text_percent_encode(query[i].name);
		AUTO_TEXT value = text_percent_encode(query[i].value);
		/* The end of the name sorts before all that a longer one may hold. */
		parts[i] = mem_printf("%s\x01%s", name, value);
	}
	qsort(parts, count, sizeof(*parts), order_texts);
	for (size_t i = 0; i < count; i++) {
		*strchr(parts[i], 1) = '=';
		mem_replace(&whole, mem_printf("%s%s%s", whole, i ? "&" : "", parts[i]));
		mem_free(parts[i]);
	}
	return whole;
}

/* A header's value as it is signed: without spaces at its ends, each run of them as one. */
static char *trim(const char *value)
{
	char *trimmed = mem_strdup(value);
	char *to = trimmed;

	for (const char *c = value; *c; c++) {
		bool doubled = *c == ' ' && (to == trimmed || to[-1] == ' ');
		if (!doubled)
			*to++ = *c;
	}
	if (to > trimmed && to[-1] == ' ')
		to--;
	*to = 0;
	return trimmed;
}

/* "name:value\n…" and "name;…", both in the order of the names. */
static void canonical_headers(const struct sigv4_request *request, char **lines, char **names)
{
	char *parts[SIGV4_HEADERS_MAX];

	ASSERT(request->header_count <= SIGV4_HEADERS_MAX);
	for (size_t i = 0; i < request->header_count; i++) {
		AUTO_TEXT value = trim(request->headers[i].value);
		parts[i] = mem_printf("%s\x01%s", request->headers[i].name, value);
	}
	qsort(parts, request->header_count, sizeof(*parts), order_texts);
	*lines = mem_strdup("");
	*names = mem_strdup("");
	for (size_t i = 0; i < request->header_count; i++) {
		char *end = strchr(parts[i], 1);
		*end = 0;
		mem_replace(names, mem_printf("%s%s%s", *names, i ? ";" : "", parts[i]));
		mem_replace(lines, mem_printf("%s%s:%s\n", *lines, parts[i], end + 1));
		mem_free(parts[i]);
	}
}

static void sign(
	const struct sigv4_keys *keys, const char *day, const char *text, char out[DIGITS_SIZE])
{
	AUTO_TEXT first = mem_printf("AWS4%s", keys->secret_key);
	const char *const steps[] = {day, keys->region, keys->service, "aws4_request", text};
	uint8_t key[HASH_SIZE];

	hash_hmac(first, strlen(first), steps[0], strlen(steps[0]), key);
	for (size_t i = 1; i < sizeof(steps) / sizeof(steps[0]); i++)
		hash_hmac(key, sizeof(key), steps[i], strlen(steps[i]), key);
	text_to_hex(key, sizeof(key), out);
	secret_wipe(first, strlen(first));
	secret_wipe(key, sizeof(key));
}

char *sigv4_authorization(
	const struct sigv4_keys *keys, const struct sigv4_request *request, int64_t at_s)
{
	char date[SIGV4_DATE_SIZE], digits[DIGITS_SIZE], signature[DIGITS_SIZE];
	uint8_t hash[HASH_SIZE];
	AUTO_TEXT path = sigv4_encode_path(request->path);
	AUTO_TEXT query = sigv4_encode_query(request->query, request->query_count);
	AUTO_TEXT lines = NULL;
	AUTO_TEXT names = NULL;

	canonical_headers(request, &lines, &names);
	AUTO_TEXT canonical = mem_printf("%s\n%s\n%s\n%s\n%s\n%s", request->method, path, query,
		lines, names, request->payload_hash);
	hash_sha256(canonical, strlen(canonical), hash);
	text_to_hex(hash, sizeof(hash), digits);
	sigv4_date(at_s, date);
	AUTO_TEXT day = mem_strndup(date, DAY_SIZE);
	AUTO_TEXT scope = mem_printf("%s/%s/%s/aws4_request", day, keys->region, keys->service);
	AUTO_TEXT text = mem_printf(ALGORITHM "\n%s\n%s\n%s", date, scope, digits);
	sign(keys, day, text, signature);
	return mem_printf(ALGORITHM " Credential=%s/%s, SignedHeaders=%s, Signature=%s",
		keys->access_key, scope, names, signature);
}
