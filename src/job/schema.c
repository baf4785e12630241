/* SPDX-License-Identifier: Apache-2.0 */
#include "job/schema.h"

/*
 * Times are seconds since 1970 (UTC), 0 where there is none. Texts that hold secrets are sealed
 * under state.key. A migration, once released, is never edited: changes are new ones.
 */
static const char first[] =
	"CREATE TABLE connection ("
	" name TEXT PRIMARY KEY,"
	" kind TEXT NOT NULL,"     /* m365, folder */
	" settings TEXT NOT NULL," /* JSON: what is no secret */
	" secret TEXT,"            /* sealed */
	" created_s INTEGER NOT NULL) STRICT;"

	"CREATE TABLE storage ("
	" name TEXT PRIMARY KEY,"
	" path TEXT NOT NULL,"       /* absolute */
	" master_key TEXT NOT NULL," /* sealed */
	" created_s INTEGER NOT NULL) STRICT;"

	"CREATE TABLE job ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" connection TEXT NOT NULL REFERENCES connection(name),"
	" storage TEXT NOT NULL REFERENCES storage(name),"
	" objects TEXT NOT NULL,"  /* "all" or KIND:all|KIND:NAME,… */
	" ordering TEXT NOT NULL," /* "name" */
	" schedule TEXT NOT NULL," /* "" where it is started by hand */
	" next_run_s INTEGER NOT NULL,"
	" created_s INTEGER NOT NULL) STRICT;"

	/* The last run of a job is what `job show` tells of. */
	"CREATE TABLE run ("
	" id INTEGER PRIMARY KEY,"
	" job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,"
	" started_s INTEGER NOT NULL,"
	" ended_s INTEGER NOT NULL,"
	" state TEXT NOT NULL," /* queued, running, finished, … */
	" reason_code TEXT NOT NULL,"
	" reason_text TEXT NOT NULL,"
	" snapshot TEXT NOT NULL,"
	" stop_wished INTEGER NOT NULL,"
	" progress TEXT NOT NULL) STRICT;" /* JSON, while it runs */
	"CREATE INDEX run_by_job ON run(job_id, id);"

	"CREATE TABLE run_object ("
	" run_id INTEGER NOT NULL REFERENCES run(id) ON DELETE CASCADE,"
	" position INTEGER NOT NULL,"
	" kind TEXT NOT NULL, name TEXT NOT NULL,"
	" result TEXT NOT NULL, reason_code TEXT NOT NULL, reason_text TEXT NOT NULL,"
	" required INTEGER NOT NULL, newly_licensed INTEGER NOT NULL, missing INTEGER NOT NULL,"
	" items_new INTEGER NOT NULL, items_total INTEGER NOT NULL,"
	" bytes_read INTEGER NOT NULL, bytes_stored INTEGER NOT NULL,"
	" PRIMARY KEY (run_id, position)) STRICT;"

	/* An object as it was last stored: the tree, and where each folder's listing goes on. A
	 * cursor counts only for the list of items that it was saved with. */
	"CREATE TABLE base ("
	" job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,"
	" kind TEXT NOT NULL, name TEXT NOT NULL,"
	" tree_id TEXT NOT NULL, tree_size INTEGER NOT NULL, tree_is_list INTEGER NOT NULL,"
	" items INTEGER NOT NULL, bytes INTEGER NOT NULL, stored_s INTEGER NOT NULL,"
	" PRIMARY KEY (job_id, kind, name)) STRICT;"
	"CREATE TABLE cursor ("
	" job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, folder_id TEXT NOT NULL,"
	" list_id TEXT NOT NULL, cursor TEXT NOT NULL,"
	" PRIMARY KEY (job_id, kind, name, folder_id)) STRICT;"

	/* Who is behind a subject, and which objects need it: known here and nowhere else. */
	"CREATE TABLE subject ("
	" id TEXT PRIMARY KEY, name TEXT NOT NULL, seen_s INTEGER NOT NULL) STRICT;"
	"CREATE TABLE need ("
	" job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,"
	" kind TEXT NOT NULL, name TEXT NOT NULL, subject TEXT NOT NULL, rule TEXT NOT NULL,"
	" PRIMARY KEY (job_id, kind, name, subject)) STRICT;"
	"CREATE INDEX need_by_subject ON need(subject);"

	"CREATE TABLE notice ("
	" id INTEGER PRIMARY KEY,"
	" code TEXT NOT NULL," /* no_license, unsupported, waiting, failed, … */
	" job TEXT NOT NULL, object TEXT NOT NULL," /* "" where it concerns none */
	" text TEXT NOT NULL,"
	" raised_s INTEGER NOT NULL, cleared_s INTEGER NOT NULL) STRICT;"
	"CREATE INDEX notice_by_job ON notice(job, object, code);";

