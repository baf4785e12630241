// SPDX-License-Identifier: Apache-2.0
// Prints which tests prove which rule of the licensing. Ids stand at the beginning of a test's name:
// `static void A1_A2_…(void **state)` in C, `test('T1, T2: …'` in the system tests. An id that is no
// rule is an error; a rule without a test is shown as such.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const id = '(?:[A-I]\\d{1,2}|T\\d{1,2}b?|B)';

const rules = new Map();
for (const line of fs.readFileSync(path.join(root, 'tests/rules.txt'), 'utf8').split('\n')) {
  const [, rule, title] = line.match(/^([A-Z]\d*b?) (.*)$/) ?? [];
  if (rule) rules.set(rule, { title, tests: [] });
}

function* testsOf(file) {
  const text = fs.readFileSync(file, 'utf8');
  const pattern = file.endsWith('.c')
    ? new RegExp(`^static void ((?:${id}_)+)([a-z]\\w*)\\(void \\*\\*state\\)`, 'gm')
    : new RegExp(`^test\\(['\`]((?:${id}, )*${id})(?:, first line)?: ([^'\`]*)`, 'gm');
  for (const [, ids, name] of text.matchAll(pattern))
    yield { ids: ids.match(new RegExp(id, 'g')), name: name.replaceAll('_', ' ') };
}

function walk(folder) {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === 'node_modules') return [];
    const file = path.join(folder, entry.name);
    return entry.isDirectory() ? walk(file) : /\.(c|test\.mjs)$/.test(entry.name) ? [file] : [];
  });
}

let unknown = 0;
for (const file of walk(path.join(root, 'tests')).sort()) {
  for (const { ids, name } of testsOf(file)) {
    for (const rule of ids) {
      if (rules.has(rule)) {
        rules.get(rule).tests.push(`${path.relative(root, file)}: ${name}`);
      } else {
        console.error(`${path.relative(root, file)}: ${rule} is no rule: ${name}`);
        unknown++;
      }
    }
  }
}
let proven = 0;
for (const [rule, { title, tests }] of rules) {
  proven += tests.length > 0;
  console.log(`${rule.padEnd(4)} ${title}`);
  for (const test of tests) console.log(`       ${test}`);
  if (!tests.length) console.log('       (no test yet)');
}
console.log(`${proven} of ${rules.size} rules have tests`);
process.exit(unknown ? 1 : 0);
