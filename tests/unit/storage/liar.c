/* SPDX-License-Identifier: Apache-2.0 */
#include "liar.h"

#include "../cmocka_all.h"

#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "net/http_server.h"

enum { OBJECTS_MAX = 64, SLOW_MS = 1800, PAGE = 2, BODY_CEILING = 32 << 20 };

struct object {
	char *name;
	char *mark, *hash;
	unsigned char *data;
	size_t size;
	bool is_upload; /* begun, and not completed */
};

struct liar {
	struct http_server *server;
	pthread_mutex_t lock;               /* guards all below */
	struct object objects[OBJECTS_MAX]; /* sorted by name; uploads behind them all */
	size_t count;
	enum lie_kind kind;
	int at, lies, calls;
	int status;
	const char *code, *more;
	bool ignores_conditions;
};

static void set_etag(struct http_call *call, const void *data, size_t size, bool wrong)
{
	uint8_t md5[HASH_MD5_SIZE];
	char digits[2 * HASH_MD5_SIZE + 1];

	assert_true(hash_md5(size ? data : "", size, md5));
	md5[0] ^= wrong;
	text_to_hex(md5, sizeof(md5), digits);
	AUTO_TEXT etag = mem_printf("\"%s\"", digits);
	http_reply_header(call, "ETag", etag);
}

static void answer_error(struct http_call *call, int status, const char *code, const char *more)
{
	AUTO_TEXT body = mem_printf("<?xml version=\"1.0\"?><Error><Code>%s</Code>"
				    "<Message>so it is</Message>%s</Error>",
		code, more ? more : "");

	http_reply(call, status, "application/xml", body, strlen(body));
}

static struct object *find(struct liar *liar, const char *name, bool upload)
{
	for (size_t i = 0; i < liar->count; i++)
		if (liar->objects[i].is_upload == upload &&
			text_equal(liar->objects[i].name, name))
			return &liar->objects[i];
	return NULL;
}

static void drop(struct liar *liar, struct object *object)
{
	size_t at = (size_t)(object - liar->objects);

	mem_free(object->name);
	mem_free(object->mark);
	mem_free(object->hash);
	mem_free(object->data);
	memmove(object, object + 1, (liar->count - at - 1) * sizeof(*object));
	liar->count--;
}

static struct object *add(
	struct liar *liar, const char *name, struct http_call *call, bool upload)
{
	const char *mark = http_call_header(call, "x-amz-meta-garner-put");
	const char *hash = http_call_header(call, "x-amz-meta-garner-sha256");
	size_t at = 0;

	assert_true(liar->count < OBJECTS_MAX);
	while (at < liar->count && strcmp(liar->objects[at].name, name) < 0)
		at++;
	memmove(&liar->objects[at + 1], &liar->objects[at],
		(liar->count - at) * sizeof(struct object));
	liar->count++;
	liar->objects[at] = (struct object){mem_strdup(name), mem_strdup(mark ? mark : ""),
		mem_strdup(hash ? hash : ""), NULL, 0, upload};
	return &liar->objects[at];
}

static void append(struct object *object, const void *data, size_t size)
{
	unsigned char *whole = mem_alloc(object->size + size + 1);

	if (object->size)
		memcpy(whole, object->data, object->size);
	if (size)
		memcpy(whole + object->size, data, size);
	mem_free(object->data);
	object->data = whole;
	object->size += size;
}

/* Whether the request may make an object; the answer is given where not. */
static bool may_make(struct liar *liar, struct http_call *call, const char *name)
{
	struct object *there = find(liar, name, false);

	if (there && http_call_header(call, "If-None-Match") && !liar->ignores_conditions) {
		answer_error(call, 412, "PreconditionFailed", NULL);
		return false;
	}
	if (there)
		drop(liar, there);
	return true;
}

static void put_object(struct liar *liar, struct http_call *call, const char *name, bool wrong)
{
	size_t size;
	const void *body = http_call_body(call, &size);

	if (!may_make(liar, call, name))
		return;
	append(add(liar, name, call, false), body, size);
	set_etag(call, body, size, wrong);
	http_reply(call, 200, NULL, "", 0);
}

static void put_part(struct liar *liar, struct http_call *call, const char *name, bool wrong)
{
	struct object *upload = find(liar, name, true);
	AUTO_TEXT number = http_call_parameter(call, "partNumber");
	int64_t index = 0;
	size_t size;
	const void *body = http_call_body(call, &size);

	assert_int_equal(text_to_int(number, 1, 100, &index), 0);
	if (!upload) {
		answer_error(call, 404, "NoSuchUpload", NULL);
		return;
	}
	/* Put again, a part replaces what was; they come in order here. */
	size_t begin = (size_t)(index - 1) * LIAR_PART;
	if (begin <= upload->size)
		upload->size = begin;
	append(upload, body, size);
	set_etag(call, body, size, wrong);
	http_reply(call, 200, NULL, "", 0);
}

