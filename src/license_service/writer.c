/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>

#include "base/clock.h"
#include "base/mem.h"
#include "license_service/writer_priv.h"

/* How long those who were answered together are waited for, to come back together: little
 * beside a commit. */
enum { GATHER_US = 300 };

struct writer {
	struct store *store;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t queue;  /* guards what follows */
	pthread_cond_t arrived; /* `wanted` tickets are there */
	struct ticket *first;
	struct ticket **last; /* where the next one is linked */
	size_t waiting, wanted;
	bool is_stopping;
};

/* Takes what has waited longest. */
static size_t take_batch(struct writer *writer, struct ticket *batch[WRITER_BATCH])
{
	size_t count = 0;

	while (writer->first && count < WRITER_BATCH) {
		batch[count++] = writer->first;
		writer->first = writer->first->next;
	}
	if (!writer->first)
		writer->last = &writer->first;
	writer->waiting -= count;
	return count;
}

/* Waits for work; behind a batch of several, a moment longer, until as many are there. */
static void gather(struct writer *writer, size_t last_count)
{
	writer->wanted = 1;
	while (!writer->first && !writer->is_stopping)
		pthread_cond_wait(&writer->arrived, &writer->queue);
	writer->wanted = last_count;
	const struct timespec until = clock_deadline(GATHER_US);
	while (writer->waiting < last_count && !writer->is_stopping)
		if (pthread_cond_timedwait(&writer->arrived, &writer->queue, &until) != 0)
			break;
}

static void *run(void *context)
{
	struct writer *writer = context;
	struct ticket *batch[WRITER_BATCH];
	size_t count = 1;

	pthread_mutex_lock(&writer->queue);
	for (;;) {
		gather(writer, count);
		if (!writer->first)
			break;
		count = take_batch(writer, batch);
		pthread_mutex_unlock(&writer->queue);
		writer_batch_run(writer->store, batch, count);
		/* Without the lock: who is woken goes on at once, and does not wait for it. A
		 * ticket is gone as soon as that is said. */
		for (size_t i = 0; i < count; i++)
			sem_post(&batch[i]->done);
		pthread_mutex_lock(&writer->queue);
	}
	pthread_mutex_unlock(&writer->queue);
	return NULL;
}

int writer_open(const struct home *home, struct writer **out)
{
	struct writer *writer = mem_alloc(sizeof(*writer));
	*out = NULL;

	int r = store_open(home, &writer->store);
	if (r < 0) {
		mem_free(writer);
		return r;
	}
	writer->last = &writer->first;
	pthread_mutex_init(&writer->queue, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&writer->arrived, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*out = writer;
	return 0;
}

int writer_start(const struct home *home, struct writer **out)
{
	int r = writer_open(home, out);

	if (r < 0)
		return r;
	(*out)->has_thread = true;
	ASSERT(pthread_create(&(*out)->thread, NULL, run, *out) == 0);
	return 0;
}

static void stop_thread(struct writer *writer)
{
	pthread_mutex_lock(&writer->queue);
	writer->is_stopping = true;
	pthread_cond_signal(&writer->arrived);
	pthread_mutex_unlock(&writer->queue);
	pthread_join(writer->thread, NULL);
}

void writer_stop(struct writer *writer)
{
	if (!writer)
		return;
	if (writer->has_thread)
		stop_thread(writer);
	pthread_cond_destroy(&writer->arrived);
	pthread_mutex_destroy(&writer->queue);
	store_close(writer->store);
	mem_free(writer);
}

static void wait_for(struct writer *writer, struct ticket *ticket)
{
	ASSERT(sem_init(&ticket->done, 0, 0) == 0);
	pthread_mutex_lock(&writer->queue);
	*writer->last = ticket;
	writer->last = &ticket->next;
	if (++writer->waiting >= writer->wanted)
		pthread_cond_signal(&writer->arrived);
	pthread_mutex_unlock(&writer->queue);
	while (sem_wait(&ticket->done) < 0)
		; /* a signal came */
	sem_destroy(&ticket->done);
}

int writer_run(struct writer *writer, struct writer_job *job)
{
	struct ticket ticket = {.job = job};

	if (writer->has_thread)
		wait_for(writer, &ticket);
	else
		writer_batch_run(writer->store, (struct ticket *[]){&ticket}, 1);
	return ticket.result < 0 ? err_set((enum err)ticket.result, "%s", ticket.message) : 0;
}

size_t writer_waiting(struct writer *writer)
{
	size_t count = 0;

	pthread_mutex_lock(&writer->queue);
	for (const struct ticket *ticket = writer->first; ticket; ticket = ticket->next)
		count++;
	pthread_mutex_unlock(&writer->queue);
	return count;
}
