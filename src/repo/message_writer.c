/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/message_writer.h"

#include <string.h>
#include <strings.h>

#include "base/mem.h"
#include "item/mime_build.h"
#include "item/mime_split.h"
#include "repo/recipe.h"
#include "repo/repo_priv.h"

enum {
	ORIGINAL_MAX =
		16 << 20, /* of the message that waits to be compared; far above the need */
	ORIGINAL_DROP = 1 << 20, /* compared bytes are let go in such pieces */
	PIECE_SIZE = 256 << 10,
	BODY_BUFFER = 512 << 10, /* a longer body is stored while it comes */
	LITERAL_OWN = 64 << 10,  /* so long a literal becomes a content of its own */
	LITERAL_STREAM = 256 << 10,
	RECIPE_FULL = RECIPE_MAX - (256 << 10), /* the rest of the message is stored as it is */
	/* A body that is smaller lies in the recipe. Parts of a message go to several people;
	 * a message that is one text hardly does. */
	PART_OWN = 512,
	TEXT_OWN = 16 << 10,
};

struct message_writer {
	struct repo_writer *writer;    /* borrowed */
	struct content_stream *stream; /* borrowed */
	struct mime_split *split;
	bool is_split_over;  /* and may take the next message */
	struct buf original; /* what is not compared yet begins at `at` */
	size_t at;
	uint64_t size, body_count;
	struct buf literal; /* not yet in the recipe */
	bool is_streaming_literal;
	bool is_one_text;
	bool has_given_up; /* the rest is literal */

	struct buf body; /* decoded, as long as it is short */
	enum mime_kind body_kind;
	struct mime_encoder *encoder; /* of a long one, which is compared while it comes */
	struct mime_facts facts;      /* as they look at its beginning */

	struct buf recipe; /* empty: no step yet */
	uint8_t (*refs)[REPO_ID_SIZE];
	size_t ref_count, ref_capacity;
};

static int take_literal(void *context, const void *data, size_t size);
static int begin_body(void *context, enum mime_kind kind);
static int take_body(void *context, const void *data, size_t size);
static int end_body(void *context, const struct mime_facts *facts);

struct message_writer *message_writer_new(
	struct repo_writer *writer, struct content_stream *stream)
{
	struct message_writer *message = mem_alloc(sizeof(*message));

	message->writer = writer;
	message->stream = stream;
	message->original = buf_init(ORIGINAL_MAX);
	message->literal = buf_init(CHUNK_MAX);
	message->body = buf_init(CHUNK_MAX);
	message->recipe = buf_init(RECIPE_MAX);
	return message;
}

void message_writer_free(struct message_writer *message)
{
	if (!message)
		return;
	mime_split_free(message->split);
	mime_encoder_free(message->encoder);
	buf_free(&message->original);
	buf_free(&message->literal);
	buf_free(&message->body);
	buf_free(&message->recipe);
	mem_free(message->refs);
	mem_free(message);
}

void message_writer_begin(struct message_writer *message)
{
	const struct mime_sink sink = {take_literal, begin_body, take_body, end_body, message};

	if (!message->is_split_over) {
		mime_split_free(message->split);
		message->split = mime_split_new(&sink);
	}
	message->is_split_over = false;
	mime_encoder_free(message->encoder);
	message->encoder = NULL;
	buf_clear(&message->original);
	buf_clear(&message->literal);
	buf_clear(&message->body);
	buf_clear(&message->recipe);
	message->at = 0;
	message->size = 0;
	message->ref_count = 0;
	message->is_streaming_literal = message->has_given_up = false;
	message->is_one_text = false;
	message->body_count = 0;
}

/* Compares with what comes next in the message; not right is no error. */
static bool is_next(struct message_writer *message, const void *data, size_t size)
{
	const struct buf *original = &message->original;

	if (size > original->size - message->at ||
		(size > 0 && (!original->data ||
				     memcmp(original->data + message->at, data, size) != 0)))
		return false;
	message->at += size;
	return true;
}

