/* SPDX-License-Identifier: Apache-2.0 */
#include "base/queue.h"

#include <pthread.h>

#include "base/mem.h"

struct queue {
	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t has_room;
	pthread_cond_t has_item;
	void **items; /* a ring */
	size_t limit, first, count;
	bool closed;
};

struct queue *queue_new(size_t limit)
{
	struct queue *queue = mem_alloc(sizeof(*queue));

	ASSERT(limit > 0);
	queue->items = mem_array(limit, sizeof(*queue->items));
	queue->limit = limit;
	pthread_mutex_init(&queue->lock, NULL);
	pthread_cond_init(&queue->has_room, NULL);
	pthread_cond_init(&queue->has_item, NULL);
	return queue;
}

void queue_free(struct queue *queue)
{
	if (!queue)
		return;
	pthread_cond_destroy(&queue->has_item);
	pthread_cond_destroy(&queue->has_room);
	pthread_mutex_destroy(&queue->lock);
	mem_free(queue->items);
	mem_free(queue);
}

bool queue_push(struct queue *queue, void *item)
{
	pthread_mutex_lock(&queue->lock);
	while (queue->count == queue->limit && !queue->closed)
		pthread_cond_wait(&queue->has_room, &queue->lock);
	bool open = !queue->closed;
	if (open) {
		queue->items[(queue->first + queue->count) % queue->limit] = item;
		queue->count++;
		pthread_cond_signal(&queue->has_item);
	}
	pthread_mutex_unlock(&queue->lock);
	return open;
}

void *queue_pop(struct queue *queue)
{
	void *item = NULL;

	pthread_mutex_lock(&queue->lock);
	while (queue->count == 0 && !queue->closed)
		pthread_cond_wait(&queue->has_item, &queue->lock);
	if (queue->count > 0) {
		item = queue->items[queue->first];
		queue->first = (queue->first + 1) % queue->limit;
		queue->count--;
		pthread_cond_signal(&queue->has_room);
	}
	pthread_mutex_unlock(&queue->lock);
	return item;
}

void queue_close(struct queue *queue)
{
	pthread_mutex_lock(&queue->lock);
	queue->closed = true;
	pthread_cond_broadcast(&queue->has_item);
	pthread_cond_broadcast(&queue->has_room);
	pthread_mutex_unlock(&queue->lock);
}
