/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/money.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

/* Those that have not two decimals. */
static int decimals_of(const char *currency)
{
	static const char none[] =
		"BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF";
	static const char three[] = "BHD IQD JOD KWD LYD OMR TND";

	return strstr(none, currency) ? 0 : strstr(three, currency) ? 3 : 2;
}

static int64_t unit_of(int decimals)
{
	return decimals == 0 ? 1 : decimals == 2 ? 100 : 1000;
}

char *money_count(int64_t number)
{
	char digits[32];
	char grouped[48];
	size_t at = 0;

	ASSERT(number >= 0);
	snprintf(digits, sizeof(digits), "%" PRId64, number);
	size_t count = strlen(digits);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && (count - i) % 3 == 0)
			grouped[at++] = ',';
		grouped[at++] = digits[i];
	}
	grouped[at] = '\0';
	return mem_strdup(grouped);
}

char *money_text(int64_t amount, const char *currency)
{
	int decimals = decimals_of(currency);
	int64_t unit = unit_of(decimals);
	AUTO_TEXT whole = money_count(amount / unit);

	if (decimals == 0)
		return mem_printf("%s %s", whole, currency);
	return mem_printf("%s.%0*" PRId64 " %s", whole, decimals, amount % unit, currency);
}

char *money_plain(int64_t amount, const char *currency)
{
	int decimals = decimals_of(currency);
	int64_t unit = unit_of(decimals);

	if (decimals == 0)
		return mem_printf("%" PRId64, amount);
	return mem_printf("%" PRId64 ".%0*" PRId64, amount / unit, decimals, amount % unit);
}
