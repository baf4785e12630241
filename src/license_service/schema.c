/* SPDX-License-Identifier: Apache-2.0 */
#include "license_service/schema.h"

#include "db/db.h"

static const char first[] = "CREATE TABLE license ("
			    " license_id TEXT NOT NULL PRIMARY KEY,"
			    " seats BIGINT NOT NULL,"
			    " used BIGINT NOT NULL,"
			    " epoch BIGINT NOT NULL,"
			    " activated_s BIGINT NOT NULL,"
			    " anchor_s BIGINT NOT NULL,"
			    " years BIGINT NOT NULL,"
			    " revoked_s BIGINT NOT NULL,"
			    " touched_s BIGINT NOT NULL,"
			    " revision BIGINT NOT NULL,"
			    " chain TEXT NOT NULL,"
			    " wrapped_secret TEXT,"
			    " CHECK (used >= 0),"
			    " CHECK (used <= seats));"

			    "CREATE TABLE renewal ("
			    " license_id TEXT NOT NULL,"
			    " start_s BIGINT NOT NULL,"
			    " seats BIGINT NOT NULL,"
			    " PRIMARY KEY (license_id, start_s));"

			    "CREATE TABLE assignment ("
			    " license_id TEXT NOT NULL,"
			    " epoch BIGINT NOT NULL,"
			    " subject TEXT NOT NULL,"
			    " instance_id TEXT NOT NULL,"
			    " assigned_s BIGINT NOT NULL,"
			    " PRIMARY KEY (license_id, epoch, subject));"

			    "CREATE TABLE instance ("
			    " license_id TEXT NOT NULL,"
			    " instance_id TEXT NOT NULL,"
			    " name TEXT NOT NULL,"
			    " public_key TEXT NOT NULL,"
			    " first_seen_s BIGINT NOT NULL,"
			    " last_seen_s BIGINT NOT NULL,"
			    " sequence BIGINT NOT NULL,"
			    " PRIMARY KEY (license_id, instance_id));"

			    "CREATE TABLE event ("
			    " license_id TEXT NOT NULL,"
			    " revision BIGINT NOT NULL,"
			    " at_s BIGINT NOT NULL,"
			    " kind TEXT NOT NULL,"
			    " detail TEXT NOT NULL,"
			    " hash TEXT NOT NULL,"
			    " PRIMARY KEY (license_id, revision));"

			    "CREATE TABLE idempotency ("
			    " license_id TEXT NOT NULL,"
			    " instance_id TEXT NOT NULL,"
			    " request_key TEXT NOT NULL,"
			    " request_digest TEXT NOT NULL,"
			    " at_s BIGINT NOT NULL,"
			    " answer TEXT NOT NULL,"
			    " PRIMARY KEY (license_id, instance_id, request_key));"
			    "CREATE INDEX idempotency_by_age ON idempotency (license_id, at_s);"

			    "CREATE TABLE orders ("
			    " license_id TEXT NOT NULL,"
			    " order_id TEXT NOT NULL,"
			    " kind TEXT NOT NULL,"
			    " seats BIGINT NOT NULL,"
			    " amount BIGINT NOT NULL,"
			    " currency TEXT NOT NULL,"
			    " customer TEXT,"
			    " email TEXT,"
			    " placed_s BIGINT NOT NULL,"
			    " completed_s BIGINT NOT NULL,"
			    " PRIMARY KEY (license_id, order_id));"

			    "CREATE TABLE outbox ("
			    " license_id TEXT NOT NULL,"
			    " order_id TEXT NOT NULL,"
			    " sealed TEXT NOT NULL,"
			    " at_s BIGINT NOT NULL,"
			    " PRIMARY KEY (license_id, order_id));"

			    "CREATE TABLE key_lookup ("
			    " key_digest TEXT NOT NULL PRIMARY KEY,"
			    " license_id TEXT NOT NULL);"

			    "CREATE TABLE order_lookup ("
			    " order_id TEXT NOT NULL PRIMARY KEY,"
			    " license_id TEXT NOT NULL);"

			    "CREATE TABLE service_time ("
			    " id BIGINT NOT NULL PRIMARY KEY,"
			    " at_s BIGINT NOT NULL);"
			    "INSERT INTO service_time (id, at_s) VALUES (1, 0);";

