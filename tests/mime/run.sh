#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Every message of the two corpora, then COUNT mutated ones made from them, through the splitter and
# the rebuilder (tests/mime/mutations.c), by two processes.
# The corpora, mail-plain.tar.zst and mail-office.tar.zst, lie in $GARNER_DATA or beside the project.
# Use: tests/mime/run.sh BUILD [COUNT] [SEED]
set -eu
build=$(realpath "$1")
count=${2:-10000000}
seed=${3:-1}
cd "$(dirname "$0")/../.."
data=${GARNER_DATA:-../shared/data}
for corpus in mail-plain mail-office; do
	[ -f "$data/$corpus.tar.zst" ] || {
		echo "$data/$corpus.tar.zst is not there; GARNER_DATA says where the corpora lie" >&2
		exit 1
	}
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
for corpus in mail-plain mail-office; do
	zstd -dcq --long=27 "$data/$corpus.tar.zst" | tar -xf - -C "$scratch"
done
failed=0
pids=
for part in 0 1; do
	mkdir "$scratch/.part$part"
	(
		cd "$scratch/.part$part"
		exec nice -n 10 "$build/tests/mime/mutations" $((count / 2)) $((seed * 2 + part)) "$scratch"
	) &
	pids="$pids $!"
done
for pid in $pids; do
	wait "$pid" || failed=1
done
for kept in "$scratch"/.part*/mime-difference.eml; do
	[ -f "$kept" ] && cp "$kept" mime-difference.eml && echo "kept as mime-difference.eml"
done
exit $failed
