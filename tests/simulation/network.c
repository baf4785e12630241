/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "invariants.h"

/* What can become of a message. */

enum fate {
	FATE_GOOD,
	FATE_LOST_REQUEST,
	FATE_LOST_ANSWER,
	FATE_LATE_REQUEST, /* it comes when nobody waits for the answer any more */
	FATE_DOUBLED,      /* it comes twice */
	FATE_REPLAYED,     /* somebody stands in for the service with an old answer */
	FATE_GARBLED,      /* the answer was changed on the way */
	FATE_CRASH,        /* the service dies between its commit and the answer */
	FATES,
};

enum { USUAL_PERCENT = 3, LATE_MOST_S = 500, LATE_MOST = 16, KEPT_MOST = 32 };
enum { MILLISECOND_US = 1000 };

struct late_request {
	int64_t due_us;
	struct http_request request;
	char *texts[8]; /* all of its texts: URL, body, headers */
	const char *headers[6];
};

struct late {
	struct late_request requests[LATE_MOST];
	size_t count;
};

struct kept {
	char *bodies[KEPT_MOST];
	size_t next;
};

void network_open(struct world *world)
{
	world->late = mem_alloc(sizeof(*world->late));
	world->kept = mem_alloc(sizeof(*world->kept));
}

static void free_late(struct late_request *late)
{
	for (size_t i = 0; i < sizeof(late->texts) / sizeof(*late->texts); i++)
		mem_free(late->texts[i]);
}

void network_free(struct world *world)
{
	for (size_t i = 0; world->late && i < world->late->count; i++)
		free_late(&world->late->requests[i]);
	for (size_t i = 0; world->kept && i < KEPT_MOST; i++)
		mem_free(world->kept->bodies[i]);
	mem_free(world->late);
	mem_free(world->kept);
}

/* A copy of the request that comes some time later, or never where too many wait. */
static void send_later(struct world *world, const struct http_request *request)
{
	struct late *late = world->late;
	size_t texts = 2;

	if (late->count == LATE_MOST)
		return;
	struct late_request *copy = &late->requests[late->count++];
	*copy = (struct late_request){.request = *request,
		.due_us = world->now_us +
			  (1 + random_below(&world->random, LATE_MOST_S)) * 1000000};
	copy->request.url = copy->texts[0] = mem_strdup(request->url);
	copy->request.body = copy->texts[1] = mem_strndup(request->body, request->body_size);
	for (size_t i = 0; request->headers[i] && i < 5; i++)
		copy->headers[i] = copy->texts[texts++] = mem_strdup(request->headers[i]);
	copy->request.headers = NULL; /* set where it is sent: the array may move */
}

void network_deliver_late(struct world *world)
{
	struct late *late = world->late;

	for (size_t i = 0; i < late->count;) {
		if (late->requests[i].due_us > world->now_us) {
			i++;
			continue;
		}
		struct late_request request = late->requests[i];
		AUTO_RESPONSE response = {0};
		late->requests[i] = late->requests[--late->count];
		request.request.headers = request.headers;
		if (!world->is_stopped && service_call(world, &request.request, &response) < 0)
			return free_late(&request);
		free_late(&request);
	}
}

int64_t network_next_late_us(const struct world *world)
{
	int64_t next_us = INT64_MAX;

	for (size_t i = 0; i < world->late->count; i++)
		if (world->late->requests[i].due_us < next_us)
			next_us = world->late->requests[i].due_us;
	return next_us;
}

static void keep_answer(struct world *world, struct http_response *response)
{
	char **slot = &world->kept->bodies[world->kept->next++ % KEPT_MOST];

	if (response->status == 200)
		mem_replace(slot, mem_strdup(buf_text(&response->body)));
}

static int unreachable(void)
{
	return err_set(ERR_NETWORK, "the licensing service cannot be reached");
}

static bool asks_events(const struct http_request *request)
{
	return strstr(request->url, "/v1/events") != NULL;
}

/* True where the events of an answer go up to the revision. */
static bool leads_to(const char *answer, int64_t revision)
{
	AUTO_JSON page = NULL;
	bool found = false;

	if (json_parse(answer, strlen(answer), &page) < 0)
		return false;
	const struct json *events = json_get(page, "events");
	for (size_t i = 0; i < json_count(events) && !found; i++)
		found = json_get_int(json_at(events, i), "revision", 0) == revision;
	return found;
}

/* The answer comes to who asked: what it says is now known there, unless the instance asks for
 * the events that lead to it, and does not get them. */
