/* SPDX-License-Identifier: Apache-2.0 */
#ifndef STORAGE_S3_PRIV_H
#define STORAGE_S3_PRIV_H

#include <pthread.h>
#include <stdatomic.h>

#include "net/http_client.h"
#include "net/sigv4.h"
#include "storage/s3.h"
#include "storage/storage_priv.h"

/*
 * The S3 side, by subject: s3.c (opening, reading), s3_request.c (one request, signed, tried
 * again), s3_answer.c (what an error answer means), s3_put.c and s3_multipart.c, s3_probe.c
 * (what the server knows), s3_list.c, s3_lock.c (locks, versions and so removal), s3_xml.c.
 */

enum s3_known { S3_UNKNOWN = 0, S3_NO, S3_YES };

struct s3 {
	struct storage storage; /* its place is an address, for messages */
	struct http_client *client;
	char *server; /* "https://HOST[:PORT]", the bucket in it in host style */
	char *host;   /* as the header says it */
	char *bucket;
	char *base_path; /* "/BUCKET", or "" in host style */
	char *prefix;    /* "" or "…/" */
	char *region, *access_key, *secret_key, *session_token;
	int tries;
	int64_t first_wait_ms;
	size_t part_size;
	bool governance;
	struct cancel *cancel;
	atomic_bool has_answered;   /* ever */
	pthread_mutex_t known_lock; /* guards what follows */
	enum s3_known can_lock;
	enum s3_known refuses_second, refuses_second_multipart; /* If-None-Match: * */
};

enum { S3_PAIRS_MAX = 8, S3_BODY_CEILING = 8 << 20 };

/** One request. Borrowed. */
struct s3_request {
	const char *method;
	const char *name; /* of an object, with the prefix before it; NULL: the bucket itself */
	const char *doing;                     /* "cannot read", for messages */
	struct sigv4_pair query[S3_PAIRS_MAX]; /* ended by a NULL name */
	struct sigv4_pair headers[S3_PAIRS_MAX];
	const void *body;
	size_t body_size;
	http_sink_fn *sink;             /* of a body with status 2xx; NULL: the answer's body */
	void (*restart)(void *context); /* before each try, of the sink; may be NULL */
	void *context;
};

struct s3_answer {
	struct http_response response;
	bool was_unclear; /* a try before this one ended without an answer, or with a 5xx */
};

#define AUTO_ANSWER __attribute__((cleanup(s3_answer_free))) struct s3_answer
void s3_answer_free(struct s3_answer *answer);

/**
 * Sends until there is an answer that another try would not change: with a status below 500 and
 * not 429, whatever it means. ERR_NETWORK, ERR_UNAVAILABLE, ERR_THROTTLED after all tries,
 * ERR_CANCELLED, and what the sink returns. The caller frees the answer in either case.
 */
int s3_send(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer);

/** As s3_send, but an answer without a status of 2xx is its error: s3_fail. */
int s3_ask(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer);

bool s3_is_good(const struct s3_answer *answer);

/** The error that an answer means, with its message. */
int s3_fail(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer);

/** As s3_fail, for the answer of a HEAD, which does not say why: asks again by a GET. */
int s3_fail_head(struct s3 *s3, const struct s3_request *head, struct s3_answer *answer);

/** Whether the answer's body is an error of that code. */
bool s3_is_error(struct s3_answer *answer, const char *code);

/** Whether a try may do better than this answer did. */
bool s3_is_passing(struct s3_answer *answer);

/** A header of the answer as a number. ERR_PROTOCOL where it is not there or none. */
int s3_number(struct s3 *s3, struct s3_answer *answer, const char *header, uint64_t *out);

/** The header's value where the answer has one: "" otherwise. Borrowed. */
const char *s3_header(struct s3_answer *answer, const char *name);

/** ERR_PROTOCOL where the answer is none of an S3 server: what is an object has an ETag. */
int s3_check_origin(struct s3 *s3, struct s3_answer *answer);

