/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/reading.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#include "base/log.h"
#include "base/mem.h"
#include "repo/lease.h"
#include "repo/repo_priv.h"

enum { TICK_EVERY_S = 60 };

struct repo_reading {
	struct repo *repo; /* borrowed; the thread sees its storage and its keys alone */
	struct lease lease;
	bool has_lease;
	pthread_t thread;
	pthread_mutex_t lock; /* guards what follows */
	pthread_cond_t wake;
	bool is_over;
};

static void wait_a_while(struct repo_reading *reading)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TICK_EVERY_S;
	int r = 0;
	while (!reading->is_over && r == 0)
		r = pthread_cond_timedwait(&reading->wake, &reading->lock, &until);
}

static void *renew(void *context)
{
	struct repo_reading *reading = context;
	struct repo *repo = reading->repo;

	pthread_mutex_lock(&reading->lock);
	for (;;) {
		wait_a_while(reading);
		if (reading->is_over)
			break;
		pthread_mutex_unlock(&reading->lock);
		if (lease_tick(repo->storage, &repo->keys, &reading->lease) < 0)
			log_warning("lease_not_renewed", "reason", err_message(), NULL);
		pthread_mutex_lock(&reading->lock);
	}
	pthread_mutex_unlock(&reading->lock);
	return NULL;
}

static void begin_thread(struct repo_reading *reading)
{
	pthread_condattr_t monotonic;

	pthread_mutex_init(&reading->lock, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&reading->wake, &monotonic);
	pthread_condattr_destroy(&monotonic);
	/* Signals are for those who wait for them. */
	sigset_t all, before;
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	int failed = pthread_create(&reading->thread, NULL, renew, reading);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	ASSERT(failed == 0);
}

static void end_thread(struct repo_reading *reading)
{
	pthread_mutex_lock(&reading->lock);
	reading->is_over = true;
	pthread_cond_signal(&reading->wake);
	pthread_mutex_unlock(&reading->lock);
	pthread_join(reading->thread, NULL);
	pthread_cond_destroy(&reading->wake);
	pthread_mutex_destroy(&reading->lock);
}

int repo_reading_begin(struct repo *repo, struct repo_reading **out)
{
	struct repo_reading *reading = mem_alloc(sizeof(*reading));

	reading->repo = repo;
	reading->has_lease = lease_begin(repo->storage, &repo->keys, &reading->lease) == 0;
	if (reading->has_lease)
		begin_thread(reading);
	else
		log_debug("reading_without_lease", "reason", err_message(), NULL);
	int r = repo_refresh(repo);
	if (r < 0) {
		repo_reading_end(reading);
		return r;
	}
	*out = reading;
	return 0;
}

void repo_reading_end(struct repo_reading *reading)
{
	if (!reading)
		return;
	if (reading->has_lease) {
		end_thread(reading);
		/* One that cannot be removed ends by itself. */
		if (lease_end(reading->repo->storage, &reading->lease) < 0)
			log_debug("lease_not_removed", "reason", err_message(), NULL);
	}
	mem_free(reading);
}
