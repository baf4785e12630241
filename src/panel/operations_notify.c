/* SPDX-License-Identifier: Apache-2.0 */
#include "panel/operation_priv.h"

#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "crypto/secret.h"
#include "job/notify_send.h"

/* Who is told of notices by e-mail or webhook. */

static int add(const struct operation_call *call, struct json **out)
{
	static const char *const kept[] = {"server", "from", "to", "user", "url", "ca_file"};
	AUTO_JSON settings = json_new_object();
	AUTO_TEXT secret = NULL;
	struct receiver_new receiver = {
		.settings = settings, .secret = json_get_text(call->arguments, "secret")};
	int r = operation_want(call, "kind", &receiver.kind);

	if (r == 0)
		r = operation_want(call, "name", &receiver.name);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		const char *value = json_get_text(call->arguments, kept[i]);
		if (value)
			json_put_text(settings, kept[i], value);
	}
	json_put_bool(settings, "no_tls", json_get_bool(call->arguments, "no_tls", false));
	json_put_bool(settings, "cleared", json_get_bool(call->arguments, "cleared", false));
	json_put_int(settings, "gather_s", json_get_int(call->arguments, "gather_s", 0));
	if (r == 0)
		r = receiver_add(call->installation, &receiver, &secret);
	if (r < 0)
		return r;
	AUTO_TEXT place = receiver_place(receiver.kind, settings);
	*out = json_new_object();
	json_put_text(*out, "name", receiver.name);
	json_put_text(*out, "kind", receiver.kind);
	json_put_text(*out, "to", place);
	if (secret) {
		json_put_text(*out, "secret", secret);
		secret_wipe(secret, strlen(secret));
	}
	return 0;
}

static int list(const struct operation_call *call, struct json **out)
{
	return receiver_list(call->installation, out);
}

static int test(const struct operation_call *call, struct json **out)
{
	const struct notify_sender sender = {notify_send, NULL};
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = notify_test(call->installation, name, &sender);
	*out = r == 0 ? json_new_object() : NULL;
	return r;
}

static int remove_one(const struct operation_call *call, struct json **out)
{
	const char *name;
	int r = operation_want(call, "name", &name);

	if (r == 0)
		r = receiver_remove(call->installation, name);
	*out = r == 0 ? json_new_object() : NULL;
	return r;
}

static int show_log(const struct operation_call *call, struct json **out)
{
	return notify_log(call->installation, out);
}

const struct operation operations_notify[] = {
	{"notify.add", add},
	{"notify.list", list},
	{"notify.log", show_log},
	{"notify.remove", remove_one},
	{"notify.test", test},
	{NULL, NULL},
};
