/* SPDX-License-Identifier: Apache-2.0 */
#include "fixture.h"

#include <inttypes.h>

#include "base/buf.h"
#include "base/mem.h"

enum { SEEN_MAX = 64 * 1024 * 1024 };

const struct source_object fixture_ada = {
	.id = "u1", .kind = "mailbox", .name = "ada@contoso.example"};
const struct source_folder fixture_inbox = {.id = "f=1", .parent_id = "", .name = "Inbox"};

int fixture_begin_without_token(void **state)
{
	struct fixture *fixture = mem_alloc(sizeof(*fixture));

	fake_clock_begin();
	fixture->seen = buf_init(SEEN_MAX);
	fixture->fake = fake_start();
	fixture->source = fake_source(fixture->fake, &fixture->usage);
	*state = fixture;
	return 0;
}

int fixture_begin(void **state)
{
	fixture_begin_without_token(state);
	struct fixture *fixture = *state;
	fake_says(fixture->fake, TOKEN, 200, GOOD_TOKEN);
	return 0;
}

int fixture_end(void **state)
{
	struct fixture *fixture = *state;

	source_close(fixture->source);
	fake_stop(fixture->fake);
	buf_free(&fixture->seen);
	mem_free(fixture);
	return 0;
}

char *fixture_seen(struct fixture *fixture)
{
	char *text = mem_strdup(buf_text(&fixture->seen));

	buf_clear(&fixture->seen);
	return text;
}

int fixture_object(void *context, const struct source_object *object)
{
	struct fixture *fixture = context;

	return buf_printf(&fixture->seen,
		"%s %s purpose=%s m365=%d exchange=%d mailbox=%d%s%s\n", object->kind,
		object->name, object->owner.purpose, object->owner.m365_license,
		object->owner.exchange_license, object->owner.has_mailbox,
		object->unsupported ? " unsupported=" : "",
		object->unsupported ? object->unsupported : "");
}

int fixture_folder(void *context, const struct source_folder *folder)
{
	struct fixture *fixture = context;

	return buf_printf(
		&fixture->seen, "%s<%s:%s\n", folder->id, folder->parent_id, folder->name);
}

int fixture_item(void *context, const struct source_item *item)
{
	struct fixture *fixture = context;

	if (item->removed)
		return buf_printf(&fixture->seen, "-%s\n", item->id);
	return buf_printf(&fixture->seen, "+%s %s %s|%s %" PRId64 "\n", item->id, item->type,
		item->tag, item->name, item->modified_s);
}

int fixture_bytes(void *context, const void *data, size_t size)
{
	struct fixture *fixture = context;

	return buf_append(&fixture->seen, data, size);
}
