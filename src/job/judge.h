/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_JUDGE_H
#define JOB_JUDGE_H

#include "job/installation.h"
#include "source/source.h"

/*
 * From the facts that a source gives to what the licensing wants: whether an object can be
 * backed up, and the subjects that must hold a license for it.
 */

struct judgement {
	bool supported;
	char reason_code[64]; /* where not */
	char reason_text[256];
	const char *rule; /* id of the rule that names the subject: "B1"; "" where none does */
	bool needs_subject;
	char subject[LICENSE_SUBJECT_TEXT]; /* where one is needed and the license's secret is
					       known */
	bool subject_known;
};

/** Judges an object. The subject is a pseudonym under the license's secret: before the first
 * activation it is not known, and that is no error. */
void judge_object(struct installation *installation, const struct source_object *object,
	struct judgement *out);

#endif
