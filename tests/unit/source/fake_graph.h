/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_UNIT_SOURCE_FAKE_GRAPH_H
#define TESTS_UNIT_SOURCE_FAKE_GRAPH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source/source.h"

/*
 * A server that plays sign-in and Microsoft Graph by a script: each line of the script says
 * what requests it is for (a part of "METHOD path?query") and what to answer. Lines for the
 * same part are used in their order; the last one stays. And a clock in which waiting costs no
 * time.
 */

struct fake;

struct fake_answer {
	int status; /* 0: 200 */
	const char *body;
	size_t size;        /* 0: strlen(body) */
	const char *header; /* "Name: value"; NULL */
	int64_t cut_at;     /* break off after so many bytes of the body; 0: do not */
};

/** Starts it, with a token ready to be given. Ends with fake_stop. */
struct fake *fake_start(void);
void fake_stop(struct fake *fake);

const char *fake_url(const struct fake *fake);

/** Adds a line to the script; texts are copied. In `body`, "%URL%" becomes the server's URL. */
void fake_answer(struct fake *fake, const char *part, const struct fake_answer *answer);

/** The same with status and body alone. */
void fake_says(struct fake *fake, const char *part, int status, const char *body);

/** How many requests so far had this part. */
int fake_count(struct fake *fake, const char *part);

/** The number-th request (from 0) with this part: its headers of interest and its body, as
 * lines. Borrowed until fake_stop. "" where there is none. */
const char *fake_request(struct fake *fake, const char *part, int number);

/** A source that talks to it. */
struct source *fake_source(struct fake *fake, struct source_usage *usage);

/** A token with these claims, as a JWT. The caller frees it. */
char *fake_token(const char *claims);

/** The clock: what was waited for so far, and a way to let time pass. */
void fake_clock_begin(void);
int64_t fake_clock_waited_ms(void);
void fake_clock_pass_s(int64_t s);

#endif
