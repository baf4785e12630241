#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Times a backup of 6,000 real messages of one mailbox from the sandbox, a second run, the restore and
# the check, each as a whole process on this machine. The corpus lies beside the project
# (../shared/data, or GARNER_DATA). Use: bench/mail.sh FOLDER-OF-PROGRAMS
set -eu
bin=$(realpath "$1")
data=${GARNER_DATA:-$(dirname "$0")/../../shared/data}
work=$(mktemp -d "${TMPDIR:-/tmp}/garner-bench-XXXXXX")
export GARNER_STATE=$work/installation
pids=
trap 'kill $pids 2>/dev/null || true; wait; rm -rf "$work"' EXIT

mkdir "$work/corpus" "$work/mail"
tar --use-compress-program 'zstd --long=27' -xf "$data/mail-plain.tar.zst" -C "$work/corpus"
number=0
while IFS= read -r file; do
	number=$((number + 1))
	[ "$number" -le 6000 ] || break
	cp "$file" "$work/mail/$(printf %05d "$number").eml"
done < <(find "$work/corpus" -type f | sort)
cat >"$work/scenario.json" <<J
{ "tenant_id": "5e0c6c9f-6f0e-4a55-8f0a-1d2b3c4d5e6f", "domain": "contoso.example",
  "users": [ { "upn": "ada@contoso.example", "mail": "$work/mail" } ] }
J
serve() { # NAME, options: starts it, its line goes to $work/NAME.json
	name=$1
	shift
	"$bin/$name" serve "$@" --listen 127.0.0.1:0 >"$work/$name.json" 2>/dev/null &
	pids="$pids $!"
	until [ -s "$work/$name.json" ]; do sleep 0.1; done
}
of() { node -pe 'JSON.parse(require("fs").readFileSync(process.argv[1]))[process.argv[2]]' "$work/$1.json" "$2"; }
timed() { # TITLE, command
	title=$1
	shift
	/usr/bin/time -f "$title: %e s wall, %U + %S s CPU, %M KiB peak" "$@"
}

serve garner-licensing --state "$work/licensing"
serve garner-tenant --scenario "$work/scenario.json" --state "$work/tenant"
"$bin/garner-licensing" order --seats 1 --customer Bench --email bench@contoso.example --paid \
	--state "$work/licensing" --json >"$work/order.json"
garner() { "$bin/garner" "$@" --quiet; }
garner license server "$(of garner-licensing listening)" --root-key "$(of garner-licensing root_key_file)"
garner license activate "$(of order license_key)"
garner connection add cloud --kind m365 --tenant "$(of garner-tenant tenant_id)" \
	--client-id "$(of garner-tenant client_id)" --secret-file "$(of garner-tenant client_secret_file)" \
	--authority "$(of garner-tenant listening)" --graph "$(of garner-tenant listening)" --ca "$(of garner-tenant ca_file)"
garner storage add disk --path "$work/repository"
garner job add night --connection cloud --storage disk

echo "6000 messages, $(du -sb "$work/mail" | cut -f1) bytes"
timed "first run" "$bin/garner" job start night --quiet --no-progress
echo "repository: $(du -sb "$work/repository" | cut -f1) bytes"
timed "second run" "$bin/garner" job start night --quiet --no-progress
timed "restore" "$bin/garner" restore latest --to "$work/restored" --quiet --no-progress
timed "check --read-data" "$bin/garner" check --read-data --quiet --no-progress
