/* SPDX-License-Identifier: Apache-2.0 */
#include "storage/storage.h"

#include "base/text.h"

bool storage_is_url(const char *text)
{
	return text_starts_with(text, "s3://") || text_starts_with(text, "https://") ||
	       text_starts_with(text, "http://");
}

int storage_open_url(
	const char *text, const struct storage_options *options, struct storage **out)
{
	(void)options;
	if (storage_is_url(text))
		return err_set(ERR_INVALID, "%s: not yet", text);
	*out = storage_open_folder(text);
	return 0;
}