static void hand_over(struct instance *instance, const struct http_request *request,
	const struct http_response *response)
{
	const struct json *document = instance->world->document;

	if (response->status != 200)
		return;
	if (asks_events(request))
		instance->has_history |= leads_to(
			json_get_text_or(document, "answer", ""), instance->offered.revision);
	else
		instance->offered = sight_of(json_get_text_or(document, "lease", ""));
}

void network_settle(struct instance *instance)
{
	if (instance->offered.sequence && (!instance->asks_history || instance->has_history)) {
		instance->seen = instance->offered;
		if (instance->most < instance->seen.sequence)
			instance->most = instance->seen.sequence;
		instance->answered = true;
	}
	instance->offered = (struct sight){0};
	instance->asks_history = false;
	instance->has_history = false;
}

static int call_and_lose(struct world *world, const struct http_request *request)
{
	AUTO_RESPONSE response = {0};

	if (service_call(world, request, &response) < 0)
		return ERR_NETWORK;
	keep_answer(world, &response);
	return unreachable();
}

static int replay(struct instance *instance, struct http_response *response)
{
	struct world *world = instance->world;
	const char *body = world->kept->bodies[random_below(&world->random, KEPT_MOST)];

	if (!body)
		return unreachable();
	world_count(world, COUNT_REPLAYED);
	instance->lied++;
	*response = (struct http_response){.status = 200, .body = buf_init(64 << 20)};
	return buf_append_text(&response->body, body);
}

/* One character of the answer becomes another. In what is not signed (the spaces and names of
 * the document) that may come to nothing, so it is done within the lease's text. */
static void garble(struct instance *instance, struct http_response *response)
{
	char *text = (char *)response->body.data;
	char *lease = response->status == 200 && buf_text(&response->body)
			      ? strstr(text, "revision: ")
			      : NULL;

	if (!lease)
		return;
	lease[10] = lease[10] == '9' ? '8' : '9';
	world_count(instance->world, COUNT_GARBLED);
	instance->lied++;
}

static int call_and_answer(struct instance *instance, const struct http_request *request,
	enum fate fate, struct http_response *response)
{
	struct world *world = instance->world;
	int r = service_call(world, request, response);

	if (r < 0)
		return r;
	keep_answer(world, response);
	if (fate == FATE_GARBLED)
		garble(instance, response);
	else
		hand_over(instance, request, response);
	return 0;
}

static enum fate draw(struct instance *instance)
{
	struct random *random = &instance->world->random;
	int percent = instance->storm ? instance->storm : USUAL_PERCENT;

	if (instance->world->is_calm)
		return FATE_GOOD;
	return random_percent(random, percent)
		       ? (enum fate)(1 + random_below(random, FATES - 1))
		       : FATE_GOOD;
}

static int travel(struct instance *instance, const struct http_request *request, enum fate fate,
	struct http_response *response)
{
	struct world *world = instance->world;

	switch (fate) {
	case FATE_LOST_REQUEST:
		world_count(world, COUNT_LOST_REQUESTS);
		return unreachable();
	case FATE_LOST_ANSWER:
		world_count(world, COUNT_LOST_ANSWERS);
		return call_and_lose(world, request);
	case FATE_LATE_REQUEST:
		world_count(world, COUNT_LATE_REQUESTS);
		send_later(world, request);
		return unreachable();
	case FATE_CRASH:
		world_count(world, COUNT_CRASHED_AFTER_COMMIT);
		if (call_and_lose(world, request) < 0)
			service_crash(world);
		return unreachable();
	case FATE_REPLAYED:
		return replay(instance, response);
	case FATE_DOUBLED:
		world_count(world, COUNT_DOUBLED);
		(void)!call_and_lose(world, request);
		break;
	case FATE_GOOD:
	case FATE_GARBLED:
	case FATES:
		break;
	}
	return call_and_answer(instance, request, fate, response);
}

int network_send(void *context, const struct http_request *request, int64_t timeout_ms,
	struct http_response *response)
{
	struct instance *instance = context;
	struct world *world = instance->world;

	(void)timeout_ms;
	*response = (struct http_response){0};
	instance->asked++;
	if (asks_events(request))
		instance->asks_history = true;
	else
		network_settle(instance);
	world->now_us += (20 + random_below(&world->random, 400)) * MILLISECOND_US;
	network_deliver_late(world);
	if (instance->is_cut || world->is_stopped) {
		world_count(world, COUNT_UNREACHABLE);
		return unreachable();
	}
	return travel(instance, request, draw(instance), response);
}
