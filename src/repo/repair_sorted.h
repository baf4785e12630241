/* SPDX-License-Identifier: Apache-2.0 */
#ifndef REPO_REPAIR_SORTED_H
#define REPO_REPAIR_SORTED_H

#include "repo/index_file.h"

/*
 * Places of chunks and references to them, put in any order and taken by ids, in little memory:
 * of a chunk that lies twice one place, references summed up.
 */

struct sorted;

struct sorted *sorted_new(void);
void sorted_free(struct sorted *sorted); /* NULL is fine */

/** ERR_IO. */
NODISCARD int sorted_place(struct sorted *sorted, const struct index_entry *entry);
NODISCARD int sorted_refer(struct sorted *sorted, const uint8_t id[REPO_ID_SIZE]);

/** Ends the putting. ERR_IO. */
NODISCARD int sorted_finish(struct sorted *sorted);

/** How many there are; after sorted_finish. */
uint64_t sorted_places(const struct sorted *sorted);
uint64_t sorted_references(const struct sorted *sorted);

/** The next one, of which there are so many. ERR_IO. */
NODISCARD int sorted_next_place(struct sorted *sorted, struct index_entry *out);
NODISCARD int sorted_next_reference(struct sorted *sorted, struct index_reference *out);

#endif
