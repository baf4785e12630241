/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include "base/text.h"

int operation_want(const struct operation_call *call, const char *key, const char **out)
{
	*out = json_get_text(call->arguments, key);
	if (!*out || !**out)
		return err_set(ERR_INVALID, "%s is missing", key);
	return 0;
}

int operation_run(const struct operation_call *call, const char *name, struct json **out)
{
	static const struct operation *const tables[] = {operations_connection, operations_job,
		operations_license, operations_notify, operations_subject, operations_why};

	*out = NULL;
	for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
		for (const struct operation *o = tables[i]; o->name; o++) {
			if (text_equal(o->name, name))
				return o->run(call, out);
		}
	}
	return err_set(ERR_NOTFOUND, "there is no operation \"%s\"", name);
}
