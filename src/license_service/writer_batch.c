/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "db/db.h"
#include "license_service/claims_batch.h"
#include "license_service/failure.h"
#include "license_service/history.h"
#include "license_service/writer_priv.h"

/* Jobs of one transaction. */
struct batch {
	struct store *store;
	struct ticket **tickets;
	size_t count;
	struct ledger ledgers[WRITER_BATCH]; /* sorted, each license once */
	size_t ledger_count;
	struct claims_batch *claims;
	bool is_held[WRITER_BATCH];  /* of a ledger: the license waits for its operator */
	bool is_claim[WRITER_BATCH]; /* of a ticket: it is among the claims */
};

static void set_result(struct ticket *ticket, int result)
{
	ticket->result = result;
	if (result < 0)
		snprintf(ticket->message, sizeof(ticket->message), "%s", err_message());
}

static int compare(const void *left, const void *right)
{
	return strcmp(((const struct ledger *)left)->license_id,
		((const struct ledger *)right)->license_id);
}

static struct ledger *ledger_of(struct batch *batch, const struct ticket *ticket)
{
	struct ledger wanted;

	strncpy(wanted.license_id, ticket->job->license_id, LEASE_ID_SIZE - 1);
	wanted.license_id[LEASE_ID_SIZE - 1] = '\0';
	return bsearch(&wanted, batch->ledgers, batch->ledger_count, sizeof(wanted), compare);
}

/* The licenses of all jobs, each once. */
static void gather(struct batch *batch)
{
	for (size_t i = 0; i < batch->count; i++) {
		const char *id = batch->tickets[i]->job->license_id;

		ASSERT(strlen(id) < LEASE_ID_SIZE);
		memcpy(batch->ledgers[i].license_id, id, strlen(id) + 1);
	}
	qsort(batch->ledgers, batch->count, sizeof(batch->ledgers[0]), compare);
	for (size_t i = 0; i < batch->count; i++)
		if (i == 0 || compare(&batch->ledgers[i], &batch->ledgers[i - 1]) != 0)
			batch->ledgers[batch->ledger_count++] = batch->ledgers[i];
}

/* A read that failed may have spoilt the transaction as well as a write. */
static bool is_over(const struct batch *batch)
{
	for (size_t i = 0; i < batch->ledger_count; i++)
		if (batch->ledgers[i].is_broken)
			return true;
	return db_is_broken(store_db(batch->store));
}

static size_t place_of(struct batch *batch, const struct ticket *ticket)
{
	return (size_t)(ledger_of(batch, ticket) - batch->ledgers);
}

/* What the instances saw is looked at before anything is done for any of them. */
static int check_histories(struct batch *batch)
{
	struct history_asked asked[WRITER_BATCH];
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		const struct writer_job *job = batch->tickets[i]->job;
		struct ledger *ledger = ledger_of(batch, batch->tickets[i]);
		if (!ledger->is_missing && job->witness.is_given)
			asked[count++] = (struct history_asked){
				ledger, job->instance_id, &job->witness, 0, false};
	}
	int r = history_check_all(asked, count);
	return r < 0 ? r
		     : history_find_held(batch->ledgers, batch->ledger_count, batch->is_held);
}

/* Claims are decided together up to the first job of their license that is another: that could
 * change what was read for them. */
static int read_claims(struct batch *batch)
{
	bool is_closed[WRITER_BATCH] = {false};

	for (size_t i = 0; i < batch->count; i++) {
		struct writer_job *job = batch->tickets[i]->job;
		struct ledger *ledger = ledger_of(batch, batch->tickets[i]);
		size_t at = place_of(batch, batch->tickets[i]);

		if (!job->work || ledger->is_missing || batch->is_held[at])
			continue;
		batch->is_claim[i] = job->work == claims_run && !is_closed[at] &&
				     claims_batch_add(batch->claims, ledger, job->context);
		is_closed[at] = !batch->is_claim[i];
	}
	return claims_batch_read(batch->claims);
}

static int work(struct batch *batch, size_t at)
{
	struct writer_job *job = batch->tickets[at]->job;
	struct ledger *ledger = ledger_of(batch, batch->tickets[at]);

	if (ledger->is_missing)
		return err_set(ERR_NOTFOUND, "there is no license %s", job->license_id);
	if (batch->is_held[place_of(batch, batch->tickets[at])])
		return history_refuse();
	if (batch->is_claim[at])
		return claims_batch_decide(batch->claims);
	if (!job->work)
		return 0;
	int r = claims_batch_write(batch->claims); /* which it may read */
	return r < 0 ? r : job->work(ledger, job->context);
}

static int work_all(struct batch *batch)
{
	int r = read_claims(batch);

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		set_result(batch->tickets[i], work(batch, i));
		if (is_over(batch))
			r = batch->tickets[i]->result;
	}
	return r < 0 ? r : claims_batch_write(batch->claims);
}

/* The leases when all is done: they all show the license as it is then. */
static int lease_all(struct batch *batch)
{
	struct ledger_asked asked[WRITER_BATCH];
	struct ticket *tickets[WRITER_BATCH];
	size_t count = 0;

	for (size_t i = 0; i < batch->count; i++) {
		struct ticket *ticket = batch->tickets[i];

		if (ticket->result < 0)
			continue;
		tickets[count] = ticket;
		asked[count++] = (struct ledger_asked){
			.ledger = ledger_of(batch, ticket),
			.instance_id = ticket->job->instance_id,
			.nonce = ticket->job->nonce,
			.lease = &ticket->job->lease,
		};
	}
	int r = ledger_lease_all(asked, count);
	for (size_t i = 0; r == 0 && i < count; i++)
		if (!asked[i].is_enrolled)
			set_result(tickets[i],
				err_set(ERR_NOTFOUND,
					"the instance is not enrolled under this license"));
	return r;
}

/* 0 when each ticket has its own result, else nothing was changed. */
static int try_batch(struct batch *batch)
{
	int r = ledger_open_all(
		batch->store, clock_now_s(), batch->ledgers, batch->ledger_count);

	if (r < 0)
		return r;
	batch->claims = claims_batch_new(batch->store);
	r = check_histories(batch);
	if (r == 0)
		r = work_all(batch);
	if (r == 0)
		r = lease_all(batch);
	claims_batch_free(batch->claims);
	if (r == 0)
		return ledger_commit(&batch->ledgers[0]);
	ledger_abandon(&batch->ledgers[0]);
	return r;
}

static int try_tickets(struct store *store, struct ticket **tickets, size_t count)
{
	struct batch *batch = mem_alloc(sizeof(*batch));

	batch->store = store;
	batch->tickets = tickets;
	batch->count = count;
	gather(batch);
	int r = try_batch(batch);
	mem_free(batch);
	return r;
}

/* A database that cannot: none of them is to blame. */
static bool concerns_all(int r)
{
	return r == ERR_LOCKED || r == ERR_CONFLICT || r == ERR_NETWORK || r == ERR_UNAVAILABLE;
}

/* Where a batch fails, one of them may be to blame: then each goes alone. */
void writer_batch_run(struct store *store, struct ticket **tickets, size_t count)
{
	int r, tries = 0;

	do
		r = try_tickets(store, tickets, count);
	while (db_again(r, &tries));

	if (r == 0)
		return;
	failure_log("transaction_failed", "license", tickets[0]->job->license_id);
	if (count == 1 || concerns_all(r))
		for (size_t i = 0; i < count; i++)
			set_result(tickets[i], r);
	else
		for (size_t i = 0; i < count; i++)
			writer_batch_run(store, &tickets[i], 1);
}
