/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "fuzz.h"
#include "license_service/home.h"

/* What a vendor writes into the settings of the licensing service: taken, and then within its
 * bounds, or refused with a reason, whatever it is. */

static char *folder;

static void check_prices(const struct price_list *prices)
{
	int64_t before = 0;

	ASSERT(prices->count >= 1 && prices->count <= PRICE_STEPS_MAX);
	ASSERT(prices->steps[0].from == 1 && strlen(prices->currency) == 3);
	for (int64_t seats = 1; seats <= LICENSE_SEATS_MAX; seats *= 10) {
		int64_t year = price_year(prices, seats);
		ASSERT(year >= before); /* more never costs less */
		before = year;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct home *home = NULL;

	if (!folder) {
		folder = io_join(fuzz_folder(), "home");
		ASSERT(home_open(folder, NULL, &home) == 0); /* makes what else it needs */
		home_close(home);
	}
	AUTO_TEXT path = io_join(folder, "prices.json");
	ASSERT(io_write_file(path, data, size, 0600) == 0);
	if (home_open(folder, NULL, &home) < 0)
		ASSERT(strstr(err_message(), "prices.json"));
	else
		check_prices(&home->prices);
	home_close(home);
	return 0;
}
