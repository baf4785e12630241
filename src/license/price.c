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

/* A year of `more` licenses beyond `seats`. */
static int64_t year_of_more(const struct price_list *list, int64_t seats, int64_t more)
{
	return price_year(list, seats + more) - price_year(list, seats);
}

int64_t price_add(const struct price_list *list, const struct license *license, int64_t seats,
	int64_t now_s)
{
	struct license now = *license;
	struct license_effect effect;
	int64_t ahead = 0;

	while (license_settle(&now, now_s, &effect))
		;
	int64_t year = year_of_more(list, now.seats, seats);
	if (!now.activated_s)
		return year;
	if (now_s >= license_expires(&now))
		return 0;
	/* They join each renewal that waits, behind the licenses that it is for. */
	for (size_t i = 0; i < now.waiting_count; i++)
		ahead += year_of_more(list, now.waiting[i].seats, seats);

	int64_t term = now.years - (int64_t)now.waiting_count;
	int64_t start_s = term_end(now.anchor_s, term - 1);
	int64_t end_s = term_end(now.anchor_s, term);
	__extension__ typedef unsigned __int128 wide;
	wide length = (wide)(end_s - start_s);
	wide part = ((wide)year * (wide)(end_s - now_s) * 2 + length) / (length * 2);

	return ahead + (int64_t)part;
}
