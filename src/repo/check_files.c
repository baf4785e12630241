/* SPDX-License-Identifier: Apache-2.0 */
#include "base/mem.h"
#include "repo/check_priv.h"
#include "repo/config.h"
#include "repo/keys.h"
#include "repo/mend.h"

/*
 * Checking the small files: config and keys, which stand twice, and armored ones.
 */

static int check_config(struct check *check)
{
	bool good[CONFIG_FILES];
	int r = config_check(check->repo->storage, &check->repo->keys, good);

	for (int i = 0; i < CONFIG_FILES && r == 0; i++) {
		const struct check_fault fault = {.file = config_names[i], .can_mend = true};
		if (!good[i])
			check_fault(check, &fault,
				"%s is damaged or missing; the other copy "
				"of it is whole",
				config_names[i]);
	}
	return r;
}

static int check_keys(struct check *check)
{
	struct key_info *keys = NULL;
	size_t count = 0;
	int r = keys_list(check->repo->storage, &keys, &count);

	for (size_t i = 0; i < count && r == 0; i++) {
		AUTO_TEXT path = mem_printf("keys/%s", keys[i].id);
		const struct check_fault fault = {
			.file = path, .can_mend = keys[i].bad_copies == 1};
		if (keys[i].bad_copies == 1)
			check_fault(
				check, &fault, "%s is damaged in one of its two copies", path);
		else if (keys[i].bad_copies > 1)
			check_fault(check, &fault,
				"%s is damaged and opens nothing any more; other keys do",
				path);
	}
	mem_free(keys);
	return r;
}

struct checking {
	struct check *check;
	enum mend_kind kind;
};

static int check_armored(void *context, const struct storage_entry *entry)
{
	const struct checking *checking = context;
	struct mend_file file = {.kind = checking->kind};
	struct mended found;

	if (!mend_name(entry->name, file.name))
		return 0;
	int r = check_cancelled(checking->check);
	if (r == 0)
		r = mend_look(checking->check->repo, &file, &found);
	else
		return r;
	if (r == 0 && found.state != MEND_WHOLE) {
		const struct check_fault fault = {
			.file = found.path, .can_mend = found.state == MEND_MENDABLE};
		check_fault(checking->check, &fault, "%s: %s; %s", found.path, found.why,
			fault.can_mend ? "nothing is lost" : "it cannot be given back");
	}
	buf_free(&found.bytes);
	return r == ERR_NOTFOUND ? 0 : r; /* merged or forgotten meanwhile */
}

int check_files(struct check *check)
{
	int r = check_config(check);

	if (r == 0)
		r = check_keys(check);
	for (enum mend_kind kind = MEND_INDEX; kind <= MEND_SNAPSHOT && r == 0; kind++) {
		struct checking checking = {check, kind};
		r = storage_list(
			check->repo->storage, mend_folder(kind), check_armored, &checking);
	}
	return r;
}