static void complete(struct liar *liar, struct http_call *call, const char *name, bool wrong)
{
	static const char answer[] = "<CompleteMultipartUploadResult><ETag>\"%s-2\"</ETag>"
				     "</CompleteMultipartUploadResult>";
	struct object *upload = find(liar, name, true);

	if (!upload) {
		answer_error(call, 404, "NoSuchUpload", NULL);
		return;
	}
	if (!may_make(liar, call, name))
		return;
	upload = find(liar, name, true);
	upload->is_upload = false;
	AUTO_TEXT body = mem_printf(answer, wrong ? "00112233445566778899aabbccddeeff" : "x");
	http_reply(call, 200, "application/xml", body, strlen(body));
}

static void begin(struct liar *liar, struct http_call *call, const char *name)
{
	static const char body[] = "<R><UploadId>id/&amp;1</UploadId></R>";
	struct object *old = find(liar, name, true);

	if (old)
		drop(liar, old);
	add(liar, name, call, true);
	http_reply(call, 200, "application/xml", body, strlen(body));
}

static void get_object(struct liar *liar, struct http_call *call, const char *name, bool wrong)
{
	const struct object *object = find(liar, name, false);
	const char *range = http_call_header(call, "Range");
	unsigned long long first = 0, last = 0;

	if (!object) {
		answer_error(call, 404, "NoSuchKey", NULL);
		return;
	}
	http_reply_header(call, "x-amz-meta-garner-put", object->mark);
	http_reply_header(call, "x-amz-meta-garner-sha256", object->hash);
	set_etag(call, object->data, object->size, wrong);
	if (!range || sscanf(range, "bytes=%llu-%llu", &first, &last) != 2) {
		http_reply(call, 200, NULL, object->data, object->size);
		return;
	}
	if (first >= object->size) {
		answer_error(call, 416, "InvalidRange", NULL);
		return;
	}
	last = last < object->size ? last : object->size - 1;
	AUTO_TEXT said = mem_printf("bytes %llu-%llu/%zu", first + wrong, last, object->size);
	http_reply_header(call, "Content-Range", said);
	http_reply(call, 206, NULL, object->data + first, (size_t)(last - first + 1));
}

/* Pages of two, so that there are some. */
static void list(struct liar *liar, struct http_call *call, bool wrong)
{
	AUTO_TEXT prefix = http_call_parameter(call, "prefix");
	AUTO_TEXT token = http_call_parameter(call, "continuation-token");
	AUTO_BUF body = buf_init(100000);
	int on_page = 0;
	const char *next = NULL;

	assert_int_equal(buf_append_text(&body, "<ListBucketResult>"), 0);
	for (size_t i = 0; i < liar->count; i++) {
		const struct object *object = &liar->objects[i];
		if (object->is_upload || !text_starts_with(object->name, prefix) ||
			(token && strcmp(object->name, token) < 0))
			continue;
		if (on_page++ == PAGE) {
			next = object->name;
			break;
		}
		assert_int_equal(buf_printf(&body,
					 "<Contents><Key>%s</Key><Size>%zu</Size>"
					 "<LastModified>2026-01-02T03:04:05.678Z</"
					 "LastModified></Contents>",
					 wrong ? "!" : object->name, object->size),
			0);
	}
	if (next)
		assert_int_equal(
			buf_printf(&body, "<NextContinuationToken>%s</NextContinuationToken>",
				next),
			0);
	assert_int_equal(buf_printf(&body, "<IsTruncated>%s</IsTruncated></ListBucketResult>",
				 next ? "true" : "false"),
		0);
	http_reply(call, 200, "application/xml", body.data, body.size);
}

static void list_uploads(struct liar *liar, struct http_call *call)
{
	AUTO_BUF body = buf_init(100000);

	assert_int_equal(buf_append_text(&body, "<ListMultipartUploadsResult>"), 0);
	for (size_t i = 0; i < liar->count; i++)
		if (liar->objects[i].is_upload)
			assert_int_equal(buf_printf(&body,
						 "<Upload><Key>%s</Key><UploadId>id/&amp;1"
						 "</UploadId><Initiated>2026-01-02T03:04:05Z"
						 "</Initiated></Upload>",
						 liar->objects[i].name),
				0);
	assert_int_equal(buf_append_text(&body, "</ListMultipartUploadsResult>"), 0);
	http_reply(call, 200, "application/xml", body.data, body.size);
}

static void delete_one(struct liar *liar, struct http_call *call, const char *name, bool upload)
{
	struct object *object = find(liar, name, upload);

	if (object)
		drop(liar, object);
	http_reply(call, 204, NULL, "", 0);
}

static void answer_bucket(struct liar *liar, struct http_call *call, bool wrong)
{
	const char *query = http_call_query(call);

	if (text_equal(http_call_method(call), "HEAD"))
		http_reply(call, 200, NULL, "", 0);
	else if (text_starts_with(query, "object-lock"))
		answer_error(call, 404, "ObjectLockConfigurationNotFoundError", NULL);
	else if (strstr(query, "uploads="))
		list_uploads(liar, call);
	else
		list(liar, call, wrong);
}

