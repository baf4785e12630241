/* SPDX-License-Identifier: Apache-2.0 */
#ifndef LICENSE_SERVICE_MONEY_H
#define LICENSE_SERVICE_MONEY_H

#include <stdint.h>

/** An amount in minor units for people: "1,234.50 EUR", with the decimals of its currency (ISO
 * 4217). The caller frees it. */
char *money_text(int64_t amount, const char *currency);

/** The same without currency and commas, for machines: "1234.50". The caller frees it. */
char *money_plain(int64_t amount, const char *currency);

/** A whole number with commas: "1,000". The caller frees it. */
char *money_count(int64_t number);

#endif
