/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "fuzz.h"
#include "license/lease.h"
#include "license/sunset.h"
#include "license/trial.h"

/* The texts that the service and its root key sign: leases, keysets, what asks for a keyset,
 * trials, sunset statements. The first byte says which, and whether the rest is taken as it is,
 * or as what a true key signs, so that the reader is tried behind the signature too. What is
 * accepted has one spelling, the writer's; what no key signed is never accepted. */

static struct sign_key root, online;
static struct keyset keyset;

static void make_keys(void)
{
	fuzz_key(1, &root);
	fuzz_key(2, &online);
	keyset = (struct keyset){.version = 3, .count = 1};
	keyset.keys[0].from_s = 0;
	keyset.keys[0].until_s = INT64_MAX;
	keyset_key_id(online.public, keyset.keys[0].id);
	memcpy(keyset.keys[0].public, online.public, SIGN_PUBLIC_SIZE);
}

static void try_lease(const char *text, bool is_signed)
{
	struct lease lease;

	if (lease_read(text, &keyset, &lease) < 0)
		return;
	ASSERT(is_signed);
	AUTO_TEXT again = lease_write(&lease, &online);
	ASSERT(strcmp(again, text) == 0);
}

static void try_keyset(const char *text, bool is_signed)
{
	struct keyset read;

	if (keyset_read(text, root.public, &read) < 0)
		return;
	ASSERT(is_signed);
	ASSERT(read.count >= 1 && read.count <= KEYSET_MAX && read.version >= 1);
	AUTO_TEXT again = keyset_write(&read, &root);
	ASSERT(strcmp(again, text) == 0);
}

/* Is signed by nobody yet. */
static void try_request(const char *text)
{
	struct keyset read;

	if (keyset_read_request(text, &read) < 0)
		return;
	ASSERT(read.count >= 1 && read.count <= KEYSET_MAX && read.version >= 1);
	AUTO_TEXT again = keyset_write_request(&read);
	ASSERT(strcmp(again, text) == 0);
	/* What the root then signs is believed, and is no request any more. */
	AUTO_TEXT answer = keyset_write(&read, &root);
	ASSERT(keyset_read(answer, root.public, &read) == 0);
	ASSERT(keyset_read_request(answer, &read) < 0);
}

static void try_trial(const char *text, bool is_signed)
{
	struct trial trial;

	if (trial_read(text, &keyset, &trial) < 0)
		return;
	ASSERT(is_signed);
	ASSERT(trial.items_per_folder >= 1 && trial.items_per_folder <= TRIAL_ITEMS_MAX);
	ASSERT(trial.state == TRIAL_RUNS || trial.state == TRIAL_ENDED);
	/* Never backs up at its end, or when it was offline for the longest time. */
	ASSERT(!trial_may_back_up(trial_judge(&trial, trial.ends_s, 0)));
	ASSERT(!trial_may_back_up(trial_judge(&trial, trial_offline_until(&trial), 1)));
	AUTO_TEXT again = trial_write(&trial, &online);
	ASSERT(strcmp(again, text) == 0);
}

static void try_sunset(const char *text, bool is_signed)
{
	static const char id[] = "00112233445566778899aabbccddeeff";
	struct sunset sunset;

	if (sunset_read(text, root.public, &sunset) < 0)
		return;
	ASSERT(is_signed);
	ASSERT(!sunset.license_id[0] || strlen(sunset.license_id) == LEASE_ID_SIZE - 1);
	ASSERT(!sunset_allows(&sunset, STANDING_REVOKED, 0));
	ASSERT(!sunset_allows(&sunset, STANDING_ACTIVE, sunset.until_s));
	ASSERT(!sunset_is_for(&sunset, id) || !sunset.license_id[0] ||
		strcmp(sunset.license_id, id) == 0);
	AUTO_TEXT again = sunset_write(&sunset, &root);
	ASSERT(strcmp(again, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	typedef void try_fn(const char *text, bool is_signed);
	static const struct {
		try_fn *run;
		const struct sign_key *key;
	} kinds[] = {{try_lease, &online}, {try_keyset, &root}, {try_trial, &online},
		{try_sunset, &root}};

	if (keyset.count == 0)
		make_keys();
	if (size == 0)
		return 0;
	AUTO_TEXT text = fuzz_text(data + 1, size - 1);
	/* "0" and "1" a lease, unsigned and signed; "2" and "3" a keyset, and so on. */
	unsigned choice = (data[0] + 6U) % 9;
	if (choice == 8) {
		try_request(text);
	} else if (choice % 2 == 0) {
		kinds[choice / 2].run(text, false);
	} else {
		AUTO_TEXT with = fuzz_signed(text, kinds[choice / 2].key);
		kinds[choice / 2].run(with, true);
	}
	return 0;
}
