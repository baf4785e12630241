/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/timestamp.h"
#include "license_client/assignments.h"
#include "license_client/contact.h"

/* Releases. They are not asked twice: a lost answer is told, and the list shows what became of
 * it. */

enum { RELEASES_MAX = 10000 }; /* of one request */

static struct json *request_body(const struct license_release *releases, size_t count)
{
	struct json *body = json_new_object();
	struct json *subjects = json_new_array();

	for (size_t i = 0; i < count; i++) {
		AUTO_TEXT subject = mem_strdup(releases[i].subject);
		text_lower(subject); /* typed by somebody */
		json_append(subjects, json_new_text(subject));
	}
	json_put(body, "subjects", subjects);
	return body;
}

static int take_result(struct license_release *release, const struct json *result)
{
	const char *releasable = json_get_text(result, "releasable_at");

	if (!text_equal_nocase(json_get_text_or(result, "subject", ""), release->subject))
		return err_set(ERR_PROTOCOL, "the licensing service answers another release");
	release->released = json_get_bool(result, "released", false);
	if (!releasable)
		return 0;
	return timestamp_parse(releasable, &release->releasable_s);
}

static int take_results(
	struct license_release *releases, size_t count, const struct json *answer)
{
	const struct json *results = json_get(answer, "results");
	int r = 0;

	if (json_count(results) != count)
		return err_set(ERR_PROTOCOL, "the licensing service answers another release");
	if (json_get_text(answer, "refused"))
		return err_set(ERR_LICENSE, "the license was revoked: nothing is released");
	for (size_t i = 0; r == 0 && i < count; i++)
		r = take_result(&releases[i], json_at(results, i));
	return r;
}

/* What was released leaves the set, also where it was not there for others' doing. */
static void keep_released(
	struct license_client *client, const struct license_release *releases, size_t count)
{
	struct assignments_change change = {
		.removed = mem_array(count + 1, sizeof(*change.removed)),
	};

	for (size_t i = 0; i < count; i++) {
		struct heldset_entry *entry = &change.removed[change.removed_count];
		if (releases[i].releasable_s == 0 &&
			text_from_hex(releases[i].subject, entry->id, sizeof(entry->id)) == 0)
			change.removed_count++;
	}
	if (!assignments_apply(client, &change))
		assignments_update_soon(client);
	mem_free(change.removed);
}

static int release_batch(
	struct license_client *client, struct license_release *releases, size_t count)
{
	AUTO_JSON body = request_body(releases, count);
	AUTO_REPLY reply = {0};
	const struct contact contact = {
		.path = "/v1/releases",
		.body = body,
		.timeout_ms = EXCHANGE_TIMEOUT_MS,
	};
	int r = contact_ask(client, &contact, &reply);

	if (r == ERR_LICENSE)
		return r;
	if (r < 0)
		return err_wrap(r, "a release needs the licensing service");
	r = take_results(releases, count, reply.answer);
	if (r == 0)
		keep_released(client, releases, count);
	return r;
}

int license_client_release(
	struct license_client *client, struct license_release *releases, size_t count)
{
	uint8_t id[HELDSET_ID_SIZE];
	int r = 0;

	for (size_t i = 0; i < count; i++) {
		releases[i].released = false;
		releases[i].releasable_s = 0;
		if (text_from_hex(releases[i].subject, id, sizeof(id)) < 0)
			return err_set(
				ERR_INVALID, "\"%s\" is no subject", releases[i].subject);
	}
	for (size_t done = 0; r == 0 && done < count; done += RELEASES_MAX) {
		size_t left = count - done;
		r = release_batch(
			client, releases + done, left < RELEASES_MAX ? left : RELEASES_MAX);
	}
	return r;
}
