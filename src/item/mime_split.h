/* SPDX-License-Identifier: Apache-2.0 */
#ifndef ITEM_MIME_SPLIT_H
#define ITEM_MIME_SPLIT_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

/*
 * Takes a message apart while it streams by: into literals, which are stored as they are, and
 * bodies, which are given decoded, with the few facts that rebuild them (mime_build.h). It is
 * no MIME parser: it only looks for what is worth keeping apart, so that the same attachment or
 * text lies in a repository once, whatever stands around it.
 *
 * What holds for every input, broken or not: literals and rebuilt bodies, one behind the other,
 * are the input, byte for byte. What is given does not depend on how the input was cut into
 * calls. Memory is bounded (below 256 KiB) whatever the size of the message, its lines or its
 * nesting. Nothing in a message is an error; what cannot be understood is literal.
 */

enum mime_encoding {
	MIME_PLAIN = 0, /* the body's bytes as they are; the other facts are 0 */
	MIME_BASE64 = 1,
	MIME_QUOTED = 2, /* quoted-printable */
};

/** What lies in a body, for whoever stores like with like. A guess, by its type and its first
 * bytes. */
enum mime_kind {
	MIME_KIND_TEXT,
	MIME_KIND_DOCUMENT, /* office, PDF, anything else */
	MIME_KIND_MEDIA,    /* image, audio, video, archive: compressed already */
};

enum mime_line_end { MIME_LF = 1, MIME_CRLF = 2 };

/** Flags of mime_facts.tail. */
enum {
	MIME_TAIL_LINE_END = 1, /* base64: the last line has its line end */
	MIME_TAIL_SOFT = 2,     /* quoted: a soft line break ends it */
};

/** Flags of mime_facts.profile: in which of the allowed ways quoted-printable was written. */
enum {
	MIME_QUOTED_LOWER = 1, /* =e4, not =E4 */
	MIME_QUOTED_TAB = 2,   /* each tab is encoded, not only one that ends a line */
	MIME_QUOTED_FULL = 4,  /* a line that needs no soft break may have one character more */
	MIME_QUOTED_FULL_HEX = 8, /* the same where it ends by an encoded character */
	MIME_QUOTED_DOT = 16,     /* "." at the beginning of a line is encoded */
	MIME_QUOTED_EVEN = 32,    /* lines break where an encoded character finds no room */
	MIME_QUOTED_MANY = 64,    /* !"#$@[\]^`{|}~ are encoded */
	MIME_QUOTED_BLANK = 128,  /* blanks at the end of a line stay as they are */
};

/** How a decoded body becomes the original again. All from outside: mime_encoder_new checks
 * them. */
struct mime_facts {
	uint8_t encoding; /* enum mime_encoding */
	uint8_t line_end; /* enum mime_line_end; 0 for MIME_PLAIN, and for base64 in one line */
	uint8_t tail;
	uint8_t profile; /* of MIME_QUOTED, else 0 */
	uint32_t line;   /* characters of a full line without its end; 0: one line of base64 */
};

/** Who takes what is found, in the order of the message. Each returns 0 or an error, which ends
 * the splitting and comes back as it is. `data` is borrowed for the call; sizes are never 0. */
struct mime_sink {
	int (*literal)(void *context, const void *data, size_t size);
	int (*body_begin)(void *context, enum mime_kind kind);
	int (*body_data)(void *context, const void *data, size_t size); /* decoded */
	int (*body_end)(void *context, const struct mime_facts *facts); /* complete only now */
	void *context;
};

enum {
	MIME_BODY_LEAST = 512, /* what is smaller stays literal, in bytes of the message */
	MIME_DEPTH_MAX = 32,   /* multiparts in each other; what lies deeper is literal */
	MIME_LINE_MAX = 4096,  /* characters of a line of base64 or quoted-printable */
};

struct mime_split;

/** `sink` is copied. The caller frees with mime_split_free (NULL is fine). */
struct mime_split *mime_split_new(const struct mime_sink *sink);
void mime_split_free(struct mime_split *split);

/** The next bytes of the message. Errors: the sink's alone; after one only _free is allowed. */
NODISCARD int mime_split_add(struct mime_split *split, const void *data, size_t size);

/** The message has ended: gives out what is still held back. Errors as above. Afterwards the
 * next message may be added. */
NODISCARD int mime_split_finish(struct mime_split *split);

#endif
