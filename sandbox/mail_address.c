/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/mail_address.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#include "base/mem.h"
#include "sandbox/mail_text.h"

enum { ADDRESSES_MAX = 500 };

/* How deep a reader of addresses stands in what may hold a comma. */
struct nesting {
	bool quoted, angled;
	int comments;
};

static void step(struct nesting *nesting, char c)
{
	if (c == '"')
		nesting->quoted = !nesting->quoted;
	if (nesting->quoted)
		return;
	if (c == '(')
		nesting->comments++;
	else if (c == ')' && nesting->comments > 0)
		nesting->comments--;
	else if (c == '<' || c == '>')
		nesting->angled = c == '<';
}

/* Where the address at the front of `text` ends: at a comma or semicolon outside of quotes,
 * comments and angle brackets. */
static size_t address_length(const char *text)
{
	struct nesting nesting = {0};
	size_t at = 0;

	for (; text[at]; at++) {
		bool outside = !nesting.quoted && !nesting.angled && nesting.comments == 0;
		if (outside && (text[at] == ',' || text[at] == ';'))
			break;
		if (text[at] == '\\' && text[at + 1])
			at++;
		else
			step(&nesting, text[at]);
	}
	/* A quote that is never closed would swallow all that follows. */
	return nesting.quoted ? strcspn(text, ",;") : at;
}

/* Trims blanks and a pair of quotes, and takes backslashes away. */
static char *clean_name(const char *text, size_t size)
{
	while (size && (isspace((unsigned char)*text) || *text == '"')) {
		text++;
		size--;
	}
	while (size && (isspace((unsigned char)text[size - 1]) || text[size - 1] == '"'))
		size--;
	AUTO_TEXT plain = mem_alloc(size + 1);
	size_t kept = 0;
	for (size_t i = 0; i < size; i++)
		if (text[i] != '\\' || i + 1 == size)
			plain[kept++] = text[i];
	return mail_text_decode(plain, kept);
}

static struct json *recipient(const char *text, size_t size)
{
	const char *open = memchr(text, '<', size);
	const char *close = open ? memchr(open, '>', size - (size_t)(open - text)) : NULL;
	const char *comment = open ? NULL : memchr(text, '(', size);
	AUTO_TEXT name = NULL;
	AUTO_TEXT address = NULL;

	if (open) {
		const char *end = close ? close : text + size;
		name = clean_name(text, (size_t)(open - text));
		address = clean_name(open + 1, (size_t)(end - open) - 1);
	} else {
		size_t length = comment ? (size_t)(comment - text) : size;
		address = clean_name(text, length);
		if (comment)
			name = clean_name(comment + 1, size - length - 1);
		if (name)
			name[strcspn(name, ")")] = 0;
	}
	if (!address[0] && !(name && name[0]))
		return NULL;
	struct json *inner = json_new_object();
	json_put_text(inner, "name", name && name[0] ? name : address);
	json_put_text(inner, "address", address);
	struct json *outer = json_new_object();
	json_put(outer, "emailAddress", inner);
	return outer;
}

struct json *mail_address_list(const char *text)
{
	struct json *list = json_new_array();

	while (*text && json_count(list) < ADDRESSES_MAX) {
		size_t length = address_length(text);
		struct json *one = recipient(text, length);
		if (one)
			json_append(list, one);
		text += length;
		text += strspn(text, ",; \t");
	}
	return list;
}
