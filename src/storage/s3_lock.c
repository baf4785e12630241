/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "storage/s3_priv.h"

/*
 * Object lock. A bucket with it keeps versions, and a plain DELETE would only hide an object:
 * so the version is removed by name there, which the server refuses as long as the lock holds.
 */

static int ask_lock(struct s3 *s3, bool *out)
{
	struct s3_request request = {.method = "GET", .doing = "cannot ask for the locks of"};
	AUTO_ANSWER answer = {0};
	AUTO_XML xml = NULL;

	*out = false;
	s3_add_pair(request.query, "object-lock", "");
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (!s3_is_good(&answer)) {
		/* No locks, not known what that is, or not for us to know. */
		bool is_none =
			!s3_is_error(&answer, "NoSuchBucket") &&
			(answer.response.status == 404 || answer.response.status == 400 ||
				answer.response.status == 405 ||
				answer.response.status == 501 ||
				s3_is_error(&answer, "AccessDenied"));
		return is_none ? 0 : s3_fail(s3, &request, &answer);
	}
	r = s3_xml_parse(&answer.response.body, &xml);
	if (r < 0)
		return err_wrap(r, "%s", s3->storage.place);
	AUTO_TEXT enabled = s3_xml_text(xml, "ObjectLockEnabled");
	*out = enabled && text_equal(enabled, "Enabled");
	return 0;
}

int s3_can_retain(struct storage *storage, bool *out)
{
	struct s3 *s3 = (struct s3 *)storage;

	pthread_mutex_lock(&s3->known_lock);
	enum s3_known known = s3->can_lock;
	pthread_mutex_unlock(&s3->known_lock);
	*out = known == S3_YES;
	if (known != S3_UNKNOWN)
		return 0;
	int r = ask_lock(s3, out);
	if (r < 0)
		return r;
	pthread_mutex_lock(&s3->known_lock);
	s3->can_lock = *out ? S3_YES : S3_NO;
	pthread_mutex_unlock(&s3->known_lock);
	return 0;
}

/* The lock of an object; no mode where there is none. */
struct lock {
	char *mode;
	int64_t until_s;
};

static int ask_retention(struct s3 *s3, const char *name, struct lock *out)
{
	struct s3_request request = {
		.method = "GET", .name = name, .doing = "cannot ask for the lock of"};
	AUTO_ANSWER answer = {0};
	AUTO_XML xml = NULL;

	*out = (struct lock){NULL, 0};
	s3_add_pair(request.query, "retention", "");
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (s3_is_error(&answer, "NoSuchObjectLockConfiguration") ||
		s3_is_error(&answer, "ObjectLockConfigurationNotFoundError"))
		return 0;
	if (!s3_is_good(&answer))
		return s3_fail(s3, &request, &answer);
	r = s3_xml_parse(&answer.response.body, &xml);
	if (r < 0)
		return err_wrap(r, "%s", s3->storage.place);
	AUTO_TEXT until = s3_xml_text(xml, "RetainUntilDate");
	if (until && *until && timestamp_parse(until, &out->until_s) < 0)
		return err_set(ERR_PROTOCOL, "%s names no moment until which %s is locked",
			s3->storage.place, name);
	out->mode = s3_xml_text(xml, "Mode");
	return 0;
}

static int put_retention(struct s3 *s3, const char *name, const char *mode, int64_t until_s)
{
	struct s3_request request = {
		.method = "PUT", .name = name, .doing = "cannot extend the lock of"};
	char until[TIMESTAMP_SIZE];
	AUTO_ANSWER answer = {0};

	timestamp_format(until_s, until);
	AUTO_TEXT body = mem_printf(
		"<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>%s</Mode>"
		"<RetainUntilDate>%s</RetainUntilDate></Retention>",
		mode, until);
	AUTO_TEXT content_md5 = s3_content_md5(body, strlen(body));
	request.body = body;
	request.body_size = strlen(body);
	s3_add_pair(request.query, "retention", "");
	s3_add_pair(request.headers, "content-type", "application/xml");
	if (content_md5)
		s3_add_pair(request.headers, "content-md5", content_md5);
	return s3_ask(s3, &request, &answer);
}

int s3_retain(struct storage *storage, const char *name, int64_t until_s)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct lock lock;
	bool can_lock;
	int r = s3_can_retain(storage, &can_lock);

	if (r == 0 && !can_lock) {
		uint64_t size;
		return storage_size(storage, name, &size); /* whether it is there */
	}
	if (r == 0)
		r = ask_retention(s3, name, &lock);
	if (r < 0)
		return r;
	/* A lock keeps its kind: to make it a weaker one is not ours. */
	bool is_known = lock.mode && (text_equal(lock.mode, "GOVERNANCE") ||
					     text_equal(lock.mode, "COMPLIANCE"));
	if (lock.until_s < until_s)
		r = put_retention(s3, name,
			is_known         ? lock.mode
			: s3->governance ? "GOVERNANCE"
					 : "COMPLIANCE",
			until_s);
	mem_free(lock.mode);
	return r;
}

static int retained(struct s3 *s3, const char *name, int64_t until_s)
{
	char until[TIMESTAMP_SIZE];

	timestamp_format(until_s, until);
	return err_set(
		ERR_RETAINED, "%s/%s is locked until %s", s3->storage.place, name, until);
}

int s3_remove_version(struct s3 *s3, const char *name, const char *version)
{
	struct s3_request request = {
		.method = "DELETE", .name = name, .doing = "cannot remove"};
	AUTO_ANSWER answer = {0};

	if (version)
		s3_add_pair(request.query, "versionId", version);
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (s3_is_good(&answer))
		return answer.response.body.size == 0 ? 0
						      : err_set(ERR_PROTOCOL,
								"%s does not answer as an S3 "
								"server does; is something "
								"else in between?",
								s3->storage.place);
	if (s3_is_error(&answer, "NoSuchKey") || s3_is_error(&answer, "NoSuchVersion"))
		return 0;
	return s3_fail(s3, &request, &answer);
}

/* Why the server refused: a lock that its HEAD did not tell of, or something else. */
static int judge_denied(struct s3 *s3, const char *name)
{
	AUTO_TEXT message = mem_strdup(err_message());
	struct lock lock = {NULL, 0};
	int r = ask_retention(s3, name, &lock);

	mem_free(lock.mode);
	return r == 0 && lock.until_s > 0 ? retained(s3, name, lock.until_s)
					  : err_set(ERR_AUTH, "%s", message);
}

int s3_remove(struct storage *storage, const char *name)
{
	struct s3 *s3 = (struct s3 *)storage;
	AUTO_ANSWER head = {0};
	bool can_lock;
	int64_t until_s = 0, now_s = clock_now_s();
	int r = s3_can_retain(storage, &can_lock);

	if (r < 0)
		return r;
	if (!can_lock)
		return s3_remove_version(s3, name, NULL);
	r = s3_head(s3, name, &head);
	if (r < 0 || head.response.status == 404)
		return r;
	const char *until = s3_header(&head, "x-amz-object-lock-retain-until-date");
	(void)!timestamp_parse_http(s3_header(&head, "Date"), &now_s);
	if (*until && timestamp_parse(until, &until_s) == 0 && until_s > now_s)
		return retained(s3, name, until_s);
	const char *version = s3_header(&head, "x-amz-version-id");
	r = s3_remove_version(s3, name, *version ? version : NULL);
	return r == ERR_AUTH ? judge_denied(s3, name) : r;
}
