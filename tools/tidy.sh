#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Runs clang-tidy over the sources, two at a time. Use: tools/tidy.sh BUILD-FOLDER [FILE…]
set -u
cd "$(dirname "$0")/.."
folder=$1
shift
if [ $# -gt 0 ]; then printf '%s\n' "$@"; else git ls-files 'src/*.c' 'sandbox/*.c'; fi |
	xargs -P 2 -n 4 clang-tidy-19 --quiet -p "$folder" 2>/dev/null
