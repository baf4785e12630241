/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "storage/s3_priv.h"

/*
 * Large objects go in parts: an upload is begun, each part put, and the upload completed, which
 * makes the object. One that fails is aborted, as well as that goes; storage_clean aborts those
 * that nobody came back to.
 */

enum { PARTS_MAX = 10000, NUMBER_SIZE = 12 };

struct parts {
	const struct s3_upload *upload;
	char *id;
	struct buf list; /* the body that completes the upload */
	struct buf md5s; /* of the parts, one behind the other */
	size_t count;
	bool has_md5s;
};

static int begin(struct s3 *s3, struct parts *parts)
{
	struct s3_request request = {
		.method = "POST", .name = parts->upload->name, .doing = "cannot write"};
	AUTO_ANSWER answer = {0};
	AUTO_XML xml = NULL;

	s3_add_pair(request.query, "uploads", "");
	s3_upload_headers(s3, parts->upload, request.headers);
	int r = s3_ask(s3, &request, &answer);
	if (r == 0)
		r = s3_xml_parse(&answer.response.body, &xml);
	if (r < 0)
		return r;
	parts->id = s3_xml_text(xml, "UploadId");
	return parts->id && *parts->id
		       ? 0
		       : err_set(ERR_PROTOCOL, "%s begins an upload without an id",
				 s3->storage.place);
}

/* An ETag may hold what XML would take for its own. */
static int append_escaped(struct buf *out, const char *text)
{
	int r = 0;

	for (const char *c = text; *c && r == 0; c++) {
		const char *escape = *c == '&'   ? "&amp;"
				     : *c == '<' ? "&lt;"
				     : *c == '>' ? "&gt;"
						 : NULL;
		r = escape ? buf_append_text(out, escape) : buf_append(out, c, 1);
	}
	return r;
}

static int note_part(
	struct s3 *s3, struct parts *parts, const char *etag, const uint8_t md5[HASH_MD5_SIZE])
{
	if (!*etag)
		return err_set(
			ERR_PROTOCOL, "%s takes a part without an ETag", s3->storage.place);
	if (parts->has_md5s && !s3_etag_fits(etag, md5))
		return err_set(ERR_PROTOCOL,
			"%s says that it holds other bytes than those of a part of %s",
			s3->storage.place, parts->upload->name);
	int r = buf_append(&parts->md5s, md5, HASH_MD5_SIZE);
	if (r == 0)
		r = buf_printf(
			&parts->list, "<Part><PartNumber>%zu</PartNumber><ETag>", parts->count);
	if (r == 0)
		r = append_escaped(&parts->list, etag);
	return r < 0 ? r : buf_append_text(&parts->list, "</ETag></Part>");
}

static int put_part(struct s3 *s3, struct parts *parts, const void *data, size_t size)
{
	struct s3_request request = {.method = "PUT",
		.name = parts->upload->name,
		.doing = "cannot write",
		.body = data,
		.body_size = size};
	AUTO_TEXT content_md5 = s3_content_md5(data, size);
	AUTO_ANSWER answer = {0};
	char number[NUMBER_SIZE];
	uint8_t md5[HASH_MD5_SIZE] = {0};

	snprintf(number, sizeof(number), "%zu", ++parts->count);
	s3_add_pair(request.query, "partNumber", number);
	s3_add_pair(request.query, "uploadId", parts->id);
	if (content_md5)
		s3_add_pair(request.headers, "content-md5", content_md5);
	parts->has_md5s = hash_md5(data, size, md5);
	int r = s3_ask(s3, &request, &answer);
	return r < 0 ? r : note_part(s3, parts, s3_header(&answer, "ETag"), md5);
}

