/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__attribute__((noreturn)) static void die(size_t size)
{
	fprintf(stderr, "no memory for %zu bytes; what was reported as stored is safe\n", size);
	abort();
}

void *mem_alloc(size_t size)
{
	void *pointer = calloc(1, size ? size : 1);

	if (!pointer)
		die(size);
	return pointer;
}

void *mem_array(size_t count, size_t element_size)
{
	size_t size;

	if (__builtin_mul_overflow(count, element_size, &size))
		die(SIZE_MAX);
	return mem_alloc(size);
}

void mem_free(const void *pointer)
{
	free((void *)(uintptr_t)pointer);
}

void mem_grow(void *array, size_t *capacity, size_t needed, size_t element_size)
{
	enum { FIRST = 8 };
	void **slot = array;
	size_t wanted = *capacity ? *capacity : FIRST;
	size_t size;

	if (needed <= *capacity)
		return;
	while (wanted < needed) {
		if (__builtin_mul_overflow(wanted, (size_t)2, &wanted))
			die(SIZE_MAX);
	}
	if (__builtin_mul_overflow(wanted, element_size, &size))
		die(SIZE_MAX);
	char *grown = realloc(*slot, size);
	if (!grown)
		die(size);
	memset(grown + *capacity * element_size, 0, size - *capacity * element_size);
	*slot = grown;
	*capacity = wanted;
}

char *mem_strdup(const char *text)
{
	return text ? mem_strndup(text, strlen(text)) : NULL;
}

char *mem_strndup(const char *text, size_t size)
{
	char *copy = mem_alloc(size + 1);

	memcpy(copy, text, size);
	return copy;
}

char *mem_printf(const char *format, ...)
{
	va_list arguments;
	char *text = NULL;

	va_start(arguments, format);
	int size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0)
		die(0);
	return text;
}

void mem_replace(char **slot, char *value)
{
	free(*slot);
	*slot = value;
}

void mem_free_text(char **text)
{
	free(*text);
	*text = NULL;
}
