/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_WRITER_PRIV_H
#define LICENSE_SERVICE_WRITER_PRIV_H

#include <semaphore.h>
#include <stdbool.h>

#include "license_service/writer.h"

/*
 * Between the files of the writer: writer.c hands jobs from thread to thread, writer_batch.c
 * does them.
 */

enum { WRITER_MESSAGE_SIZE = 512 };

/* A job on its way; it lies on the stack of the thread that waits for it. */
struct ticket {
	struct writer_job *job;
	struct ticket *next;
	int result;
	char message[WRITER_MESSAGE_SIZE]; /* of a result below 0 */
	sem_t done;
};

/** Does up to WRITER_BATCH jobs, in one transaction where that is possible, and sets the result
 * of each. */
void writer_batch_run(struct store *store, struct ticket **tickets, size_t count);

#endif
