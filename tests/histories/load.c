/* SPDX-License-Identifier: Apache-2.0 */
#include "load.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/clock.h"
#include "base/mem.h"

enum { PROGRESS_US = 500 * 1000, CLIENTS_MAX = 256 };

struct crowd {
	const struct load *load;
	atomic_int_least64_t left, done;
	atomic_bool failed;
	int64_t begun_us;
	atomic_int_least64_t told_us;
	pthread_mutex_t history_lock; /* guards load->history */
};

struct worker {
	struct crowd *crowd;
	int number;
	uint64_t random;
	pthread_t thread;
};

/* splitmix64 */
static uint64_t below(struct worker *worker, uint64_t limit)
{
	uint64_t z = worker->random += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % limit;
}

/* Half of the time from a tenth of the pool: users whom several jobs want at once. */
static int pick(struct worker *worker)
{
	uint64_t pool = (uint64_t)worker->crowd->load->pool;

	return (int)below(worker, below(worker, 2) ? pool : pool / 10 + 1);
}

static void plan_claim(struct worker *worker, struct operation *out)
{
	out->kind = OPERATION_CLAIM;
	out->object_count = 1 + below(worker, 3);
	for (size_t i = 0; i < out->object_count; i++) {
		struct operation_object *object = &out->objects[i];

		object->first = out->subject_count;
		object->count = below(worker, 4) ? 1 : 2 + below(worker, 4);
		for (size_t k = 0; k < object->count; k++)
			out->subjects[out->subject_count++] = pick(worker);
	}
}

static void plan_release(struct worker *worker, struct operation *out)
{
	out->kind = OPERATION_RELEASE;
	out->subject_count = 1 + below(worker, 4);
	/* Apart by their remainders: a release names each subject once. */
	for (size_t i = 0; i < out->subject_count; i++)
		out->subjects[i] = pick(worker) / 4 * 4 + (int)i;
}

static void tell(struct crowd *crowd)
{
	int64_t now_us = clock_monotonic_us();
	int_least64_t told_us = atomic_load(&crowd->told_us);
	int64_t done = atomic_load(&crowd->done);

	if (now_us - told_us < PROGRESS_US ||
		!atomic_compare_exchange_strong(&crowd->told_us, &told_us, now_us))
		return;
	double rate = (double)done * 1e6 / (double)(now_us - crowd->begun_us + 1);
	fprintf(stderr, "%" PRId64 " of %" PRId64 " claims, %.0f/s, %.0f s left\n", done,
		crowd->load->claims, rate, (double)(crowd->load->claims - done) / (rate + 1));
}

static int do_one(struct worker *worker, struct client *client)
{
	struct crowd *crowd = worker->crowd;
	struct operation operation = {.kind = OPERATION_LEASE};
	uint64_t die = below(worker, 20);

	if (die == 0)
		plan_release(worker, &operation);
	else if (die > 1)
		plan_claim(worker, &operation);
	int r = client_do(client, &operation);
	if (r < 0)
		return r;
	pthread_mutex_lock(&crowd->history_lock);
	history_write(crowd->load->history, &operation);
	pthread_mutex_unlock(&crowd->history_lock);
	if (operation.kind == OPERATION_CLAIM) {
		atomic_fetch_sub(&crowd->left, 1);
		atomic_fetch_add(&crowd->done, 1);
	}
	tell(crowd);
	return 0;
}

static void *work(void *context)
{
	struct worker *worker = context;
	struct crowd *crowd = worker->crowd;
	const struct load *load = crowd->load;
	struct client *client;
	int r = client_new(&load->service, &client);

	if (r == 0)
		r = client_enrol(client, load->keys[(size_t)worker->number % load->key_count]);
	while (r == 0 && !atomic_load(&crowd->failed) && atomic_load(&crowd->left) > 0)
		r = do_one(worker, client);
	if (r < 0) {
		fprintf(stderr, "client %d: %s\n", worker->number, err_message());
		atomic_store(&crowd->failed, true);
	}
	client_free(client);
	return NULL;
}

int load_run(const struct load *load)
{
	struct crowd crowd = {.load = load, .begun_us = clock_monotonic_us()};
	struct worker workers[CLIENTS_MAX];

	ASSERT(load->clients > 0 && load->clients <= CLIENTS_MAX);
	atomic_init(&crowd.left, load->claims);
	atomic_init(&crowd.told_us, crowd.begun_us);
	pthread_mutex_init(&crowd.history_lock, NULL);
	for (int i = 0; i < load->clients; i++) {
		workers[i] = (struct worker){.crowd = &crowd,
			.number = i,
			.random = load->seed * 1000003U + (uint64_t)i};
		ASSERT(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
	}
	for (int i = 0; i < load->clients; i++)
		pthread_join(workers[i].thread, NULL);
	pthread_mutex_destroy(&crowd.history_lock);
	if (atomic_load(&crowd.failed))
		return err_set(ERR_PROTOCOL, "the history did not come to its end");
	return fflush(load->history) == 0 ? 0 : err_errno("cannot write the history");
}