static void answer_truly(struct liar *liar, struct http_call *call, bool wrong)
{
	const char *path = http_call_path(call);
	const char *method = http_call_method(call);
	const char *name = strlen(path) > 8 ? path + 8 : NULL; /* "/bucket/" */
	AUTO_TEXT id = http_call_parameter(call, "uploadId");

	if (!name)
		answer_bucket(liar, call, wrong);
	else if (text_equal(method, "PUT") && id)
		put_part(liar, call, name, wrong);
	else if (text_equal(method, "PUT"))
		put_object(liar, call, name, wrong);
	else if (text_equal(method, "POST") && id)
		complete(liar, call, name, wrong);
	else if (text_equal(method, "POST"))
		begin(liar, call, name);
	else if (text_equal(method, "DELETE"))
		delete_one(liar, call, name, id != NULL);
	else
		get_object(liar, call, name, wrong);
}

/* What is said of a thing that has happened all the same. */
static void lie_after(struct liar *liar, struct http_call *call, enum lie_kind kind)
{
	static const char page[] = "<html><body>Please sign in to this network.</body></html>";
	size_t size;

	if (kind == LIE_HTML) {
		http_reply(call, 200, "text/html", page, strlen(page));
		return;
	}
	answer_truly(liar, call, kind == LIE_WRONG);
	if (kind == LIE_500_LATE)
		answer_error(call, 500, "InternalError", NULL);
	else if (kind == LIE_CUT)
		http_reply_cut(call, 7);
	else if (kind == LIE_SHORT && text_equal(http_call_method(call), "GET")) {
		AUTO_TEXT path = mem_strdup(http_call_path(call));
		const struct object *object =
			strlen(path) > 8 ? find(liar, path + 8, false) : NULL;
		(void)http_call_body(call, &size);
		if (object && object->size > 1)
			http_reply(call, http_reply_status(call), NULL, object->data, 1);
		else
			http_reply(call, 200, "application/xml", "<ListBucketResult>", 18);
	}
}

static void answer(void *context, struct http_call *call)
{
	struct liar *liar = context;

	pthread_mutex_lock(&liar->lock);
	int number = ++liar->calls;
	enum lie_kind kind =
		number >= liar->at && number < liar->at + liar->lies ? liar->kind : LIE_NONE;
	if (kind == LIE_500)
		answer_error(call, 500, "InternalError", NULL);
	else if (kind == LIE_503)
		answer_error(call, 503, "SlowDown", NULL);
	else if (kind == LIE_403)
		answer_error(call, liar->status, liar->code, liar->more);
	else
		lie_after(liar, call, kind);
	pthread_mutex_unlock(&liar->lock);
	if (kind == LIE_SLOW)
		poll(NULL, 0, SLOW_MS);
}

struct liar *liar_start(void)
{
	struct liar *liar = mem_alloc(sizeof(*liar));
	struct http_server_options options = {.listen = "127.0.0.1:0",
		.handler = answer,
		.context = liar,
		.body_ceiling = BODY_CEILING};

	pthread_mutex_init(&liar->lock, NULL);
	assert_int_equal(http_server_start(&options, &liar->server), 0);
	return liar;
}

void liar_forget(struct liar *liar)
{
	pthread_mutex_lock(&liar->lock);
	while (liar->count)
		drop(liar, &liar->objects[liar->count - 1]);
	pthread_mutex_unlock(&liar->lock);
}

void liar_stop(struct liar *liar)
{
	http_server_stop(liar->server);
	liar_forget(liar);
	pthread_mutex_destroy(&liar->lock);
	mem_free(liar);
}

const char *liar_url(const struct liar *liar)
{
	return http_server_url(liar->server);
}

void liar_plan(struct liar *liar, enum lie_kind kind, int at, int count)
{
	pthread_mutex_lock(&liar->lock);
	liar->kind = kind;
	liar->at = at;
	liar->lies = count;
	liar->calls = 0;
	pthread_mutex_unlock(&liar->lock);
}

int liar_calls(struct liar *liar)
{
	pthread_mutex_lock(&liar->lock);
	int calls = liar->calls;
	pthread_mutex_unlock(&liar->lock);
	return calls;
}

void liar_say(struct liar *liar, int status, const char *code, const char *more)
{
	liar->status = status;
	liar->code = code;
	liar->more = more;
	liar_plan(liar, LIE_403, 1, INT32_MAX - 1);
}

void liar_ignore_conditions(struct liar *liar)
{
	liar->ignores_conditions = true;
}

int liar_holds(struct liar *liar, const char *name, const void *data, size_t size)
{
	pthread_mutex_lock(&liar->lock);
	const struct object *object = find(liar, name, false);
	int holds = !object ? -1
			    : object->size == size &&
				      (size == 0 || memcmp(object->data, data, size) == 0);
	pthread_mutex_unlock(&liar->lock);
	return holds;
}

int liar_open_uploads(struct liar *liar)
{
	int count = 0;

	pthread_mutex_lock(&liar->lock);
	for (size_t i = 0; i < liar->count; i++)
		count += liar->objects[i].is_upload;
	pthread_mutex_unlock(&liar->lock);
	return count;
}
