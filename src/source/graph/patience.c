/* SPDX-License-Identifier: Apache-2.0 */
#include "base/clock.h"
#include "crypto/secret.h"
#include "source/graph/graph_priv.h"

enum {
	TRIES = 5,
	BASE_MS = 500,
	CAP_MS = 30000,
	/* Before the first answer a wrong address is likelier than a short trouble. */
	FIRST_CONTACT_MS = 4000,
	/* Waiting as asked is no failed try; but nobody waits for ever. */
	THROTTLES = 20,
	THROTTLED_MAX_MS = 3600000,
	STEP_MS = 100, /* how soon a wish to stop is seen */
};

static bool is_answer(int sent, const struct http_response *response)
{
	return sent == 0 && response->status > 0;
}

bool graph_is_throttled(struct http_response *response)
{
	if (response->status == 429)
		return true;
	return response->status == 503 && http_header(response, "Retry-After");
}

/* A 404 without a word is no answer of Graph but of something on the way to it. */
static bool is_transient(const struct http_response *response)
{
	switch (response->status) {
	case 408:
	case 500:
	case 502:
	case 503:
	case 504:
		return true;
	case 404:
		return response->body.size == 0;
	default:
		return false;
	}
}

static int wait_ms(struct graph *graph, int64_t ms)
{
	while (ms > 0) {
		if (cancel_is_wished(graph->cancel))
			return source_fail(err_set(ERR_CANCELLED, "stopped as asked"),
				SOURCE_TENANT, SOURCE_RETRY_LATER, "cancelled");
		int64_t step = ms < STEP_MS ? ms : STEP_MS;
		clock_sleep_us(step * 1000);
		ms -= step;
	}
	return 1;
}

/* Between half and all of the time, so that many clients do not come back at once. */
static int64_t with_jitter(int64_t ms)
{
	uint32_t random;

	secret_random(&random, sizeof(random));
	return ms / 2 + (int64_t)(random % (uint32_t)(ms / 2 + 1));
}

static int64_t backoff_ms(int tries)
{
	int64_t ms = BASE_MS;

	for (int i = 1; i < tries && ms < CAP_MS; i++)
		ms *= 2;
	return with_jitter(ms < CAP_MS ? ms : CAP_MS);
}

static int spend_throttle(
	struct graph *graph, struct graph_patience *patience, struct http_response *response)
{
	int64_t asked_s = http_retry_after_s(response, clock_now_s(), -1);

	patience->throttles++;
	int64_t ms = asked_s <= 0 ? backoff_ms(patience->throttles + 1) : asked_s * 1000;
	if (patience->throttles > THROTTLES || patience->throttled_ms + ms > THROTTLED_MAX_MS)
		return 0;
	patience->throttled_ms += ms;
	graph->usage->throttled_ms += ms;
	return wait_ms(graph, ms);
}

static int spend_try(struct graph *graph, struct graph_patience *patience)
{
	if (patience->tries == 0)
		patience->begun_us = clock_monotonic_us();
	if (++patience->tries >= TRIES)
		return 0;
	int64_t ms = backoff_ms(patience->tries);
	int64_t spent_ms = (clock_monotonic_us() - patience->begun_us) / 1000;
	if (!graph->reached && spent_ms + ms > FIRST_CONTACT_MS)
		return 0;
	return wait_ms(graph, ms);
}

int graph_patience_spend(struct graph *graph, struct graph_patience *patience, int sent,
	struct http_response *response)
{
	if (is_answer(sent, response)) {
		graph->reached = true;
		if (graph_is_throttled(response))
			return spend_throttle(graph, patience, response);
		return is_transient(response) ? spend_try(graph, patience) : 0;
	}
	return sent == ERR_NETWORK ? spend_try(graph, patience) : 0;
}
