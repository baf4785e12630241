/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/pipeline.h"

#include <pthread.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/queue.h"
#include "repo/repo_priv.h"

enum {
	WORKERS_MAX = 4,
	WAITING = 2,             /* blocks between the caller and the workers */
	OPEN = 5,                /* blocks that the caller fills at the same time */
	KEPT_CAPACITY = 5 << 18, /* of a free block; the room of a larger one is given back */
};

struct pipeline {
	const struct repo *repo;    /* borrowed */
	struct queue *free, *ready; /* of blocks */
	struct pipeline_block *blocks;
	size_t block_count;
	uint64_t sent;

	pthread_t workers[WORKERS_MAX];
	size_t worker_count, started;

	pthread_mutex_t lock; /* guards all below */
	pthread_cond_t moved; /* `done` has changed */
	uint64_t done;        /* how many blocks are in a pack, or given up */
	int failed;
	char *failed_text;
	struct pack_written *written;
	size_t written_count, written_capacity;
	struct pipeline_counts counts;

	struct pack *pack; /* whose turn it is uses it, without the lock */
};

struct pipeline *pipeline_new(const struct repo *repo)
{
	struct pipeline *pipeline = mem_alloc(sizeof(*pipeline));
	long cores = sysconf(_SC_NPROCESSORS_ONLN);

	pipeline->repo = repo;
	pipeline->worker_count = cores > WORKERS_MAX ? WORKERS_MAX : 1;
	if (cores > 2 && cores <= WORKERS_MAX)
		pipeline->worker_count = (size_t)cores - 1;
	pipeline->block_count = OPEN + WAITING + pipeline->worker_count;
	pipeline->free = queue_new(pipeline->block_count);
	pipeline->ready = queue_new(pipeline->block_count);
	pipeline->blocks = mem_array(pipeline->block_count, sizeof(*pipeline->blocks));
	for (size_t i = 0; i < pipeline->block_count; i++) {
		pipeline->blocks[i].plain = buf_init(CHUNK_MAX);
		pipeline->blocks[i].chunks =
			buf_init((size_t)DIRECTORY_BLOCK_CHUNKS_MAX * DIRECTORY_CHUNK_SIZE);
		(void)queue_push(pipeline->free, &pipeline->blocks[i]);
	}
	pthread_mutex_init(&pipeline->lock, NULL);
	pthread_cond_init(&pipeline->moved, NULL);
	return pipeline;
}

void pipeline_free(struct pipeline *pipeline)
{
	if (!pipeline)
		return;
	queue_close(pipeline->ready);
	for (size_t i = 0; i < pipeline->started; i++)
		pthread_join(pipeline->workers[i], NULL);
	pthread_cond_destroy(&pipeline->moved);
	pthread_mutex_destroy(&pipeline->lock);
	for (size_t i = 0; i < pipeline->block_count; i++) {
		buf_free(&pipeline->blocks[i].plain);
		buf_free(&pipeline->blocks[i].chunks);
	}
	for (size_t i = 0; i < pipeline->written_count; i++)
		buf_free(&pipeline->written[i].directory);
	mem_free(pipeline->written);
	mem_free(pipeline->blocks);
	mem_free(pipeline->failed_text);
	queue_free(pipeline->free);
	queue_free(pipeline->ready);
	pack_free(pipeline->pack);
	mem_free(pipeline);
}

struct pipeline_block *pipeline_take(struct pipeline *pipeline, enum piece piece)
{
	struct pipeline_block *block = queue_pop(pipeline->free);

	block->piece = piece;
	return block;
}

static void give_back(struct pipeline *pipeline, struct pipeline_block *block)
{
	if (block->plain.capacity > KEPT_CAPACITY)
		buf_free(&block->plain);
	buf_clear(&block->plain);
	buf_clear(&block->chunks);
	(void)queue_push(pipeline->free, block);
}

/* Remembers the first failure, of this thread, for good. The lock is held. */
static void fail(struct pipeline *pipeline, int r)
{
	if (pipeline->failed)
		return;
	pipeline->failed = r;
	pipeline->failed_text = mem_strdup(err_message());
}

static int state(struct pipeline *pipeline)
{
	return pipeline->failed
		       ? err_set((enum err)pipeline->failed, "%s", pipeline->failed_text)
		       : 0;
}

