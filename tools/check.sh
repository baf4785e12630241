#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every test of the project. Use: tools/check.sh [STEP…]; without one, all. Steps: lint plain browser
# clang address thread postgres s3 simulate demo histories. The last line counts single tests: "N passed, N failed".
# "mutate" is a step of its own, for it takes as long as all the others (see make mutate-rules).
set -u
cd "$(dirname "$0")/.."
export NO_COLOR=1

passed=0
failed=0
log=$(mktemp -d)
trap 'rm -rf "$log"' EXIT

# One check that passes or fails as a whole.
one() {
	name=$1
	shift
	if "$@" >"$log/one" 2>&1; then
		passed=$((passed + 1))
		echo "ok      $name"
	else
		failed=$((failed + 1))
		echo "FAILED  $name"
		tail -n 40 "$log/one" | sed 's/^/        /'
	fi
}

unit_tests() {
	folder=$1
	shift
	echo "unit tests in $folder $*"
	# shellcheck disable=SC2086
	if meson test -C "$folder" --no-rebuild --print-errorlogs --timeout-multiplier 5 "$@" >"$log/meson" 2>&1; then status=0; else status=1; fi
	counts=$(node tools/count-tests.mjs "$folder/meson-logs/testlog.junit.xml")
	good=${counts% *}
	bad=${counts#* }
	[ "$status" = 0 ] || [ "$bad" != 0 ] || bad=1
	passed=$((passed + good))
	failed=$((failed + bad))
	echo "        $good passed, $bad failed"
	[ "$bad" = 0 ] || tail -n 80 "$log/meson"
}

system_tests() {
	echo "system tests with $1 ($2)"
	REPORTER=tap tools/system-tests.sh "$@" >"$log/tap" 2>&1
	status=$?
	good=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log/tap" | tail -1)
	bad=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$log/tap" | tail -1)
	[ "$status" = 0 ] || [ "${bad:-0}" != 0 ] || bad=1
	passed=$((passed + ${good:-0}))
	failed=$((failed + ${bad:-1}))
	echo "        ${good:-0} passed, ${bad:-1} failed"
	[ "${bad:-1}" = 0 ] || grep -E -A 40 '^[[:space:]]*not ok' "$log/tap" | head -n 200
}

lint() {
	one "formatter" bash -c 'git ls-files "*.c" "*.h" | xargs clang-format-14 --dry-run -Werror'
	one "no include from a higher floor" node tools/check-floors.mjs
	one "the check of floors finds what it should" node tools/check-floors.mjs --self-test
	one "SQL that every database of a cluster takes" node tools/check-sql.mjs
	one "the check of SQL finds what it should" node tools/check-sql.mjs --self-test
	one "sizes of functions and files" node tools/check-sizes.mjs
	one "words that may not be used" tools/check-words.sh
	one "table of rules" node tools/rules.mjs
	one "changes that break the rules" node tools/mutate-rules.mjs --check
	one "API descriptions" tools/lint-api.sh
	one "clang-tidy" tools/tidy.sh build
}

build() { # FOLDER, options
	one "build in $1" tools/build.sh "$@" --werror
}

plain() {
	build build
	unit_tests build
	system_tests build/bin all
}

browser() {
	echo "browser tests"
	REPORTER=tap tools/browser-tests.sh build/bin >"$log/tap" 2>&1
	status=$?
	good=$(sed -n 's/^# pass \([0-9]*\)$/\1/p' "$log/tap" | tail -1)
	bad=$(sed -n 's/^# fail \([0-9]*\)$/\1/p' "$log/tap" | tail -1)
	[ "$status" = 0 ] || [ "${bad:-0}" != 0 ] || bad=1
	passed=$((passed + ${good:-0}))
	failed=$((failed + ${bad:-1}))
	echo "        ${good:-0} passed, ${bad:-1} failed"
	[ "${bad:-1}" = 0 ] || grep -E -A 40 '^[[:space:]]*not ok' "$log/tap" | head -n 100
}

clang() {
	CC=clang-14 build build-clang
}

# What fails each call in turn takes each N-th one where all is slower.
address() {
	export GARNER_CALL_STEP=11
	build build-address -Db_sanitize=address,undefined
	unit_tests build-address
	system_tests build-address/bin plain
}

thread() {
	export GARNER_CALL_STEP=41
	build build-thread -Db_sanitize=thread
	unit_tests build-thread
	system_tests build-thread/bin plain
}

histories() {
	for database in sqlite postgresql; do
		one "histories on $database" env GARNER_BIN=build/bin \
			node tests/histories/run.mjs --database "$database" --claims 50000
	done
}

# The licensing service on a PostgreSQL server of our own, by the same tests.
postgres() {
	build build
	server=$(mktemp -d)
	chmod 755 "$server"
	if GARNER_TEST_DATABASE=$(tools/postgres-server.sh start "$server/postgres" 2>"$log/one"); then
		export GARNER_TEST_DATABASE
		unit_tests build --suite db --suite license_service
		system_tests build/bin licensing
		tools/postgres-server.sh stop "$server/postgres"
		unset GARNER_TEST_DATABASE
	else
		one "start a PostgreSQL server" sh -c 'cat "$1"; false' sh "$log/one"
	fi
	rm -rf "$server"
}

# The storages' tests on a real S3 server, in a bucket without and in one with object lock.
s3() {
	build build
	server=$(mktemp -d)
	if GARNER_TEST_S3=$(tools/s3-server.sh start "$server/s3" 2>"$log/one"); then
		export GARNER_TEST_S3
		AWS_ACCESS_KEY_ID=$(sed -n 's/^access_key //p' "$server/s3/credentials")
		AWS_SECRET_ACCESS_KEY=$(sed -n 's/^secret_key //p' "$server/s3/credentials")
		export AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
		unit_tests build --suite storage
		system_tests build/bin s3
		GARNER_TEST_S3=$GARNER_TEST_S3-locked
		unit_tests build storage/sides
		tools/s3-server.sh stop "$server/s3"
		unset GARNER_TEST_S3 AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
	else
		one "start an S3 server" sh -c 'cat "$1"; false' sh "$log/one"
	fi
	rm -rf "$server"
}

demo() {
	one "demo" tools/demo.sh build/bin
}

mutate() {
	one "each rule's change is noticed" node tools/mutate-rules.mjs
}

# A thousand customers for a month each, on two processors; the seeds are always the same.
simulate() {
	for half in 1-500 501-1000; do
		build/tests/simulation/simulate --seeds "$half" --days 30 >"$log/simulate-$half" 2>&1 &
		eval "pid_${half%-*}=\$!"
	done
	# shellcheck disable=SC2154
	one "planted faults are found" build/tests/simulation/simulate --self-test
	one "simulated months, seeds 1 to 500" wait_for_half "$pid_1" "$log/simulate-1-500"
	one "simulated months, seeds 501 to 1000" wait_for_half "$pid_501" "$log/simulate-501-1000"
	tail -qn 1 "$log/simulate-1-500" "$log/simulate-501-1000" | sed 's/^/        /'
}

wait_for_half() { # PROCESS, its output
	wait "$1"
	status=$?
	[ "$status" = 0 ] || cat "$2"
	return "$status"
}

for step in ${*:-plain browser lint clang address thread postgres s3 simulate demo histories}; do
	echo "--- $step"
	$step
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
