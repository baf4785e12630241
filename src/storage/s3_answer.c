/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "storage/s3_priv.h"

enum { ERROR_SIZE_MAX = 4096 };

/* What an error answer says of itself; all borrowed from the struct's texts, "" for none. */
struct error {
	char *code, *message, *region;
};

static void read_error(struct s3_answer *answer, struct error *error)
{
	AUTO_XML xml = NULL;
	bool is_error =
		s3_xml_parse(&answer->response.body, &xml) == 0 && s3_xml_is(xml, "Error");

	*error = (struct error){
		.code = is_error ? s3_xml_text(xml, "Code") : NULL,
		.message = is_error ? s3_xml_text(xml, "Message") : NULL,
		.region = is_error ? s3_xml_text(xml, "Region") : NULL,
	};
	if (!error->code)
		error->code = mem_strdup("");
	/* It goes into our messages: one line, of printable characters. */
	for (char *c = error->message; c && *c; c++)
		*c = *c >= ' ' && *c < 127 ? *c : ' ';
	if (!error->region && *s3_header(answer, "x-amz-bucket-region"))
		error->region = mem_strdup(s3_header(answer, "x-amz-bucket-region"));
}

static void free_error(struct error *error)
{
	mem_free(error->code);
	mem_free(error->message);
	mem_free(error->region);
}

bool s3_is_error(struct s3_answer *answer, const char *code)
{
	struct error error;

	read_error(answer, &error);
	bool is_it = text_equal(error.code, code);
	free_error(&error);
	return is_it;
}

bool s3_is_passing(struct s3_answer *answer)
{
	int status = answer->response.status;

	if (status == 501 || status == 505 || status == 507)
		return false;
	if (status >= 500 || status == 429 || status == 408)
		return true;
	/* Two at the same moment, of which the server could not tell the first. */
	if (status == 409)
		return s3_is_error(answer, "ConditionalRequestConflict") ||
		       s3_is_error(answer, "OperationAborted");
	/* An error may come behind a 200 that was sent to keep the connection. */
	if (status == 200 && answer->response.body.size > 0 &&
		answer->response.body.size < ERROR_SIZE_MAX)
		return s3_is_error(answer, "InternalError") || s3_is_error(answer, "SlowDown");
	return status == 400 && s3_is_error(answer, "RequestTimeout");
}

const char *s3_header(struct s3_answer *answer, const char *name)
{
	const char *value = http_header(&answer->response, name);

	return value ? value : "";
}

int s3_number(struct s3 *s3, struct s3_answer *answer, const char *header, uint64_t *out)
{
	int64_t number;

	if (text_to_int(s3_header(answer, header), 0, INT64_MAX, &number) < 0)
		return err_set(ERR_PROTOCOL, "%s answers without a %s that is a number",
			s3->storage.place, header);
	*out = (uint64_t)number;
	return 0;
}

int s3_check_origin(struct s3 *s3, struct s3_answer *answer)
{
	return *s3_header(answer, "ETag")
		       ? 0
		       : err_set(ERR_PROTOCOL,
				 "%s does not answer as an S3 server does (no ETag); is "
				 "something else in between?",
				 s3->storage.place);
}

static int fail_clock(struct s3 *s3, struct s3_answer *answer)
{
	int64_t server_s, here_s = clock_now_s();

	if (timestamp_parse_http(s3_header(answer, "Date"), &server_s) < 0)
		return err_set(ERR_AUTH,
			"%s: this machine's clock is too far from the server's; set it right",
			s3->storage.place);
	int64_t off_s = here_s - server_s;
	return err_set(ERR_AUTH,
		"%s: this machine's clock is %" PRId64 " minutes %s that of the server; set it "
		"right",
		s3->storage.place, (off_s < 0 ? -off_s : off_s) / 60,
		off_s < 0 ? "behind" : "before");
}

