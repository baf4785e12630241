#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Prints which tests prove which rule of the licensing. The rules are those of tests/rules.txt; a
// test names its rules at the beginning of its own name: `static void A1_A2_…` in tests/unit,
// `test('C5, T21: …'` in tests/system.
// Use: tools/rules.mjs
// Exit: 0, or 1 where a test names a rule that there is not, as FILE:LINE: what.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const looksLikeId = /^(?:[A-IT]\d+[a-z]?|B)$/;

function readRules() {
  return new Map(fs.readFileSync('tests/rules.txt', 'utf8').split('\n')
    .filter((line) => line.trim() && !line.startsWith('#'))
    .map((line) => [line.split(' ')[0], { title: line.slice(line.indexOf(' ') + 1), tests: [] }]));
}

// The ids that words begin with.
function leadingIds(words) {
  const end = words.findIndex((word) => !looksLikeId.test(word));
  return end < 0 ? words : words.slice(0, end);
}

const kinds = [
  {
    folder: 'tests/unit', ending: '.c',
    pattern: /^static void (\w+)\(/,
    ids: (name) => leadingIds(name.split('_')),
  },
  {
    folder: 'tests/system', ending: '.mjs',
    pattern: /^\s*(?:test|it)(?:\.\w+)?\(\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/,
    ids: (title) => leadingIds(title.split(':')[0].split(/,\s*/)),
  },
];

function testsOf({ folder, ending, pattern, ids }) {
  return fs.readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith(ending) && !name.includes('node_modules')).sort()
    .flatMap((name) => fs.readFileSync(path.join(folder, name), 'utf8').split('\n').flatMap((line, index) => {
      const title = pattern.exec(line)?.slice(1).find((group) => group !== undefined);
      if (!title) return [];
      return [{ place: `${folder}/${name}:${index + 1}`, title, ids: ids(title) }];
    }));
}

const rules = readRules();
const strangers = [];
for (const test of kinds.flatMap(testsOf)) {
  for (const id of test.ids) {
    if (rules.has(id)) rules.get(id).tests.push(test);
    else strangers.push(`${test.place}: "${test.title}" names the rule ${id}, which is not in tests/rules.txt`);
  }
}

for (const [id, { title, tests }] of rules) {
  console.log(`${id.padEnd(5)}${title}`);
  for (const test of tests) console.log(`        ${test.place}  ${test.title}`);
  if (!tests.length) console.log('        no test yet');
}
for (const stranger of strangers) console.log(stranger);
const proved = [...rules.values()].filter(({ tests }) => tests.length).length;
console.log(`${proved} of ${rules.size} rules have tests`);
process.exitCode = strangers.length ? 1 : 0;
