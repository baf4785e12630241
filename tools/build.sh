#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Builds into FOLDER and leaves links to the programs in FOLDER/bin.
# Use: tools/build.sh FOLDER [options of meson setup…]     (CC chooses the compiler)
set -eu
folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >"$folder.log" 2>&1 || {
	cat "$folder.log"
	exit 1
}
rm -f "$folder.log"
ninja -C "$folder" --quiet
mkdir -p "$folder/bin"
for program in garner garnerd garner-licensing garner-tenant; do
	ln -sfn "../src/cmd/$program/$program" "$folder/bin/$program"
done
