#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the system tests against the programs in FOLDER.
# Use: tools/system-tests.sh FOLDER all|plain|licensing|s3   ("s3" needs GARNER_TEST_S3, the address of a
# bucket, and the keys in AWS_…: see tools/s3-server.sh; "plain" leaves out what needs libfaketime, which
# does not go with sanitizers; "licensing" is what the licensing service has a part in:
# it proves T1 to T27, and runs on PostgreSQL too where GARNER_TEST_DATABASE names a server)
set -eu
cd "$(dirname "$0")/../tests/system"
GARNER_BIN=$(realpath "$OLDPWD/$1" 2>/dev/null || realpath "$1")
export GARNER_BIN
# A program that a sanitizer finds fault with ends at once, which its test notices.
export TSAN_OPTIONS="halt_on_error=1 ${TSAN_OPTIONS:-}" UBSAN_OPTIONS="halt_on_error=1 ${UBSAN_OPTIONS:-}"
[ -d node_modules/@azure/msal-node ] && [ -d node_modules/smtp-server ] || {
	echo "Installing the npm packages of tests/system" >&2
	npm ci --no-audit --no-fund --silent
}
files=$(ls *.test.mjs | grep -v '\.s3\.')
[ "${2:-all}" = plain ] && files=$(ls *.test.mjs | grep -v 'faketime\|\.s3\.')
[ "${2:-all}" = s3 ] && files=$(ls *.s3.test.mjs)
[ "${2:-all}" = licensing ] && files=$(ls licensing*.test.mjs orders*.test.mjs trial*.test.mjs \
	shared.test.mjs suspension*.test.mjs tamper*.test.mjs privacy.test.mjs)
# shellcheck disable=SC2086
exec node --test --test-reporter="${REPORTER:-spec}" --test-concurrency=2 $files
