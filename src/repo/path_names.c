/* SPDX-License-Identifier: Apache-2.0 */
#include "repo/path_names.h"

#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <uthash.h>

#include "base/err.h"
#include "base/mem.h"
#include "item/filename.h"

struct name {
	char *text;
	uint64_t given; /* how many have it as their encoded name so far */
	UT_hash_handle hh;
};

struct path_names {
	struct name *names;
};

struct path_names *path_names_new(void)
{
	return mem_alloc(sizeof(struct path_names));
}

void path_names_free(struct path_names *names)
{
	struct name *name, *next;

	HASH_ITER(hh, names->names, name, next)
	{
		HASH_DEL(names->names, name);
		mem_free(name->text);
		mem_free(name);
	}
	mem_free(names);
}

static struct name *find(const struct path_names *names, const char *component)
{
	struct name *name;

	HASH_FIND_STR(names->names, component, name);
	return name;
}

void path_names_reserve(struct path_names *names, const char *component)
{
	if (find(names, component))
		return;
	struct name *name = mem_alloc(sizeof(*name));
	name->text = mem_strdup(component);
	HASH_ADD_KEYPTR(hh, names->names, name->text, strlen(name->text), name);
}

char *path_names_take(
	struct path_names *names, const char *component, path_taken_fn *is_taken, void *context)
{
	struct name *name = find(names, component);

	ASSERT(name);
	if (name->given++ == 0)
		return mem_strdup(component);
	for (;; name->given++) {
		/* Encoded once more: with the number behind it may be too long for a file. */
		AUTO_TEXT longer =
			mem_printf("%s~%llu", component, (unsigned long long)name->given);
		AUTO_TEXT candidate =
			strlen(longer) > NAME_MAX ? filename_encode(longer) : STEAL(longer);
		if (find(names, candidate) || (is_taken && is_taken(context, candidate)))
			continue;
		path_names_reserve(names, candidate);
		return STEAL(candidate);
	}
}
