/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TESTS_ITEM_MIME_FIXTURE_H
#define TESTS_ITEM_MIME_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "base/text.h"
#include "mime_round.h"

/* What the tests of the splitter share: a message goes through, and what it gave is there. */

enum { TEXT_MAX = 32 << 20 };

/* What the message of a test gave. */
extern struct mime_round result;

int fixture_begin(void **state);
int fixture_end(void **state);
#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_begin, fixture_end)

/** Passes a message through; it comes back whole, and alike when it comes in single bytes. */
void pass(const struct buf *message);
void pass_text(const char *text);

void put(struct buf *out, const char *text);

/** `count` times the text. The caller frees it. */
char *repeated(const char *text, size_t count);

void assert_body(const char *expected);

static const char base64_head[] = "Subject: a\nContent-Transfer-Encoding: base64\n\n";
static const char quoted_head[] = "Content-Transfer-Encoding: quoted-printable\n\n";

#endif
