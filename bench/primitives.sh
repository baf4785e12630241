#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs bench-primitives on the files of a folder, or on the corpus of plain mail (../shared/data, or GARNER_DATA).
# Use: bench/primitives.sh FOLDER-OF-THE-BUILD [FOLDER]
set -eu
data=${GARNER_DATA:-$(dirname "$0")/../../shared/data}
work=$(mktemp -d "${TMPDIR:-/tmp}/garner-bench-XXXXXX")
trap 'rm -rf "$work"' EXIT
if [ $# -lt 2 ]; then
	mkdir "$work/mail"
	zstd -dc --long=27 "$data/mail-plain.tar.zst" | tar -xf - -C "$work/mail"
	set -- "$1" "$work/mail"
fi
"$1/bench/bench-primitives" "$2" "$work/scratch"
