#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lets libFuzzer look for what breaks a parser, SECONDS for each target, two targets at a time. The
# kept corpora are then made anew (tests/fuzz/README.md): the inputs with a name, and of those that
# were found, of at most 2 KB, as few as reach the same code. A crashing input is kept in build-fuzz/
# and named.
# Use: tools/fuzz.sh SECONDS [TARGET…]
set -u
cd "$(dirname "$0")/.."
seconds=$1
found_most=120
shift
CC=clang-14 tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dman=disabled || exit 1
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
targets=${*:-$(ls tests/fuzz/fuzz_*.c | sed 's/.*fuzz_\(.*\)\.c/\1/')}

fuzz() {
	target=$1
	kept=tests/fuzz/corpus/$target
	work=build-fuzz/corpus-$target
	mkdir -p "$work"
	program=build-fuzz/tests/fuzz/fuzz_$target
	"$program" -max_total_time="$seconds" -max_len=2048 -timeout=20 -print_final_stats=1 \
		-artifact_prefix="build-fuzz/crash-$target-" "$work" "$kept" >"build-fuzz/$target.log" 2>&1
	status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: //p' "build-fuzz/$target.log")
	cover=$(grep -o 'cov: [0-9]*' "build-fuzz/$target.log" | tail -1)
	echo "$target: ${runs:-0} runs, $cover, exit $status"
	[ $status = 0 ] || {
		grep -E -A 12 'ERROR|ASSERT|deadly|runtime error' "build-fuzz/$target.log" | head -40
		return 1
	}
	keep
}

# An input that was found has its digest for a name.
found() {
	find "$1" -type f -regextype posix-extended "${@:2}" -regex '.*/[0-9a-f]{40}'
}

# Also those that pass the same code more often are kept, unless there are too many of them.
keep() {
	fresh=build-fuzz/fresh-$target
	for counters in 1 0; do
		rm -rf "$fresh"
		mkdir "$fresh"
		found "$kept" ! | xargs -r cp -t "$fresh"
		"$program" -merge=1 -use_counters=$counters -max_len=2048 "$fresh" "$kept" "$work" \
			>>"build-fuzz/$target.log" 2>&1 || return 1
		[ "$(found "$fresh" | wc -l)" -gt "$found_most" ] || break
	done
	found "$kept" | xargs -r rm
	cp "$fresh"/* "$kept"
}

failed=0
running=0
for target in $targets; do
	fuzz "$target" &
	running=$((running + 1))
	[ $running -lt 2 ] || {
		wait -n || failed=1
		running=$((running - 1))
	}
done
while [ $running -gt 0 ]; do
	wait -n || failed=1
	running=$((running - 1))
done
exit $failed
