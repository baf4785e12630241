/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/io.h"
#include "base/mem.h"
#include "license_client/license_client_priv.h"

/* The vendor's statement for the time without a service, see license/sunset.h. */

bool client_works_by_sunset(const struct license_client *client, int64_t now_s)
{
	const struct record *record = &client->record;

	return record->proof.lease_text &&
	       sunset_allows(&client->sunset,
		       standing_judge(&record->proof.lease, now_s, record->failed_s), now_s);
}

static int judge(const struct license_client *client, const char *text)
{
	struct sunset sunset;
	int r = sunset_read(text, client->endpoint.root, &sunset);

	if (r < 0)
		return r;
	if (!sunset_is_for(&sunset, client->grant.license_id))
		return err_set(
			ERR_LICENSE, "the sunset statement is for another license than this");
	if (client_now_s(client) >= sunset.until_s)
		return err_set(ERR_LICENSE, "the sunset statement is over");
	return 0;
}

int license_client_take_sunset(struct license_client *client, const char *file)
{
	AUTO_BUF content = buf_init(SUNSET_TEXT_MAX);
	int lock;
	int r = io_read_file(file, &content);
	const char *text = r == 0 ? buf_text(&content) : NULL;

	if (r == ERR_LIMIT || (r == 0 && !text))
		return err_set(ERR_CORRUPT, "%s is no sunset statement", file);
	if (r < 0)
		return r;
	client_refresh(client);
	if (!client->grant.license_id[0])
		return err_set(ERR_LICENSE, "no license is active here; activate a license "
					    "key first");
	r = judge(client, text);
	if (r == 0)
		r = client_begin(client, &lock);
	if (r < 0)
		return r;
	r = client_write_sunset(client, text);
	client->read_once = false;
	client_end(lock);
	return r;
}
