/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/clock.h"
#include "base/io.h"
#include "base/mem.h"
#include "fuzz.h"
#include "license_client/license_client.h"

/* A file of an instance's license state, edited: the first byte chooses which. Nothing that no
 * root key signed makes an instance that may back up. */

static const char *const names[] = {"lease", "held", "license", "server", "identity", "trial"};

static char *folder;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct license_client *client = NULL;
	struct license_status status;
	static const char subject[] =
		"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

	if (!folder) {
		fuzz_fix_random();
		folder = io_join(fuzz_folder(), "license");
		ASSERT(license_client_open(folder, &client) == 0);
		license_client_close(client);
	}
	if (size == 0)
		return 0;
	const char *name = names[data[0] % (sizeof(names) / sizeof(names[0]))];
	AUTO_TEXT path = io_join(folder, name);
	AUTO_BUF before = buf_init(1 << 20);
	bool was_there = io_exists(path);

	ASSERT(!was_there || io_read_file(path, &before) == 0);
	ASSERT(io_write_file(path, data + 1, size - 1, 0600) == 0);
	if (license_client_open(folder, &client) == 0) {
		license_client_status(client, &status);
		ASSERT(!status.may_back_up && !license_client_is_held(client, subject));
	}
	license_client_close(client);
	if (was_there)
		ASSERT(io_write_file(path, before.data, before.size, 0600) == 0);
	else
		ASSERT(io_remove(path) == 0);
	return 0;
}