static int compare(void *context, const void *data, size_t size)
{
	return is_next(context, data, size)
		       ? 0
		       : err_set(ERR_CORRUPT,
				 "a body of a message could not be made again as it was");
}

static int put_step(struct message_writer *message, const struct recipe_step *step)
{
	int r = 0;

	if (message->recipe.size == 0)
		r = recipe_put_head(&message->recipe);
	return r < 0 ? r : recipe_put(&message->recipe, step);
}

/* The content in the stream is whole. */
static int put_content(struct message_writer *message, const struct mime_facts *facts)
{
	struct recipe_step step = {.kind = RECIPE_BODY, .facts = *facts};
	int r = content_stream_finish(message->stream, &step.content);

	if (r < 0)
		return r;
	mem_grow(&message->refs, &message->ref_capacity, message->ref_count + 1, REPO_ID_SIZE);
	memcpy(message->refs[message->ref_count++], step.content.id, REPO_ID_SIZE);
	return put_step(message, &step);
}

static enum piece piece_of(enum mime_kind kind)
{
	return kind == MIME_KIND_TEXT ? PIECE_TEXT : PIECE_DOCUMENT;
}

static const struct mime_facts plain = {.encoding = MIME_PLAIN};

/* What is literal so far becomes a step. */
static int flush_literal(struct message_writer *message)
{
	struct buf *literal = &message->literal;
	struct recipe_step step = {
		.kind = RECIPE_LITERAL, .data = literal->data, .size = literal->size};
	int r = 0;

	if (message->is_streaming_literal) {
		message->is_streaming_literal = false;
		return put_content(message, &plain);
	}
	if (literal->size == 0)
		return 0;
	if (literal->size < LITERAL_OWN) {
		r = put_step(message, &step);
	} else {
		content_stream_begin(message->stream, PIECE_TEXT);
		r = content_stream_add(message->stream, literal->data, literal->size);
		if (r == 0)
			r = put_content(message, &plain);
	}
	buf_clear(literal);
	return r;
}

static int add_literal(struct message_writer *message, const void *data, size_t size)
{
	struct buf *literal = &message->literal;

	if (!message->is_streaming_literal && literal->size + size <= LITERAL_STREAM)
		return buf_append(literal, data, size);
	int r = 0;
	if (!message->is_streaming_literal) {
		message->is_streaming_literal = true;
		content_stream_begin(message->stream, PIECE_TEXT);
		r = content_stream_add(message->stream, literal->data, literal->size);
		buf_clear(literal);
	}
	return r < 0 ? r : content_stream_add(message->stream, data, size);
}

static void drop_compared(struct message_writer *message)
{
	struct buf *original = &message->original;

	original->size -= message->at;
	memmove(original->data, original->data + message->at, original->size);
	message->at = 0;
}

/* From here on the message is kept as it is. */
static int give_up(struct message_writer *message)
{
	struct buf *original = &message->original;

	message->has_given_up = true;
	int r = add_literal(
		message, original->data + message->at, original->size - message->at);
	message->at = original->size;
	return r;
}

static int take_literal(void *context, const void *data, size_t size)
{
	struct message_writer *message = context;

	if (message->has_given_up)
		return 0;
	if (message->recipe.size > RECIPE_FULL || !is_next(message, data, size))
		return give_up(message);
	return add_literal(message, data, size);
}

/* What comes before the first body has the type of the whole. */
static bool is_in_parts(const struct message_writer *message)
{
	static const char type[] = "multipart/";
	const struct buf *literal = &message->literal;

	if (message->is_streaming_literal)
		return true;
	for (size_t i = 0; i + sizeof(type) <= literal->size; i++)
		if ((literal->data[i] | 32) == type[0] &&
			strncasecmp((const char *)literal->data + i, type, sizeof(type) - 1) ==
				0)
			return true;
	return false;
}

static int begin_body(void *context, enum mime_kind kind)
{
	struct message_writer *message = context;

	message->body_kind = kind;
	if (message->body_count++ == 0)
		message->is_one_text = kind == MIME_KIND_TEXT && !is_in_parts(message);
	buf_clear(&message->body);
	return 0;
}

