/* SPDX-License-Identifier: Apache-2.0 */
#ifndef NET_SIGV4_H
#define NET_SIGV4_H

#include <stddef.h>
#include <stdint.h>

/*
 * Signatures of requests by Amazon's "Signature Version 4" (AWS4-HMAC-SHA256), in the form that
 * S3 takes: the path is encoded once and never normalized. Pure: it is given the moment, and
 * sends nothing.
 */

struct sigv4_pair {
	const char *name, *value;
};

/** Who signs, and for what. */
struct sigv4_keys {
	const char *access_key, *secret_key;
	const char *region, *service;
};

struct sigv4_request {
	const char *method;
	const char *path;               /* not encoded, with "/" at its beginning */
	const struct sigv4_pair *query; /* not encoded, in any order */
	size_t query_count;
	/* All that are signed, in any order, names in lower case; "host" must be among them. */
	const struct sigv4_pair *headers;
	size_t header_count;
	const char *payload_hash; /* SHA-256 of the body in hexadecimal digits */
};

enum { SIGV4_DATE_SIZE = 17, SIGV4_HEADERS_MAX = 16, SIGV4_QUERY_MAX = 8 };

/** Writes "20150830T123600Z", the value of x-amz-date. */
void sigv4_date(int64_t at_s, char out[SIGV4_DATE_SIZE]);

/** The path as it is sent and signed. The caller frees it. */
char *sigv4_encode_path(const char *path);

/** The query as it is sent and signed: encoded, sorted, "name=" where a value is empty. The
 * caller frees it; "" for none. */
char *sigv4_encode_query(const struct sigv4_pair *query, size_t count);

/** The value of the Authorization header. The caller frees it. */
char *sigv4_authorization(
	const struct sigv4_keys *keys, const struct sigv4_request *request, int64_t at_s);

#endif
