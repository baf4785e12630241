/* SPDX-License-Identifier: Apache-2.0 */
#include "item/mime_base64_priv.h"

#include <string.h>

/*
 * Tables that the compiler works out: what a character means at each of its four places, and
 * the two characters of each twelve bits.
 */

enum { BAD = 0x80000000 };

#define VALUE(c)                                                                               \
	((c) >= 'A' && (c) <= 'Z'          ? (c) - 'A'                                         \
		: (c) >= 'a' && (c) <= 'z' ? (c) - 'a' + 26                                    \
		: (c) >= '0' && (c) <= '9' ? (c) - '0' + 52                                    \
		: (c) == '+'               ? 62                                                \
		: (c) == '/'               ? 63                                                \
					   : -1)
#define PLACED(c, shift) (VALUE(c) < 0 ? 0x80000000u : (uint32_t)(VALUE(c) & 63) << (shift))
#define DIGIT(n)                                                                               \
	((n) < 26           ? 'A' + (n)                                                        \
		: (n) < 52  ? 'a' + (n)-26                                                     \
		: (n) < 62  ? '0' + (n)-52                                                     \
		: (n) == 62 ? '+'                                                              \
			    : '/')

#define TIMES_4(entry, n, with)                                                                \
	entry((n), with), entry((n) + 1, with), entry((n) + 2, with), entry((n) + 3, with)
#define TIMES_16(entry, n, with)                                                               \
	TIMES_4(entry, (n), with), TIMES_4(entry, (n) + 4, with),                              \
		TIMES_4(entry, (n) + 8, with), TIMES_4(entry, (n) + 12, with)
#define TIMES_64(entry, n, with)                                                               \
	TIMES_16(entry, (n), with), TIMES_16(entry, (n) + 16, with),                           \
		TIMES_16(entry, (n) + 32, with), TIMES_16(entry, (n) + 48, with)
#define TIMES_256(entry, n, with)                                                              \
	TIMES_64(entry, (n), with), TIMES_64(entry, (n) + 64, with),                           \
		TIMES_64(entry, (n) + 128, with), TIMES_64(entry, (n) + 192, with)

static const uint32_t placed[4][256] = {
	{TIMES_256(PLACED, 0, 18)},
	{TIMES_256(PLACED, 0, 12)},
	{TIMES_256(PLACED, 0, 6)},
	{TIMES_256(PLACED, 0, 0)},
};

#define PAIR(low, high)                                                                        \
	{                                                                                      \
		(uint8_t)(DIGIT(high)), (uint8_t)(DIGIT(low))                                  \
	}
#define PAIRS(high) TIMES_64(PAIR, 0, (high))
#define PAIRS_4(n) PAIRS(n), PAIRS((n) + 1), PAIRS((n) + 2), PAIRS((n) + 3)
#define PAIRS_16(n) PAIRS_4(n), PAIRS_4((n) + 4), PAIRS_4((n) + 8), PAIRS_4((n) + 12)

static const uint8_t pairs[4096][2] = {PAIRS_16(0), PAIRS_16(16), PAIRS_16(32), PAIRS_16(48)};

static uint32_t decode_4(const uint8_t *text)
{
	return placed[0][text[0]] | placed[1][text[1]] | placed[2][text[2]] |
	       placed[3][text[3]];
}

static void put_3(uint8_t *out, uint32_t group)
{
	out[0] = (uint8_t)(group >> 16);
	out[1] = (uint8_t)(group >> 8);
	out[2] = (uint8_t)group;
}

bool base64_decode(const uint8_t *text, size_t size, uint8_t *out)
{
	uint32_t bad = 0;
	size_t at = 0;

	for (; at + 8 <= size; at += 8, out += 6) {
		uint32_t first = decode_4(text + at), second = decode_4(text + at + 4);
		uint64_t both = (uint64_t)first << 40 | (uint64_t)second << 16;
		bad |= first | second;
		both = __builtin_bswap64(both);
		memcpy(out, &both, 6);
	}
	if (at < size) {
		uint32_t group = decode_4(text + at);
		bad |= group;
		put_3(out, group);
	}
	return !(bad & BAD);
}

bool base64_decode_last(const uint8_t *text, size_t size, uint8_t *out, size_t *out_size)
{
	size_t pad = size < 4 || text[size - 1] != '=' ? 0 : text[size - 2] == '=' ? 2 : 1;
	uint8_t last[4], bytes[3];

	*out_size = size / 4 * 3 - pad;
	if (pad == 0)
		return base64_decode(text, size, out);
	if (!base64_decode(text, size - 4, out))
		return false;
	memcpy(last, text + size - 4, 4);
	memset(last + 4 - pad, 'A', pad);
	if (!base64_decode(last, 4, bytes) || bytes[2] != 0 || (pad == 2 && bytes[1] != 0))
		return false;
	memcpy(out + (size - 4) / 4 * 3, bytes, 3 - pad);
	return true;
}

static void encode_3(const uint8_t *data, uint8_t *out)
{
	uint32_t group = (uint32_t)data[0] << 16 | (uint32_t)data[1] << 8 | data[2];

	memcpy(out, pairs[group >> 12], 2);
	memcpy(out + 2, pairs[group & 4095], 2);
}

size_t base64_encode(const uint8_t *data, size_t size, uint8_t *out)
{
	uint8_t last[3] = {0};
	size_t at = 0;
	const uint8_t *begin = out;

	for (; at + 3 <= size; at += 3, out += 4)
		encode_3(data + at, out);
	if (at < size) {
		memcpy(last, data + at, size - at);
		encode_3(last, out);
		memset(out + 1 + (size - at), '=', 3 - (size - at));
		out += 4;
	}
	return (size_t)(out - begin);
}
