#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Reads every #include of src/ and sandbox/ and fails where the house's rules are broken: an include
// from a higher floor or sideways, a private header from outside its folder, a library's header
// outside the one place that may know it, folders in a circle.
// Use: tools/check-floors.mjs [ROOT]        checks the tree (ROOT: this one)
//      tools/check-floors.mjs --self-test   shows on made-up trees that each violation is found
// Exit: 0 nothing found, 1 findings, one a line, as FILE:LINE: what and why.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// From the lowest floor up. A folder may use what lies on a lower floor.
const floors = [
  ['base'],
  ['net', 'db', 'crypto'],
  ['license', 'item', 'storage'],
  ['source', 'repo', 'catalog', 'license_client'],
  ['job', 'mount'],
  ['panel', 'license_service'],
  ['cmd'],
];
const sideways = new Set(['net -> crypto', 'catalog -> repo']);
const sandboxMayUse = floors.slice(0, 2).flat(); // it is the other side: nothing of src/source
const sandboxUser = 'cmd/garner-tenant';

// A library's headers, and the one place that may include them.
const libraries = [
  [/^sqlite3/, 'src/db/'],
  [/^libpq/, 'src/db/'],
  [/^openssl\//, 'src/crypto/'],
  [/^sodium/, 'src/crypto/'],
  [/^curl\//, 'src/net/'],
  [/^microhttpd/, 'src/net/'],
  [/^json-c\//, 'src/base/json.c'],
  [/^zstd/, 'src/repo/'],
  [/^isa-l\//, 'src/repo/'],
  [/^fuse/, 'src/mount/'],
  [/^libxml\//, 'src/storage/s3_xml.c'],
];

const generated = /_config\.h$/; // made by meson; never in the tree

const floorOf = (house) => floors.findIndex((floor) => floor.includes(house.split('/')[0]));

// The house's folder that a file belongs to: "repo", "cmd/garner", "sandbox".
function houseOf(file) {
  const parts = file.split('/');
  if (parts[0] === 'sandbox') return 'sandbox';
  return parts[1] === 'cmd' ? `cmd/${parts[2]}` : parts[1];
}

function sourcesOf(root) {
  return ['src', 'sandbox'].filter((top) => fs.existsSync(path.join(root, top)))
    .flatMap((top) => fs.readdirSync(path.join(root, top), { recursive: true })
      .map((name) => `${top}/${name}`))
    .filter((file) => /\.[ch]$/.test(file)).sort();
}

function includesOf(root, file) {
  return fs.readFileSync(path.join(root, file), 'utf8').split('\n').flatMap((text, index) => {
    const found = /^\s*#\s*include\s*(?:"([^"]+)"|<([^>]+)>)/.exec(text);
    return found ? [{ file, line: index + 1, quoted: found[1], system: found[2] }] : [];
  });
}

// The file that a quoted include names, as the compiler finds it; undefined where there is none.
function resolve(root, include) {
  const places = [path.posix.dirname(include.file), 'src', '.'];
  return places.map((place) => path.posix.join(place, include.quoted))
    .find((file) => fs.existsSync(path.join(root, file)));
}

function judgeLibrary({ file, system }) {
  const library = libraries.find(([pattern]) => pattern.test(system));
  if (library && !file.startsWith(library[1])) return `only ${library[1]} may know <${system}>`;
}

function judgeFloors(from, to) {
  if (from === to) return undefined;
  if (to === 'sandbox') return from === sandboxUser ? undefined : `only ${sandboxUser} may use the sandbox`;
  if (from === 'sandbox') {
    return sandboxMayUse.includes(to) ? undefined : `the sandbox may use only ${sandboxMayUse.join(', ')}`;
  }
  const [lower, upper] = [floorOf(to), floorOf(from)];
  if (upper < 0 || lower < 0) return `${upper < 0 ? from : to} has no floor; tools/check-floors.mjs lists them`;
  if (lower > upper) return `upwards: ${from} is on floor ${upper}, ${to} on floor ${lower}`;
  if (lower === upper && !sideways.has(`${from} -> ${to}`)) return `sideways: ${from} and ${to} are both on floor ${lower}`;
}

// A *_priv.h is for its own folder; a header in a subfolder of a house's folder is for that house.
function judgePrivate(file, target) {
  const home = path.posix.dirname(target);
  if (target.endsWith('_priv.h') && path.posix.dirname(file) !== home) return `private to ${home}/`;
  const house = houseOf(target);
  const inner = home !== `src/${house}` && home !== house;
  if (inner && houseOf(file) !== house) return `inner header of ${house}`;
}

// Circles among folders; a folder and its own subfolders are one thing and may know each other.
function findCircles(edges) {
  const findings = [];
  const state = new Map();
  const walk = (folder, trail) => {
    state.set(folder, 'open');
    for (const [next, include] of edges.get(folder) ?? []) {
      if (state.get(next) === 'open') {
        const circle = [...trail.slice(trail.indexOf(next)), next].join(' -> ');
        findings.push(`${include.file}:${include.line}: closes a circle of folders: ${circle}`);
      } else if (!state.has(next)) {
        walk(next, [...trail, next]);
      }
    }
    state.set(folder, 'done');
  };
  for (const folder of [...edges.keys()].sort()) if (!state.has(folder)) walk(folder, [folder]);
  return findings;
}

function addEdge(edges, include, target) {
  const [from, to] = [include.file, target].map((file) => path.posix.dirname(file));
  if (from === to || from.startsWith(`${to}/`) || to.startsWith(`${from}/`)) return;
  if (!edges.has(from)) edges.set(from, new Map());
  if (!edges.get(from).has(to)) edges.get(from).set(to, include);
}

function checkTree(root) {
  const findings = [];
  const edges = new Map();
  const files = sourcesOf(root);
  for (const include of files.flatMap((file) => includesOf(root, file))) {
    const say = (what) => what && findings.push(
      `${include.file}:${include.line}: includes "${include.quoted ?? include.system}": ${what}`);
    if (include.system) {
      say(judgeLibrary(include));
      continue;
    }
    const target = resolve(root, include);
    if (!target && generated.test(include.quoted)) continue;
    if (!target) {
      say('there is no such file; a library is included as <…>');
      continue;
    }
    addEdge(edges, include, target);
    say(judgeFloors(houseOf(include.file), houseOf(target)) ?? judgePrivate(include.file, target));
  }
  return { files: files.length, findings: [...findings, ...findCircles(edges)] };
}

// Each case: made-up files (path: lines), and what must be found, and nothing else.
const cases = [
  ['a house in order', {
    'src/base/a.h': [], 'src/base/json.c': ['#include <json-c/json.h>'],
    'src/crypto/c.h': ['#include "base/a.h"'], 'src/crypto/c.c': ['#include <openssl/evp.h>', '#include <sodium.h>'],
    'src/net/n.c': ['#include "crypto/c.h"', '#include <curl/curl.h>', '#include <microhttpd.h>'],
    'src/db/d_priv.h': ['#include <sqlite3.h>'], 'src/db/d.c': ['#include "db/d_priv.h"'],
    'src/repo/r.h': [], 'src/repo/r.c': ['#include <zstd.h>', '#include "repo_config.h"'], 'src/catalog/k.c': ['#include "repo/r.h"'],
    'src/source/s.h': [], 'src/source/s.c': ['#include "source/graph/g.h"'],
    'src/source/graph/g.h': ['#include "source/s.h"'],
    'src/cmd/garner/x.h': [], 'src/cmd/garner/main.c': ['#include "x.h"', '#include "source/s.h"'],
    'sandbox/t.h': ['#include "crypto/c.h"'], 'src/cmd/garner-tenant/main.c': ['#include "sandbox/t.h"'],
  }, []],
  ['upwards', { 'src/job/j.h': [], 'src/repo/r.c': ['', '#include "job/j.h"'] }, [/^src\/repo\/r\.c:2: .*upwards/]],
  ['upwards from base', { 'src/net/n.h': [], 'src/base/b.c': ['#include "net/n.h"'] }, [/upwards: base/]],
  ['sideways', { 'src/db/d.h': [], 'src/net/n.c': ['#include "db/d.h"'] }, [/^src\/net\/n\.c:1: .*sideways/]],
  ['repo uses source', { 'src/source/s.h': [], 'src/repo/r.c': ['#include "source/s.h"'] }, [/sideways: repo/]],
  ['source uses repo', { 'src/repo/r.h': [], 'src/source/s.c': ['#include "repo/r.h"'] }, [/sideways: source/]],
  ['an allowed pair turned round', { 'src/net/n.h': [], 'src/crypto/c.c': ['#include "net/n.h"'] }, [/sideways: crypto/]],
  ['two programs', { 'src/cmd/garner/x.h': [], 'src/cmd/garnerd/main.c': ['#include "cmd/garner/x.h"'] }, [/sideways: cmd\/garnerd/]],
  ['by a path of dots', { 'src/job/j.h': [], 'src/repo/r.c': ['#include "../job/j.h"'] }, [/upwards/]],
  ['a folder of no floor', { 'src/new/n.h': [], 'src/job/j.c': ['#include "new/n.h"'] }, [/new has no floor/]],
  ['the sandbox uses source', { 'src/source/s.h': [], 'sandbox/t.c': ['#include "source/s.h"'] }, [/^sandbox\/t\.c:1: .*the sandbox may use only/]],
  ['the product uses the sandbox', { 'sandbox/t.h': [], 'src/source/s.c': ['#include "sandbox/t.h"'] }, [/only cmd\/garner-tenant/]],
  ['a private header', { 'src/repo/r_priv.h': [], 'src/job/j.c': ['#include "repo/r_priv.h"'] }, [/private to src\/repo/]],
  ['a private header of a subfolder', { 'src/source/graph/g_priv.h': [], 'src/source/s.c': ['#include "source/graph/g_priv.h"'] }, [/private to src\/source\/graph/]],
  ['an inner header', { 'src/source/graph/g.h': [], 'src/job/j.c': ['#include "source/graph/g.h"'] }, [/inner header of source/]],
  ['a file that is not there', { 'src/job/j.c': ['#include "job/nothing.h"'] }, [/no such file/]],
  ['a circle of folders', {
    'src/source/ews/e.h': ['#include "source/graph/g.h"'], 'src/source/graph/g.h': ['#include "source/ews/e.h"'],
  }, [/circle of folders: src\/source\/ews -> src\/source\/graph -> src\/source\/ews/]],
  ...[['sqlite3.h', 'job'], ['openssl/evp.h', 'net'], ['sodium.h', 'license'], ['curl/curl.h', 'source'],
    ['microhttpd.h', 'panel'], ['json-c/json.h', 'base'], ['zstd.h', 'storage']].map(([header, folder]) =>
    [`${header} in ${folder}`, { [`src/${folder}/x.c`]: [`#include <${header}>`] }, [/only src\/\S+ may know/]]),
];

function runCase([name, files, expected]) {
  const root = fs.mkdtempSync(path.join(os.tmpdir(), 'check-floors-'));
  try {
    for (const [file, lines] of Object.entries(files)) {
      fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
      fs.writeFileSync(path.join(root, file), `${lines.join('\n')}\n`);
    }
    const { findings } = checkTree(root);
    const right = findings.length === expected.length && expected.every((one, i) => one.test(findings[i]));
    console.log(`${right ? 'ok    ' : 'FAILED'} ${name}${right ? '' : `: found ${JSON.stringify(findings)}`}`);
    return right;
  } finally {
    fs.rmSync(root, { recursive: true });
  }
}

if (process.argv[2] === '--self-test') {
  process.exitCode = cases.map(runCase).every(Boolean) ? 0 : 1;
} else {
  const root = process.argv[2] ?? path.dirname(path.dirname(fileURLToPath(import.meta.url)));
  const { files, findings } = checkTree(root);
  for (const finding of findings) console.log(finding);
  console.log(`check-floors: ${files} files, ${findings.length} findings`);
  process.exitCode = findings.length ? 1 : 0;
}
