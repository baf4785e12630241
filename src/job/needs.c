/* SPDX-License-Identifier: Apache-2.0 */
#include "job/needs.h"

#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/mem.h"
#include "base/text.h"

enum { DIGEST_TEXT = 2 * HASH_SIZE + 1 };

/* A set that is being written. */
struct writing {
	struct installation *installation;
	struct organization *organization;
	const struct organization_need *need;
	int64_t set_no;
	char *last_way; /* most members come by the same way as the one before */
	int64_t last_way_no;
};

static int one_number(struct db *db, const char *sql, const char *text, int64_t *out)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows, sql, "s", text);

	*out = r == 1 ? db_int(rows, 0) : 0;
	return r < 0 ? r : 0;
}

/* What a right is called in a way. */
static const char *right_word(
	const struct organization_need *need, const struct required_grant *grant)
{
	if (need->object.rule == REQUIRED_OWNER)
		return "owner";
	if (need->object.rule == REQUIRED_MEMBERS)
		return "member";
	return grant->rights & REQUIRED_ADMINISTER ? "administer" : "change";
}

/* ["change", "Sales", "Sales North"]: the right, and the groups from the granted one down; "*"
 * alone for everyone. The caller frees it. */
static char *way_of(const struct writing *writing, uint32_t user)
{
	const struct organization_need *need = writing->need;
	struct required *required = organization_required(writing->organization);
	AUTO_JSON way = json_new_array();
	struct required_way found;

	if (!required_why(required, &need->object, user, &found))
		return mem_strdup("[]");
	const struct required_grant *grant = &need->grants[found.grant];
	json_append(way, json_new_text(right_word(need, grant)));
	if (grant->who.kind == DIRECTORY_EVERYONE)
		json_append(way, json_new_text("*"));
	for (size_t i = 0; i < found.group_count; i++)
		json_append(way, json_new_text(organization_group_name(
					 writing->organization, found.groups[i])));
	return json_text(way, false);
}

static int way_number(struct writing *writing, uint32_t user, int64_t *out)
{
	struct db *db = writing->installation->db;
	AUTO_TEXT way = way_of(writing, user);
	int r = 0;

	if (!writing->last_way || !text_equal(writing->last_way, way)) {
		r = db_run(db,
			"INSERT INTO need_way (text) VALUES (?1) ON CONFLICT (text) DO NOTHING",
			"s", way);
		if (r == 0)
			r = one_number(db, "SELECT no FROM need_way WHERE text = ?1", way,
				&writing->last_way_no);
		mem_replace(&writing->last_way, STEAL(way));
	}
	*out = writing->last_way_no;
	return r;
}

/* The user's number, with the name that is known now; once in a run for each. */
static int subject_number(struct writing *writing, uint32_t user, int64_t *out)
{
	struct db *db = writing->installation->db;
	int64_t *number = organization_user_number(writing->organization, user);
	const char *subject = organization_subject(writing->organization, user);
	int r = 0;

	if (*number == 0)
		r = db_run(db,
			"INSERT INTO subject (id, name, seen_s) VALUES (?1, ?2, ?3) "
			"ON CONFLICT (id) DO UPDATE SET name = ?2, seen_s = ?3",
			"ssi", subject, organization_user_name(writing->organization, user),
			clock_now_s());
	if (r == 0 && *number == 0)
		r = one_number(db, "SELECT no FROM subject WHERE id = ?1", subject, number);
	*out = *number;
	return r;
}

static int write_member(struct writing *writing, uint32_t user)
{
	int64_t subject_no = 0, way_no = 0;
	int r = subject_number(writing, user, &subject_no);

	if (r == 0)
		r = way_number(writing, user, &way_no);
	if (r == 0)
		r = db_run(writing->installation->db,
			"INSERT INTO need_member VALUES (?1, ?2, ?3)", "iii", writing->set_no,
			subject_no, way_no);
	return r;
}

/* Finds the set of this digest, or writes it. */
static int put_set(struct writing *writing, const char *digest)
{
	static const char find[] = "SELECT no FROM need_set WHERE digest = ?1";
	struct db *db = writing->installation->db;
	int r = one_number(db, find, digest, &writing->set_no);

	if (r < 0 || writing->set_no != 0)
		return r;
	r = db_run(db, "INSERT INTO need_set (digest) VALUES (?1)", "s", digest);
	if (r == 0)
		r = one_number(db, find, digest, &writing->set_no);
	/* The set belongs to the organization's working memory, which the ways use too. */
	uint32_t *users = mem_array(writing->need->count + 1, sizeof(*users));
	memcpy(users, writing->need->users, writing->need->count * sizeof(*users));
	for (size_t i = 0; i < writing->need->count && r == 0; i++)
		r = write_member(writing, users[i]);
	mem_free(users);
	return r;
}

static int drop_set_if_unused(struct db *db, int64_t set_no)
{
	return db_run(db,
		"DELETE FROM need_set WHERE no = ?1 AND NOT EXISTS "
		"(SELECT 1 FROM need_object WHERE set_no = ?1)",
		"i", set_no);
}

/* The set that the object has now; 0 where it has none. `same`: its digest and rule are these.
 */
