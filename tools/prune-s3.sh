#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Writers and prunes on one bucket of an S3 server that is started for it.
# Use: tools/prune-s3.sh FOLDER-OF-PROGRAMS ROUNDS
set -eu
cd "$(dirname "$0")/.."
server=$(mktemp -d)
trap 'tools/s3-server.sh stop "$server/s3"; rm -rf "$server"' EXIT
GARNER_TEST_S3=$(tools/s3-server.sh start "$server/s3")
AWS_ACCESS_KEY_ID=$(sed -n 's/^access_key //p' "$server/s3/credentials")
AWS_SECRET_ACCESS_KEY=$(sed -n 's/^secret_key //p' "$server/s3/credentials")
export GARNER_TEST_S3 AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
GARNER_BIN=$1 GARNER_ROUNDS=$2 node --test tests/system/prune.s3.test.mjs
