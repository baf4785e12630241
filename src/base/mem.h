/* SPDX-License-Identifier: Apache-2.0 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

#include "base/err.h"

/*
 * Memory for small things of our own making. These never return NULL: where the machine has no
 * memory left the program says so and ends, which loses nothing, because every store in this
 * house survives a kill at any moment (docs/decisions/0002). What grows with input from outside
 * goes through struct buf, which has a ceiling and returns ERR_LIMIT.
 *
 * The rest of the house calls these and never malloc, so that tests can count and analysers can
 * follow.
 */

/** `size` zeroed bytes; the caller frees them with mem_free. */
__attribute__((malloc, returns_nonnull)) void *mem_alloc(size_t size);

/** An array of `count` zeroed elements; the product is checked. */
__attribute__((malloc, returns_nonnull)) void *mem_array(size_t count, size_t element_size);

/** Frees; NULL is fine. A text that its owner only reads is freed like any other. */
void mem_free(const void *pointer);

/**
 * Makes room for `needed` elements in the array at *array (NULL at first) whose capacity is
 * *capacity; doubles, so that appending stays linear. New elements are zeroed.
 */
void mem_grow(void *array, size_t *capacity, size_t needed, size_t element_size);

/** A copy of a text; NULL gives NULL. The caller frees it. */
__attribute__((malloc)) char *mem_strdup(const char *text);

/** A copy of `size` bytes with a NUL behind. The caller frees it. */
__attribute__((malloc, returns_nonnull)) char *mem_strndup(const char *text, size_t size);

/** A formatted text. The caller frees it. */
__attribute__((malloc, returns_nonnull))
PRINTF_LIKE(1, 2) char *mem_printf(const char *format, ...);

/** Frees *slot and puts `value` (taken over, may be NULL) there. */
void mem_replace(char **slot, char *value);

/** A local text that frees itself: AUTO_TEXT name = mem_strdup(...); */
#define AUTO_TEXT __attribute__((cleanup(mem_free_text), unused)) char *
void mem_free_text(char **text);

/** Gives a pointer away: returns it and leaves NULL behind. */
#define STEAL(pointer)                                                                         \
	({                                                                                     \
		__typeof__(pointer) stolen_ = (pointer);                                       \
		(pointer) = NULL;                                                              \
		stolen_;                                                                       \
	})

#endif
