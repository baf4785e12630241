/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "repo/armor.h"

/*
 * How fast parity and sums are made, looked at and repaired, for a file of 16 MiB of data.
 */

enum { DATA = (16 << 20) + 123456, TURNS = 40 };

static void say(const char *what, int64_t began_us)
{
	double s = (double)(clock_boot_us() - began_us) / 1e6;

	printf("%-12s %6.2f GB/s\n", what, (double)DATA * TURNS / 1e9 / s);
}

int main(void)
{
	struct armor_trailer trailer = {
		.magic = {'B', 'E', 'N', 'C', 'H', ' ', ' ', '2'}, .parity = ARMOR_PARITY};
	struct armor_report report;
	struct buf file = buf_init(2 * DATA);
	uint8_t *data = buf_reserve(&file, DATA + (1 << 20));

	if (!data)
		return 1;
	for (size_t i = 0; i < DATA; i++)
		data[i] = (uint8_t)(i * 2654435761U >> 13);
	buf_commit(&file, DATA);
	int64_t began_us = clock_boot_us();
	for (int i = 0; i < TURNS; i++) {
		file.size = DATA;
		if (armor_close(&file, &trailer) < 0)
			return 1;
	}
	say("close", began_us);
	began_us = clock_boot_us();
	for (int i = 0; i < TURNS; i++)
		if (armor_check(file.data, file.size, "BENCH  2", &report) < 0)
			return 1;
	say("check", began_us);
	began_us = clock_boot_us();
	for (int i = 0; i < TURNS; i++) {
		memset(file.data + 1000, i, 2000);
		file.data[DATA - 1] ^= 1;
		if (armor_repair(file.data, file.size, "BENCH  2", &report) < 0 ||
			report.damaged != 2)
			return 1;
	}
	say("repair of 2", began_us);
	buf_free(&file);
	return 0;
}
