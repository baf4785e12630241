/* SPDX-License-Identifier: Apache-2.0 */
#include "counts.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const texts[] = {
#define COUNT_TEXT(name, text) text,
	COUNTS(COUNT_TEXT)
#undef COUNT_TEXT
};

void counts_add(struct counts *counts, const struct counts *more)
{
	for (int i = 0; i < COUNT_KINDS; i++)
		counts->of[i] += more->of[i];
	counts->print = counts->print * 31 + more->print;
}

void counts_print(const struct counts *counts)
{
	for (int i = 0; i < COUNT_KINDS; i++)
		printf("%12" PRId64 "  %s\n", counts->of[i], texts[i]);
}