/*
 * Who is needed by what, now that many may be: objects that need the same users in the same
 * ways (a group's mailbox and its team site, all that "everyone" may edit) share one set, and
 * people and ways are numbers in it. The view reads as the table did before.
 */
static const char shared_needs[] =
	"ALTER TABLE subject RENAME TO subject_before;"
	"CREATE TABLE subject ("
	" no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE,"
	" name TEXT NOT NULL, seen_s INTEGER NOT NULL) STRICT;"
	"INSERT INTO subject (id, name, seen_s) SELECT id, name, seen_s FROM subject_before;"
	"DROP TABLE subject_before;"
	"CREATE INDEX subject_by_name ON subject(name COLLATE NOCASE);"

	"CREATE TABLE need_set ("
	" no INTEGER PRIMARY KEY,"
	" digest TEXT NOT NULL UNIQUE) STRICT;" /* of all that is in it: see needs.c */
	"CREATE TABLE need_way ("
	" no INTEGER PRIMARY KEY,"
	" text TEXT NOT NULL UNIQUE) STRICT;" /* JSON: the right, then the groups; see needs.c
					       */
	"CREATE TABLE need_member ("
	" set_no INTEGER NOT NULL REFERENCES need_set(no) ON DELETE CASCADE,"
	" subject_no INTEGER NOT NULL REFERENCES subject(no),"
	" way_no INTEGER NOT NULL REFERENCES need_way(no),"
	" PRIMARY KEY (set_no, subject_no)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX need_member_by_subject ON need_member(subject_no);"
	"CREATE TABLE need_object ("
	" job_id INTEGER NOT NULL REFERENCES job(id) ON DELETE CASCADE,"
	" kind TEXT NOT NULL, name TEXT NOT NULL,"
	" rule TEXT NOT NULL,"
	" required INTEGER NOT NULL,"
	" set_no INTEGER NOT NULL REFERENCES need_set(no),"
	" PRIMARY KEY (job_id, kind, name)) STRICT;"
	"CREATE INDEX need_object_by_set ON need_object(set_no);"
	"CREATE INDEX need_object_by_name ON need_object(name, kind);"

	"INSERT INTO need_way VALUES (1, '[\"owner\"]');"
	"INSERT INTO need_set (digest) SELECT DISTINCT 'before ' || subject FROM need;"
	"INSERT INTO need_member SELECT need_set.no, subject.no, 1 FROM subject"
	" JOIN need_set ON need_set.digest = 'before ' || subject.id;"
	"INSERT INTO need_object SELECT need.job_id, need.kind, need.name, need.rule, 1,"
	" need_set.no FROM need JOIN need_set ON need_set.digest = 'before ' || need.subject;"
	"DROP TABLE need;"
	"CREATE VIEW need AS SELECT need_object.job_id AS job_id, need_object.kind AS kind,"
	" need_object.name AS name, subject.id AS subject, need_object.rule AS rule,"
	" need_way.text AS via FROM need_object"
	" JOIN need_member ON need_member.set_no = need_object.set_no"
	" JOIN subject ON subject.no = need_member.subject_no"
	" JOIN need_way ON need_way.no = need_member.way_no;";

