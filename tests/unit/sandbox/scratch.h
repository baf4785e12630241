/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TEST_SANDBOX_SCRATCH_H
#define TEST_SANDBOX_SCRATCH_H

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/io.h"
#include "base/json.h"
#include "base/mem.h"

/* A folder of a test's own, and files in it. Include after cmocka.h. */

static char scratch[64];

static inline int scratch_make(void **state)
{
	(void)state;
	strcpy(scratch, "/tmp/garner-test-XXXXXX");
	return mkdtemp(scratch) ? 0 : -1;
}

static inline int scratch_remove_one(
	const char *path, const struct stat *facts, int kind, struct FTW *where)
{
	(void)facts;
	(void)kind;
	(void)where;
	return remove(path);
}

static inline int scratch_remove(void **state)
{
	(void)state;
	return nftw(scratch, scratch_remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

/* Writes a file at a path below the folder, and the folders above it. */
static inline void scratch_write(const char *name, const char *text)
{
	AUTO_TEXT path = io_join(scratch, name);
	AUTO_TEXT folder = mem_strndup(path, (size_t)(strrchr(path, '/') - path));

	assert_int_equal(io_make_folders(folder, 0700), 0);
	assert_int_equal(io_write_file(path, text, strlen(text), 0600), 0);
}

static inline struct json *parse_json(const char *text)
{
	struct json *json = NULL;

	assert_int_equal(json_parse(text, strlen(text), &json), 0);
	return json;
}

#endif
