#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Looks for what may not stand in the sources: functions that the house has better ones for, sources
# without a license line, paths of a machine, work left undone. Prints FILE:LINE; exit 1 on any.
set -u
cd "$(dirname "$0")/.."
found=0

say() { # TITLE, lines on standard input
	lines=$(cat)
	[ -n "$lines" ] || return 0
	found=1
	printf '%s\n%s\n' "$1" "$lines"
}

code() { git ls-files 'src/*.c' 'src/*.h' 'sandbox/*.c' 'sandbox/*.h'; }
above_base() { code | grep -v '^src/base/'; }
# Line comments and the text of block comments are no code.
grep_code() { grep -nHP "$1" "${@:2}" | grep -vP '^[^:]+:\d+:\s*(/?\*|//)' || true; }

memory='malloc|calloc|realloc|free|strdup|strndup|alloca'
text='strcpy|strcat|sprintf|vsprintf|strtok|atoi|atol|atof|sscanf|gets'
time='time|localtime|gmtime|ctime|clock_gettime|gettimeofday|sleep|usleep|nanosleep'
other='system|popen|rand|srand|random|tmpnam|mktemp'
# shellcheck disable=SC2046
grep_code "(?<![\w.>\"])($memory|$text|$time|$other)\s*\(" $(above_base) |
	say 'Functions that base/ has better ones for:'
# shellcheck disable=SC2046
grep_code "(?<![\w.>\"])($text|$other)\s*\(" $(code | grep '^src/base/') |
	say 'Functions that nobody may use:'
# What tests put in the place of the clock, the disk and the randomness.
# shellcheck disable=SC2046
grep_code '\b(clock_use|io_use|secret_random_use)\b' \
	$(code | grep -vE '^src/(base/(clock|io)|crypto/secret)\.[ch]$') |
	say 'Seams that are for tests alone:'

for file in $(git ls-files '*.c' '*.h' '*.sh' '*.mjs' 'Makefile' '*meson.build'); do
	head -n 3 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0' || echo "$file:1"
done | say 'Sources without their license line:'

git grep -nE '/(work|farm)/|/tmp/(bash|build)|(^|[^A-Za-z0-9_}*])/root/' -- . ':!tools/check-words.sh' |
	say 'Paths of a machine:'
git grep -nwE 'TODO|FIXME|XXX|HACK' -- . ':!tools/check-words.sh' ':!tests/system/package-lock.json' |
	say 'Work left undone:'

[ "$found" = 0 ] && echo 'check-words: nothing found'
exit "$found"
