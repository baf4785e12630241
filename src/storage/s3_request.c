/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "storage/s3_priv.h"

enum {
	WAIT_MAX_MS = 30000,
	WAIT_STEP_MS = 100,
	RETRY_AFTER_MAX_S = 60,
	OUR_HEADERS = 4, /* host, date, hash, token */
	DIGITS_SIZE = 2 * HASH_SIZE + 1,
};

void s3_add_pair(struct sigv4_pair *pairs, const char *name, const char *value)
{
	size_t count = 0;

	while (pairs[count].name)
		count++;
	ASSERT(count + 1 < S3_PAIRS_MAX); /* the end stays */
	pairs[count] = (struct sigv4_pair){name, value};
}

void s3_answer_free(struct s3_answer *answer)
{
	http_response_free(&answer->response);
}

bool s3_is_good(const struct s3_answer *answer)
{
	return answer->response.status >= 200 && answer->response.status <= 299;
}

static size_t count_pairs(const struct sigv4_pair *pairs)
{
	size_t count = 0;

	while (count < S3_PAIRS_MAX && pairs[count].name)
		count++;
	return count;
}

/* The lines of a request's headers, ended by NULL, with the signature among them. */
struct lines {
	char *lines[S3_PAIRS_MAX + OUR_HEADERS + 2];
	size_t count;
};

static void add_line(struct lines *lines, const char *name, const char *value)
{
	/* libcurl takes "name:" for a header that is to be left out. */
	lines->lines[lines->count++] =
		*value ? mem_printf("%s: %s", name, value) : mem_printf("%s;", name);
}

static void free_lines(struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		mem_free(lines->lines[i]);
}

/* Signs at this moment, so each try has a date of its own. */
static void make_lines(const struct s3 *s3, const struct s3_request *request, const char *path,
	const char *payload_hash, struct lines *lines)
{
	int64_t now_s = clock_now_s();
	char date[SIGV4_DATE_SIZE];
	struct sigv4_pair headers[S3_PAIRS_MAX + OUR_HEADERS];
	size_t count = count_pairs(request->headers);

	sigv4_date(now_s, date);
	memcpy(headers, request->headers, count * sizeof(*headers));
	headers[count++] = (struct sigv4_pair){"host", s3->host};
	headers[count++] = (struct sigv4_pair){"x-amz-date", date};
	headers[count++] = (struct sigv4_pair){"x-amz-content-sha256", payload_hash};
	if (s3->session_token)
		headers[count++] =
			(struct sigv4_pair){"x-amz-security-token", s3->session_token};
	struct sigv4_keys keys = {s3->access_key, s3->secret_key, s3->region, "s3"};
	struct sigv4_request what = {
		.method = request->method,
		.path = path,
		.query = request->query,
		.query_count = count_pairs(request->query),
		.headers = headers,
		.header_count = count,
		.payload_hash = payload_hash,
	};
	AUTO_TEXT authorization = sigv4_authorization(&keys, &what, now_s);
	for (size_t i = 0; i < count; i++)
		if (!text_equal(headers[i].name, "host")) /* libcurl's own is the same */
			add_line(lines, headers[i].name, headers[i].value);
	add_line(lines, "authorization", authorization);
	/* What is compressed on its way has another length. */
	add_line(lines, "accept-encoding", "identity");
	lines->lines[lines->count] = NULL;
}

static int try_once(struct s3 *s3, const struct s3_request *request, const char *payload_hash,
	struct http_response *response)
{
	AUTO_TEXT path =
		request->name ? mem_printf("%s/%s%s", s3->base_path, s3->prefix, request->name)
			      : mem_printf("%s%s", s3->base_path, *s3->base_path ? "" : "/");
	AUTO_TEXT encoded = sigv4_encode_path(path);
	AUTO_TEXT query = sigv4_encode_query(request->query, count_pairs(request->query));
	AUTO_TEXT url = mem_printf("%s%s%s%s", s3->server, encoded, *query ? "?" : "", query);
	struct lines lines = {.count = 0};

	make_lines(s3, request, path, payload_hash, &lines);
	struct http_request send = {
		.method = request->method,
		.url = url,
		.headers = (const char *const *)lines.lines,
		.body = request->body,
		.body_size = request->body_size,
		.sink = request->sink,
		.sink_context = request->context,
		.body_ceiling = S3_BODY_CEILING,
		.cancel = s3->cancel,
	};
	if (request->restart)
		request->restart(request->context);
	int r = http_send(s3->client, &send, response);
	free_lines(&lines);
	return r;
}

/* Waits before try number `next`; what is told to wait for is at most a minute. */
static int wait_before(struct s3 *s3, int next, struct http_response *response)
{
	int64_t wait_ms = s3->first_wait_ms;
	uint32_t random;

	for (int i = 2; i < next && wait_ms < WAIT_MAX_MS; i++)
		wait_ms *= 2;
	wait_ms = wait_ms < WAIT_MAX_MS ? wait_ms : WAIT_MAX_MS;
	secret_random(&random, sizeof(random));
	wait_ms -= (int64_t)(random % (uint64_t)(wait_ms / 2 + 1));
	int64_t told_s = http_retry_after_s(response, clock_now_s(), 0);
	told_s = told_s < RETRY_AFTER_MAX_S ? told_s : RETRY_AFTER_MAX_S;
	wait_ms = wait_ms > told_s * 1000 ? wait_ms : told_s * 1000;
	for (; wait_ms > 0 && !cancel_is_wished(s3->cancel); wait_ms -= WAIT_STEP_MS)
		clock_sleep_us(
			(wait_ms < WAIT_STEP_MS ? wait_ms : WAIT_STEP_MS) * INT64_C(1000));
	return cancel_is_wished(s3->cancel) ? err_set(ERR_CANCELLED, "stopped") : 0;
}

int s3_send(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer)
{
	uint8_t hash[HASH_SIZE];
	char payload_hash[DIGITS_SIZE];
	int r = 0;

	*answer = (struct s3_answer){.was_unclear = false};
	hash_sha256(request->body ? request->body : "", request->body_size, hash);
	text_to_hex(hash, sizeof(hash), payload_hash);
	for (int number = 1;; number++) {
		r = try_once(s3, request, payload_hash, &answer->response);
		/* A server that has answered before will do so again, whatever it is now. */
		bool again = r == ERR_NETWORK ? answer->response.may_pass ||
							atomic_load(&s3->has_answered)
					      : r == 0 && s3_is_passing(answer);
		if (r == 0)
			atomic_store(&s3->has_answered, true);
		if (!again)
			break;
		if (number >= s3->tries && r == 0)
			return s3_fail(s3, request, answer);
		if (number >= s3->tries)
			break;
		r = wait_before(s3, number + 1, &answer->response);
		if (r < 0)
			break;
		answer->was_unclear = true;
		http_response_free(&answer->response);
	}
	return r < 0 ? err_wrap(r, "%s %s", request->doing,
			       request->name ? request->name : "the bucket")
		     : 0;
}

int s3_ask(struct s3 *s3, const struct s3_request *request, struct s3_answer *answer)
{
	int r = s3_send(s3, request, answer);

	return r < 0 || s3_is_good(answer) ? r : s3_fail(s3, request, answer);
}
