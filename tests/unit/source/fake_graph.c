/* SPDX-License-Identifier: Apache-2.0 */
#include "fake_graph.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "net/http_server.h"

enum { LINES_MAX = 256, REQUESTS_MAX = 1024, TEXT_MAX = 1024 * 1024 };

struct line {
	char *part;
	char *body;
	char *header;
	size_t size;
	int status;
	int64_t cut_at;
	bool used;
};

struct request {
	char *target;
	char *text;
};

struct fake {
	struct http_server *server;
	pthread_mutex_t lock; /* guards all below */
	struct line lines[LINES_MAX];
	size_t line_count;
	struct request requests[REQUESTS_MAX];
	size_t request_count;
};

static atomic_llong passed_us;
static atomic_llong waited_us;

static int64_t now_us(void *context)
{
	struct timespec now;

	(void)context;
	clock_gettime(CLOCK_REALTIME, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000 + atomic_load(&passed_us);
}

static void sleep_us(void *context, int64_t us)
{
	(void)context;
	atomic_fetch_add(&passed_us, us);
	atomic_fetch_add(&waited_us, us);
}

void fake_clock_begin(void)
{
	static const struct clock clock = {
		.now_us = now_us, .boot_us = now_us, .sleep_us = sleep_us};

	atomic_store(&waited_us, 0);
	clock_use(&clock);
}

int64_t fake_clock_waited_ms(void)
{
	return atomic_load(&waited_us) / 1000;
}

void fake_clock_pass_s(int64_t s)
{
	atomic_fetch_add(&passed_us, s * 1000000);
}

/* The first line not used yet, or else the last one. */
static struct line *find_line(struct fake *fake, const char *target)
{
	struct line *last = NULL;

	for (size_t i = 0; i < fake->line_count; i++) {
		struct line *line = &fake->lines[i];
		if (!strstr(target, line->part))
			continue;
		last = line;
		if (!line->used)
			break;
	}
	if (last)
		last->used = true;
	return last;
}

static void remember(struct fake *fake, struct http_call *call, const char *target)
{
	static const char *const names[] = {
		"Authorization", "Prefer", "client-request-id", "User-Agent"};
	AUTO_BUF text = buf_init(TEXT_MAX);
	size_t size;
	const void *body = http_call_body(call, &size);

	if (fake->request_count == REQUESTS_MAX)
		return;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *value = http_call_header(call, names[i]);
		if (value && buf_printf(&text, "%s: %s\n", names[i], value) < 0)
			abort();
	}
	if (buf_append(&text, body, size) < 0)
		abort();
	struct request *request = &fake->requests[fake->request_count++];
	request->target = mem_strdup(target);
	request->text = mem_strdup(buf_text(&text));
}

static void reply(struct http_call *call, const struct line *line)
{
	if (line->header) {
		const char *colon = strchr(line->header, ':');
		AUTO_TEXT name = mem_strndup(line->header, (size_t)(colon - line->header));
		http_reply_header(call, name, colon + 2);
	}
	http_reply(call, line->status, "application/json", line->body, line->size);
	if (line->cut_at)
		http_reply_cut(call, (size_t)line->cut_at);
}

/* An organization has no groups and no drives but those that the script gives it. */
static void reply_unscripted(struct http_call *call, const char *target)
{
	static const char none[] = "{\"value\":[]}";
	static const char no_drive[] = "{\"error\":{\"code\":\"itemNotFound\"}}";

	if (strstr(target, "GET /v1.0/groups?"))
		http_reply(call, 200, "application/json", none, strlen(none));
	else if (strstr(target, "/drive?"))
		http_reply(call, 404, "application/json", no_drive, strlen(no_drive));
	else
		http_reply(call, 599, "text/plain", target, strlen(target));
}

static void handle(void *context, struct http_call *call)
{
	struct fake *fake = context;
	const char *query = http_call_query(call);
	AUTO_TEXT target = mem_printf("%s %s%s%s", http_call_method(call), http_call_path(call),
		query[0] ? "?" : "", query);

	pthread_mutex_lock(&fake->lock);
	remember(fake, call, target);
	struct line *line = find_line(fake, target);
	pthread_mutex_unlock(&fake->lock);
	if (line)
		reply(call, line);
	else
		reply_unscripted(call, target);
}

