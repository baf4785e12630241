/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/generator.h"

#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "crypto/hash.h"

enum {
	FIRST_MESSAGE_S = 1735722000, /* 2025-01-01T09:00:00Z */
	SHARED_FILES = 8,
	LINE_GROUP = 57, /* bytes that make a line of 76 base64 characters */
	ATTACHMENT_MIN = 2048,
	ATTACHMENT_MAX = 192 * 1024,
};

/* What is drawn for a message before anything is written, so that the header can be written
 * without the rest. */
struct draw {
	uint64_t state; /* of the generator */
	const struct content_recipe *recipe;
	const char *subject, *first, *last;
	char date[TIMESTAMP_SIZE];
	char boundary[33];
	size_t paragraphs;
	size_t attachment;       /* its size; 0: none */
	uint64_t attachment_key; /* what its bytes are made from */
	bool is_sent;
};

static const char *const subjects[] = {"Agenda for Thursday", "Quarterly figures",
	"Offer for the new warehouse", "Minutes of the steering meeting", "Travel to Lisbon",
	"Your invoice", "=?utf-8?Q?R=C3=BCckfrage_zum_Vertrag?=", "Server maintenance tonight",
	"Draft of the press release", "Lunch?", "Updated price list",
	"Question about item 4711", "Holiday plan", "Re: Delivery dates",
	"Fwd: Safety training", "New colleague on Monday"};
static const char *const firsts[] = {"Ada", "Bert", "Clara", "David", "Emma", "Felix", "Greta",
	"Hugo", "Ida", "Jonas", "Klara", "Linus", "Marta", "Nils", "Olga", "Paul"};
static const char *const lasts[] = {"Albers", "Brandt", "Costa", "Dubois", "Eriksen", "Fischer",
	"Garcia", "Huber", "Ivanova", "Jensen", "Kowalski", "Lindqvist", "Moreau", "Novak"};
static const char *const sentences[] = {"Please find the numbers of the last quarter below.",
	"We should settle this before the end of the week.",
	"The supplier confirmed the delivery for the second half of the month.",
	"Could you have a look at the open points and tell me what you think?",
	"As agreed in the meeting, I have put the changes into the attached file.",
	"The budget leaves room for one more workshop, but not for travel.",
	"Nobody has answered the question about the warranty yet.",
	"I would rather wait for the figures of the other office.",
	"The customer asked for a second offer with a longer period of notice.",
	"There is a short list of what is left to do at the end of this message.",
	"Let us talk about it on the phone, it is too long for a message.",
	"The new version fixes the two faults that were reported on Monday."};
static const char *const folders[] = {"Inbox", "Inbox", "Inbox", "Inbox", "SentItems", "Inbox",
	"Projects/Alpha", "Inbox", "SentItems", "Projects/Beta", "Archive", "Projects"};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* SplitMix64: small, and the same everywhere. */
static uint64_t next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static size_t below(uint64_t *state, size_t limit)
{
	return (size_t)(next(state) % limit);
}

static uint64_t seed_of(const char *tenant, const char *owner, uint32_t number)
{
	AUTO_TEXT text = mem_printf("mail\n%s\n%s\n%u", tenant, owner, number);
	uint8_t hash[HASH_SIZE];
	uint64_t seed = 0;

	hash_sha256(text, strlen(text), hash);
	for (size_t i = 0; i < 8; i++)
		seed = seed << 8 | hash[i];
	return seed;
}

const char *generator_folder(uint32_t number)
{
	return folders[(number - 1) % COUNT(folders)];
}

static void draw_attachment(struct draw *draw)
{
	size_t dice = below(&draw->state, 10);

	if (dice >= 4)
		return;
	if (dice < 2) { /* one that others have too */
		draw->attachment_key = seed_of(draw->recipe->tenant, "shared",
			(uint32_t)below(&draw->state, SHARED_FILES));
	} else {
		draw->attachment_key = next(&draw->state);
	}
	uint64_t key = draw->attachment_key;
	size_t most = dice < 2 ? ATTACHMENT_MAX : ATTACHMENT_MAX / 4;
	draw->attachment = ATTACHMENT_MIN + below(&key, most - ATTACHMENT_MIN);
}

static struct draw draw_message(const struct content_recipe *recipe)
{
	struct draw draw = {.state = seed_of(recipe->tenant, recipe->owner, recipe->number),
		.recipe = recipe};
	uint64_t marks[2];

	draw.subject = subjects[below(&draw.state, COUNT(subjects))];
	draw.first = firsts[below(&draw.state, COUNT(firsts))];
	draw.last = lasts[below(&draw.state, COUNT(lasts))];
	draw.paragraphs = 1 + below(&draw.state, 5);
	draw.is_sent = text_equal(generator_folder(recipe->number), "SentItems");
	int64_t at_s = FIRST_MESSAGE_S + (int64_t)recipe->number * 7200 +
		       (int64_t)below(&draw.state, 7200);
	timestamp_format_http(at_s, draw.date);
	draw.date[strlen(draw.date) - 3] = 0; /* "GMT", for which RFC 5322 writes +0000 */
	marks[0] = next(&draw.state);
	marks[1] = next(&draw.state);
	text_to_hex(marks, sizeof(marks), draw.boundary);
	draw_attachment(&draw);
	return draw;
}

static int put_people(const struct draw *draw, struct buf *out)
{
	const char *domain = draw->recipe->domain;
	AUTO_TEXT first = mem_strdup(draw->first);
	AUTO_TEXT last = mem_strdup(draw->last);

	text_lower(first);
	text_lower(last);
	AUTO_TEXT other = mem_printf("%s %s <%s.%s@%s>", draw->first, draw->last, first, last,
		draw->is_sent ? "partner.example" : domain);
	return buf_printf(out, "From: %s\r\nTo: %s\r\n",
		draw->is_sent ? draw->recipe->owner : other,
		draw->is_sent ? other : draw->recipe->owner);
}

