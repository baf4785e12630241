/* SPDX-License-Identifier: Apache-2.0 */
#include "base/text.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

int text_to_int(const char *text, int64_t low, int64_t high, int64_t *out)
{
	char *end;

	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (end == text || *end || errno || (*text != '-' && (*text < '0' || *text > '9')))
		return err_set(ERR_INVALID, "\"%.40s\" is no whole number", text);
	if (value < low || value > high)
		return err_set(ERR_INVALID, "%.40s is not between %" PRId64 " and %" PRId64,
			text, low, high);
	*out = value;
	return 0;
}

static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int compare_nocase(const char *a, const char *b, size_t limit)
{
	for (size_t i = 0; i < limit; i++) {
		int difference = lower(a[i]) - lower(b[i]);
		if (difference || !a[i])
			return difference;
	}
	return 0;
}

int text_compare_nocase(const char *a, const char *b)
{
	return compare_nocase(a, b, SIZE_MAX);
}

bool text_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

bool text_equal_nocase(const char *a, const char *b)
{
	return text_compare_nocase(a, b) == 0;
}

bool text_starts_with(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool text_ends_with(const char *text, const char *suffix)
{
	size_t size = strlen(text), tail = strlen(suffix);

	return size >= tail && strcmp(text + size - tail, suffix) == 0;
}

void text_lower(char *text)
{
	for (; *text; text++)
		*text = (char)lower(*text);
}

/* Whether the second byte of a sequence may follow its first (RFC 3629 section 4). */
static bool second_fits(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

/* How long the sequence at `text` is, 0 where it is not well-formed. */
static size_t sequence_size(const unsigned char *text, size_t left)
{
	unsigned char first = text[0];

	if (first < 0x80)
		return first ? 1 : 0;
	if (first < 0xc2 || first > 0xf4)
		return 0;
	size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
	if (size > left || !second_fits(first, text[1]))
		return 0;
	for (size_t i = 2; i < size; i++) {
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	}
	return size;
}

/* Most texts are ASCII: eight bytes of it at once, none of them 0. */
static bool is_ascii(const unsigned char *text)
{
	static const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return ((word | (word - ones)) & (ones << 7)) == 0;
}

bool text_is_utf8(const char *text, size_t size)
{
	const unsigned char *bytes = (const unsigned char *)text;

	for (size_t at = 0; at < size;) {
		if (size - at >= sizeof(uint64_t) && is_ascii(bytes + at)) {
			at += sizeof(uint64_t);
			continue;
		}
		size_t step = sequence_size(bytes + at, size - at);
		if (!step)
			return false;
		at += step;
	}
	return true;
}

size_t text_utf8_cut(const char *text, size_t limit)
{
	size_t size = strnlen(text, limit + 1);

	if (size <= limit)
		return size;
	size = limit;
	while (size > 0 && ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

char *text_size(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)bytes;
	size_t unit = 0;

	while (value >= 999.5 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1000;
		unit++;
	}
	return mem_printf(unit && value < 99.95 ? "%.1f %s" : "%.0f %s", value, units[unit]);
}
