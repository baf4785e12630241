/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/text.h"
#include "source/graph/graph_priv.h"

/* Most messages fit in here whole, and so can be asked for again when the connection breaks. */
enum { HELD_MAX = 4 * 1024 * 1024 };

struct stream {
	source_sink_fn *sink;
	void *context;
	struct buf held;
	bool handed_over; /* the sink has had some of it: there is no way back */
	int result;       /* of the sink */
};

static int hand_over(struct stream *stream)
{
	stream->handed_over = true;
	if (stream->held.size == 0)
		return 0;
	stream->result = stream->sink(stream->context, stream->held.data, stream->held.size);
	buf_clear(&stream->held);
	return stream->result;
}

static int take(void *context, const void *data, size_t size)
{
	struct stream *stream = context;

	if (!stream->handed_over && size <= HELD_MAX - stream->held.size)
		return buf_append(&stream->held, data, size);
	if (!stream->handed_over && hand_over(stream) != 0)
		return stream->result;
	stream->result = stream->sink(stream->context, data, size);
	return stream->result;
}

static bool rewind_stream(void *context)
{
	struct stream *stream = context;

	buf_clear(&stream->held);
	return !stream->handed_over;
}

/* True where the connection failed after the sink had some of the message, not the sink. */
static bool is_broken_off(const struct stream *stream, int r)
{
	return r == ERR_NETWORK && stream->handed_over && stream->result == 0;
}

int graph_stream(struct graph *graph, const struct graph_source *from, source_sink_fn *sink,
	void *context)
{
	struct stream stream = {.sink = sink, .context = context, .held = buf_init(HELD_MAX)};
	struct graph_request request = {.what = from->what,
		.url = from->url,
		.scope = SOURCE_ITEM,
		.sink = take,
		.sink_context = &stream,
		.rewind = rewind_stream};
	AUTO_ANSWER answer = {0};
	int r = graph_get(graph, &request, &answer);

	if (r == 0 && !stream.handed_over)
		r = hand_over(&stream);
	else if (is_broken_off(&stream, r))
		r = source_fail(r, SOURCE_ITEM, SOURCE_RETRY_NOW, "broken_off");
	if (r == 0)
		graph->usage->items_read++;
	buf_free(&stream.held);
	return r;
}

int graph_mail_read(struct graph *graph, const struct source_object *object,
	const char *item_id, source_sink_fn *sink, void *context)
{
	AUTO_TEXT user = text_percent_encode(object->id);
	AUTO_TEXT message = text_percent_encode(item_id);
	AUTO_TEXT url =
		mem_printf("%s/v1.0/users/%s/messages/%s/$value", graph->base, user, message);
	AUTO_TEXT what = mem_printf("a message of %s", object->name);

	return graph_stream(graph, &(struct graph_source){what, url}, sink, context);
}
