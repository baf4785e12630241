/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "base/text.h"
#include "license_service/api_priv.h"
#include "license_service/history.h"

/* What instances see of a license's history, and what they say that they saw. */

const struct problem *api_read_witness(const struct json *body, struct history_witness *out)
{
	const struct json *witness = json_get(body, "witness");
	const char *chain = json_get_text(witness, "chain");

	*out = (struct history_witness){.is_given = witness != NULL};
	if (!witness)
		return NULL;
	out->revision = json_get_int(witness, "revision", -1);
	out->sequence = json_get_int(witness, "sequence", -1);
	if (out->revision < 0 || out->sequence < 0 || !api_is_hex(chain, 2 * HASH_SIZE) ||
		text_from_hex(chain, out->chain, HASH_SIZE) < 0)
		return problem_because(&problem_request_invalid,
			"\"witness\" must have a revision, a chain and a sequence");
	return NULL;
}

const struct problem *api_events(
	struct api *api, struct api_request *request, struct json *reply)
{
	struct history_page page = {
		.after = json_get_int(request->body, "after", -1),
		.chain = json_get_text(request->body, "chain"),
		.limit = json_get_int(request->body, "limit", HISTORY_PAGE_MAX),
	};

	if (page.after < 0)
		return problem_because(
			&problem_request_invalid, "\"after\" must be a revision");
	if (page.chain && !api_is_hex(page.chain, 2 * HASH_SIZE))
		return problem_because(
			&problem_request_invalid, "\"chain\" must be 64 hexadecimal digits");
	if (page.limit < 1 || page.limit > HISTORY_PAGE_MAX)
		return problem_because(&problem_request_invalid, "\"limit\" must be 1 to %d",
			HISTORY_PAGE_MAX);
	request->witness.reads_events = true;
	struct writer_job job = {.work = history_events, .context = &page};
	int r = api_run(api, request, &job, &page.answer, reply);
	mem_free(page.answer);
	return r < 0 ? problem_of_failure(r) : NULL;
}