struct fake *fake_start(void)
{
	struct fake *fake = mem_alloc(sizeof(*fake));
	struct http_server_options options = {
		.listen = "127.0.0.1:0", .handler = handle, .context = fake};

	pthread_mutex_init(&fake->lock, NULL);
	if (http_server_start(&options, &fake->server) < 0) {
		fprintf(stderr, "%s\n", err_message());
		abort();
	}
	return fake;
}

void fake_stop(struct fake *fake)
{
	http_server_stop(fake->server);
	for (size_t i = 0; i < fake->line_count; i++) {
		mem_free(fake->lines[i].part);
		mem_free(fake->lines[i].body);
		mem_free(fake->lines[i].header);
	}
	for (size_t i = 0; i < fake->request_count; i++) {
		mem_free(fake->requests[i].target);
		mem_free(fake->requests[i].text);
	}
	pthread_mutex_destroy(&fake->lock);
	mem_free(fake);
}

const char *fake_url(const struct fake *fake)
{
	return http_server_url(fake->server);
}

static void put_url(const struct fake *fake, char **body)
{
	static const char mark[] = "%URL%";
	char *at;

	while ((at = strstr(*body, mark))) {
		char *whole = mem_printf("%.*s%s%s", (int)(at - *body), *body, fake_url(fake),
			at + strlen(mark));
		mem_replace(body, whole);
	}
}

void fake_answer(struct fake *fake, const char *part, const struct fake_answer *answer)
{
	pthread_mutex_lock(&fake->lock);
	if (fake->line_count == LINES_MAX)
		abort();
	struct line *line = &fake->lines[fake->line_count];
	line->part = mem_strdup(part);
	line->header = mem_strdup(answer->header);
	line->status = answer->status ? answer->status : 200;
	line->cut_at = answer->cut_at;
	line->size = answer->size;
	if (answer->size) {
		line->body = mem_strndup(answer->body, answer->size);
	} else {
		line->body = mem_strdup(answer->body ? answer->body : "");
		put_url(fake, &line->body);
		line->size = strlen(line->body);
	}
	fake->line_count++;
	pthread_mutex_unlock(&fake->lock);
}

void fake_says(struct fake *fake, const char *part, int status, const char *body)
{
	fake_answer(fake, part, &(struct fake_answer){.status = status, .body = body});
}

int fake_count(struct fake *fake, const char *part)
{
	int count = 0;

	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->request_count; i++)
		count += strstr(fake->requests[i].target, part) != NULL;
	pthread_mutex_unlock(&fake->lock);
	return count;
}

const char *fake_request(struct fake *fake, const char *part, int number)
{
	const char *text = "";

	pthread_mutex_lock(&fake->lock);
	for (size_t i = 0; i < fake->request_count; i++) {
		if (!strstr(fake->requests[i].target, part) || number-- != 0)
			continue;
		text = fake->requests[i].text;
		break;
	}
	pthread_mutex_unlock(&fake->lock);
	return text;
}

struct source *fake_source(struct fake *fake, struct source_usage *usage)
{
	struct graph_options options = {
		.tenant_id = "Contoso.example",
		.client_id = "11111111-2222-3333-4444-555555555555",
		.client_secret = "s3cret&=+",
		.authority = fake_url(fake),
		.graph = fake_url(fake),
		.usage = usage,
	};
	struct source *source;

	if (graph_source_new(&options, &source) < 0) {
		fprintf(stderr, "%s\n", err_message());
		abort();
	}
	return source;
}

char *fake_token(const char *claims)
{
	AUTO_TEXT header = text_to_base64url("{\"alg\":\"none\"}", 14);
	AUTO_TEXT body = text_to_base64url(claims, strlen(claims));

	return mem_printf("%s.%s.c2ln", header, body);
}
