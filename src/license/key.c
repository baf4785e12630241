/* SPDX-License-Identifier: Apache-2.0 */
#include "license/key.h"

#include <ctype.h>
#include <string.h>

enum { DATA_SYMBOLS = KEY_SYMBOLS - 2, GROUP = 5 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* GF(32) with x^5 + x^2 + 1. */
static unsigned field_multiply(unsigned a, unsigned b)
{
	unsigned product = 0;

	for (; b; b >>= 1) {
		if (b & 1)
			product ^= a;
		a <<= 1;
		if (a & 32)
			a ^= 0x25;
	}
	return product;
}

/* The code's words are the polynomials with roots 2 and 4; so any two differ in three places,
 * as 25 symbols are fewer than the field's 31. */
static unsigned evaluate(const uint8_t symbols[KEY_SYMBOLS], unsigned x)
{
	unsigned sum = 0;

	for (size_t i = 0; i < KEY_SYMBOLS; i++)
		sum = field_multiply(sum, x) ^ symbols[i];
	return sum;
}

/* The remainder of the data, shifted by two places, by (x + 2)(x + 4) = x^2 + 6x + 8. */
static void add_check(uint8_t symbols[KEY_SYMBOLS])
{
	unsigned high = 0, low = 0;

	for (size_t i = 0; i < DATA_SYMBOLS; i++) {
		unsigned factor = high ^ symbols[i];

		high = low ^ field_multiply(factor, 6);
		low = field_multiply(factor, 8);
	}
	symbols[DATA_SYMBOLS] = (uint8_t)high;
	symbols[DATA_SYMBOLS + 1] = (uint8_t)low;
}

static void write_groups(const uint8_t symbols[KEY_SYMBOLS], char out[KEY_TEXT_SIZE])
{
	size_t at = 0;

	for (size_t i = 0; i < KEY_SYMBOLS; i++) {
		if (i > 0 && i % GROUP == 0)
			out[at++] = '-';
		out[at++] = alphabet[symbols[i]];
	}
	out[at] = '\0';
}

void key_make(const uint8_t random[KEY_RANDOM_SIZE], char out[KEY_TEXT_SIZE])
{
	uint8_t symbols[KEY_SYMBOLS] = {0};

	for (size_t bit = 0; bit < DATA_SYMBOLS * 5; bit++) {
		unsigned byte = random[bit / 8];
		unsigned value = byte >> (7 - bit % 8) & 1U;

		symbols[bit / 5] = (uint8_t)(symbols[bit / 5] * 2U + value);
	}
	add_check(symbols);
	write_groups(symbols, out);
}

/* -1 for what is no symbol. */
static int symbol_value(char typed)
{
	int letter = toupper((unsigned char)typed);

	if (letter == 'O')
		return 0;
	if (letter == 'I' || letter == 'L')
		return 1;

	const char *found = letter ? strchr(alphabet, letter) : NULL;
	return found ? (int)(found - alphabet) : -1;
}

static int refuse_character(char typed)
{
	if (isgraph((unsigned char)typed))
		return err_set(ERR_INVALID,
			"the license key is mistyped: the character '%c' occurs in none",
			typed);
	return err_set(ERR_INVALID,
		"the license key is mistyped: it holds a character that occurs in none");
}

int key_read(const char *typed, char out[KEY_TEXT_SIZE])
{
	uint8_t symbols[KEY_SYMBOLS];
	size_t count = 0;

	for (const char *p = typed; *p; p++) {
		if (*p == '-' || isspace((unsigned char)*p))
			continue;
		int value = symbol_value(*p);
		if (value < 0)
			return refuse_character(*p);
		if (count < KEY_SYMBOLS)
			symbols[count] = (uint8_t)value;
		count++;
	}
	if (count != KEY_SYMBOLS)
		return err_set(ERR_INVALID,
			"the license key is mistyped: it has %zu characters, a key has %d",
			count, KEY_SYMBOLS);
	if (evaluate(symbols, 2) != 0 || evaluate(symbols, 4) != 0)
		return err_set(ERR_INVALID,
			"the license key is mistyped: its check characters do not fit");
	write_groups(symbols, out);
	return 0;
}

void key_mask(const char *key, char out[KEY_TEXT_SIZE])
{
	size_t i = 0;

	for (; key[i] && i < KEY_TEXT_SIZE - 1; i++)
		out[i] = i < GROUP || key[i] == '-' ? key[i] : '*';
	out[i] = '\0';
}