static int write_pack(struct pipeline *pipeline)
{
	struct pack_written written;
	int r = pack_write(pipeline->pack, &written);

	if (r < 0)
		return r;
	pthread_mutex_lock(&pipeline->lock);
	mem_grow(&pipeline->written, &pipeline->written_capacity, pipeline->written_count + 1,
		sizeof(*pipeline->written));
	pipeline->written[pipeline->written_count++] = written;
	pthread_mutex_unlock(&pipeline->lock);
	return 0;
}

/* What comes in turn: the packs have the blocks in the order in which they were sent. */
static int put_in_pack(struct pipeline *pipeline, const struct pipeline_block *block,
	const struct block_code *code)
{
	struct pack_block added = {
		block->piece, *code, (uint32_t)block->plain.size, &block->chunks};

	if (!pipeline->pack)
		pipeline->pack = pack_new(pipeline->repo);
	int r = pack_add(pipeline->pack, &added);
	if (r == 0 && pack_is_full(pipeline->pack))
		r = write_pack(pipeline);
	return r;
}

static void process(
	struct pipeline *pipeline, struct block_coder *coder, struct pipeline_block *block)
{
	struct block_code code;
	int r = block_encode(coder, block->piece, &block->plain, &code);

	pthread_mutex_lock(&pipeline->lock);
	while (pipeline->done != block->number)
		pthread_cond_wait(&pipeline->moved, &pipeline->lock);
	bool failed = pipeline->failed < 0;
	pthread_mutex_unlock(&pipeline->lock);
	if (r == 0 && !failed)
		r = put_in_pack(pipeline, block, &code);
	pthread_mutex_lock(&pipeline->lock);
	if (r < 0)
		fail(pipeline, r);
	pipeline->counts.plain += block->plain.size;
	pipeline->counts.sealed += code.size;
	pipeline->done++;
	pthread_cond_broadcast(&pipeline->moved);
	pthread_mutex_unlock(&pipeline->lock);
	give_back(pipeline, block);
}

static void *work(void *argument)
{
	struct pipeline *pipeline = argument;
	struct block_coder *coder = block_coder_new(pipeline->repo->options.level);
	struct pipeline_block *block;

	while ((block = queue_pop(pipeline->ready)))
		process(pipeline, coder, block);
	block_coder_free(coder);
	return NULL;
}

/* A run that stores nothing starts no threads. */
static void start(struct pipeline *pipeline)
{
	while (pipeline->started < pipeline->worker_count) {
		int failed = pthread_create(
			&pipeline->workers[pipeline->started], NULL, work, pipeline);
		ASSERT(failed == 0 || pipeline->started > 0);
		if (failed)
			pipeline->worker_count = pipeline->started;
		else
			pipeline->started++;
	}
}

int pipeline_send(struct pipeline *pipeline, struct pipeline_block *block)
{
	pthread_mutex_lock(&pipeline->lock);
	int r = state(pipeline);
	pthread_mutex_unlock(&pipeline->lock);
	if (r < 0 || block->chunks.size == 0) {
		give_back(pipeline, block);
		return r;
	}
	start(pipeline);
	block->number = pipeline->sent++;
	(void)queue_push(pipeline->ready, block);
	return 0;
}

int pipeline_drain(struct pipeline *pipeline, struct pack_written **out, size_t *out_count)
{
	pthread_mutex_lock(&pipeline->lock);
	while (pipeline->done != pipeline->sent)
		pthread_cond_wait(&pipeline->moved, &pipeline->lock);
	int r = state(pipeline);
	pthread_mutex_unlock(&pipeline->lock);
	if (r == 0 && pipeline->pack && pack_size(pipeline->pack) > 0)
		r = write_pack(pipeline);
	if (r < 0)
		return r;
	*out = STEAL(pipeline->written);
	*out_count = pipeline->written_count;
	pipeline->written_count = pipeline->written_capacity = 0;
	return 0;
}

struct pipeline_counts pipeline_counts(struct pipeline *pipeline)
{
	pthread_mutex_lock(&pipeline->lock);
	struct pipeline_counts counts = pipeline->counts;
	pthread_mutex_unlock(&pipeline->lock);
	return counts;
}