static int put_header(const struct draw *draw, struct buf *out)
{
	int r = 0;

	if (!draw->is_sent)
		r = buf_printf(out,
			"Received: from mail.partner.example (192.0.2.25) by mx.%s\r\n"
			"\twith ESMTPS; %s+0000\r\n",
			draw->recipe->domain, draw->date);
	if (r == 0)
		r = put_people(draw, out);
	return r < 0 ? r
		     : buf_printf(out,
			       "Subject: %s (%u)\r\n"
			       "Date: %s+0000\r\n"
			       "Message-ID: <%s@mail.%s>\r\n"
			       "MIME-Version: 1.0\r\n"
			       "Content-Type: multipart/%s; boundary=\"=_%s\"\r\n\r\n",
			       draw->subject, draw->recipe->number, draw->date, draw->boundary,
			       draw->recipe->domain, draw->attachment ? "mixed" : "alternative",
			       draw->boundary);
}

int generator_header(const struct content_recipe *recipe, struct buf *out)
{
	struct draw draw = draw_message(recipe);

	return put_header(&draw, out);
}

static int put_text(struct draw *draw, bool html, struct buf *out)
{
	uint64_t state = draw->state; /* both parts say the same */
	int r = buf_printf(out, "Content-Type: text/%s; charset=us-ascii\r\n\r\n",
		html ? "html" : "plain");

	if (r == 0 && html)
		r = buf_append_text(out, "<html><body>\r\n");
	for (size_t i = 0; r == 0 && i < draw->paragraphs; i++) {
		size_t lines = 2 + below(&state, 6);
		r = html ? buf_append_text(out, "<p>\r\n") : 0;
		for (size_t line = 0; r == 0 && line < lines; line++)
			r = buf_printf(
				out, "%s\r\n", sentences[below(&state, COUNT(sentences))]);
		if (r == 0)
			r = buf_append_text(out, html ? "</p>\r\n" : "\r\n");
	}
	if (r == 0)
		r = html ? buf_append_text(out, "</body></html>\r\n")
			 : buf_printf(out, "-- \r\n%s %s\r\n", draw->first, draw->last);
	return r;
}

/* Rows of a table, with a block of noise after every few, so that it shrinks about as well as
 * an office file does. */
static void make_attachment(uint64_t key, unsigned char *data, size_t size)
{
	uint64_t state = key;

	for (size_t at = 0; at < size;) {
		char row[64];
		int length = snprintf(row, sizeof(row), "%zu;%s;%u;EUR;open\n", at,
			lasts[below(&state, COUNT(lasts))], (unsigned)below(&state, 100000));
		if (below(&state, 3) == 0) {
			for (size_t i = 0; i + 8 <= sizeof(row); i += 8) {
				uint64_t noise = next(&state);
				memcpy(row + i, &noise, 8);
			}
			length = sizeof(row);
		}
		size_t part = (size_t)length < size - at ? (size_t)length : size - at;
		memcpy(data + at, row, part);
		at += part;
	}
}

static int put_attachment(const struct draw *draw, struct buf *out)
{
	AUTO_BUF data = buf_init(ATTACHMENT_MAX);
	unsigned char *bytes = buf_reserve(&data, draw->attachment);

	if (!bytes)
		return ERR_LIMIT;
	make_attachment(draw->attachment_key, bytes, draw->attachment);
	int r = buf_printf(out,
		"\r\n--=_%s\r\n"
		"Content-Type: application/octet-stream; name=\"figures-%04x.dat\"\r\n"
		"Content-Disposition: attachment; filename=\"figures-%04x.dat\"\r\n"
		"Content-Transfer-Encoding: base64\r\n\r\n",
		draw->boundary, (unsigned)(draw->attachment_key & 0xffff),
		(unsigned)(draw->attachment_key & 0xffff));
	for (size_t at = 0; r == 0 && at < draw->attachment; at += LINE_GROUP) {
		size_t left = draw->attachment - at;
		AUTO_TEXT line =
			text_to_base64(bytes + at, left < LINE_GROUP ? left : LINE_GROUP);
		r = buf_printf(out, "%s\r\n", line);
	}
	return r;
}

static int put_alternative(struct draw *draw, const char *boundary, struct buf *out)
{
	int r = buf_printf(out, "--=_%s\r\n", boundary);

	if (r == 0)
		r = put_text(draw, false, out);
	if (r == 0)
		r = buf_printf(out, "\r\n--=_%s\r\n", boundary);
	if (r == 0)
		r = put_text(draw, true, out);
	return r < 0 ? r : buf_printf(out, "\r\n--=_%s--\r\n", boundary);
}

int generator_message(const struct content_recipe *recipe, struct buf *out)
{
	struct draw draw = draw_message(recipe);
	int r = put_header(&draw, out);

	if (r < 0 || !draw.attachment)
		return r < 0 ? r : put_alternative(&draw, draw.boundary, out);

	AUTO_TEXT inner = mem_printf("%sa", draw.boundary);
	r = buf_printf(out,
		"--=_%s\r\nContent-Type: multipart/alternative; boundary=\"=_%s\"\r\n\r\n",
		draw.boundary, inner);
	if (r == 0)
		r = put_alternative(&draw, inner, out);
	if (r == 0)
		r = put_attachment(&draw, out);
	return r < 0 ? r : buf_printf(out, "\r\n--=_%s--\r\n", draw.boundary);
}
