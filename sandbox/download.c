/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/download.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "crypto/secret.h"
#include "sandbox/generator.h"

#define PATH "/personal/_layouts/15/download.aspx"

enum { LIFE_S = 3600, RANGE_MAX = 256 << 20, TEXT_SIZE = 96 };

static const char octets[] = "application/octet-stream";

/* The permission: when it ends, and a proof over that and what it is for. */
static char *sign(const struct call *call, const char *drive, const char *item, int64_t end_s)
{
	AUTO_TEXT text = mem_printf("download %s %s %" PRId64, drive, item, end_s);
	uint8_t tag[HASH_SIZE];

	hash_hmac(call->sandbox->delta_key, DELTA_KEY_SIZE, text, strlen(text), tag);
	AUTO_TEXT proof = text_to_base64url(tag, sizeof(tag));
	return mem_printf("%" PRId64 ".%s", end_s, proof);
}

/* Another origin, as SharePoint is to Graph: a client that follows a redirect leaves its token
 * behind. The caller frees it. */
static char *other_origin(const char *base_url)
{
	static const char number[] = "https://127.0.0.1", name[] = "https://localhost";

	if (text_starts_with(base_url, number))
		return mem_printf("%s%s", name, base_url + strlen(number));
	if (text_starts_with(base_url, name))
		return mem_printf("%s%s", number, base_url + strlen(name));
	return mem_strdup(base_url);
}

char *download_url(
	const struct call *call, const struct drive *drive, const struct drive_item *item)
{
	char of_drive[DRIVE_ID_TEXT], of_item[DRIVE_ID_TEXT];

	drive_id(drive, of_drive);
	drive_item_id(item, of_item);
	AUTO_TEXT proof = sign(call, of_drive, of_item, clock_now_s() + LIFE_S);
	AUTO_TEXT encoded = text_percent_encode(of_drive);
	AUTO_TEXT origin = other_origin(call->base_url);
	return mem_printf(
		"%s" PATH "?drive=%s&UniqueId=%s&tempauth=%s", origin, encoded, of_item, proof);
}

static bool is_permitted(struct call *call, const char *drive, const char *item)
{
	const char *given = odata_query_get(&call->query, "tempauth");
	AUTO_TEXT digits = mem_strndup(given ? given : "", given ? strcspn(given, ".") : 0);
	int64_t end_s;

	if (http_call_header(call->http, "Authorization") ||
		text_to_int(digits, 0, INT64_MAX, &end_s) < 0 || end_s <= clock_now_s())
		return false;
	AUTO_TEXT proof = sign(call, drive, item, end_s);
	return strlen(given) == strlen(proof) && secret_equal(given, proof, strlen(proof));
}

struct range {
	uint64_t from, to; /* the last byte that is wanted */
	bool is_given;
};

/* "bytes=100-" or "bytes=100-199"; any other is passed over, as it may be. */
static void read_range(struct call *call, uint64_t size, struct range *out)
{
	const char *header = http_call_header(call->http, "Range");
	unsigned long long from = 0, to = 0;

	*out = (struct range){.to = size ? size - 1 : 0};
	if (!header || !text_starts_with(header, "bytes="))
		return;
	const char *dash = strchr(header, '-');
	if (!dash)
		return;
	AUTO_TEXT first = mem_strndup(header + 6, (size_t)(dash - header - 6));
	int64_t number;
	if (text_to_int(first, 0, INT64_MAX, &number) < 0)
		return;
	from = (unsigned long long)number;
	to = out->to;
	if (dash[1] && text_to_int(dash + 1, number, INT64_MAX, &number) == 0 &&
		(uint64_t)number < to)
		to = (unsigned long long)number;
	*out = (struct range){from, to, true};
}

static int read_bytes(const struct content *content, const struct range *range, struct buf *out)
{
	size_t size = (size_t)(range->to - range->from + 1);
	AUTO_BUF whole = buf_init(GENERATOR_MESSAGE_MAX);
	int fd;

	if (!content_path(content)) {
		int r = content_read_made(content, &whole);
		return r < 0 ? r : buf_append(out, whole.data + range->from, size);
	}
	int r = io_open_read(content_path(content), &fd);
	if (r < 0)
		return r;
	unsigned char *room = buf_reserve(out, size);
	r = room ? io_read_at(fd, range->from, room, size) : ERR_LIMIT;
	if (r == 0)
		buf_commit(out, size);
	io_close(fd);
	return r;
}

static void reply_part(struct call *call, const struct content *content, uint64_t size,
	const struct range *range)
{
	AUTO_BUF bytes = buf_init(RANGE_MAX);
	char text[TEXT_SIZE];

	if (range->from >= size) {
		snprintf(text, sizeof(text), "bytes */%" PRIu64, size);
		http_reply_header(call->http, "Content-Range", text);
		call->status = 416;
		http_reply(call->http, 416, octets, "", 0);
		return;
	}
	if (read_bytes(content, range, &bytes) < 0) {
		reply_error(call, 500, "generalException", "%s", err_message());
		return;
	}
	snprintf(text, sizeof(text), "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, range->from,
		range->to, size);
	http_reply_header(call->http, "Content-Range", text);
	call->status = 206;
	http_reply(call->http, 206, octets, bytes.data, bytes.size);
}

static void reply_whole(struct call *call, const struct content *content, uint64_t size)
{
	const struct range all = {.to = size - 1};
	AUTO_BUF bytes = buf_init(RANGE_MAX);

	if (content_path(content)) {
		call->status = 200;
		http_reply_file(call->http, 200, octets, content_path(content));
	} else if (size > 0 && read_bytes(content, &all, &bytes) < 0) {
		reply_error(call, 500, "generalException", "%s", err_message());
	} else {
		call->status = 200;
		http_reply(call->http, 200, octets, bytes.data, bytes.size);
	}
}

/* The file's content, shared; NULL where it is gone. */
static struct content *take_content(
	struct call *call, const char *drive_name, const char *item_name, uint64_t *out_size)
{
	struct tenant *tenant = call->sandbox->tenant;
	struct content *content = NULL;
	struct user *owner;

	tenant_lock(tenant);
	const struct drive *drive = tenant_drive(tenant, drive_name, &owner);
	const struct drive_item *item = drive ? drive_find(drive, item_name) : NULL;
	if (item && item->content) {
		content = content_share(item->content);
		*out_size = item->size;
	}
	tenant_unlock(tenant);
	return content;
}

bool download_handle(struct call *call)
{
	const char *drive = odata_query_get(&call->query, "drive");
	const char *item = odata_query_get(&call->query, "UniqueId");
	struct range range;
	uint64_t size = 0;

	if (!text_equal(http_call_path(call->http), PATH) || !drive || !item)
		return false;
	call->kind = REQUESTS_CONTENT;
	call_delay(call);
	if (!is_permitted(call, drive, item)) {
		reply_error(call, 401, "unauthenticated", "Access denied.");
		return true;
	}
	AUTO_CONTENT content = take_content(call, drive, item, &size);
	if (!content) {
		reply_error(call, 404, "itemNotFound", "The resource could not be found.");
		return true;
	}
	read_range(call, size, &range);
	if (range.is_given)
		reply_part(call, content, size, &range);
	else
		reply_whole(call, content, size);
	return true;
}
