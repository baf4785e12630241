/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/failure.h"

#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/err.h"
#include "base/log.h"
#include "base/mem.h"
#include "crypto/hash.h"

enum { EVERY_US = 1000 * 1000 };

static uint64_t digest_of(const char *event, const char *message)
{
	uint8_t hash[HASH_SIZE];
	uint64_t digest;
	AUTO_TEXT both = mem_printf("%s\n%s", event, message);

	hash_sha256(both, strlen(both), hash);
	memcpy(&digest, hash, sizeof(digest));
	return digest;
}

bool failure_is_told(struct failures *failures, const char *event, const char *message,
	int64_t now_us, int64_t *out_times)
{
	uint64_t digest = digest_of(event, message);
	struct failure *oldest = &failures->lately[0];
	struct failure *found = NULL;

	for (size_t i = 0; i < FAILURES_MAX; i++) {
		struct failure *failure = &failures->lately[i];

		if (failure->digest == digest)
			found = failure;
		if (failure->told_us < oldest->told_us)
			oldest = failure;
	}
	if (!found) {
		*oldest = (struct failure){.digest = digest};
		found = oldest;
	} else if (now_us < found->told_us + EVERY_US) {
		found->times++;
		return false;
	}
	*out_times = found->times + 1;
	found->told_us = now_us;
	found->times = 0;
	return true;
}

void failure_log(const char *event, const char *field, const char *value)
{
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of what follows */
	static struct failures failures;
	int64_t times;

	pthread_mutex_lock(&lock);
	bool is_told =
		failure_is_told(&failures, event, err_message(), clock_monotonic_us(), &times);
	pthread_mutex_unlock(&lock);
	if (!is_told)
		return;
	AUTO_TEXT count = mem_printf("%" PRId64, times);
	log_error(event, field, value, "why", err_message(), "times", count, NULL);
}
