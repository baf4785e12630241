/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "item/mime_split_priv.h"

/* How what was found reaches the sink, in pieces as large as they come. */

static int flush_run(struct mime_split *split)
{
	const struct mime_sink *sink = &split->sink;
	size_t size = split->run_size;

	split->run_size = 0;
	if (size == 0)
		return 0;
	return split->run_is_body ? sink->body_data(sink->context, split->run, size)
				  : sink->literal(sink->context, split->run, size);
}

static int flush_stage(struct mime_split *split)
{
	size_t size = split->staged;

	if (size == 0 || !split->in_body)
		return 0;
	split->staged = 0;
	return split->sink.body_data(split->sink.context, split->stage, size);
}

/* Only one of the two has anything: a body's bytes are plain or decoded. */
int split_flush(struct mime_split *split)
{
	int r = flush_run(split);

	return r == 0 ? flush_stage(split) : r;
}

static int put_run(struct mime_split *split, const uint8_t *data, size_t size, bool is_body)
{
	int r = 0;

	if (size == 0)
		return 0;
	if (split->run_size > 0 && split->run_is_body == is_body &&
		split->run + split->run_size == data) {
		split->run_size += size;
		return 0;
	}
	if (split->run_size > 0)
		r = flush_run(split);
	split->run = data;
	split->run_size = size;
	split->run_is_body = is_body;
	return r;
}

int split_literal(struct mime_split *split, const uint8_t *data, size_t size)
{
	return put_run(split, data, size, false);
}

int split_plain(struct mime_split *split, const uint8_t *data, size_t size)
{
	return put_run(split, data, size, true);
}

int split_literal_hold(struct mime_split *split)
{
	int r = split_literal(split, split->hold, split->hold_size);

	split->hold_size = 0;
	return r == 0 ? flush_run(split) : r;
}

int split_body_begin(struct mime_split *split, enum mime_kind kind)
{
	int r = flush_run(split);

	if (r != 0)
		return r;
	split->in_body = true;
	return split->sink.body_begin(split->sink.context, kind);
}

int split_body_data(struct mime_split *split, const uint8_t *data, size_t size)
{
	return size ? split->sink.body_data(split->sink.context, data, size) : 0;
}

int split_body_end(struct mime_split *split)
{
	int r = split_flush(split);

	split->in_body = false;
	return r == 0 ? split->sink.body_end(split->sink.context, &split->facts) : r;
}

void split_hold(struct mime_split *split, const uint8_t *data, size_t size)
{
	ASSERT(size <= HOLD_SIZE - split->hold_size);
	memcpy(split->hold + split->hold_size, data, size);
	split->hold_size += size;
}
