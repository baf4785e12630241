// SPDX-License-Identifier: Apache-2.0
// What can be said of tests/mutations.mjs without building: stale entries, missing tests, order.
import fs from 'node:fs';
import path from 'node:path';
import { mutations, withoutMutation } from '../../tests/mutations.mjs';
import { patternOf, ruleId } from './mutant.mjs';

export const list = 'tests/mutations.mjs';

export function rulesOf(root) {
  return fs.readFileSync(path.join(root, 'tests/rules.txt'), 'utf8').split('\n')
    .map((line) => line.match(/^([A-Z]\d*b?) /)?.[1]).filter(Boolean);
}

// The tests that must notice a change: { unit } or { file, name }.
export const unitsOf = ({ units = [] }) => units.map((unit) => ({ unit }));
export const systemOf = ({ system }) => (system ? [{ file: system[0], name: system[1] }] : []);

// Where a change is made: the line, or an error.
export function place(root, { file, find }) {
  const name = path.join(root, file);
  if (!fs.existsSync(name)) return { error: `there is no ${file}` };
  const source = fs.readFileSync(name, 'utf8');
  const count = source.split(find).length - 1;
  if (count !== 1) return { error: `stale: "${find}" occurs ${count} times in ${file}` };
  return { line: source.slice(0, source.indexOf(find)).split('\n').length };
}

function* faultsOfTests(root, mutation) {
  const rules = mutation.rules.split(' ');
  if (!mutation.units?.length && !mutation.system) yield 'names no test';
  for (const unit of mutation.units ?? []) {
    const file = `tests/unit/${path.dirname(unit)}/test_${path.basename(unit)}.c`;
    if (!fs.existsSync(path.join(root, file))) {
      yield `there is no ${file}`;
      continue;
    }
    const named = fs.readFileSync(path.join(root, file), 'utf8')
      .matchAll(new RegExp(`^static void ((?:${ruleId}_)+)[a-z]`, 'gm'));
    const ids = new Set([...named].flatMap(([, prefix]) => prefix.split('_')));
    if (!rules.some((rule) => ids.has(rule))) yield `${file} has no test that is named by ${rules.join(' or ')}`;
  }
  for (const { file, name } of systemOf(mutation)) {
    const full = path.join(root, 'tests/system', file);
    const text = fs.existsSync(full) ? fs.readFileSync(full, 'utf8') : '';
    const names = [...text.matchAll(/^test\((['`])(.*?[^\\])\1/gm)].map((match) => match[2]);
    if (!names.some((test) => new RegExp(patternOf(name)).test(test))) yield `tests/system/${file} has no test "${name}"`;
  }
}

function* faultsOf(root, known, mutation) {
  const { rules, file, find, replace, what } = mutation;
  for (const rule of rules.split(' ')) if (!known.includes(rule)) yield `${rule} is no rule`;
  if (!what || find === replace) yield 'changes nothing';
  const { error } = place(root, mutation);
  if (error) yield error;
  yield* faultsOfTests(root, mutation);
  const same = mutations.filter((other) => other.file === file && other.find === find && other.replace === replace &&
    other.rules.split(' ').some((rule) => rules.split(' ').includes(rule)));
  if (same[0] !== mutation) yield `the same as "${same[0].what}"`;
}

// All that is wrong with the list, a line each.
export function faultsOfList(root) {
  const known = rulesOf(root);
  const faults = [];
  let before = 0;
  for (const mutation of mutations) {
    const say = (text) => faults.push(`${list}: ${mutation.rules}: ${mutation.what}: ${text}`);
    for (const fault of faultsOf(root, known, mutation)) say(fault);
    const rank = known.indexOf(mutation.rules.split(' ')[0]);
    if (rank < before) say(`stands behind ${known[before]}; --sort mends it`);
    before = Math.max(before, rank);
  }
  for (const { rule, count } of table(root)) {
    if (!count && /^[A-I]/.test(rule) && !withoutMutation[rule]) faults.push(`${list}: ${rule} has no mutation`);
  }
  return faults;
}

// Puts the entries into their order, as they are written.
export function sortList(root) {
  const known = rulesOf(root);
  const name = path.join(root, list);
  const [, head, body, tail] = fs.readFileSync(name, 'utf8').match(/^(.*?mutations = \[\n)(.*?)(\];\n.*)$/s);
  const entries = body.split(/^(?= {2}\{ rules: )/m);
  const rank = (entry) => known.indexOf(entry.match(/^ {2}\{ rules: '([A-Z]\d*b?)/)?.[1]);
  fs.writeFileSync(name, head + entries.sort((a, b) => rank(a) - rank(b)).join('') + tail);
  return 0;
}

// For each rule how many mutations it has, and why it has none.
export function table(root) {
  return rulesOf(root).map((rule) => ({ rule, why: withoutMutation[rule] ?? '',
    count: mutations.filter(({ rules }) => rules.split(' ').includes(rule)).length }));
}
