/* SPDX-License-Identifier: Apache-2.0 */
#ifndef JOB_RUN_PRIV_H
#define JOB_RUN_PRIV_H

#include "job/base.h"
#include "job/organization.h"
#include "job/run.h"
#include "job/selection.h"
#include "repo/writer.h"

/* What the files run.c, run_object.c, run_folder.c and run_record.c share. */

/** A cursor that waits until what it stands for is durable. */
struct pending_cursor {
	char *kind, *name, *folder_id, *list_id, *cursor;
};

struct run {
	struct installation *installation;
	struct job *job;
	const struct run_options *options;
	struct cancel stop; /* set by options->cancel or by run_stop */
	struct source *source;
	char *tenant; /* whose trial counts; "" */
	struct source_usage usage;
	struct repo *repo;
	struct repo_writer *writer;
	struct selection selection;
	struct organization *organization; /* whom the selection needs */
	struct bases bases;
	struct bases fresh; /* stored by this run, not in the database yet */
	struct pending_cursor *cursors;
	size_t cursor_count, cursor_capacity;
	int64_t run_id;
	int64_t started_us, drawn_us, noted_us, committed_us;
	uint64_t committed_bytes;
	struct run_progress progress;
	bool in_part;            /* an object was not stored */
	const char *gate_reason; /* code of why the license ended the run; NULL */
	bool is_trial; /* no key was entered: nothing is claimed, and what is stored is marked
			*/
	uint32_t trial_items; /* with this number; 0 where it is no trial */
};

/** What becomes of one object: the members of the JSON of the spec. */
struct object_result {
	const char *kind, *name;
	const char *result; /* stored, unchanged, no_license, unsupported, waiting, failed */
	char reason_code[64];
	char reason_text[512];
	int64_t required, newly_licensed, missing;
	uint64_t items_new, items_total, bytes_read, bytes_stored;
};

__attribute__((format(printf, 4, 5))) void object_result_set(struct object_result *result,
	const char *word, const char *code, const char *format, ...);

/** Judges, licenses and backs up one object. An error only where the whole run cannot go on. */
NODISCARD int run_object(
	struct run *run, const struct source_object *object, struct object_result *result);

/** Backs up one folder into the object that is being written. `failed` counts items that could
 * not be read; the first one's reason goes into the result. After an error the folder is as it
 * was last stored. */
struct run_folder {
	struct run *run;
	const struct source_object *object;
	const struct source_folder *folder;
	struct object_writer *writer;
	struct object_result *result;
	uint64_t failed, failed_folders;
	bool from_source; /* the last error came from the source: source_fault tells of it */
};
NODISCARD int run_folder(struct run_folder *at);

/** Keeps a cursor (taken over) until what it stands for, which has the id `list_id`, is
 * durable.
 */
void run_wait_with_cursor(
	struct run_folder *at, const char *folder_id, const char *list_id, char *cursor);

/** Notes the reason of this thread's last failure in the result, unless one stands there. */
void run_folder_note_reason(struct run_folder *at, const char *otherwise_code);

/** To be called often: draws and notes the progress, looks whether the run shall stop.
 * ERR_CANCELLED. */
NODISCARD int run_tick(struct run *run);

/** Makes durable what was stored so far, then keeps its bases and cursors. */
NODISCARD int run_commit(struct run *run);

/* The records in the database. */
NODISCARD int run_record_begin(struct run *run);

/** Forgets the bases and cursors that wait for a commit. */
void run_record_drop(struct run *run);

/** Clears what stands against objects that this run, which has tried all there are, did not
 * meet, and what they needed: they are no longer there, or no longer chosen. */
NODISCARD int run_record_settle(struct run *run);

NODISCARD int run_record_object(
	struct run *run, size_t position, const struct object_result *result);

struct run_end {
	const char *state;
	const char *reason_code, *reason_text;
	const char *snapshot;
};
NODISCARD int run_record_end(struct run *run, const struct run_end *end);

#endif
