/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "db/db_priv.h"

enum { PLACE_SIZE = 8 }; /* ", ?1024" */

void db_row_values(const struct db_many *many, size_t row, struct db_value *values)
{
	size_t columns = strlen(many->types);
	const struct db_cell *cells = &many->cells[row * columns];

	for (size_t i = 0; i < columns; i++)
		values[i] = (struct db_value){.type = many->types[i],
			.number = cells[i].number,
			.data = many->types[i] == 's' ? cells[i].text : NULL};
}

static int run_row(struct db_rows *rows, const struct db_many *many, size_t at)
{
	int r = db_next(rows);

	if (r == 1 && many->on_row) {
		int said = many->on_row(rows, at, many->context);
		if (said < 0)
			return said;
	}
	while (r == 1)
		r = db_next(rows);
	if (r == 0 && many->changed)
		many->changed[at] = rows->db->driver->changed(rows);
	return r;
}

static int run_in_turn(struct db_rows *rows, const struct db_many *many)
{
	struct db_value values[DB_VALUES_MAX];
	int r = 0;

	for (size_t i = 0; r == 0 && i < many->rows; i++) {
		db_row_values(many, i, values);
		r = rows->db->driver->start(rows, values);
		if (r == 0)
			r = run_row(rows, many, i);
		rows->db->driver->end(rows);
	}
	return r;
}

/* The statement with its "(?1, ?2)" behind VALUES written so many times, with numbers that go
 * on. The caller frees it. */
static char *repeat(const char *sql, size_t columns, size_t rows)
{
	const char *values = strstr(sql, "VALUES (");
	size_t head = (size_t)(values - sql) + strlen("VALUES ");
	size_t room = head + rows * (columns + 1) * PLACE_SIZE + 1;
	char *text = mem_alloc(room);
	size_t size = (size_t)snprintf(text, room, "%.*s", (int)head, sql);

	for (size_t i = 0; i < rows * columns; i++)
		size += (size_t)snprintf(text + size, room - size, "%s?%zu%s",
			i == 0             ? "("
			: i % columns == 0 ? ", ("
					   : ", ",
			i + 1, (i + 1) % columns == 0 ? ")" : "");
	return text;
}

/* Rows from..from+count in one statement. */
static int insert_rows(
	struct db *db, const struct db_many *many, const char *sql, size_t from, size_t count)
{
	size_t columns = strlen(many->types);
	struct db_value *values = mem_array(count * columns, sizeof(*values));
	char *types = mem_alloc(count * columns + 1);
	AUTO_TEXT text = repeat(sql, columns, count);
	struct db_rows *rows;

	for (size_t i = 0; i < count; i++) {
		db_row_values(many, from + i, &values[i * columns]);
		memcpy(&types[i * columns], many->types, columns);
	}
	int r = db_prepare(db, text, types, &rows);
	if (r == 0)
		r = db->driver->start(rows, values);
	if (r == 0) {
		r = db_next(rows);
		db->driver->end(rows);
	}
	mem_free(types);
	mem_free(values);
	return r;
}

/* A few sizes, so that a few statements are prepared. */
static int insert_many(struct db *db, const struct db_many *many, const char *sql)
{
	size_t size = DB_INSERT_ROWS;
	int r = 0;

	for (size_t from = 0; r == 0 && from < many->rows; from += size) {
		while (size > many->rows - from)
			size /= 2;
		r = insert_rows(db, many, sql, from, size);
	}
	return r;
}

static bool is_plain_insert(const struct db_many *many, const char *sql)
{
	const char *values = strstr(sql, " VALUES (?1");
	const char *end = values ? strchr(values, ')') : NULL;

	return text_starts_with(sql, "INSERT INTO ") && end && end[1] == '\0' &&
	       !many->changed && !many->on_row;
}

int db_run_many(struct db *db, const struct db_many *many, const char *sql)
{
	struct db_rows *rows;

	ASSERT(db->in_transaction && strlen(many->types) <= DB_VALUES_MAX);
	if (many->rows == 0)
		return 0;
	if (is_plain_insert(many, sql))
		return insert_many(db, many, sql);
	int r = db_prepare(db, sql, many->types, &rows);
	if (r == 0)
		r = db->driver->many ? db->driver->many(rows, many) : run_in_turn(rows, many);
	return r;
}

static int keep_number(struct db_rows *rows, size_t at, void *context)
{
	const struct db_each *each = context;

	each->out[at] = db_int(rows, 0);
	return 0;
}

int db_run_each(
	struct db *db, const struct db_each *each, const char *sql, const char *types, ...)
{
	struct db_value fixed[DB_VALUES_MAX];
	AUTO_TEXT all = mem_printf("%ss", types);
	bool is_query = text_starts_with(sql, "SELECT");
	va_list given;

	va_start(given, types);
	size_t count = db_read_values(types, given, fixed);
	va_end(given);
	struct db_cell *cells = mem_array(each->count * (count + 1), sizeof(*cells));
	for (size_t i = 0; i < each->count; i++) {
		struct db_cell *row = &cells[i * (count + 1)];

		for (size_t k = 0; k < count; k++)
			row[k] = (struct db_cell){fixed[k].number, fixed[k].data};
		row[count].text = each->texts[i];
		if (each->out)
			each->out[i] = DB_NONE;
	}
	const struct db_many many = {
		.types = all,
		.cells = cells,
		.rows = each->count,
		.changed = is_query ? NULL : each->out,
		.on_row = is_query && each->out ? keep_number : NULL,
		.context = (void *)(uintptr_t)each,
	};
	int r = db_run_many(db, &many, sql);
	mem_free(cells);
	return r;
}