/* What can be said better than in the server's words. NULL: nothing. */
static const char *known_words(const char *code)
{
	static const struct {
		const char *code, *words;
	} known[] = {
		{"SignatureDoesNotMatch",
			"the signature is not right; is the secret key the one of this access "
			"key, and does nothing on the way change requests?"},
		{"InvalidAccessKeyId",
			"the access key is not known there; is it of this server?"},
		{"ExpiredToken", "the session token has ended; get a new one"},
		{"InvalidToken", "the session token is not valid; get a new one"},
		{"TokenRefreshRequired", "the session token has ended; get a new one"},
		{"AccessDenied", "the access key may not do this; give it the permission"},
		{"AllAccessDisabled", "the server has closed this bucket"},
		{"InvalidObjectState", "the object lies in an archive that answers no reads; "
				       "bring it back first"},
		{"QuotaExceeded", "its quota is used up; make room there"},
		{"InsufficientStorage", "it is full; make room there"},
		{"NoSuchUpload", "the upload is not there any more; was it cleaned away?"},
		{NULL, NULL},
	};

	for (size_t i = 0; known[i].code; i++)
		if (text_equal(known[i].code, code))
			return known[i].words;
	return NULL;
}

static enum err code_of(int status, const char *code)
{
	if (text_equal(code, "QuotaExceeded") || text_equal(code, "InsufficientStorage") ||
		status == 507)
		return ERR_IO;
	if (text_equal(code, "ExpiredToken") || text_equal(code, "InvalidToken") ||
		text_equal(code, "TokenRefreshRequired"))
		return ERR_AUTH;
	if (status == 429 || text_equal(code, "SlowDown"))
		return ERR_THROTTLED;
	if (status == 401 || status == 403)
		return ERR_AUTH;
	if (status == 404)
		return ERR_NOTFOUND;
	return (status >= 500 && status != 501) || text_equal(code, "InternalError")
		       ? ERR_UNAVAILABLE
		       : ERR_PROTOCOL;
}

static int fail_other(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer,
	const struct error *error)
{
	int status = answer->response.status;
	const char *words = known_words(error->code);
	const char *what = request->name ? request->name : "the bucket";

	if (status == 404 && request->name && !words)
		return err_set(
			ERR_NOTFOUND, "there is no %s/%s", s3->storage.place, request->name);
	if (!words)
		words = error->message && *error->message ? error->message : "it says not why";
	return err_set(code_of(status, error->code), "%s: %s %s: %s (%d%s%.60s)",
		s3->storage.place, request->doing, what, words, status, *error->code ? " " : "",
		error->code);
}

int s3_fail(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer)
{
	struct error error;
	int status = answer->response.status;
	int r;

	read_error(answer, &error);
	bool wrong_region =
		status == 301 || status == 307 || status == 308 ||
		(status == 400 &&
			(text_equal(error.code, "AuthorizationHeaderMalformed") ||
				text_equal(error.code, "IllegalLocationConstraintException")));
	if (text_equal(error.code, "NoSuchBucket"))
		r = err_set(ERR_INVALID,
			"%s: there is no bucket \"%s\"; make it, or name another one",
			s3->storage.place, s3->bucket);
	else if (text_equal(error.code, "RequestTimeTooSkewed"))
		r = fail_clock(s3, answer);
	else if (wrong_region && error.region && *error.region)
		r = err_set(ERR_INVALID,
			"%s: the bucket is in the region %.60s, not in %s; name that one "
			"(region=%.60s)",
			s3->storage.place, error.region, s3->region, error.region);
	else if (wrong_region)
		r = err_set(ERR_INVALID,
			"%s: the bucket is at another address or in another region; name that "
			"one (the server says: %d %.60s)",
			s3->storage.place, status, error.code);
	else
		r = fail_other(s3, request, answer, &error);
	free_error(&error);
	return r;
}

int s3_fail_head(struct s3 *s3, const struct s3_request *head, struct s3_answer *answer)
{
	struct s3_request get = *head;
	AUTO_ANSWER why = {0};

	get.method = "GET";
	get.sink = NULL;
	if (head->name)
		s3_add_pair(get.headers, "range", "bytes=0-0");
	else {
		s3_add_pair(get.query, "list-type", "2");
		s3_add_pair(get.query, "max-keys", "1");
	}
	int r = s3_send(s3, &get, &why);
	if (r < 0)
		return r;
	/* It has come to be there since, or there is no reason to be had. */
	return s3_is_good(&why) || why.response.status == 416 ? s3_fail(s3, head, answer)
							      : s3_fail(s3, &get, &why);
}

int s3_head(struct s3 *s3, const char *name, struct s3_answer *answer)
{
	struct s3_request request = {
		.method = "HEAD", .name = name, .doing = "cannot look for"};
	int r = s3_send(s3, &request, answer);

	if (r < 0 || answer->response.status == 404)
		return r;
	return s3_is_good(answer) ? s3_check_origin(s3, answer)
				  : s3_fail_head(s3, &request, answer);
}