static int look_up(struct db *db, const struct needs_object *object, const char *digest,
	int64_t *out_set, bool *same)
{
	AUTO_ROWS rows = NULL;
	int r = db_one(db, &rows,
		"SELECT set_no, digest, rule FROM need_object JOIN need_set ON no = set_no "
		"WHERE job_id = ?1 AND kind = ?2 AND name = ?3",
		"iss", object->job_id, object->kind, object->name);

	*out_set = r == 1 ? db_int(rows, 0) : 0;
	*same = r == 1 && text_equal(db_text(rows, 1), digest) &&
		text_equal(db_text(rows, 2), object->rule);
	return r < 0 ? r : 0;
}

static int write_object(
	struct writing *writing, const struct needs_object *object, const char *digest)
{
	struct db *db = writing->installation->db;
	int64_t set_before = 0;
	bool same = false;
	int r = look_up(db, object, digest, &set_before, &same);

	if (r < 0 || same)
		return r;
	r = put_set(writing, digest);
	if (r == 0)
		r = db_run(db,
			"INSERT INTO need_object VALUES (?1, ?2, ?3, ?4, ?5, ?6) "
			"ON CONFLICT (job_id, kind, name) DO UPDATE SET rule = ?4, "
			"required = ?5, set_no = ?6",
			"isssii", object->job_id, object->kind, object->name, object->rule,
			(int64_t)writing->need->count, writing->set_no);
	if (r == 0 && set_before != 0 && set_before != writing->set_no)
		r = drop_set_if_unused(db, set_before);
	return r;
}

int needs_record(struct installation *installation, const struct needs_object *object,
	struct organization *organization, struct organization_need *need)
{
	struct db *db = installation->db;
	struct writing writing = {
		.installation = installation, .organization = organization, .need = need};
	uint8_t hash[HASH_SIZE];
	char digest[DIGEST_TEXT];
	int64_t set_no;
	bool same = false;

	if (!*object->rule ||
		(need->count > 0 && !organization_subject(organization, need->users[0])))
		return needs_forget(installation, object);
	organization_need_digest(organization, need, hash);
	text_to_hex(hash, sizeof(hash), digest);
	int r = look_up(db, object, digest, &set_no, &same);
	if (r < 0 || same)
		return r;
	r = db_begin(db);
	if (r == 0)
		r = write_object(&writing, object, digest);
	if (r == 0)
		r = db_commit(db);
	if (r < 0)
		db_rollback(db);
	mem_free(writing.last_way);
	return r;
}

int needs_forget(struct installation *installation, const struct needs_object *object)
{
	struct db *db = installation->db;
	int64_t set_no;
	bool same;
	int r = look_up(db, object, "", &set_no, &same);

	if (r < 0 || set_no == 0)
		return r;
	r = db_run(db, "DELETE FROM need_object WHERE job_id = ?1 AND kind = ?2 AND name = ?3",
		"iss", object->job_id, object->kind, object->name);
	return r < 0 ? r : drop_set_if_unused(db, set_no);
}

int needs_settle(struct installation *installation, int64_t job_id, int64_t run_id)
{
	int r = db_run(installation->db,
		"DELETE FROM need_object WHERE job_id = ?1 AND NOT EXISTS "
		"(SELECT 1 FROM run_object WHERE run_id = ?2 AND kind = need_object.kind "
		"AND name = need_object.name)",
		"ii", job_id, run_id);

	if (r == 0 && db_changed(installation->db) > 0)
		r = needs_sweep(installation);
	return r;
}

int needs_sweep(struct installation *installation)
{
	return db_run(installation->db,
		"DELETE FROM need_set WHERE no NOT IN (SELECT set_no FROM need_object)", "");
}

/* "member of Sales, through Sales North" */
static char *way_text(const char *right, const struct json *groups, size_t count)
{
	static const char *const words[][4] = {
		/* right, of the user's own, before a group, through everyone */
		{"owner", "it is this user's own", "", ""},
		{"member", "member", "member of ", "member, as everyone is"},
		{"change", "may change it", "may change it as a member of ",
			"may change it, as everyone may"},
		{"administer", "administers it", "administers it as a member of ",
			"administers it, as everyone does"},
	};
	AUTO_TEXT through = mem_strdup("");

	for (size_t i = 0; i < count; i++)
		mem_replace(&through, mem_printf("%s%s%s", through, i ? ", through " : "",
					      json_as_text(json_at(groups, i))));
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (!text_equal(words[i][0], right))
			continue;
		if (count == 0)
			return mem_strdup(words[i][1]);
		if (text_equal(through, "*"))
			return mem_strdup(words[i][3]);
		return mem_printf("%s%s", words[i][2], through);
	}
	return mem_strdup("");
}

struct json *needs_way(const char *way)
{
	struct json *out = json_new_object();
	struct json *groups = json_new_array();
	AUTO_JSON parsed = NULL;

	if (json_parse(way, strlen(way), &parsed) < 0)
		parsed = NULL;
	const char *right = json_as_text(json_at(parsed, 0));
	for (size_t i = 1; i < json_count(parsed); i++)
		json_append(groups, json_share(json_at(parsed, i)));
	AUTO_TEXT text = way_text(right ? right : "", groups, json_count(groups));
	json_put_text(out, "right", right ? right : "");
	json_put(out, "groups", groups);
	json_put_text(out, "text", text);
	return out;
}
