/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/guard.h"

#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"

enum { SLOTS = 4096, PEER_SIZE = 64 };

struct slot {
	char peer[PEER_SIZE];
	int64_t since_s; /* of the running minute */
	int failures;
};

/* Bounded: an address that meets another's slot takes it over, which forgives a few. */
struct guard {
	pthread_mutex_t slots_lock;
	struct slot slots[SLOTS];
};

struct guard *guard_new(void)
{
	struct guard *guard = mem_alloc(sizeof(*guard));

	pthread_mutex_init(&guard->slots_lock, NULL);
	return guard;
}

void guard_free(struct guard *guard)
{
	if (!guard)
		return;
	pthread_mutex_destroy(&guard->slots_lock);
	mem_free(guard);
}

/* FNV-1a. */
static struct slot *slot_of(struct guard *guard, const char *peer)
{
	uint32_t hash = 2166136261U;

	for (const char *p = peer; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	return &guard->slots[hash % SLOTS];
}

static bool is_running(const struct slot *slot, const char *peer, int64_t now_s)
{
	return text_equal(slot->peer, peer) && now_s < slot->since_s + GUARD_WINDOW_S;
}

int64_t guard_wait_s(struct guard *guard, const char *peer, int64_t now_s)
{
	int64_t wait_s = 0;

	pthread_mutex_lock(&guard->slots_lock);
	const struct slot *slot = slot_of(guard, peer);
	if (is_running(slot, peer, now_s) && slot->failures >= GUARD_FAILURES_MAX)
		wait_s = slot->since_s + GUARD_WINDOW_S - now_s;
	pthread_mutex_unlock(&guard->slots_lock);
	return wait_s;
}

void guard_count(struct guard *guard, const char *peer, int64_t now_s)
{
	pthread_mutex_lock(&guard->slots_lock);
	struct slot *slot = slot_of(guard, peer);
	if (!is_running(slot, peer, now_s)) {
		*slot = (struct slot){.since_s = now_s};
		snprintf(slot->peer, sizeof(slot->peer), "%s", peer);
	}
	slot->failures++;
	pthread_mutex_unlock(&guard->slots_lock);
}