/* Several notices stand beside each other where they are of different topics; and a mark says
 * that one is to be raised once, whatever becomes of it meanwhile (I1). */
static const char notice_topics[] =
	"ALTER TABLE notice ADD COLUMN topic TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE notice ADD COLUMN mark TEXT NOT NULL DEFAULT '';";

/* What the installation remembers of itself, by name. */
static const char settings[] =
	"CREATE TABLE setting (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;";

/* Which organization was found behind a connection, and what was stored in a trial. */
static const char trials[] =
	"ALTER TABLE connection ADD COLUMN tenant TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE base ADD COLUMN trial_items INTEGER NOT NULL DEFAULT 0;";

/*
 * Who is told of notices, and what was told (I2). The key of `told` is the promise: a notice
 * gets to a receiver once, whatever is restarted or killed. What gets there together is one
 * message, whose uid is the same at every try, so that a receiver knows one that came twice.
 */
static const char receivers[] =
	"CREATE TABLE receiver ("
	" id INTEGER PRIMARY KEY,"
	" name TEXT NOT NULL UNIQUE,"
	" kind TEXT NOT NULL,"     /* mail, webhook */
	" settings TEXT NOT NULL," /* JSON: what is no secret */
	" secret TEXT,"            /* sealed */
	" created_s INTEGER NOT NULL,"
	" after_notice INTEGER NOT NULL) STRICT;" /* what was over before it is no news */
	"CREATE TABLE message ("
	" id INTEGER PRIMARY KEY,"
	" receiver_id INTEGER NOT NULL REFERENCES receiver(id) ON DELETE CASCADE,"
	" uid TEXT NOT NULL UNIQUE,"
	" event TEXT NOT NULL," /* raised, cleared */
	" state TEXT NOT NULL," /* waiting, sent, given_up */
	" tries INTEGER NOT NULL,"
	" created_s INTEGER NOT NULL, next_s INTEGER NOT NULL, ended_s INTEGER NOT NULL,"
	" error TEXT NOT NULL) STRICT;"
	"CREATE INDEX message_by_receiver ON message(receiver_id, state);"
	"CREATE INDEX message_by_turn ON message(state, next_s);"
	"CREATE TABLE told ("
	" receiver_id INTEGER NOT NULL REFERENCES receiver(id) ON DELETE CASCADE,"
	" notice_id INTEGER NOT NULL REFERENCES notice(id) ON DELETE CASCADE,"
	" event TEXT NOT NULL,"
	" message_id INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,"
	" PRIMARY KEY (receiver_id, notice_id, event)) STRICT, WITHOUT ROWID;"
	"CREATE INDEX told_by_message ON told(message_id);"
	"CREATE INDEX told_by_notice ON told(notice_id);";

/* What a job's runs keep of its snapshots: rules as retention_plan_read_all reads them; "" all.
 */
static const char job_retention[] =
	"ALTER TABLE job ADD COLUMN retention TEXT NOT NULL DEFAULT '';";

/* The newest snapshots that were seen in each repository, so that one that was put back to an
 * older state is noticed. What is missing stays here until it is there again. */
static const char seen_heads[] =
	"CREATE TABLE seen_head ("
	" storage TEXT NOT NULL REFERENCES storage(name) ON DELETE CASCADE,"
	" snapshot TEXT NOT NULL,"
	" PRIMARY KEY (storage, snapshot)) STRICT, WITHOUT ROWID;";

/* What opens a storage whose path is an address: files, read at each opening; "" none. */
static const char storage_addresses[] =
	"ALTER TABLE storage ADD COLUMN credentials TEXT NOT NULL DEFAULT '';"
	"ALTER TABLE storage ADD COLUMN ca TEXT NOT NULL DEFAULT '';";

const char *const schema_scripts[] = {first, shared_needs, notice_topics, settings, trials,
	receivers, job_retention, seen_heads, storage_addresses};
const size_t schema_script_count = sizeof(schema_scripts) / sizeof(schema_scripts[0]);
