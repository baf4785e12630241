/* SPDX-License-Identifier: Apache-2.0 */
#include "keep_options.h"

#include "base/mem.h"

char *keep_options_text(const struct options *options)
{
	static const char *const names[] = {
		"last", "hourly", "daily", "weekly", "monthly", "yearly", "within"};
	char *text = NULL;
	const char *rules;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_TEXT option = mem_printf("keep-%s", names[i]);
		const char *value = options_get(options, option);

		if (value)
			mem_replace(&text, mem_printf("%s%s%s:%s", text ? text : "all=",
						   text ? "," : "", names[i], value));
	}
	for (size_t i = 0; (rules = options_get_at(options, "kind", i)); i++)
		mem_replace(
			&text, mem_printf("%s%s%s", text ? text : "", text ? ";" : "", rules));
	return text;
}
