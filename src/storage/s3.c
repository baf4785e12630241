/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/s3.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "storage/s3_priv.h"

enum {
	TRIES = 8,
	FIRST_WAIT_MS = 200,
	PART_SIZE = 8 << 20,
	BUCKET_MIN = 3,
	BUCKET_MAX = 63,
	PREFIX_MAX = 500,
};

static void wipe(char **slot)
{
	if (*slot)
		secret_wipe(*slot, strlen(*slot));
	mem_replace(slot, NULL);
}

static void s3_close(struct storage *storage)
{
	struct s3 *s3 = (struct s3 *)storage;

	http_client_free(s3->client);
	wipe(&s3->access_key);
	wipe(&s3->secret_key);
	wipe(&s3->session_token);
	mem_free(s3->server);
	mem_free(s3->host);
	mem_free(s3->bucket);
	mem_free(s3->base_path);
	mem_free(s3->prefix);
	mem_free(s3->region);
	pthread_mutex_destroy(&s3->known_lock);
	mem_free(s3);
}

/* A piece that is read: where it goes, and how much came. */
struct piece {
	unsigned char *out;
	size_t size, done;
};

static void restart_piece(void *context)
{
	struct piece *piece = context;

	piece->done = 0;
}

static int take_piece(void *context, const void *data, size_t size)
{
	struct piece *piece = context;

	if (size > piece->size - piece->done)
		return err_set(ERR_PROTOCOL, "the answer is longer than what was asked for");
	memcpy(piece->out + piece->done, data, size);
	piece->done += size;
	return 0;
}

/* A number of a Content-Range, which ends with `end`; moves *text behind it. */
static bool take_number(char **text, char end, uint64_t *out)
{
	char *at = strchr(*text, end);
	int64_t number;

	if (!at)
		return false;
	*at = 0;
	int r = text_to_int(*text, 0, INT64_MAX, &number);
	*text = at + 1;
	*out = r < 0 ? 0 : (uint64_t)number;
	return r == 0;
}

/* "bytes FIRST-LAST/TOTAL" */
static bool take_range(const char *text, uint64_t *first, uint64_t *last, uint64_t *total)
{
	static const char unit[] = "bytes ";

	if (!text_starts_with(text, unit))
		return false;
	AUTO_TEXT copy = mem_printf("%s!", text + strlen(unit));
	char *at = copy;
	return take_number(&at, '-', first) && take_number(&at, '/', last) &&
	       take_number(&at, '!', total) && *first <= *last && *last < *total;
}

/* What came must be what was asked for, or end with the object. */
static int check_range(struct s3 *s3, const char *name, const struct storage_range *range,
	struct s3_answer *answer)
{
	uint64_t first, last, total;
	bool fits = answer->response.status == 206 &&
		    take_range(s3_header(answer, "Content-Range"), &first, &last, &total) &&
		    first == range->offset;

	if (fits && last - first + 1 == range->size)
		return 0;
	if (fits && last + 1 == total && last - first + 1 < range->size)
		return err_set(ERR_CORRUPT, "%s/%s ends too early, after %" PRIu64 " bytes",
			s3->storage.place, name, total);
	return err_set(ERR_PROTOCOL, "%s answers with another piece of %s than asked",
		s3->storage.place, name);
}

static int s3_read(
	struct storage *storage, const char *name, const struct storage_range *range, void *out)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct piece piece = {out, range->size, 0};
	struct s3_request request = {.method = "GET",
		.name = name,
		.doing = "cannot read",
		.sink = take_piece,
		.restart = restart_piece,
		.context = &piece};
	AUTO_ANSWER answer = {0};
	uint64_t size;

	if (range->size == 0)
		return storage_size(storage, name, &size); /* there is no such range */
	AUTO_TEXT bytes = mem_printf(
		"bytes=%" PRIu64 "-%" PRIu64, range->offset, range->offset + range->size - 1);
	s3_add_pair(request.headers, "range", bytes);
	int r = s3_send(s3, &request, &answer);
	if (r < 0)
		return r;
	if (answer.response.status == 416)
		return err_set(ERR_CORRUPT, "%s/%s ends too early, before byte %" PRIu64,
			storage->place, name, range->offset);
	if (!s3_is_good(&answer))
		return s3_fail(s3, &request, &answer);
	r = check_range(s3, name, range, &answer);
	if (r == 0 && piece.done != range->size)
		r = err_set(ERR_PROTOCOL, "%s answers with %zu bytes of %s instead of %zu",
			storage->place, piece.done, name, range->size);
	return r;
}

