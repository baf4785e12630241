/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "../unit/item/mime_round.h"
#include "fuzz.h"
#include "item/zip_members.h"

/* A message: the first byte chooses the pieces in which it comes, and whether it is a body of
 * facts from outside instead. What was taken apart comes back; what comes from it does not
 * depend on the pieces; facts are taken or refused. A file for the finder of ZIP members: it
 * never passes what it was given, nor holds back more than it says. */

static int take(void *context, const void *data, size_t size)
{
	(void)context;
	ASSERT(data && size > 0);
	return 0;
}

static void build(const uint8_t *data, size_t size)
{
	struct mime_facts facts;
	struct mime_encoder *encoder;

	if (size < sizeof(facts))
		return;
	memcpy(&facts, data, sizeof(facts));
	int r = mime_encoder_new(&facts, take, NULL, &encoder);
	ASSERT(r == 0 || r == ERR_CORRUPT);
	if (r < 0)
		return;
	ASSERT(mime_encoder_add(encoder, data + sizeof(facts), size - sizeof(facts)) == 0);
	ASSERT(mime_encoder_finish(encoder) == 0);
	mime_encoder_free(encoder);
}

static void find_members(const uint8_t *data, size_t size)
{
	struct zip_members members;
	size_t at = 0;
	bool is_cut = true;

	zip_members_init(&members);
	while (is_cut) {
		size_t part = zip_members_next(&members, data + at, size - at, &is_cut);
		ASSERT(part <= size - at);
		ASSERT(is_cut || size - at - part < ZIP_MEMBERS_LOOK);
		at += part;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct mime_round round;

	if (size == 0)
		return 0;
	uint8_t choice = *data++;
	size--;
	if (choice == 0)
		build(data, size);
	find_members(data, size);
	mime_round_init(&round);
	ASSERT(mime_round_check(&round, data, size, 0, 0));
	uint64_t events = round.events;
	ASSERT(mime_round_check(&round, data, size, 1 + choice, choice));
	ASSERT(round.events == events);
	mime_round_free(&round);
	return 0;
}
