/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "storage/s3_priv.h"

/*
 * An object is put so that it stays the only one of its name: "If-None-Match: *" where the
 * server holds to that, a look before otherwise. The server verifies what it gets by the
 * SHA-256 that is signed, and tells by its ETag what it holds.
 *
 * A try may end without an answer and yet have stored the object; the next one is refused then.
 * So each object carries a random mark by which we know our own.
 */

static const char mark_header[] = "x-amz-meta-garner-put";

char *s3_content_md5(const void *data, size_t size)
{
	uint8_t md5[HASH_MD5_SIZE];

	return hash_md5(size ? data : "", size, md5) ? text_to_base64(md5, sizeof(md5)) : NULL;
}

bool s3_etag_fits(const char *etag, const uint8_t md5[HASH_MD5_SIZE])
{
	enum { DIGITS = 2 * HASH_MD5_SIZE };
	size_t quote = *etag == '"';
	uint8_t own[HASH_MD5_SIZE];

	/* Another form is no MD5: of parts, or encrypted by the server. */
	if (strcspn(etag + quote, "\"") != DIGITS)
		return true;
	AUTO_TEXT digits = mem_strndup(etag + quote, DIGITS);
	return text_from_hex(digits, own, sizeof(own)) < 0 ||
	       memcmp(own, md5, sizeof(own)) == 0;
}

void s3_upload_headers(
	const struct s3 *s3, const struct s3_upload *upload, struct sigv4_pair *headers)
{
	s3_add_pair(headers, "content-type", "application/octet-stream");
	s3_add_pair(headers, mark_header, upload->mark);
	s3_add_pair(headers, S3_HASH_HEADER, upload->hash);
	if (!upload->retain_until_s)
		return;
	s3_add_pair(headers, "x-amz-object-lock-mode",
		s3->governance ? "GOVERNANCE" : "COMPLIANCE");
	s3_add_pair(headers, "x-amz-object-lock-retain-until-date", upload->until);
}

static int exists(const struct s3 *s3, const char *name)
{
	return err_set(ERR_EXISTS, "%s/%s is there already", s3->storage.place, name);
}

int s3_refuse_existing(struct s3 *s3, const char *name)
{
	AUTO_ANSWER answer = {0};
	int r = s3_head(s3, name, &answer);

	return r < 0 || answer.response.status == 404 ? r : exists(s3, name);
}

int s3_judge_refused(
	struct s3 *s3, const struct s3_upload *upload, const struct s3_answer *answer)
{
	AUTO_ANSWER found = {0};

	if (!answer->was_unclear)
		return exists(s3, upload->name);
	int r = s3_head(s3, upload->name, &found);
	if (r < 0)
		return r;
	uint64_t size = 0;
	bool is_ours = s3_is_good(&found) &&
		       text_equal(s3_header(&found, mark_header), upload->mark) &&
		       s3_number(s3, &found, "Content-Length", &size) == 0 &&
		       size == upload->size;
	return is_ours ? 0 : exists(s3, upload->name);
}

/* What it holds is not what was sent: it is taken away again, for nobody may find it. */
static int fail_wrong(struct s3 *s3, const struct s3_upload *upload, struct s3_answer *answer)
{
	AUTO_TEXT version = mem_strdup(s3_header(answer, "x-amz-version-id"));

	(void)!s3_remove_version(s3, upload->name, *version ? version : NULL);
	return err_set(ERR_PROTOCOL, "%s says that it holds other bytes than those of %s",
		s3->storage.place, upload->name);
}

int s3_upload_whole(struct s3 *s3, const struct s3_upload *upload)
{
	struct s3_request request = {.method = "PUT",
		.name = upload->name,
		.doing = "cannot write",
		.body = upload->size ? (const void *)upload->data : "",
		.body_size = upload->size};
	AUTO_TEXT content_md5 = s3_content_md5(upload->data, upload->size);
	AUTO_ANSWER answer = {0};
	uint8_t md5[HASH_MD5_SIZE];

	s3_upload_headers(s3, upload, request.headers);
	if (content_md5)
		s3_add_pair(request.headers, "content-md5", content_md5);
	if (upload->can_refuse)
		s3_add_pair(request.headers, "if-none-match", "*");
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (answer.response.status == 412)
		return s3_judge_refused(s3, upload, &answer);
	if (!s3_is_good(&answer))
		return s3_fail(s3, &request, &answer);
	r = s3_check_origin(s3, &answer);
	if (r == 0 && hash_md5(request.body, upload->size, md5) &&
		!s3_etag_fits(s3_header(&answer, "ETag"), md5))
		return fail_wrong(s3, upload, &answer);
	return r;
}

int s3_put(struct storage *storage, const struct storage_object *object)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct s3_upload upload = {
		.name = object->name, .data = object->data, .size = object->size};
	bool in_parts = object->size > s3->part_size;
	bool can_lock = false;
	uint8_t random[16], hash[HASH_SIZE];
	int r = 0;

	secret_random(random, sizeof(random));
	text_to_hex(random, sizeof(random), upload.mark);
	hash_sha256(object->size ? object->data : "", object->size, hash);
	text_to_hex(hash, sizeof(hash), upload.hash);
	if (object->retain_until_s)
		r = s3_can_retain(storage, &can_lock);
	if (can_lock) {
		upload.retain_until_s = object->retain_until_s;
		timestamp_format(object->retain_until_s, upload.until);
	}
	if (r == 0 && !object->replace)
		r = s3_probe_refusal(s3, in_parts, &upload.can_refuse);
	if (r == 0 && !object->replace && !upload.can_refuse)
		r = s3_refuse_existing(s3, object->name);
	if (r < 0)
		return r;
	return in_parts ? s3_upload_in_parts(s3, &upload) : s3_upload_whole(s3, &upload);
}
