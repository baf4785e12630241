/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "source/graph/graph_priv.h"

#define AUTHORITY "https://login.microsoftonline.com"
#define GRAPH "https://graph.microsoft.com"

/* A connection that takes longer will not come; the retries give it more chances. */
enum { CONNECT_TIMEOUT_MS = 5000 };

static void forget(char *secret)
{
	if (secret)
		secret_wipe(secret, strlen(secret));
	mem_free(secret);
}

static void close_graph(void *self)
{
	struct graph *graph = self;

	http_client_free(graph->client);
	graph_users_free(&graph->users);
	graph_drive_forget(graph);
	mem_free(graph->tenant);
	mem_free(graph->tenant_id);
	mem_free(graph->client_id);
	forget(graph->client_secret);
	mem_free(graph->authority);
	mem_free(graph->base);
	forget(graph->token);
	mem_free(graph);
}

static int tenant_of_token(void *self, char **out)
{
	struct graph *graph = self;
	int r = graph_sign_in(graph);

	*out = r == 0 ? mem_strdup(graph->tenant_id) : NULL;
	return r;
}

static const struct source_kind graph_kind = {
	.name = "m365",
	.close = close_graph,
	.test = graph_test,
	.tenant = tenant_of_token,
	.objects = graph_objects,
	.users = graph_users,
	.members = graph_members,
	.gaps = graph_gaps,
	.resume = graph_resume,
	.place = graph_place,
	.folders = graph_folders,
	.changes = graph_changes,
	.read = graph_read,
};

/* A secret goes over TLS, or stays on this machine. */
bool graph_url_is_safe(const char *url)
{
	static const char *const loopbacks[] = {
		"http://127.0.0.1", "http://[::1]", "http://localhost"};

	if (text_starts_with(url, "https://"))
		return url[strlen("https://")] != '\0';
	for (size_t i = 0; i < sizeof(loopbacks) / sizeof(loopbacks[0]); i++) {
		if (!text_starts_with(url, loopbacks[i]))
			continue;
		char after = url[strlen(loopbacks[i])];
		if (after == '\0' || after == ':' || after == '/')
			return true;
	}
	return false;
}

static int check_options(const struct graph_options *options)
{
	const char *const given[] = {
		options->tenant_id, options->client_id, options->client_secret};
	static const char *const names[] = {
		"the tenant's id", "the client's id", "the client secret"};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		if (!given[i] || given[i][0] == '\0')
			return err_set(ERR_INVALID, "%s is missing", names[i]);
	if (options->authority && !graph_url_is_safe(options->authority))
		return err_set(ERR_INVALID, "the authority must be an https:// URL, not %s",
			options->authority);
	if (options->graph && !graph_url_is_safe(options->graph))
		return err_set(ERR_INVALID, "the Graph URL must be an https:// URL, not %s",
			options->graph);
	return 0;
}

static char *base_url(const char *given, const char *otherwise)
{
	const char *url = given ? given : otherwise;
	size_t size = strlen(url);

	while (size > 0 && url[size - 1] == '/')
		size--;
	return mem_strndup(url, size);
}

int graph_source_new(const struct graph_options *options, struct source **out)
{
	*out = NULL;
	int r = check_options(options);
	if (r < 0)
		return r;

	struct graph *graph = mem_alloc(sizeof(*graph));
	struct http_client_options client_options = {
		.ca_file = options->ca_file,
		.user_agent = "NONISV|Garner|Garner/" GARNER_VERSION,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
	};

	graph->tenant = mem_strdup(options->tenant_id);
	graph->tenant_id = mem_strdup(options->tenant_id);
	text_lower(graph->tenant_id);
	graph->client_id = mem_strdup(options->client_id);
	graph->client_secret = mem_strdup(options->client_secret);
	graph->authority = base_url(options->authority, AUTHORITY);
	graph->base = base_url(options->graph, GRAPH);
	graph->cancel = options->cancel;
	graph->usage = options->usage ? options->usage : &graph->own_usage;
	r = http_client_new(&client_options, &graph->client);
	if (r < 0) {
		close_graph(graph);
		return r;
	}
	*out = source_new(&graph_kind, graph);
	return 0;
}
