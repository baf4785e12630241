/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_QUEUE_H
#define BASE_QUEUE_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A bounded queue of pointers between threads: the only way in which one stage hands work to
 * the next. A full queue makes the pusher wait, so memory stays bounded.
 */

struct queue;

struct queue *queue_new(size_t limit);

/** Only after all threads that use it have ended. What is still in it is the caller's loss. */
void queue_free(struct queue *queue);

/** Waits for room. False, and nothing queued, once the queue is closed. */
bool queue_push(struct queue *queue, void *item);

/** Waits for an item; NULL once the queue is closed and empty. */
void *queue_pop(struct queue *queue);

/** No more pushes; pops go on until it is empty. */
void queue_close(struct queue *queue);

#endif