struct whole {
	struct buf *out;
	size_t before;
};

static void restart_whole(void *context)
{
	struct whole *whole = context;

	whole->out->size = whole->before;
}

static int take_whole(void *context, const void *data, size_t size)
{
	struct whole *whole = context;

	return buf_append(whole->out, data, size);
}

static int s3_size(struct storage *storage, const char *name, uint64_t *out)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct s3_request request = {
		.method = "HEAD", .name = name, .doing = "cannot look for"};
	AUTO_ANSWER answer = {0};
	int r = s3_send(s3, &request, &answer);

	if (r < 0)
		return r;
	if (!s3_is_good(&answer))
		return s3_fail_head(s3, &request, &answer);
	r = s3_check_origin(s3, &answer);
	return r < 0 ? r : s3_number(s3, &answer, "Content-Length", out);
}

/* An object of ours says what it holds; one that somebody has copied may have lost that. */
static int check_hash(
	struct s3 *s3, const char *name, const struct whole *whole, struct s3_answer *answer)
{
	const char *said = s3_header(answer, S3_HASH_HEADER);
	uint8_t hash[HASH_SIZE], own[HASH_SIZE];
	size_t size = whole->out->size - whole->before;

	if (!*said)
		return s3_check_origin(s3, answer);
	hash_sha256(size ? whole->out->data + whole->before : (const void *)"", size, own);
	return text_from_hex(said, hash, sizeof(hash)) == 0 &&
			       memcmp(hash, own, sizeof(own)) == 0
		       ? 0
		       : err_set(ERR_CORRUPT, "%s/%s does not hold what was put there",
				 s3->storage.place, name);
}

static int s3_read_all(struct storage *storage, const char *name, struct buf *out)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct whole whole = {out, out->size};
	struct s3_request request = {.method = "GET",
		.name = name,
		.doing = "cannot read",
		.sink = take_whole,
		.restart = restart_whole,
		.context = &whole};
	AUTO_ANSWER answer = {0};
	uint64_t size = 0;
	int r = s3_ask(s3, &request, &answer);

	if (r < 0)
		return r;
	/* Without a length an answer that was cut looks like a whole one. */
	r = *s3_header(&answer, "Content-Length")
		    ? s3_number(s3, &answer, "Content-Length", &size)
		    : s3_size(storage, name, &size);
	if (r == 0 && (answer.response.status != 200 || size != out->size - whole.before))
		r = err_set(ERR_PROTOCOL, "%s answers with a part of %s", storage->place, name);
	return r < 0 ? r : check_hash(s3, name, &whole, &answer);
}

static int s3_now(struct storage *storage, int64_t *out_s)
{
	struct s3 *s3 = (struct s3 *)storage;
	struct s3_request request = {.method = "HEAD", .doing = "cannot look at"};
	AUTO_ANSWER answer = {0};
	int r = s3_send(s3, &request, &answer);

	if (r < 0)
		return r;
	if (!s3_is_good(&answer))
		return s3_fail_head(s3, &request, &answer);
	if (timestamp_parse_http(s3_header(&answer, "Date"), out_s) < 0)
		return err_set(ERR_PROTOCOL, "%s answers without a date", storage->place);
	return 0;
}

static void s3_use_cancel(struct storage *storage, struct cancel *cancel)
{
	((struct s3 *)storage)->cancel = cancel;
}

static const struct storage_side s3_side = {
	.close = s3_close,
	.put = s3_put,
	.read = s3_read,
	.read_all = s3_read_all,
	.size = s3_size,
	.list = s3_list,
	.remove = s3_remove,
	.clean = s3_clean,
	.now = s3_now,
	.retain = s3_retain,
	.can_retain = s3_can_retain,
	.use_cancel = s3_use_cancel,
};

static bool is_made_of(const char *text, const char *more)
{
	for (const char *c = text; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') ||
			     (*c >= '0' && *c <= '9');
		if (!plain && !strchr(more, *c))
			return false;
	}
	return true;
}

