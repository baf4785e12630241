/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_TREE_VALUE_H
#define REPO_TREE_VALUE_H

#include "repo/map.h"
#include "repo/repo.h"

/*
 * Items and folders as entries of maps (docs/format.md, section 8): their id is the key, all
 * else the value.
 */

enum { TREE_TEXTS_MAX = 4 * (65535 + 1), TREE_VALUE_MAX = PAGE_VALUE_MAX };

struct map_key tree_key(const char *id);

/** Append a value. ERR_INVALID where a text is too long. */
NODISCARD int tree_put_item(struct buf *out, const struct tree_item *item);
NODISCARD int tree_put_folder(struct buf *out, const struct tree_folder *folder);

/** Take an entry apart; the texts lie in `texts` (ceiling TREE_TEXTS_MAX), which is cleared
 * before. ERR_CORRUPT. */
NODISCARD int tree_get_item(
	const struct map_entry *entry, struct buf *texts, struct tree_item *out);
NODISCARD int tree_get_folder(
	const struct map_entry *entry, struct buf *texts, struct tree_folder *out);

/** What the values say, for edits. */
map_value_fn tree_item_value, tree_folder_value;

#endif
