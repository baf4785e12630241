/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"
#include "source/graph/quickxor.h"

/* How often the URL of the bytes may be asked for anew within one reading. */
enum { URLS_MAX = 4, RANGE_SIZE = 64 };

/* The file as it is now, and where its bytes are. */
struct file {
	char *url;
	char *hash; /* quickXorHash; "" where there is none */
	int64_t size;
};

struct download {
	struct graph *graph;
	const struct source_object *object;
	const char *item_id;
	source_sink_fn *sink;
	void *context;
	struct file file;
	struct quickxor hash;
	uint64_t size; /* so far */
	int result;    /* of the sink */
};

static void free_file(struct file *file)
{
	mem_free(file->url);
	mem_free(file->hash);
	*file = (struct file){0};
}

static int fail_item(enum source_retry retry, const char *code, int r)
{
	return source_fail(r, SOURCE_ITEM, retry, code);
}

static int ask_file(struct download *download, struct file *out)
{
	struct graph *graph = download->graph;
	AUTO_TEXT drive = text_percent_encode(download->object->id);
	AUTO_TEXT item = text_percent_encode(download->item_id);
	AUTO_TEXT url = mem_printf("%s/v1.0/drives/%s/items/%s", graph->base, drive, item);
	AUTO_TEXT what = mem_printf("a file of %s", download->object->name);
	struct graph_request request = {.what = what, .url = url, .scope = SOURCE_ITEM};
	AUTO_ANSWER answer = {0};
	AUTO_JSON body = NULL;
	int r = graph_get(graph, &request, &answer);

	if (r == 0)
		r = graph_answer_json(&request, &answer, &body);
	if (r < 0)
		return r;
	const struct json *hashes = json_get(json_get(body, "file"), "hashes");
	const char *where = json_get_text_or(body, "@microsoft.graph.downloadUrl", "");
	*out = (struct file){.url = mem_strdup(where),
		.hash = mem_strdup(json_get_text_or(hashes, "quickXorHash", "")),
		.size = json_get_int(body, "size", -1)};
	if (json_get(body, "malware"))
		return fail_item(SOURCE_RETRY_NEVER, "malwareDetected",
			err_set(ERR_AUTH,
				"%s: Microsoft found malware in it and does not give it",
				what));
	if (!graph_url_is_safe(where))
		return fail_item(SOURCE_RETRY_LATER, "no_download_url",
			err_set(ERR_PROTOCOL, "%s: Microsoft Graph does not say where it is",
				what));
	return 0;
}

static int take(void *context, const void *data, size_t size)
{
	struct download *download = context;

	quickxor_add(&download->hash, data, size);
	download->size += size;
	download->result = download->sink(download->context, data, size);
	return download->result;
}

/* The URL holds its own permission: the token does not go there, and it is not logged. */
static int send(struct download *download, struct http_response *response)
{
	struct graph *graph = download->graph;
	AUTO_TEXT range = mem_printf("Range: bytes=%" PRIu64 "-", download->size);
	const char *const headers[] = {range, NULL};
	const struct http_request request = {
		.url = download->file.url,
		.headers = download->size > 0 ? headers : NULL,
		.sink = take,
		.sink_context = download,
		.body_ceiling = GRAPH_PAGE_MAX,
		.cancel = graph->cancel,
	};

	graph->usage->requests++;
	return http_send(graph->client, &request, response);
}

/* The bytes must be those that the service told of. */
static int check(const struct download *download)
{
	uint8_t bits[QUICKXOR_SIZE];

	quickxor_end(&download->hash, bits);
	AUTO_TEXT hash = text_to_base64(bits, sizeof(bits));
	bool same = download->file.size < 0 || (uint64_t)download->file.size == download->size;
	if (download->file.hash[0])
		same = same && text_equal(hash, download->file.hash);
	if (same)
		return 0;
	return fail_item(SOURCE_RETRY_NOW, "hash_mismatch",
		err_set(ERR_NETWORK,
			"a file of %s: the %" PRIu64 " bytes that came are not those that "
			"OneDrive has",
			download->object->name, download->size));
}

/* A URL that is no longer good: 401, 403, 404 and 410 at its place say no more than that. */
static bool is_stale(const struct http_response *response)
{
	return response->status == 401 || response->status == 403 || response->status == 404 ||
	       response->status == 410;
}

/* Asks for the place of the bytes anew. What was read so far goes on only in the same bytes. */
static int renew(struct download *download)
{
	struct file fresh = {0};
	int r = ask_file(download, &fresh);

	if (r == 0 && download->size > 0 && !text_equal(fresh.hash, download->file.hash))
		r = fail_item(SOURCE_RETRY_NOW, "changed",
			err_set(ERR_NETWORK, "a file of %s changed while it was read",
				download->object->name));
	free_file(&download->file);
	download->file = fresh;
	return r;
}

static int fail(struct download *download, struct graph_answer *answer, int sent)
{
	AUTO_TEXT what = mem_printf("a file of %s", download->object->name);
	const struct graph_request request = {.what = what, .scope = SOURCE_ITEM};
	int r = graph_error_set(&request, answer, sent);

	return download->size > 0 && sent == ERR_NETWORK
		       ? fail_item(SOURCE_RETRY_NOW, "broken_off", r)
		       : r;
}

/* 1: whole; 0: to be asked for anew; or an error. */
static int try_once(struct download *download, struct graph_patience *patience)
{
	AUTO_ANSWER answer = {0};
	uint64_t before = download->size;
	int sent = send(download, &answer.http);

	if (download->result != 0)
		return download->result;
	if (sent == 0 && answer.http.status / 100 == 2)
		return 1;
	if (sent == 0 && is_stale(&answer.http))
		return 0;
	if (download->size > before)
		*patience = (struct graph_patience){0}; /* it goes on, if in pieces */
	int again = graph_patience_spend(download->graph, patience, sent, &answer.http);
	return again == 1 ? 0 : again < 0 ? again : fail(download, &answer, sent);
}

int graph_drive_read(struct graph *graph, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context)
{
	struct download download = {.graph = graph,
		.object = object,
		.item_id = item_id,
		.sink = sink,
		.context = context};
	struct graph_patience patience = {0};
	int r = ask_file(&download, &download.file), done = 0;

	for (int urls = 1; r == 0 && done == 0; urls++) {
		done = try_once(&download, &patience);
		if (done == 0 && urls > URLS_MAX)
			r = fail_item(SOURCE_RETRY_LATER, "download_refused",
				err_set(ERR_NETWORK, "a file of %s is not given at its place",
					object->name));
		else if (done == 0)
			r = renew(&download);
	}
	if (r == 0 && done != 1)
		r = done;
	if (r == 0)
		r = check(&download);
	if (r == 0)
		graph->usage->items_read++;
	free_file(&download.file);
	return r;
}
