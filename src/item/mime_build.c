/* SPDX-License-Identifier: Apache-2.0 */
#include "item/mime_build.h"

#include <string.h>

#include "base/mem.h"
#include "item/mime_base64_priv.h"
#include "item/mime_quoted_priv.h"

enum {
	OUT_SIZE = 16384,
	LINE_BYTES = MIME_LINE_MAX / 4 * 3, /* decoded, of the longest line */
};

struct base64_encoder {
	size_t line_bytes; /* decoded bytes of a full line */
	size_t waiting;    /* of a line that is not full */
	size_t made;
	bool has_line; /* one was written, and lacks its end */
	uint8_t in[LINE_BYTES];
	uint8_t text[OUT_SIZE];
};

struct mime_encoder {
	struct mime_facts facts;
	mime_out *out;
	void *context;
	union { /* by facts.encoding */
		struct base64_encoder base64;
		struct quoted_encoder quoted;
	};
};

static bool is_base64(const struct mime_facts *facts)
{
	if (facts->profile != 0 || facts->tail & ~MIME_TAIL_LINE_END)
		return false;
	if (facts->line == 0)
		return facts->line_end == 0 && facts->tail == 0;
	return facts->line % 4 == 0 && facts->line <= MIME_LINE_MAX &&
	       (facts->line_end == MIME_LF || facts->line_end == MIME_CRLF);
}

static bool is_quoted(const struct mime_facts *facts)
{
	return (facts->tail & ~MIME_TAIL_SOFT) == 0 && facts->line >= QUOTED_LINE_LEAST &&
	       facts->line <= MIME_LINE_MAX &&
	       (facts->line_end == MIME_LF || facts->line_end == MIME_CRLF);
}

static bool is_in_order(const struct mime_facts *facts)
{
	switch (facts->encoding) {
	case MIME_PLAIN:
		return facts->line_end == 0 && facts->tail == 0 && facts->profile == 0 &&
		       facts->line == 0;
	case MIME_BASE64:
		return is_base64(facts);
	case MIME_QUOTED:
		return is_quoted(facts);
	default:
		return false;
	}
}

int mime_encoder_new(const struct mime_facts *facts, mime_out *out, void *context,
	struct mime_encoder **encoder)
{
	if (!is_in_order(facts))
		return err_set(ERR_CORRUPT,
			"no body of a message has encoding %u, line end %u, tail %u, profile "
			"%u, "
			"%u characters a line",
			facts->encoding, facts->line_end, facts->tail, facts->profile,
			facts->line);
	struct mime_encoder *made = mem_alloc(sizeof(*made));
	made->facts = *facts;
	made->out = out;
	made->context = context;
	if (facts->encoding == MIME_QUOTED)
		quoted_encoder_init(&made->quoted, facts, out, context);
	if (facts->encoding == MIME_BASE64)
		made->base64.line_bytes = facts->line ? facts->line / 4 * 3 : LINE_BYTES;
	*encoder = made;
	return 0;
}

void mime_encoder_free(struct mime_encoder *encoder)
{
	mem_free(encoder);
}

static void put_line_end(struct mime_encoder *encoder)
{
	struct base64_encoder *base64 = &encoder->base64;

	if (encoder->facts.line_end == MIME_CRLF)
		base64->text[base64->made++] = '\r';
	if (encoder->facts.line_end != 0)
		base64->text[base64->made++] = '\n';
	base64->has_line = false;
}

static int flush(struct mime_encoder *encoder)
{
	size_t size = encoder->base64.made;

	encoder->base64.made = 0;
	return size ? encoder->out(encoder->context, encoder->base64.text, size) : 0;
}

/* One line, full unless it is the last. */
static int put_line(struct mime_encoder *encoder, const uint8_t *data, size_t size)
{
	struct base64_encoder *base64 = &encoder->base64;
	int r = base64->made + MIME_LINE_MAX + 4 > OUT_SIZE ? flush(encoder) : 0;

	if (r != 0)
		return r;
	if (base64->has_line)
		put_line_end(encoder);
	base64->made += base64_encode(data, size, base64->text + base64->made);
	base64->has_line = true;
	return 0;
}

static int add_base64(struct mime_encoder *encoder, const uint8_t *data, size_t size)
{
	struct base64_encoder *base64 = &encoder->base64;
	size_t line = base64->line_bytes;
	int r = 0;

	if (base64->waiting > 0) {
		size_t missing = line - base64->waiting;
		size_t part = size < missing ? size : missing;
		memcpy(base64->in + base64->waiting, data, part);
		base64->waiting += part;
		data += part;
		size -= part;
		if (base64->waiting < line)
			return 0;
		r = put_line(encoder, base64->in, line);
		base64->waiting = 0;
	}
	for (; r == 0 && size >= line; data += line, size -= line)
		r = put_line(encoder, data, line);
	if (r == 0 && size > 0) {
		memcpy(base64->in, data, size);
		base64->waiting = size;
	}
	return r;
}

static int finish_base64(struct mime_encoder *encoder)
{
	struct base64_encoder *base64 = &encoder->base64;
	int r = 0;

	if (base64->waiting > 0)
		r = put_line(encoder, base64->in, base64->waiting);
	if (r == 0 && base64->has_line && encoder->facts.tail & MIME_TAIL_LINE_END)
		put_line_end(encoder);
	return r == 0 ? flush(encoder) : r;
}

int mime_encoder_add(struct mime_encoder *encoder, const void *data, size_t size)
{
	if (size == 0)
		return 0;
	switch (encoder->facts.encoding) {
	case MIME_BASE64:
		return add_base64(encoder, data, size);
	case MIME_QUOTED:
		return quoted_encoder_add(&encoder->quoted, data, size);
	default:
		return encoder->out(encoder->context, data, size);
	}
}

int mime_encoder_finish(struct mime_encoder *encoder)
{
	switch (encoder->facts.encoding) {
	case MIME_BASE64:
		return finish_base64(encoder);
	case MIME_QUOTED:
		return quoted_encoder_finish(&encoder->quoted);
	default:
		return 0;
	}
}
