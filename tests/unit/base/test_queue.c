/* SPDX-License-Identifier: Apache-2.0 */
#include "../cmocka_all.h"

#include <pthread.h>

#include "base/queue.h"

enum { ITEMS = 20000, THREADS = 4 };

static void *push_all(void *context)
{
	for (uintptr_t i = 1; i <= ITEMS; i++)
		assert_true(queue_push(context, (void *)i));
	return NULL;
}

static void *pop_all(void *context)
{
	uintptr_t sum = 0, item;

	while ((item = (uintptr_t)queue_pop(context)))
		sum += item;
	return (void *)sum;
}

static void every_item_comes_out_once(void **state)
{
	(void)state;
	struct queue *queue = queue_new(7);
	pthread_t pushers[THREADS], poppers[THREADS];
	uintptr_t sum = 0;

	for (int i = 0; i < THREADS; i++) {
		pthread_create(&pushers[i], NULL, push_all, queue);
		pthread_create(&poppers[i], NULL, pop_all, queue);
	}
	for (int i = 0; i < THREADS; i++)
		pthread_join(pushers[i], NULL);
	queue_close(queue);
	for (int i = 0; i < THREADS; i++) {
		void *part;
		pthread_join(poppers[i], &part);
		sum += (uintptr_t)part;
	}
	assert_true(sum == (uintptr_t)THREADS * ITEMS * (ITEMS + 1) / 2);
	queue_free(queue);
}

static void a_closed_queue_takes_nothing_and_gives_the_rest(void **state)
{
	(void)state;
	struct queue *queue = queue_new(2);
	int item;

	assert_true(queue_push(queue, &item));
	queue_close(queue);
	assert_false(queue_push(queue, &item));
	assert_ptr_equal(queue_pop(queue), &item);
	assert_null(queue_pop(queue));
	queue_free(queue);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_item_comes_out_once),
		cmocka_unit_test(a_closed_queue_takes_nothing_and_gives_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
