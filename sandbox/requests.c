/* SPDX-License-Identifier: Apache-2.0 */
#include "sandbox/requests.h"

#include <stdatomic.h>

static atomic_llong counts[REQUESTS_KINDS];
static atomic_llong throttled, failed;

void requests_count(enum requests_kind kind, int status)
{
	atomic_fetch_add(&counts[kind], 1);
	if (status == 429)
		atomic_fetch_add(&throttled, 1);
	else if (status >= 400)
		atomic_fetch_add(&failed, 1);
}

void requests_reset(void)
{
	for (int kind = 0; kind < REQUESTS_KINDS; kind++)
		atomic_store(&counts[kind], 0);
	atomic_store(&throttled, 0);
	atomic_store(&failed, 0);
}

struct json *requests_report(void)
{
	static const char *const names[REQUESTS_KINDS] = {"token_requests", "user_requests",
		"folder_requests", "delta_requests", "message_requests", "value_requests",
		"group_requests", "thread_requests", "post_requests", "drive_requests",
		"content_requests", "other_requests"};
	struct json *report = json_new_object();
	long long total = 0;

	for (int kind = 0; kind < REQUESTS_KINDS; kind++) {
		long long count = atomic_load(&counts[kind]);
		json_put_int(report, names[kind], count);
		total += count;
	}
	json_put_int(report, "throttled", atomic_load(&throttled));
	json_put_int(report, "failed", atomic_load(&failed));
	json_put_int(report, "total", total);
	return report;
}
