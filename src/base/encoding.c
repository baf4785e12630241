/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <string.h>

#include "base/mem.h"

/* The encodings of text.h: hexadecimal, base64, percent. */

void text_to_hex(const void *data, size_t size, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *bytes = data;

	for (size_t i = 0; i < size; i++) {
		out[2 * i] = digits[bytes[i] >> 4];
		out[2 * i + 1] = digits[bytes[i] & 15];
	}
	out[2 * size] = 0;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int text_from_hex(const char *text, void *out, size_t size)
{
	unsigned char *bytes = out;

	if (strlen(text) != 2 * size)
		return err_set(ERR_INVALID, "not %zu hexadecimal digits", 2 * size);
	for (size_t i = 0; i < size; i++) {
		int high = hex_value(text[2 * i]), low = hex_value(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return err_set(ERR_INVALID, "not %zu hexadecimal digits", 2 * size);
		bytes[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}

static const char standard[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char url_safe[] =
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static char *encode64(const unsigned char *bytes, size_t size, const char *digits, bool pad)
{
	char *text = mem_alloc(size / 3 * 4 + 5);
	size_t at = 0;

	for (size_t i = 0; i < size; i += 3) {
		size_t left = size - i;
		uint32_t group = (uint32_t)bytes[i] << 16;
		group |= left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0;
		group |= left > 2 ? (uint32_t)bytes[i + 2] : 0;
		text[at++] = digits[group >> 18];
		text[at++] = digits[group >> 12 & 63];
		if (left > 1 || pad)
			text[at++] = left > 1 ? digits[group >> 6 & 63] : '=';
		if (left > 2 || pad)
			text[at++] = left > 2 ? digits[group & 63] : '=';
	}
	return text;
}

char *text_to_base64(const void *data, size_t size)
{
	return encode64(data, size, standard, true);
}

char *text_to_base64url(const void *data, size_t size)
{
	return encode64(data, size, url_safe, false);
}

static int value64(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

int text_from_base64(const char *text, struct buf *out)
{
	size_t digits = strlen(text);
	size_t padded = digits;
	uint32_t group = 0;

	while (digits > 0 && text[digits - 1] == '=')
		digits--;
	if (padded - digits > 2 || (padded != digits && padded % 4) || digits % 4 == 1)
		return err_set(ERR_INVALID, "not base64");
	for (size_t i = 0; i < digits; i++) {
		int value = value64(text[i]);
		if (value < 0)
			return err_set(ERR_INVALID, "not base64");
		group = group << 6 | (uint32_t)value;
		if (i % 4 == 0)
			continue;
		/* Digit 1, 2, 3 of a group completes its byte 0, 1, 2. */
		unsigned char byte = (unsigned char)(group >> (4 - 2 * (i % 4 - 1)));
		int r = buf_append(out, &byte, 1);
		if (r < 0)
			return r;
	}
	return 0;
}

char *text_percent_encode(const char *text)
{
	static const char unreserved[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
	char *out = mem_alloc(3 * strlen(text) + 1);
	size_t at = 0;

	for (; *text; text++) {
		if (strchr(unreserved, *text)) {
			out[at++] = *text;
		} else {
			char hex[3];
			text_to_hex(text, 1, hex);
			out[at++] = '%';
			out[at++] = hex[0] >= 'a' ? (char)(hex[0] - 'a' + 'A') : hex[0];
			out[at++] = hex[1] >= 'a' ? (char)(hex[1] - 'a' + 'A') : hex[1];
		}
	}
	return out;
}

char *text_percent_decode(const char *text, bool form)
{
	char *out = mem_alloc(strlen(text) + 1);
	size_t at = 0;

	for (size_t i = 0; text[i]; i++) {
		if (text[i] != '%') {
			out[at++] = form && text[i] == '+' ? ' ' : text[i];
			continue;
		}
		int high = hex_value(text[i + 1]);
		int low = high < 0 ? -1 : hex_value(text[i + 2]);
		if (low < 0 || (high == 0 && low == 0)) {
			mem_free(out);
			return NULL;
		}
		out[at++] = (char)(high << 4 | low);
		i += 2;
	}
	return out;
}