/** The header of an object that has the SHA-256 of its bytes. */
#define S3_HASH_HEADER "x-amz-meta-garner-sha256"

/** HEAD of an object; the status is in the answer: 200 and 404 are no errors. */
int s3_head(struct s3 *s3, const char *name, struct s3_answer *answer);

/* The sides' calls that are not in s3.c. */
int s3_put(struct storage *storage, const struct storage_object *object);
int s3_list(
	struct storage *storage, const char *folder, storage_entry_fn *visit, void *context);
int s3_clean(struct storage *storage, int64_t before_s);
int s3_remove(struct storage *storage, const char *name);
int s3_retain(struct storage *storage, const char *name, int64_t until_s);
int s3_can_retain(struct storage *storage, bool *out);

/** What is put, with all that its requests say of it. */
struct s3_upload {
	const char *name;
	const unsigned char *data;
	size_t size;
	int64_t retain_until_s; /* 0: no lock, or the server knows none */
	bool can_refuse;        /* the server refuses a second one by itself */
	char hash[65];          /* SHA-256 of it all, for who reads it whole */
	char mark[33];          /* by which we know our own after an unclear answer */
	char until[32];         /* the header's value */
};

/** Adds the headers that a new object has: type, mark, lock. */
void s3_upload_headers(
	const struct s3 *s3, const struct s3_upload *upload, struct sigv4_pair *headers);

/** ERR_EXISTS where the name is taken. */
int s3_upload_whole(struct s3 *s3, const struct s3_upload *upload);
int s3_upload_in_parts(struct s3 *s3, const struct s3_upload *upload);

/** What a request for a new object means that was refused for there is one: 0 where it is ours,
 * from a try that had no answer. */
int s3_judge_refused(
	struct s3 *s3, const struct s3_upload *upload, const struct s3_answer *answer);

/** ERR_EXISTS where there is one of the name; for servers that cannot refuse. */
int s3_refuse_existing(struct s3 *s3, const char *name);

/** Checks an ETag against the MD5 of what was sent; "" and those of another kind are fine. */
bool s3_etag_fits(const char *etag, const uint8_t md5[16]);

/** Appends a pair at the end of a list of S3_PAIRS_MAX. */
void s3_add_pair(struct sigv4_pair *pairs, const char *name, const char *value);

/** Content-MD5's value, which servers want with locks and with XML. The caller frees it; NULL
 * where there is no MD5. */
char *s3_content_md5(const void *data, size_t size);

/** Whether the server refuses a second object of a name when it is asked to; in parts, too. It
 * is tried once, with an object of our own below tmp/. */
int s3_probe_refusal(struct s3 *s3, bool in_parts, bool *out);

/** Removes an object for good, its version where the bucket keeps versions. */
int s3_remove_version(struct s3 *s3, const char *name, const char *version);

/* Answers in XML. */
struct s3_xml;
/** ERR_PROTOCOL where it is none. The caller frees it. */
int s3_xml_parse(const struct buf *body, struct s3_xml **out);
void s3_xml_free(struct s3_xml *xml); /* NULL is fine */
#define AUTO_XML __attribute__((cleanup(s3_xml_free_one))) struct s3_xml *
void s3_xml_free_one(struct s3_xml **xml);
/** Whether the outermost element has that name. */
bool s3_xml_is(const struct s3_xml *xml, const char *name);
/** The text of an element below the outermost one: "A/B" is the first B in the first A. The
 * caller frees it; NULL where there is none. */
char *s3_xml_text(const struct s3_xml *xml, const char *path);
/** Calls `visit` for each element of the name right below the outermost; s3_xml_text works on
 * what it is given. Not 0 ends it and is returned. */
int s3_xml_each(const struct s3_xml *xml, const char *name,
	int (*visit)(void *context, const struct s3_xml *element), void *context);

#endif
