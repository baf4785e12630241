/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* Length of "scheme://host:port". */
static size_t origin_size(const char *url)
{
	const char *host = strstr(url, "://");

	return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : strlen(url);
}

bool graph_is_ours(const struct graph *graph, const char *url)
{
	size_t size = origin_size(url);

	if (size != origin_size(graph->base))
		return false;
	AUTO_TEXT theirs = mem_strndup(url, size);
	AUTO_TEXT ours = mem_strndup(graph->base, size);
	return text_equal_nocase(theirs, ours);
}

/* What Outlook says when a place in its list of changes is no longer known to it. */
static bool says_reset(const struct graph_answer *answer, bool url_is_theirs)
{
	static const char *const codes[] = {"SyncStateNotFound", "SyncStateInvalid",
		"ResyncRequired", "resyncChangesApplyDifferences",
		"resyncChangesUploadDifferences", "ErrorInvalidSyncStateData"};

	if (answer->http.status < 400)
		return false;
	if (answer->http.status == 410)
		return true;
	/* A URL that the server wrote itself can only be bad because its token is. */
	if (answer->http.status == 400 && url_is_theirs)
		return true;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
		if (graph_error_says(answer, codes[i]))
			return true;
	return false;
}

static int bad_page(const struct graph_listing *listing, const char *why)
{
	return source_fail(err_set(ERR_PROTOCOL, "%s: %s", listing->what, why), listing->scope,
		SOURCE_RETRY_LATER, "bad_page");
}

static int visit_values(const struct graph_listing *listing, const struct json *page,
	graph_value_fn *visit, void *context)
{
	const struct json *values = json_get(page, "value");

	if (!json_is_array(values))
		return bad_page(listing, "a page of Microsoft Graph has no values");
	for (size_t i = 0; i < json_count(values); i++) {
		int r = visit(context, json_at(values, i));
		if (r != 0)
			return r;
	}
	return 0;
}

/* *next is NULL after the last page. */
static int find_next(const struct graph *graph, const struct graph_listing *listing,
	const struct json *page, const char *here, char **next)
{
	const char *link = json_get_text(page, "@odata.nextLink");

	*next = NULL;
	if (!link)
		return 0;
	if (text_equal(link, here))
		return bad_page(listing, "a page of Microsoft Graph is followed by itself");
	if (!graph_is_ours(graph, link))
		return bad_page(listing, "the next page lies at another server than the Graph "
					 "URL names, and the token is not sent there");
	*next = mem_strdup(link);
	return 0;
}

static int read_page(struct graph *graph, struct graph_listing *listing, const char *url,
	bool url_is_theirs, struct json **out)
{
	struct graph_request request = {
		.what = listing->what, .url = url, .scope = listing->scope};
	AUTO_ANSWER answer = {0};
	int r = graph_get(graph, &request, &answer);

	if (r < 0) {
		listing->reset = listing->delta && says_reset(&answer, url_is_theirs);
		return r;
	}
	return graph_answer_json(&request, &answer, out);
}

static int take_delta(
	const struct graph_listing *listing, const struct json *page, char **out_delta)
{
	const char *link = json_get_text(page, "@odata.deltaLink");

	if (!listing->delta)
		return 0;
	if (!link)
		return bad_page(listing, "the last page of Microsoft Graph has no deltaLink");
	*out_delta = mem_strdup(link);
	return 0;
}

int graph_pages(struct graph *graph, struct graph_listing *listing, graph_value_fn *visit,
	void *context, char **out_delta)
{
	AUTO_TEXT url = mem_strdup(listing->url);

	listing->reset = false;
	for (int number = 0; number < GRAPH_PAGES_MAX; number++) {
		AUTO_JSON page = NULL;
		char *next = NULL;
		int r = read_page(
			graph, listing, url, listing->url_is_old || number > 0, &page);
		if (r == 0)
			r = find_next(graph, listing, page, url, &next);
		if (r < 0)
			return r;
		mem_replace(&url, next);
		r = visit_values(listing, page, visit, context);
		if (r != 0)
			return r;
		if (!url)
			return take_delta(listing, page, out_delta);
	}
	return bad_page(listing, "the pages of Microsoft Graph do not come to an end");
}
