/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <stdio.h>

#include "base/io.h"
#include "base/mem.h"
#include "fuzz.h"

/* Stands in for libFuzzer: gives a target each file of a corpus, whatever the compiler. */

enum { INPUT_MAX = 1 << 20 };

static int replay_file(const char *path)
{
	AUTO_BUF bytes = buf_init(INPUT_MAX);
	int r = io_read_file(path, &bytes);

	if (r == 0)
		LLVMFuzzerTestOneInput(
			bytes.data ? bytes.data : (const uint8_t *)"", bytes.size);
	return r;
}

static int replay_folder(const char *folder, size_t *count)
{
	DIR *listing = opendir(folder);
	int r = listing ? 0 : err_errno("cannot list %s", folder);

	for (const struct dirent *entry; r == 0 && (entry = readdir(listing));) {
		AUTO_TEXT path = io_join(folder, entry->d_name);
		if (entry->d_name[0] == '.')
			continue;
		r = replay_file(path);
		++*count;
	}
	if (listing)
		closedir(listing);
	return r;
}

int main(int argc, char **argv)
{
	size_t count = 0;
	int r = argc == 2 ? replay_folder(argv[1], &count)
			  : err_set(ERR_USAGE, "use: %s FOLDER", argv[0]);

	if (r == 0 && count == 0)
		r = err_set(ERR_NOTFOUND, "%s is empty: nothing is shown", argv[1]);
	if (r < 0)
		fprintf(stderr, "%s\n", err_message());
	else
		printf("%zu inputs\n", count);
	return r < 0;
}
