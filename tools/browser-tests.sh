#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs the tests in a real browser (Debian's chromium, or CHROMIUM=FILE) against the programs in FOLDER.
# Use: tools/browser-tests.sh FOLDER     SCREENSHOTS=FOLDER leaves pictures there.
set -eu
cd "$(dirname "$0")/../tests/browser"
GARNER_BIN=$(realpath "$OLDPWD/$1" 2>/dev/null || realpath "$1")
export GARNER_BIN
[ -d node_modules/playwright-core ] || {
	echo "Installing the npm packages of tests/browser" >&2
	npm ci --no-audit --no-fund --silent
}
exec node --test --test-reporter="${REPORTER:-spec}" --test-concurrency=1 *.browser.mjs