/* The facts of a long body as its beginning has them: it is there as it was, or in base64. */
static struct mime_facts guess_facts(const struct message_writer *message)
{
	const uint8_t *at = message->original.data + message->at;
	size_t size = message->original.size - message->at;

	if (size >= message->body.size &&
		memcmp(at, message->body.data, message->body.size) == 0)
		return plain;
	struct mime_facts facts = {.encoding = MIME_BASE64};
	const uint8_t *end =
		memchr(at, '\n', size < MIME_LINE_MAX + 2 ? size : MIME_LINE_MAX + 2);
	if (!end)
		return facts;
	bool is_crlf = end > at && end[-1] == '\r';
	facts.line_end = is_crlf ? MIME_CRLF : MIME_LF;
	facts.line = (uint32_t)(end - at - is_crlf);
	return facts;
}

/* A body that has become long is stored, made again and compared while it comes. */
static int begin_long_body(struct message_writer *message)
{
	int r = flush_literal(message);

	if (r < 0)
		return r;
	message->facts = guess_facts(message);
	r = mime_encoder_new(&message->facts, compare, message, &message->encoder);
	if (r < 0)
		return r;
	content_stream_begin(message->stream, piece_of(message->body_kind));
	r = mime_encoder_add(message->encoder, message->body.data, message->body.size);
	if (r == 0)
		r = content_stream_add(message->stream, message->body.data, message->body.size);
	buf_clear(&message->body);
	return r;
}

static int take_body(void *context, const void *data, size_t size)
{
	struct message_writer *message = context;
	int r = 0;

	if (message->has_given_up)
		return 0;
	if (!message->encoder && message->body.size + size <= BODY_BUFFER)
		return buf_append(&message->body, data, size);
	if (!message->encoder)
		r = begin_long_body(message);
	if (r == 0)
		r = mime_encoder_add(message->encoder, data, size);
	return r < 0 ? r : content_stream_add(message->stream, data, size);
}

/* What looked one way at the beginning may differ at the end, in what comes last. */
static int end_long_body(struct message_writer *message, const struct mime_facts *facts)
{
	struct mime_facts guessed = message->facts;
	int r = mime_encoder_finish(message->encoder);

	mime_encoder_free(message->encoder);
	message->encoder = NULL;
	if (r == 0 && facts->encoding == MIME_BASE64 && facts->tail == MIME_TAIL_LINE_END) {
		bool is_crlf = facts->line_end == MIME_CRLF;
		r = compare(message, is_crlf ? "\r\n" : "\n", is_crlf ? 2 : 1);
		guessed.tail = MIME_TAIL_LINE_END;
	}
	if (r == 0 && (guessed.encoding != facts->encoding || guessed.line != facts->line ||
			      guessed.line_end != facts->line_end ||
			      guessed.tail != facts->tail || facts->profile != 0))
		r = compare(message, NULL, SIZE_MAX);
	return r < 0 ? r : put_content(message, facts);
}

/* Whether a short body comes back from its facts; *at is then behind it. */
static bool comes_back(struct message_writer *message, const struct mime_facts *facts)
{
	struct mime_encoder *encoder = NULL;
	size_t begin = message->at;
	int r = mime_encoder_new(facts, compare, message, &encoder);

	if (r == 0)
		r = mime_encoder_add(encoder, message->body.data, message->body.size);
	if (r == 0)
		r = mime_encoder_finish(encoder);
	mime_encoder_free(encoder);
	if (r < 0)
		message->at = begin;
	return r == 0;
}

static int put_body(struct message_writer *message, const struct mime_facts *facts)
{
	const struct buf *body = &message->body;
	size_t own = message->is_one_text ? TEXT_OWN : PART_OWN;
	struct recipe_step step = {
		.kind = RECIPE_SHORT, .facts = *facts, .data = body->data, .size = body->size};

	if (body->size < own && facts->encoding == MIME_PLAIN)
		return add_literal(message, body->data, body->size);
	int r = flush_literal(message);
	if (r < 0)
		return r;
	if (body->size < own)
		return put_step(message, &step);
	content_stream_begin(message->stream, piece_of(message->body_kind));
	r = content_stream_add(message->stream, body->data, body->size);
	return r < 0 ? r : put_content(message, facts);
}

