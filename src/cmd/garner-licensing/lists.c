/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "app.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "license_service/admin_lists.h"

/* What the vendor looks at: customers, orders, instances, events. A list goes on behind
 * --after. */

static void print_list(const struct app *app, const struct json *result, const char *name,
	const char *const *members)
{
	const struct json *rows = json_get(result, name);

	if (app->json)
		print_json(result);
	for (size_t i = 0; i < json_count(rows); i++) {
		AUTO_TEXT line = mem_strdup("");

		for (const char *const *member = members; *member; member++) {
			const struct json *value = json_get(json_at(rows, i), *member);
			AUTO_TEXT text = json_is_number(value)
						 ? mem_printf("%" PRId64, json_as_int(value, 0))
						 : mem_strdup(json_get_text_or(
							   json_at(rows, i), *member, "-"));
			mem_replace(&line, mem_printf("%s%s%s", line, *line ? "  " : "", text));
		}
		print_line(app, "%s", line);
	}
	const char *next = json_get_text(result, "next");
	if (next)
		print_line(app, "More: --after %s", next);
}

static int run(struct app *app, const char *name, admin_list_fn *list,
	const char *const *members, struct admin_page *page)
{
	AUTO_JSON result = NULL;
	const char *limit = options_get(app->options, "limit");

	page->after = options_get(app->options, "after");
	page->limit = ADMIN_LIST_USUAL;
	page->now_s = clock_now_s();
	if (limit && text_to_int(limit, 1, ADMIN_LIST_MOST, &page->limit) < 0)
		return err_set(ERR_USAGE, "--limit must lie between 1 and %d", ADMIN_LIST_MOST);
	int r = app->store ? 0 : app_open_store(app);
	if (r == 0)
		r = list(app->store, page, &result);
	if (r == 0)
		print_list(app, result, name, members);
	return r;
}

int commands_customers(void *context, const struct options *options)
{
	static const char *const members[] = {
		"email", "name", "orders", "completed", "last_order_at", NULL};
	struct admin_page page = {.query = options_argument(options, 0)};

	return run(context, "customers", admin_list_customers, members, &page);
}

int commands_orders(void *context, const struct options *options)
{
	static const char *const members[] = {"placed_at", "order_id", "state", "kind", "seats",
		"amount", "currency", "email", "customer", NULL};
	struct admin_page page = {.state = options_get(options, "only")};

	return run(context, "orders", admin_list_orders, members, &page);
}

/* Lists of one license, whose key the command names. */
static int run_for_key(
	struct app *app, const char *name, admin_list_fn *list, const char *const *members)
{
	struct app_key key;
	struct admin_page page = {.license_id = key.license_id};
	int r = app_open_store(app);

	if (r == 0)
		r = app_read_key(app, &key);
	return r < 0 ? r : run(app, name, list, members, &page);
}

int commands_instances(void *context, const struct options *options)
{
	static const char *const members[] = {"first_seen", "last_seen", "id", "name", NULL};

	(void)options;
	return run_for_key(context, "instances", admin_list_instances, members);
}

int commands_events(void *context, const struct options *options)
{
	static const char *const members[] = {"revision", "at", "kind", "detail", NULL};

	(void)options;
	return run_for_key(context, "events", admin_list_events, members);
}
