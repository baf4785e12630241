/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/recovery.h"

#include <stddef.h>
#include <string.h>

enum { SYMBOLS = 32, GROUP = 4 };

static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

void recovery_to_text(const uint8_t key[RECOVERY_SIZE], char out[RECOVERY_TEXT])
{
	unsigned bits = 0;
	int held = 0;
	size_t at = 0, symbols = 0;

	for (size_t i = 0; i < RECOVERY_SIZE; i++) {
		bits = bits << 8 | key[i];
		for (held += 8; held >= 5; held -= 5) {
			if (symbols > 0 && symbols % GROUP == 0)
				out[at++] = '-';
			out[at++] = alphabet[bits >> (held - 5) & 31];
			symbols++;
		}
		bits &= 0xff;
	}
	out[at] = '\0';
}

static int value_of(char typed)
{
	char upper = typed >= 'a' && typed <= 'z' ? (char)(typed - 'a' + 'A') : typed;

	if (upper == 'O')
		upper = '0';
	if (upper == 'I' || upper == 'L')
		upper = '1';
	const char *found = upper ? strchr(alphabet, upper) : NULL;
	return found ? (int)(found - alphabet) : -1;
}

bool recovery_from_text(const char *text, uint8_t out[RECOVERY_SIZE])
{
	unsigned bits = 0;
	int held = 0;
	size_t symbols = 0, at = 0;

	for (; *text; text++) {
		if (*text == '-' || *text == ' ')
			continue;
		int value = value_of(*text);
		if (value < 0 || symbols++ == SYMBOLS)
			return false;
		bits = (bits << 5 | (unsigned)value) & 0xfff;
		held += 5;
		if (held >= 8) {
			held -= 8;
			out[at++] = (uint8_t)(bits >> held);
		}
	}
	return symbols == SYMBOLS;
}