static int check_endpoint(const struct s3_settings *settings)
{
	struct http_place place;
	int r = http_look_at(settings->endpoint, &place);

	if (r < 0)
		return r;
	const char *host = strstr(settings->endpoint, "://") + 3;
	if (!*host || strpbrk(host, "/?#"))
		return err_set(ERR_INVALID,
			"\"%s\" is no endpoint; it is https://HOST or https://HOST:PORT",
			settings->endpoint);
	if (!place.is_tls && !place.is_loopback && !settings->allow_http)
		return err_set(ERR_INVALID,
			"%s: without TLS anybody on the way sees and changes what is sent; use "
			"https",
			settings->endpoint);
	return 0;
}

static bool is_bucket(const char *name)
{
	size_t size = strlen(name);

	return size >= BUCKET_MIN && size <= BUCKET_MAX && is_made_of(name, "._-") &&
	       *name != '.';
}

static bool is_prefix(const char *text)
{
	return strlen(text) <= PREFIX_MAX && is_made_of(text, "._-/") && *text != '/' &&
	       *text != '.' && !strstr(text, "//") && !strstr(text, "/.") &&
	       !text_ends_with(text, "/");
}

static int check_settings(const struct s3_settings *settings)
{
	int r = check_endpoint(settings);

	if (r < 0)
		return r;
	if (!is_bucket(settings->bucket))
		return err_set(
			ERR_INVALID, "\"%.80s\" can be no bucket's name", settings->bucket);
	if (settings->prefix && !is_prefix(settings->prefix))
		return err_set(ERR_INVALID,
			"\"%.200s\" can be no prefix; it is of letters, digits, \"-\", \"_\", "
			"\".\" and \"/\"",
			settings->prefix);
	if (settings->region && (!*settings->region || !is_made_of(settings->region, "-_.")))
		return err_set(ERR_INVALID, "\"%.80s\" is no region", settings->region);
	if (!settings->access_key || !settings->secret_key)
		return err_set(
			ERR_INVALID, "no access key and secret key for %s", settings->endpoint);
	return 0;
}

/* The endpoint without a port that goes without saying, as the header has it. */
static char *host_of(const struct s3_settings *settings)
{
	const char *usual = text_starts_with(settings->endpoint, "https:") ? ":443" : ":80";
	char *host = mem_strdup(strstr(settings->endpoint, "://") + 3);

	text_lower(host);
	if (text_ends_with(host, usual))
		host[strlen(host) - strlen(usual)] = 0;
	return host;
}

static void set_addresses(struct s3 *s3, const struct s3_settings *settings)
{
	const char *scheme = text_starts_with(settings->endpoint, "https:") ? "https" : "http";
	const char *prefix = settings->prefix ? settings->prefix : "";
	AUTO_TEXT host = host_of(settings);

	s3->bucket = mem_strdup(settings->bucket);
	s3->host =
		settings->host_style ? mem_printf("%s.%s", s3->bucket, host) : mem_strdup(host);
	s3->server = mem_printf("%s://%s", scheme, s3->host);
	s3->base_path = settings->host_style ? mem_strdup("") : mem_printf("/%s", s3->bucket);
	s3->prefix = *prefix ? mem_printf("%s/", prefix) : mem_strdup("");
	s3->storage.place = mem_printf(
		"%s://%s/%s%s%s", scheme, host, s3->bucket, *prefix ? "/" : "", prefix);
}

int storage_open_s3(const struct s3_settings *settings, struct storage **out)
{
	struct http_client_options options = {
		.ca_file = settings->ca_file, .stall_timeout_ms = settings->stall_timeout_ms};
	struct http_client *client = NULL;
	int r = check_settings(settings);

	*out = NULL;
	if (r == 0)
		r = http_client_new(&options, &client);
	if (r < 0)
		return r;
	struct s3 *s3 = mem_alloc(sizeof(*s3));
	s3->storage.side = &s3_side;
	s3->client = client;
	set_addresses(s3, settings);
	s3->region = mem_strdup(settings->region ? settings->region : "us-east-1");
	s3->access_key = mem_strdup(settings->access_key);
	s3->secret_key = mem_strdup(settings->secret_key);
	s3->session_token = mem_strdup(settings->session_token);
	s3->tries = settings->tries > 0 ? settings->tries : TRIES;
	s3->first_wait_ms =
		settings->first_wait_ms > 0 ? settings->first_wait_ms : FIRST_WAIT_MS;
	s3->part_size = settings->part_size ? settings->part_size : PART_SIZE;
	s3->governance = settings->governance;
	s3->cancel = settings->cancel;
	pthread_mutex_init(&s3->known_lock, NULL);
	*out = &s3->storage;
	return 0;
}
