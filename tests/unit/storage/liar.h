/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_STORAGE_LIAR_H
#define TESTS_STORAGE_LIAR_H

#include <stdbool.h>
#include <stddef.h>

/*
 * A small S3 server that lies: it keeps objects in memory, answers as a real one, and at the
 * n-th request in another way. It checks no signatures; the real server does, in test_sides.
 */

enum lie_kind {
	LIE_NONE,
	LIE_500,      /* nothing happens */
	LIE_503,      /* nothing happens; SlowDown */
	LIE_500_LATE, /* it happens, and the answer is 500 all the same */
	LIE_CUT,      /* it happens, and the answer breaks off in its middle */
	LIE_SLOW,     /* it happens, and the answer comes too late */
	LIE_SHORT,    /* of the body the end is missing, with a length that fits */
	LIE_WRONG,    /* another ETag, range, size or order than is true */
	LIE_HTML,     /* nothing happens; a page of somebody in between, with 200 */
	LIE_403,      /* nothing happens; `code` of the liar says why */
};

/* The size of the parts that are put to it; real servers want 5 MiB and more. */
enum { LIAR_PART = 64 << 10 };

struct liar;

struct liar *liar_start(void);
void liar_stop(struct liar *liar);
const char *liar_url(const struct liar *liar); /* borrowed */

/** From now on requests are counted from 1, and those from `at` on, `count` of them, are lied
 * to. */
void liar_plan(struct liar *liar, enum lie_kind kind, int at, int count);
int liar_calls(struct liar *liar);

/** What LIE_403 says, with that status: "AccessDenied". */
void liar_say(struct liar *liar, int status, const char *code, const char *more);

/** Forgets If-None-Match, as some servers do. */
void liar_ignore_conditions(struct liar *liar);

/** Whether it holds the object, and whole: -1 not there, 0 something else, 1 yes. */
int liar_holds(struct liar *liar, const char *name, const void *data, size_t size);

/** How many uploads were begun and neither completed nor aborted. */
int liar_open_uploads(struct liar *liar);

void liar_forget(struct liar *liar); /* all objects and uploads */

#endif
