/* SPDX-License-Identifier: Apache-2.0 */
#include "license/chain.h"

#include <inttypes.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"

void chain_next(const uint8_t before[HASH_SIZE], const struct chain_event *event,
	uint8_t out[HASH_SIZE])
{
	char hex[2 * HASH_SIZE + 1];
	char at[TIMESTAMP_SIZE];

	text_to_hex(before, HASH_SIZE, hex);
	timestamp_format(event->at_s, at);
	AUTO_TEXT text = mem_printf("GARNER-EVENT/1\n%s\n%s\n%" PRId64 "\n%s\n%s\n%s\n", hex,
		event->license_id, event->revision, at, event->kind, event->detail);
	hash_sha256(text, strlen(text), out);
}