static const char selling[] =
	"ALTER TABLE orders ADD COLUMN expires_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE orders ADD COLUMN cancelled_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE orders ADD COLUMN failed_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE orders ADD COLUMN refunded_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE orders ADD COLUMN paid_by TEXT;"
	"CREATE INDEX orders_by_time ON orders (placed_s, order_id);"

	"CREATE TABLE key_face ("
	" license_id TEXT NOT NULL PRIMARY KEY,"
	" masked TEXT NOT NULL);"

	"CREATE TABLE mail ("
	" license_id TEXT NOT NULL,"
	" mail_id TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" order_id TEXT NOT NULL,"
	" at_s BIGINT NOT NULL,"
	" next_s BIGINT NOT NULL,"
	" tries BIGINT NOT NULL,"
	" PRIMARY KEY (license_id, mail_id));"
	"CREATE INDEX mail_by_turn ON mail (next_s);"

	"CREATE TABLE reminder ("
	" license_id TEXT NOT NULL,"
	" expires_s BIGINT NOT NULL,"
	" days BIGINT NOT NULL,"
	" at_s BIGINT NOT NULL,"
	" PRIMARY KEY (license_id, expires_s, days));"

	"CREATE TABLE delivery ("
	" webhook_id TEXT NOT NULL PRIMARY KEY,"
	" order_id TEXT NOT NULL,"
	" kind TEXT NOT NULL,"
	" outcome TEXT NOT NULL,"
	" at_s BIGINT NOT NULL);";

/* A trial belongs to a tenant, and there are no more of them than tenants: they are keyed by
 * the digest of its id, without a license. */
static const char trials[] = "CREATE TABLE trial ("
			     " tenant TEXT NOT NULL PRIMARY KEY,"
			     " started_s BIGINT NOT NULL,"
			     " ends_s BIGINT NOT NULL,"
			     " items_per_folder BIGINT NOT NULL,"
			     " offline_s BIGINT NOT NULL,"
			     " touched_s BIGINT NOT NULL);"

			     "CREATE TABLE trial_instance ("
			     " tenant TEXT NOT NULL,"
			     " instance_id TEXT NOT NULL,"
			     " name TEXT NOT NULL,"
			     " public_key TEXT NOT NULL,"
			     " first_seen_s BIGINT NOT NULL,"
			     " last_seen_s BIGINT NOT NULL,"
			     " sequence BIGINT NOT NULL,"
			     " PRIMARY KEY (tenant, instance_id));";

/* What instances witness of a license's history. */
static const char witnesses[] =
	"ALTER TABLE instance ADD COLUMN witness_sequence BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE instance ADD COLUMN regressions BIGINT NOT NULL DEFAULT 0;"
	"CREATE TABLE history_alarm ("
	" license_id TEXT NOT NULL,"
	" instance_id TEXT NOT NULL,"
	" revision BIGINT NOT NULL,"
	" sequence BIGINT NOT NULL,"
	" at_s BIGINT NOT NULL,"
	" PRIMARY KEY (license_id, instance_id));";

/* Several keys of a license, and instances that are served no more. */
static const char keys[] =
	"ALTER TABLE key_lookup ADD COLUMN until_s BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE key_lookup ADD COLUMN own_secret BIGINT NOT NULL DEFAULT 0;"
	"ALTER TABLE key_lookup ADD COLUMN wrapped_secret TEXT;"
	"ALTER TABLE instance ADD COLUMN revoked_s BIGINT NOT NULL DEFAULT 0;";

int schema_migrate(struct db *db)
{
	static const char *const scripts[] = {first, trials, witnesses, keys, selling};

	return db_migrate(db, scripts, sizeof(scripts) / sizeof(scripts[0]));
}