static int end_body(void *context, const struct mime_facts *facts)
{
	struct message_writer *message = context;

	if (message->has_given_up)
		return 0;
	if (message->encoder)
		return end_long_body(message, facts);
	if (message->recipe.size > RECIPE_FULL || !comes_back(message, facts))
		return give_up(message);
	return put_body(message, facts);
}

static int add_piece(struct message_writer *message, const uint8_t *data, size_t size)
{
	message->size += size;
	if (message->has_given_up)
		return add_literal(message, data, size);
	if (message->at >= ORIGINAL_DROP)
		drop_compared(message);
	int r = buf_append(&message->original, data, size);
	return r < 0 ? r : mime_split_add(message->split, data, size);
}

int message_writer_add(struct message_writer *message, const void *data, size_t size)
{
	const uint8_t *at = data;
	int r = 0;

	for (size_t piece; size > 0 && r == 0; at += piece, size -= piece) {
		piece = size < PIECE_SIZE ? size : PIECE_SIZE;
		r = add_piece(message, at, piece);
	}
	return r;
}

/* A message of which nothing was taken apart is one content like others. */
static int finish_whole(struct message_writer *message, struct repo_content *out)
{
	if (!message->is_streaming_literal) {
		content_stream_begin(message->stream, PIECE_TEXT);
		int r = content_stream_add(
			message->stream, message->literal.data, message->literal.size);
		if (r < 0)
			return r;
	}
	return content_stream_finish(message->stream, out);
}

static int put_recipe(struct message_writer *message, struct repo_content *out)
{
	const struct chunk_put chunk = {.piece = PIECE_TEXT,
		.data = message->recipe.data,
		.size = message->recipe.size,
		.refs = (const uint8_t(*)[REPO_ID_SIZE])message->refs,
		.ref_count = message->ref_count};

	*out = (struct repo_content){.kind = REPO_MESSAGE, .size = message->size};
	return writer_put_recipe(message->writer, &chunk, out->id);
}

int message_writer_finish(struct message_writer *message, struct repo_content *out)
{
	int r = mime_split_finish(message->split);

	message->is_split_over = r == 0;
	if (r == 0 && !message->has_given_up && message->at != message->original.size)
		r = give_up(message);
	if (r < 0)
		return r;
	if (message->recipe.size == 0)
		return finish_whole(message, out);
	r = flush_literal(message);
	return r < 0 ? r : put_recipe(message, out);
}

static bool is_header_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '_';
}

/* Whether the line is a header; what is told of its name is whether mail alone has it. */
static bool is_header(const char *line, size_t size, bool *is_mail)
{
	static const char *const names[] = {"received", "return-path", "delivered-to",
		"message-id", "mime-version", "from", "date", "subject", "to"};
	size_t name = 0;

	while (name < size && is_header_name(line[name]))
		name++;
	if (name == 0 || name == size || line[name] != ':')
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		*is_mail = *is_mail ||
			   (strlen(names[i]) == name && strncasecmp(names[i], line, name) == 0);
	return true;
}

bool message_is_likely(const void *data, size_t size)
{
	enum { LINES_LEAST = 3, LINES_LOOK = 64 };
	const char *at = data, *end = at + size;
	bool is_mail = false;
	size_t headers = 0;

	for (int line = 0; line < LINES_LOOK && at < end; line++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));
		if (!stop || *at == '\r' || *at == '\n')
			break;
		size_t length = (size_t)(stop - at);
		bool folded = (*at == ' ' || *at == '\t') && headers > 0;
		bool mbox = line == 0 && length > 5 && memcmp(at, "From ", 5) == 0;
		if (!folded && !mbox && !is_header(at, length, &is_mail))
			return false;
		headers += !folded;
		at = stop + 1;
	}
	return is_mail && headers >= LINES_LEAST;
}
