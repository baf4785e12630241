/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mail_facts.h"

#include <ctype.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/text.h"
#include "sandbox/mail_address.h"
#include "sandbox/mail_text.h"

enum { FIELD_MAX = 64 * 1024, PREVIEW_MAX = 255 };

/* One header field, found where it stands. */
struct field {
	const char *name, *value;
	size_t name_size, value_size; /* the value still folded */
};

struct scan {
	const char *at;
	size_t left;
};

/* The length of the line at the front without its end, and in *skip with it: CRLF, LF or CR. */
static size_t line_length(const struct scan *scan, size_t *skip)
{
	size_t length = 0;

	while (length < scan->left && scan->at[length] != '\n' && scan->at[length] != '\r')
		length++;
	*skip = length;
	if (*skip < scan->left && scan->at[*skip] == '\r')
		(*skip)++;
	if (*skip < scan->left && scan->at[*skip] == '\n')
		(*skip)++;
	return length;
}

static void advance(struct scan *scan, size_t size)
{
	scan->at += size;
	scan->left -= size;
}

/* The next field; false at the empty line or the end. A line that is no field (the "From " of
 * an mbox, say) is passed over. */
static bool next_field(struct scan *scan, struct field *out)
{
	for (;;) {
		size_t skip, length = line_length(scan, &skip);
		const char *line = scan->at;
		const char *colon = memchr(line, ':', length);
		advance(scan, skip);
		if (length == 0)
			return false;
		const char *end = line + length;
		while (scan->left && (*scan->at == ' ' || *scan->at == '\t')) {
			length = line_length(scan, &skip);
			end = scan->at + length;
			advance(scan, skip);
		}
		if (!colon || memchr(line, ' ', (size_t)(colon - line)))
			continue;
		*out = (struct field){
			line, colon + 1, (size_t)(colon - line), (size_t)(end - colon) - 1};
		return true;
	}
}

static bool is_named(const struct field *field, const char *name)
{
	return field->name_size == strlen(name) &&
	       strncasecmp(field->name, name, field->name_size) == 0;
}

/* The value unfolded: line ends out, blanks around it too. */
static char *unfold(const struct field *field)
{
	size_t size = field->value_size < FIELD_MAX ? field->value_size : FIELD_MAX;
	char *text = mem_alloc(size + 1);
	size_t kept = 0;

	for (size_t i = 0; i < size; i++) {
		char c = field->value[i];
		if (c == 0)
			c = ' ';
		if (c != '\r' && c != '\n' && (kept > 0 || !isspace((unsigned char)c)))
			text[kept++] = c;
	}
	while (kept > 0 && isspace((unsigned char)text[kept - 1]))
		kept--;
	text[kept] = 0;
	return text;
}

static void take_date(const char *text, int64_t *slot)
{
	int64_t at_s;

	if (*slot == 0 && mail_text_date(text, &at_s) == 0)
		*slot = at_s;
}

static void take_addresses(const char *text, struct json **slot)
{
	if (!*slot)
		*slot = mail_address_list(text);
}

static void take_one_address(const char *text, struct json **slot)
{
	if (*slot)
		return;
	AUTO_JSON list = mail_address_list(text);
	if (json_at(list, 0))
		*slot = json_share(json_at(list, 0));
}

static void take_decoded(const char *text, char **slot)
{
	if (!*slot)
		*slot = mail_text_decode(text, strlen(text));
}

static const char *importance_of(const char *text)
{
	if (text_equal_nocase(text, "high") || text[0] == '1' || text[0] == '2')
		return "high";
	return text_equal_nocase(text, "low") || text[0] == '5' ? "low" : "normal";
}

static void take_people(const struct field *field, const char *text, struct mail_facts *out)
{
	if (is_named(field, "From"))
		take_one_address(text, &out->from);
	else if (is_named(field, "Sender"))
		take_one_address(text, &out->sender);
	else if (is_named(field, "To"))
		take_addresses(text, &out->to);
	else if (is_named(field, "Cc"))
		take_addresses(text, &out->cc);
	else if (is_named(field, "Bcc"))
		take_addresses(text, &out->bcc);
	else if (is_named(field, "Reply-To"))
		take_addresses(text, &out->reply_to);
}

static void take_field(const struct field *field, struct mail_facts *out)
{
	AUTO_TEXT text = unfold(field);
	const char *stop = strrchr(text, ';');

	if (is_named(field, "Subject"))
		take_decoded(text, &out->subject);
	else if (is_named(field, "Message-ID"))
		take_decoded(text, &out->message_id);
	else if (is_named(field, "Date"))
		take_date(text, &out->sent_s);
	else if (is_named(field, "Received") && stop) /* the topmost is the last hop's */
		take_date(stop + 1, &out->received_s);
	else if (is_named(field, "Importance") || is_named(field, "X-Priority"))
		out->importance = importance_of(text);
	else if (is_named(field, "Content-Type"))
		out->has_attachments = strncasecmp(text, "multipart/mixed", 15) == 0;
	else
		take_people(field, text, out);
}

static void complete(struct mail_facts *facts)
{
	struct json **lists[] = {&facts->to, &facts->cc, &facts->bcc, &facts->reply_to};

	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++)
		if (!*lists[i])
			*lists[i] = json_new_array();
	if (!facts->subject)
		facts->subject = mem_strdup("");
	if (!facts->from && facts->sender)
		facts->from = json_share(facts->sender);
	if (!facts->sender && facts->from)
		facts->sender = json_share(facts->from);
	if (!facts->sent_s)
		facts->sent_s = facts->received_s;
	if (!facts->received_s)
		facts->received_s = facts->sent_s;
}

void mail_facts_read(const char *head, size_t size, struct mail_facts *out)
{
	struct scan scan = {head, size};
	struct field field;

	*out = (struct mail_facts){.importance = "normal"};
	while (next_field(&scan, &field))
		take_field(&field, out);
	complete(out);
	size_t rest = scan.left < PREVIEW_MAX ? scan.left : PREVIEW_MAX;
	out->preview = mail_text_decode(scan.at, out->has_attachments ? 0 : rest);
	out->preview[text_utf8_cut(out->preview, PREVIEW_MAX)] = 0;
}

void mail_facts_free(struct mail_facts *facts)
{
	mem_free(facts->subject);
	mem_free(facts->message_id);
	mem_free(facts->preview);
	json_free(facts->from);
	json_free(facts->sender);
	json_free(facts->to);
	json_free(facts->cc);
	json_free(facts->bcc);
	json_free(facts->reply_to);
	*facts = (struct mail_facts){0};
}
