/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/guard.h"

#include <pthread.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/text.h"

enum { SLOTS = 4096, NAME_SIZE = 64, PREFIX_SIZE = 6 };

struct slot {
	char name[NAME_SIZE];
	int64_t since_s; /* of the running minute */
	int failures;
};

/* Bounded: a name that meets another's slot takes it over, which forgives a few. */
struct guard {
	pthread_mutex_t slots_lock;
	struct slot peers[SLOTS];
	struct slot prefixes[SLOTS];
	struct slot total;
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
static struct slot *slot_of(struct slot *slots, const char *name)
{
	uint32_t hash = 2166136261U;

	for (const char *p = name; *p; p++)
		hash = (hash ^ (unsigned char)*p) * 16777619U;
	return &slots[hash % SLOTS];
}

/* The first group of what was typed, in capitals. */
static void prefix_of(const char *typed, char out[PREFIX_SIZE])
{
	size_t size = 0;

	for (const char *p = typed; *p && size < PREFIX_SIZE - 1; p++)
		if (*p != ' ' && *p != '-')
			out[size++] = (char)(*p >= 'a' && *p <= 'z' ? *p - 'a' + 'A' : *p);
	out[size] = '\0';
}

static bool is_running(const struct slot *slot, const char *name, int64_t now_s)
{
	return text_equal(slot->name, name) && now_s < slot->since_s + GUARD_WINDOW_S;
}

static bool is_over(const struct slot *slot, const char *name, int most, int64_t now_s)
{
	return is_running(slot, name, now_s) && slot->failures >= most;
}

/* What others did with this first group, or at all. */
static bool are_others_over(struct guard *guard, const struct guard_try *try)
{
	char prefix[PREFIX_SIZE];

	if (!try->typed)
		return false;
	prefix_of(try->typed, prefix);
	return is_over(slot_of(guard->prefixes, prefix), prefix, GUARD_PREFIX_MAX,
		       try->now_s) ||
	       is_over(&guard->total, "", GUARD_TOTAL_MAX, try->now_s);
}

/* The address's own minute ends every wait, also for what others do. */
int64_t guard_wait_s(struct guard *guard, const struct guard_try *try)
{
	int64_t wait_s = 0;

	pthread_mutex_lock(&guard->slots_lock);
	const struct slot *peer = slot_of(guard->peers, try->peer);
	bool is_too_many = is_over(peer, try->peer, GUARD_FAILURES_MAX, try->now_s) ||
			   are_others_over(guard, try);
	if (is_too_many && is_running(peer, try->peer, try->now_s))
		wait_s = peer->since_s + GUARD_WINDOW_S - try->now_s;
	pthread_mutex_unlock(&guard->slots_lock);
	return wait_s;
}

static void count(struct slot *slot, const char *name, int64_t now_s)
{
	if (!is_running(slot, name, now_s)) {
		*slot = (struct slot){.since_s = now_s};
		snprintf(slot->name, sizeof(slot->name), "%s", name);
	}
	slot->failures++;
}

void guard_count(struct guard *guard, const struct guard_try *try)
{
	char prefix[PREFIX_SIZE];

	pthread_mutex_lock(&guard->slots_lock);
	count(slot_of(guard->peers, try->peer), try->peer, try->now_s);
	if (try->typed) {
		prefix_of(try->typed, prefix);
		count(slot_of(guard->prefixes, prefix), prefix, try->now_s);
		count(&guard->total, "", try->now_s);
	}
	pthread_mutex_unlock(&guard->slots_lock);
}