/* The ETag of an object in parts is, where it is of that kind, the MD5 of the parts' MD5s. */
static int check_whole(struct s3 *s3, struct parts *parts, const struct s3_xml *xml)
{
	AUTO_TEXT etag = s3_xml_text(xml, "ETag");
	AUTO_TEXT ending = mem_printf("-%zu", parts->count);
	uint8_t md5[HASH_MD5_SIZE];

	if (!s3_xml_is(xml, "CompleteMultipartUploadResult"))
		return err_set(ERR_PROTOCOL, "%s completes an upload with another answer",
			s3->storage.place);
	char *dash = etag ? strstr(etag, ending) : NULL;
	if (!dash || !parts->has_md5s || !hash_md5(parts->md5s.data, parts->md5s.size, md5))
		return 0;
	*dash = 0;
	if (s3_etag_fits(etag, md5))
		return 0;
	(void)!s3_remove_version(s3, parts->upload->name, NULL);
	return err_set(ERR_PROTOCOL, "%s says that it holds other bytes than those of %s",
		s3->storage.place, parts->upload->name);
}

/* The upload is not known any more: a try before has completed it, if it is ours that is there.
 */
static int judge_gone(struct s3 *s3, struct parts *parts, const struct s3_request *request,
	struct s3_answer *answer)
{
	if (!answer->was_unclear)
		return s3_fail(s3, request, answer);
	AUTO_ANSWER found = {0};
	int r = s3_head(s3, parts->upload->name, &found);
	if (r < 0)
		return r;
	return s3_is_good(&found) ? s3_judge_refused(s3, parts->upload, answer)
				  : s3_fail(s3, request, answer);
}

static int complete(struct s3 *s3, struct parts *parts)
{
	struct s3_request request = {
		.method = "POST", .name = parts->upload->name, .doing = "cannot write"};
	AUTO_ANSWER answer = {0};
	AUTO_XML xml = NULL;
	int r = buf_append_text(&parts->list, "</CompleteMultipartUpload>");

	if (r < 0)
		return r;
	request.body = parts->list.data;
	request.body_size = parts->list.size;
	s3_add_pair(request.query, "uploadId", parts->id);
	s3_add_pair(request.headers, "content-type", "application/xml");
	if (parts->upload->can_refuse)
		s3_add_pair(request.headers, "if-none-match", "*");
	r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (answer.response.status == 412)
		return s3_judge_refused(s3, parts->upload, &answer);
	if (s3_is_error(&answer, "NoSuchUpload"))
		return judge_gone(s3, parts, &request, &answer);
	if (!s3_is_good(&answer))
		return s3_fail(s3, &request, &answer);
	r = s3_xml_parse(&answer.response.body, &xml);
	if (r < 0)
		return err_wrap(r, "%s", s3->storage.place);
	if (s3_xml_is(xml, "Error"))
		return s3_fail(s3, &request, &answer);
	return check_whole(s3, parts, xml);
}

static void abort_upload(struct s3 *s3, struct parts *parts)
{
	struct s3_request request = {
		.method = "DELETE", .name = parts->upload->name, .doing = "cannot abort"};
	AUTO_ANSWER answer = {0};
	AUTO_TEXT message = mem_strdup(err_message());

	s3_add_pair(request.query, "uploadId", parts->id);
	(void)!s3_ask(s3, &request, &answer);
	(void)!err_set(ERR_IO, "%s", message); /* what went wrong before is what counts */
}

int s3_upload_in_parts(struct s3 *s3, const struct s3_upload *upload)
{
	struct parts parts = {.upload = upload,
		.list = buf_init(PARTS_MAX * 200),
		.md5s = buf_init((size_t)PARTS_MAX * HASH_MD5_SIZE)};
	size_t part_size = s3->part_size;

	while (upload->size / part_size >= PARTS_MAX)
		part_size *= 2;
	int r = buf_append_text(&parts.list, "<CompleteMultipartUpload>");
	if (r == 0)
		r = begin(s3, &parts);
	for (size_t at = 0; r == 0 && (at < upload->size || at == 0); at += part_size) {
		size_t left = upload->size - at;
		r = put_part(
			s3, &parts, upload->data + at, left < part_size ? left : part_size);
	}
	/* It may have been put by another one meanwhile. */
	if (r == 0 && !upload->can_refuse)
		r = s3_refuse_existing(s3, upload->name);
	if (r == 0)
		r = complete(s3, &parts);
	if (r < 0 && parts.id)
		abort_upload(s3, &parts);
	mem_free(parts.id);
	buf_free(&parts.list);
	buf_free(&parts.md5s);
	return r;
}
