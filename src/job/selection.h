/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_SELECTION_H
#define JOB_SELECTION_H

#include "source/source.h"

/*
 * Which objects of a source a job backs up, and in which order. The list is read anew at each
 * run.
 */

struct selection {
	struct source_object *objects; /* their texts belong to the selection */
	size_t count, capacity;
	char **missing; /* KIND:NAME that the job names and the source does not have */
	size_t missing_count, missing_capacity;
	struct source_gap *gaps; /* kinds that the job wants and the source may not list */
	size_t gap_count, gap_capacity;
};

/** Checks "all" or KIND:all|KIND:NAME,… ERR_INVALID with the kinds that there are. */
NODISCARD int selection_check(const char *objects);

/** Lists what the job wants, in its order: by name without regard to case, then by kind. The
 * caller frees it with selection_free, in either case. */
NODISCARD int selection_read(struct source *source, const char *objects, struct selection *out);

/** The gap of a kind; NULL where the source lists it. Objects of such a kind are not known to
 * be gone. */
const struct source_gap *selection_gap(const struct selection *selection, const char *kind);
void selection_free(struct selection *selection);

#endif
