/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/writer.h"

#include <pthread.h>
#include <stdbool.h>

#include "base/mem.h"
#include "license_service/writer_priv.h"

struct writer {
	struct store *store;
	bool has_thread;
	pthread_t thread;
	pthread_mutex_t queue; /* guards what follows, and each ticket's is_done */
	pthread_cond_t arrived;
	pthread_cond_t done;
	struct ticket *first;
	struct ticket **last; /* where the next one is linked */
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
	return count;
}

static void *run(void *context)
{
	struct writer *writer = context;
	struct ticket *batch[WRITER_BATCH];

	pthread_mutex_lock(&writer->queue);
	for (;;) {
		while (!writer->first && !writer->is_stopping)
			pthread_cond_wait(&writer->arrived, &writer->queue);
		if (!writer->first)
			break;
		size_t count = take_batch(writer, batch);
		pthread_mutex_unlock(&writer->queue);
		writer_batch_run(writer->store, batch, count);
		pthread_mutex_lock(&writer->queue);
		for (size_t i = 0; i < count; i++)
			batch[i]->is_done = true;
		pthread_cond_broadcast(&writer->done);
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
	pthread_cond_init(&writer->arrived, NULL);
	pthread_cond_init(&writer->done, NULL);
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
	pthread_cond_destroy(&writer->done);
	pthread_cond_destroy(&writer->arrived);
	pthread_mutex_destroy(&writer->queue);
	store_close(writer->store);
	mem_free(writer);
}

static void wait_for(struct writer *writer, struct ticket *ticket)
{
	pthread_mutex_lock(&writer->queue);
	*writer->last = ticket;
	writer->last = &ticket->next;
	pthread_cond_signal(&writer->arrived);
	while (!ticket->is_done)
		pthread_cond_wait(&writer->done, &writer->queue);
	pthread_mutex_unlock(&writer->queue);
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
