/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_S3_H
#define STORAGE_S3_H

#include "storage/storage.h"

/*
 * A storage in a bucket of an S3 server: Amazon's, or another one that speaks its protocol.
 * The bucket must be there; it is never made.
 */

/** Where, and who we are. Borrowed for the call. Never print one. */
struct s3_settings {
	const char *endpoint; /* "https://HOST[:PORT]"; http is for this machine alone, unless
				 allow_http is set */
	const char *region;   /* NULL: "us-east-1" */
	const char *bucket;
	const char *prefix; /* of all names, without "/" at its ends; NULL or "": none */
	bool host_style;    /* https://BUCKET.HOST/NAME instead of https://HOST/BUCKET/NAME */
	bool allow_http;
	const char *ca_file; /* instead of the system's authorities; may be NULL */

	const char *access_key, *secret_key;
	const char *session_token; /* NULL: none */

	bool governance; /* locks that an administrator of the bucket may lift, not "compliance"
			  */

	/* How patient it is; 0 is the default. */
	int tries;                /* of each request, with growing waits between them; 8 */
	int64_t first_wait_ms;    /* doubled each time, at random by half, at most 30 s; 200 */
	int64_t stall_timeout_ms; /* no byte for so long is a failure; 60,000 */
	size_t part_size;         /* larger objects go in parts of it, at least 5 MiB; 8 MiB */
	struct cancel *cancel;    /* as storage_use_cancel; may be NULL */
};

/** Asks the server nothing. ERR_INVALID, ERR_NOTFOUND where the CA file is not there. */
NODISCARD int storage_open_s3(const struct s3_settings *settings, struct storage **out);

/**
 * Credentials: lines "access_key VALUE", "secret_key VALUE" and perhaps "session_token VALUE"
 * ("=" or ":" may stand between) of a file that only its owner may read, or, where `path` is
 * NULL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN of the environment.
 * ERR_NOTFOUND, ERR_INVALID, ERR_IO, ERR_AUTH where others may read the file.
 */
struct s3_credentials {
	char *access_key, *secret_key, *session_token; /* the last one may be NULL */
};
NODISCARD int s3_credentials_read(const char *path, struct s3_credentials *out);

/** Wipes and frees; one that was never read (all NULL) is fine. */
void s3_credentials_free(struct s3_credentials *credentials);

#endif
