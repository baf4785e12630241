#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# A PostgreSQL server for tests, with all that it has in one folder, on a free port of the loopback.
# Use: tools/postgres-server.sh start DIR   makes the server where it is not there; prints its URL
#      tools/postgres-server.sh stop DIR    stops it
#      tools/postgres-server.sh kill DIR    ends it as a crash would (SIGKILL); start goes on from there
# It keeps what it was told (fsync is on), unless GARNER_POSTGRES_FSYNC=off says otherwise. PostgreSQL
# refuses to run as root: root runs it as the user "postgres" or "nobody".
set -eu
use() { echo "use: $0 start|stop|kill DIR" >&2 && exit 2; }
[ $# = 2 ] || use
folder=$2

bin=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -1)
[ -n "$bin" ] || bin=$(dirname "$(command -v pg_ctl || true)")
[ -x "$bin/pg_ctl" ] || { echo "PostgreSQL is not installed: apt-get install postgresql" >&2 && exit 1; }

as_user() {
	if [ "$(id -u)" != 0 ]; then
		"$@"
	else
		user=postgres
		id "$user" >/dev/null 2>&1 || user=nobody
		(cd / && runuser -u "$user" -- "$@")
	fi
}

make_cluster() {
	mkdir -p "$folder"
	node -e 'process.stdout.write(require("crypto").randomBytes(12).toString("hex"))' >"$folder/password"
	[ "$(id -u)" != 0 ] || chown -R "$(id postgres >/dev/null 2>&1 && echo postgres || echo nobody)" "$folder"
	as_user "$bin/initdb" --pgdata "$folder/data" --username garner --auth scram-sha-256 \
		--pwfile "$folder/password" --encoding UTF8 --locale C.UTF-8 >/dev/null
	# A port that is free now; only one who is told of it later can take it.
	node -e 'const s = require("net").createServer().listen(0, "127.0.0.1", () => { console.log(s.address().port); s.close(); })' \
		>"$folder/port"
	cat >>"$folder/data/postgresql.conf" <<-END
		listen_addresses = '127.0.0.1'
		port = $(cat "$folder/port")
		unix_socket_directories = ''
		max_connections = 200
		shared_buffers = 64MB
		fsync = ${GARNER_POSTGRES_FSYNC:-on}
		lc_messages = 'C'
	END
}

case $1 in
start)
	[ -f "$folder/data/PG_VERSION" ] || make_cluster
	# After a crash the processes of the old server need a moment to see that it is gone.
	for try in 1 2 3 4 5 6 7 8 9 10; do
		as_user "$bin/pg_ctl" start -w -t 60 -D "$folder/data" -l "$folder/data/log" >/dev/null 2>&1 && break
		[ "$try" != 10 ] || { tail -n 20 "$folder/data/log" >&2 && exit 1; }
		sleep 0.5
	done
	echo "postgresql://garner:$(cat "$folder/password")@127.0.0.1:$(cat "$folder/port")/postgres"
	;;
stop)
	as_user "$bin/pg_ctl" stop -w -m fast -D "$folder/data" >/dev/null
	;;
kill)
	kill -9 "$(head -n 1 "$folder/data/postmaster.pid")"
	;;
*)
	use
	;;
esac
