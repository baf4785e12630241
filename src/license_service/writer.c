/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/writer.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "db/db.h"

enum { MESSAGE_SIZE = 512 };

/* A job on its way; it lies on the stack of the thread that waits for it. */
struct ticket {
	struct writer_job *job;
	struct ticket *next;
	int result;
	char message[MESSAGE_SIZE]; /* of a result below 0 */
	bool is_done;
};

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

/* Takes from the queue the first ticket and those behind it for the same license. */
static size_t take_batch(struct writer *writer, struct ticket *batch[WRITER_BATCH])
{
	size_t count = 0;
	struct ticket **at = &writer->first;

	while (*at && count < WRITER_BATCH) {
		struct ticket *ticket = *at;

		if (count && !text_equal(ticket->job->license_id, batch[0]->job->license_id)) {
			at = &ticket->next;
			continue;
		}
		*at = ticket->next;
		batch[count++] = ticket;
	}
	if (!writer->first)
		writer->last = &writer->first;
	for (struct ticket *ticket = writer->first; ticket; ticket = ticket->next)
		writer->last = &ticket->next;
	return count;
}

static void set_result(struct ticket *ticket, int result)
{
	ticket->result = result;
	if (result < 0)
		snprintf(ticket->message, sizeof(ticket->message), "%s", err_message());
}

static void set_results(struct ticket **batch, size_t count, int result)
{
	for (size_t i = 0; i < count; i++)
		set_result(batch[i], result);
}

/* A read that failed may have spoilt the transaction as well as a write. */
static bool is_over(const struct ledger *ledger)
{
	return ledger->is_broken || db_is_broken(store_db(ledger->store));
}

/* The work of all first, then the leases: they all show the license as it is when all is done.
 */
static int work_all(struct ledger *ledger, struct ticket **batch, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct writer_job *job = batch[i]->job;

		set_result(batch[i], job->work ? job->work(ledger, job->context) : 0);
		if (is_over(ledger))
			return batch[i]->result;
	}
	for (size_t i = 0; i < count; i++) {
		struct writer_job *job = batch[i]->job;

		if (batch[i]->result < 0)
			continue;
		set_result(batch[i],
			ledger_lease(ledger, job->instance_id, job->nonce, &job->lease));
		if (is_over(ledger))
			return batch[i]->result;
	}
	return 0;
}

/* What the instances saw is looked at before anything is done for any of them. */
static int work_batch(struct ledger *ledger, struct ticket **batch, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct writer_job *job = batch[i]->job;
		int r = history_check(ledger, job->instance_id, &job->witness);

		if (r < 0)
			return r;
	}
	int r = history_may_issue(ledger);
	if (r != ERR_AUTH)
		return r < 0 ? r : work_all(ledger, batch, count);
	set_results(batch, count, r);
	return 0;
}

/* 0 when each ticket has its own result, else nothing was changed. */
static int try_batch(struct writer *writer, struct ticket **batch, size_t count)
{
	struct ledger ledger;
	int r = ledger_open(writer->store, batch[0]->job->license_id, clock_now_s(), &ledger);

	if (r < 0)
		return r;
	r = work_batch(&ledger, batch, count);
	if (r < 0) {
		ledger_abandon(&ledger);
		return r;
	}
	return ledger_commit(&ledger);
}

/* A license that is not there, or a database that cannot: none of them is to blame. */
static bool concerns_all(int r)
{
	return r == ERR_NOTFOUND || r == ERR_LOCKED || r == ERR_CONFLICT || r == ERR_NETWORK ||
	       r == ERR_UNAVAILABLE;
}

/* Where a batch fails, one of them may be to blame: then each goes alone. */
static void run_batch(struct writer *writer, struct ticket **batch, size_t count)
{
	int r, tries = 0;

	do
		r = try_batch(writer, batch, count);
	while (db_again(r, &tries));

	if (r < 0 && r != ERR_NOTFOUND)
		log_error("transaction_failed", "license", batch[0]->job->license_id, "why",
			err_message(), NULL);
	if (r < 0 && count == 1)
		set_result(batch[0], r);
	else if (concerns_all(r))
		set_results(batch, count, r);
	else if (r < 0)
		for (size_t i = 0; i < count; i++)
			run_batch(writer, &batch[i], 1);
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
		run_batch(writer, batch, count);
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
		run_batch(writer, (struct ticket *[]){&ticket}, 1);
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
