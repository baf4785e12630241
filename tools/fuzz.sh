#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Lets libFuzzer look for what breaks a parser, SECONDS for each target, two targets at a time. What it
# finds new is added to the kept corpora (inputs of at most 2 KB, as few as cover the same); a
# crashing input is kept in build-fuzz/ and named.
# Use: tools/fuzz.sh SECONDS [TARGET…]
set -u
cd "$(dirname "$0")/.."
seconds=$1
shift
CC=clang-14 tools/build.sh build-fuzz -Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false -Dman=disabled || exit 1
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
	"$program" -merge=1 -max_len=2048 "$kept" "$work" >>"build-fuzz/$target.log" 2>&1
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
