#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job from end to end on this machine, with a sandbox organization of 24 mailboxes and 20
# licenses. Use: tools/demo.sh FOLDER-OF-PROGRAMS      KEEP=1 leaves everything running.
set -eu

bin=$(realpath "$1")
demo=$(mktemp -d "${TMPDIR:-/tmp}/garner-demo-XXXXXX")
export GARNER_STATE=$demo/installation
garner() { "$bin/garner" "$@"; }
say() { printf '\n\033[1m%s\033[0m\n' "$*"; }
# One member of a program's JSON line.
member() { node -e 'const j=JSON.parse(require("fs").readFileSync(0));console.log(process.argv[1].split(".").reduce((o,k)=>o[k],j))' "$1"; }

pids=
finish() {
	status=$?
	if [ "${KEEP:-}" = 1 ] && [ "$status" = 0 ]; then return; fi
	for pid in $pids; do kill "$pid" 2>/dev/null || true; done
	wait 2>/dev/null || true
	rm -rf "$demo"
}
trap finish EXIT

# Starts a program that serves; its line goes to $demo/NAME.json.
serve() {
	name=$1
	shift
	"$bin/$name" serve "$@" >"$demo/$name.json" 2>"$demo/$name.log" &
	pids="$pids $!"
	for _ in $(seq 200); do
		[ -s "$demo/$name.json" ] && return 0
		kill -0 $! 2>/dev/null || break
		sleep 0.05
	done
	cat "$demo/$name.log" >&2
	return 1
}
of() { member "$2" <"$demo/$1.json"; }

say "1. The vendor's licensing service, and an organization of 24 mailboxes"
node -e '
const names = "Ada Ben Cleo Dan Eva Finn Greta Hugo Ida Jan Kim Leo Mia Nils Olga Paul Quinn Rosa Sven Tess Udo Vera Will Yara".split(" ");
console.log(JSON.stringify({ tenant_id: "5e0c6c9f-6f0e-4a55-8f0a-1d2b3c4d5e6f", domain: "contoso.example",
  users: names.map((name, i) => ({ upn: name.toLowerCase() + "@contoso.example", name, mail: 20 + (i * 7) % 30 })) }));
' >"$demo/organization.json"
serve garner-licensing --state "$demo/licensing" --listen 127.0.0.1:0
serve garner-tenant --scenario "$demo/organization.json" --state "$demo/tenant" --listen 127.0.0.1:0
serve garnerd --state "$GARNER_STATE"
echo "licensing service: $(of garner-licensing listening)   organization: $(of garner-tenant listening)"

say "2. An order of 20 licenses, and the activation with its license key"
key=$("$bin/garner-licensing" order --seats 20 --customer "Contoso" --email it@contoso.example --paid \
	--state "$demo/licensing" --json | member license_key)
garner license server "$(of garner-licensing listening)" --root-key "$(of garner-licensing root_key_file)" --quiet
garner license activate "$key"

say "3. A connection, a storage and a job"
garner connection add cloud --kind m365 --tenant "$(of garner-tenant tenant_id)" \
	--client-id "$(of garner-tenant client_id)" --secret-file "$(of garner-tenant client_secret_file)" \
	--authority "$(of garner-tenant listening)" --graph "$(of garner-tenant listening)" --ca "$(of garner-tenant ca_file)"
garner connection test cloud
garner storage add disk --path "$demo/repository"
garner job add night --connection cloud --storage disk

say "4. The first run: 20 mailboxes are stored, 4 are named with the reason"
garner job start night --wait || [ $? = 3 ]
garner job show night --json >"$demo/first.json"

say "5. Ten more licenses, and the second run: nothing is fetched again, the rest is stored"
"$bin/garner-licensing" add "$key" --seats 10 --paid --state "$demo/licensing" --json >/dev/null
garner job start night --wait
garner job show night --json >"$demo/second.json"

say "6. One mailbox comes back as a folder of .eml files; the repository is checked"
garner restore latest:mailbox/ada@contoso.example --to "$demo/restored"
(cd "$demo/restored" && find . -name '*.eml' | sort | head -5)
garner check --read-data
garner license status || true

say "What happened"
node - "$demo" <<'J'
const fs = require('fs');
const demo = process.argv[2];
const read = (name) => JSON.parse(fs.readFileSync(`${demo}/${name}.json`));
const sum = (run, key) => run.objects.reduce((total, object) => total + object[key], 0);
const has = (run, ...results) => run.objects.filter((object) => results.includes(object.result)).length;
const files = fs.readdirSync(`${demo}/restored`, { recursive: true }).filter((name) => name.endsWith('.eml')).length;
const rows = [['', 'first run', 'second run']];
const [first, second] = [read('first'), read('second')];
rows.push(['mailboxes backed up', has(first, 'stored', 'unchanged'), has(second, 'stored', 'unchanged')]);
rows.push(['without a license', has(first, 'no_license'), has(second, 'no_license')]);
rows.push(['messages fetched', sum(first, 'items_new'), sum(second, 'items_new')]);
rows.push(['bytes fetched', sum(first, 'bytes_read'), sum(second, 'bytes_read')]);
rows.push(['bytes stored', sum(first, 'bytes_stored'), sum(second, 'bytes_stored')]);
for (const [what, ...values] of rows) console.log(what.padEnd(24) + values.map((v) => `${v}`.padStart(12)).join(''));
console.log(`\n${files} messages of one mailbox were restored to files.`);
if (has(first, 'stored') !== 20 || has(first, 'no_license') !== 4 || has(second, 'stored', 'unchanged') !== 24 || !files) {
  console.error('This is not what should have happened.');
  process.exit(1);
}
J

if [ "${KEEP:-}" = 1 ]; then
	cat <<TEXT

Everything is still running. To look further:
  export GARNER_STATE=$GARNER_STATE PATH=$bin:\$PATH
  garner job show night        garner license subjects      garner notices
  garner ls latest:mailbox     garner snapshots             garner license why mailbox:ada@contoso.example
To end it:  kill$pids; rm -r $demo
TEXT
else
	cat <<TEXT

Look further with "make demo KEEP=1", which leaves everything running, or read README.md.
TEXT
fi
