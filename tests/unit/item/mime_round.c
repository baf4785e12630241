/* SPDX-License-Identifier: Apache-2.0 */
#include "mime_round.h"

#include <string.h>

#include "base/mem.h"

enum { BODY_MAX = 1 << 30, MIX = 1 };

uint64_t mime_random(uint64_t *state, uint64_t bound)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return (z ^ (z >> 31)) % bound;
}

/* FNV-1a over the places where something else begins and what was decoded. */
static void mix(struct mime_round *round, uint64_t value)
{
	round->events = (round->events ^ value) * 0x100000001b3;
}

static int compare(void *context, const void *data, size_t size)
{
	struct mime_round *round = context;

	if (size > round->size - round->at ||
		memcmp(round->data + round->at, data, size) != 0) {
		round->differs = true;
		return err_set(ERR_CORRUPT, "byte %zu of the message is another", round->at);
	}
	round->at += size;
	return 0;
}

static int literal(void *context, const void *data, size_t size)
{
	struct mime_round *round = context;

	ASSERT(size > 0);
	round->literal += size;
	if (round->wants_text) {
		int r = buf_append(&round->text, data, size);
		if (r < 0)
			return r;
	}
	return compare(round, data, size);
}

static int body_begin(void *context, enum mime_kind kind)
{
	struct mime_round *round = context;

	round->kind = kind;
	round->count++;
	mix(round, round->at);
	mix(round, (uint64_t)kind);
	buf_clear(&round->body);
	return 0;
}

static int body_data(void *context, const void *data, size_t size)
{
	struct mime_round *round = context;

	ASSERT(size > 0);
	return buf_append(&round->body, data, size);
}

static int body_end(void *context, const struct mime_facts *facts)
{
	struct mime_round *round = context;
	struct mime_encoder *encoder;
	size_t began = round->at;
	size_t half = round->body.size / 2;
	int r = mime_encoder_new(facts, compare, round, &encoder);

	if (r < 0)
		return r;
	round->facts = *facts;
	r = mime_encoder_add(encoder, round->body.data, half);
	if (r == 0)
		r = mime_encoder_add(encoder, round->body.data + half, round->body.size - half);
	if (r == 0)
		r = mime_encoder_finish(encoder);
	mime_encoder_free(encoder);
	round->bodies[facts->encoding] += round->at - began;
	round->kinds[round->kind] += round->body.size;
	mix(round, round->at);
	mix(round, (uint64_t)facts->encoding << 48 | (uint64_t)facts->line_end << 40 |
			   (uint64_t)facts->tail << 32 | (uint64_t)facts->profile << 24 |
			   facts->line);
	return r;
}

void mime_round_init(struct mime_round *round)
{
	const struct mime_sink sink = {.literal = literal,
		.body_begin = body_begin,
		.body_data = body_data,
		.body_end = body_end,
		.context = round};

	*round = (struct mime_round){.body = buf_init(BODY_MAX), .text = buf_init(BODY_MAX)};
	round->split = mime_split_new(&sink);
}

void mime_round_free(struct mime_round *round)
{
	mime_split_free(round->split);
	buf_free(&round->body);
	buf_free(&round->text);
}

bool mime_round_check(
	struct mime_round *round, const uint8_t *data, size_t size, size_t most, uint64_t seed)
{
	int r = 0;

	round->data = data;
	round->size = size;
	round->at = 0;
	round->differs = false;
	round->events = 0xcbf29ce484222325;
	buf_clear(&round->text);
	for (size_t at = 0; r == 0 && at < size;) {
		size_t part = most ? 1 + mime_random(&seed, most) : size;
		part = part < size - at ? part : size - at;
		r = mime_split_add(round->split, data + at, part);
		at += part;
	}
	if (r == 0)
		r = mime_split_finish(round->split);
	return r == 0 && !round->differs && round->at == size;
}
