/* SPDX-License-Identifier: Apache-2.0 */
#include "item/mime_header_priv.h"

#include <string.h>
#include <strings.h>

void mime_header_clear(struct mime_header *header)
{
	header->type_field = (struct header_field){0};
	header->encoding_field = (struct header_field){0};
	header->open = NULL;
	header->type[0] = 0;
	header->encoding[0] = 0;
}

/* Appends to the open field, line ends left out; a NUL becomes a blank, for what follows reads
 * texts. */
static void append(struct mime_header *header, const uint8_t *data, size_t size)
{
	struct header_field *field = header->open;
	bool is_type = field == &header->type_field;
	char *text = is_type ? header->type : header->encoding;
	size_t most = is_type ? HEADER_TYPE_MAX : HEADER_ENCODING_MAX;

	for (size_t i = 0; i < size && field->size < most; i++) {
		if (data[i] != '\r' && data[i] != '\n')
			text[field->size++] = data[i] ? (char)data[i] : ' ';
	}
	text[field->size] = 0;
}

/* Whether the line begins with the name and a colon; blanks may stand between. *at is then
 * behind the colon. */
static bool has_name(const uint8_t *line, size_t size, const char *name, size_t *at)
{
	size_t length = strlen(name);

	if (size <= length || strncasecmp((const char *)line, name, length) != 0)
		return false;
	while (length < size && (line[length] == ' ' || line[length] == '\t'))
		length++;
	*at = length + 1;
	return length < size && line[length] == ':';
}

void mime_header_add(struct mime_header *header, const uint8_t *line, size_t size, bool starts)
{
	size_t at;

	if (!starts || (size > 0 && (line[0] == ' ' || line[0] == '\t'))) {
		if (header->open)
			append(header, line, size);
		return;
	}
	header->open = NULL;
	if (size == 0 || (line[0] | 32) != 'c')
		return;
	if (has_name(line, size, "Content-Type", &at))
		header->open = &header->type_field;
	else if (has_name(line, size, "Content-Transfer-Encoding", &at))
		header->open = &header->encoding_field;
	if (header->open && header->open->is_there)
		header->open = NULL; /* the first one counts */
	if (!header->open)
		return;
	header->open->is_there = true;
	append(header, line + at, size - at);
}

static const char *skip_blanks(const char *text)
{
	while (*text == ' ' || *text == '\t')
		text++;
	return text;
}

static bool begins(const char *text, const char *prefix)
{
	return strncasecmp(skip_blanks(text), prefix, strlen(prefix)) == 0;
}

bool mime_header_is_multipart(const struct mime_header *header)
{
	return begins(header->type, "multipart/");
}

bool mime_header_is_message(const struct mime_header *header)
{
	return mime_header_encoding(header) == MIME_PLAIN &&
	       (begins(header->type, "message/rfc822") ||
		       begins(header->type, "message/global"));
}

enum mime_encoding mime_header_encoding(const struct mime_header *header)
{
	const char *text = header->encoding;

	text = skip_blanks(text);
	text += *text == '"';
	if (begins(text, "base64"))
		return MIME_BASE64;
	if (begins(text, "quoted-printable"))
		return MIME_QUOTED;
	return MIME_PLAIN;
}

enum mime_kind mime_header_kind(const struct mime_header *header)
{
	static const char *const texts[] = {"text/", "message/", "application/json",
		"application/xml", "application/javascript", "application/rtf"};
	static const char *const media[] = {"image/", "audio/", "video/", "application/zip",
		"application/x-zip", "application/gzip", "application/x-gzip",
		"application/x-7z", "application/x-rar", "application/vnd.rar",
		"application/x-bzip", "application/x-xz", "application/x-compressed"};

	if (!header->type_field.is_there)
		return MIME_KIND_TEXT;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (begins(header->type, texts[i]))
			return MIME_KIND_TEXT;
	/* Drawings and pixels as they are compress well. */
	if (begins(header->type, "image/svg") || begins(header->type, "image/bmp"))
		return MIME_KIND_DOCUMENT;
	for (size_t i = 0; i < sizeof(media) / sizeof(media[0]); i++)
		if (begins(header->type, media[i]))
			return MIME_KIND_MEDIA;
	return MIME_KIND_DOCUMENT;
}

/* The value behind "boundary" and "="; NULL where this is not it. */
static const char *boundary_value(const char *name)
{
	const char *text = skip_blanks(name + strlen("boundary"));

	return *text == '=' ? skip_blanks(text + 1) : NULL;
}

static const char *find_boundary(const char *type)
{
	const char *at = type, *value = NULL;

	while (!value && (at = strcasestr(at, "boundary"))) {
		value = boundary_value(at);
		at++;
	}
	return value;
}

size_t mime_header_boundary(const struct mime_header *header, char *out)
{
	const char *value = find_boundary(header->type);
	size_t size = 0;

	if (!value)
		return 0;
	bool is_quoted = *value == '"';
	const char *ends = is_quoted ? "\"" : "; \t";
	for (value += is_quoted; *value && !strchr(ends, *value); value++) {
		if (is_quoted && *value == '\\' && value[1])
			value++;
		if (size == MIME_BOUNDARY_MAX)
			return 0;
		out[size++] = *value;
	}
	while (size > 0 && (out[size - 1] == ' ' || out[size - 1] == '\t'))
		size--;
	return size;
}

bool mime_is_media(const uint8_t *data, size_t size)
{
	static const struct {
		const char *bytes;
		size_t size, at;
	} magics[] = {{"\x89PNG", 4, 0}, {"\xff\xd8\xff", 3, 0}, {"GIF8", 4, 0}, {"WEBP", 4, 8},
		{"ftyp", 4, 4}, {"\x1f\x8b", 2, 0}, {"7z\xbc\xaf", 4, 0}, {"Rar!", 4, 0},
		{"\xfd"
		 "7zXZ",
			5, 0},
		{"BZh", 3, 0}, {"ID3", 3, 0}, {"OggS", 4, 0}, {"\x28\xb5\x2f\xfd", 4, 0}};

	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		if (size >= magics[i].at + magics[i].size &&
			memcmp(data + magics[i].at, magics[i].bytes, magics[i].size) == 0)
			return true;
	}
	return false;
}
