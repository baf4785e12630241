/* SPDX-License-Identifier: Apache-2.0 */
#include "license/price.h"

#include "license/term.h"

int64_t price_year(const struct price_list *list, int64_t seats)
{
	int64_t sum = 0;

	for (size_t i = 0; i < list->count; i++) {
		int64_t first = list->steps[i].from;
		int64_t last = i + 1 < list->count ? list->steps[i + 1].from - 1 : seats;

		if (last > seats)
			last = seats;
		if (first <= last)
			sum += (last - first + 1) * list->steps[i].amount;
	}
	return sum;
}

int64_t price_add(const struct price_list *list, const struct license *license, int64_t seats,
	int64_t now_s)
{
	int64_t year =
		price_year(list, license->seats + seats) - price_year(list, license->seats);

	if (!license->activated_s)
		return year;
	if (now_s >= license_expires(license))
		return 0;

	int64_t term = 1;
	while (term_end(license->anchor_s, term) <= now_s)
		term++;
	int64_t start_s = term_end(license->anchor_s, term - 1);
	int64_t end_s = term_end(license->anchor_s, term);
	__extension__ typedef unsigned __int128 wide;
	wide length = (wide)(end_s - start_s);
	wide part = ((wide)year * (wide)(end_s - now_s) * 2 + length) / (length * 2);

	return year * (license->years - term) + (int64_t)part;
}
