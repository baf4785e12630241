#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Shows that the tests notice when a rule of the licensing is broken: makes each change of
// tests/mutations.mjs (described there) and runs the tests that it names, each of which must fail.
// Works in copies of the tree, in a temporary folder. A change that does not apply or not compile is
// an error and no kill, and so is one whose tests do not pass as the code is.
// First come the changes that unit tests notice, then those for which only a system test is named.
// Use: tools/mutate-rules.mjs [OPTION…] [RULE…]      all, or those that break one of these rules
//   --jobs N    so many copies at once (2)     --from N   begin with the N-th of the run
//   --units     only what unit tests notice    --system   every system test that is named, also where
//   --check     build nothing: is the list in order?      a unit test notices the same
//   --table     build nothing: how many changes each rule has
//   --sort      build nothing: puts the list into its order
// Exit: 0 all killed, 1 some survived or are in error.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Mutant, endAll, hasNoticed, readTap } from './lib/mutant.mjs';
import { faultsOfList, list, place, sortList, systemOf, table, unitsOf } from './lib/mutation-list.mjs';
import { mutations } from '../tests/mutations.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const testLimitMs = 300_000;

const labelOf = (killer) => killer.unit ?? `${killer.file} ${killer.name}`;
const minutes = (ms) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`);

// What is to be done, in order: { mutation, line, killers }.
function tasksOf(options, wanted) {
  const tasksWith = (killersOf) => mutations
    .filter(({ rules }) => !wanted.length || rules.split(' ').some((rule) => wanted.includes(rule)))
    .map((mutation) => ({ mutation, killers: killersOf(mutation), rules: mutation.rules.split(' ') }))
    .filter(({ killers }) => killers.length);
  const tasks = [...(options.system ? [] : tasksWith(unitsOf)),
    ...(options.units ? [] : tasksWith((one) => (options.system || !one.units ? systemOf(one) : [])))];
  return tasks.slice(Number(options.from) - 1);
}

// Takes from the front of a list, in every copy at once.
async function inAll(copies, items, work) {
  const queue = [...items.entries()];
  await Promise.all(copies.map(async (copy) => {
    for (let next = queue.shift(); next; next = queue.shift()) await work(copy, next[1], next[0]);
  }));
}

// Each test that is named passes as the code is, and there is one; how long it takes, or what is wrong.
async function tryUnchanged(copies, killers) {
  const states = new Map();
  await inAll(copies, killers, async (copy, killer) => {
    const start = Date.now();
    const result = await copy.runKiller(killer, testLimitMs);
    const good = result.code === 0 && readTap(result.text).passed > 0;
    states.set(labelOf(killer), { ms: Date.now() - start, error: good ? '' : `${labelOf(killer)} does not pass as the code is:\n${result.text.slice(-2000)}` });
  });
  return states;
}

async function tryTask(copy, { mutation, killers, rules }, states) {
  const bad = killers.find((killer) => states.get(labelOf(killer)).error);
  if (bad) return { verdict: 'ERROR', why: `${labelOf(bad)} does not pass as the code is` };
  return copy.withChange(mutation, async () => {
    const made = await copy.ninja(killers, 1);
    if (made.code !== 0) return { verdict: 'ERROR', why: `does not build:\n${made.text.slice(-2000)}` };
    for (const killer of killers) {
      const result = await copy.runKiller(killer, 60_000 + 10 * states.get(labelOf(killer)).ms);
      if (!hasNoticed(killer, rules, result)) return { verdict: 'SURVIVED', why: `${labelOf(killer)} does not notice` };
    }
    return { verdict: 'killed', why: '' };
  });
}

// Tells how far a run is. The time left goes by how long the tests take unchanged, and by how much
// longer those took that are done.
class Progress {
  constructor(tasks, states, jobs, first) {
    Object.assign(this, { tasks, jobs, first, done: 0, expected: 0, taken: 0, counts: { killed: 0, SURVIVED: 0, ERROR: 0 } });
    this.expect = (task) => 2000 + task.killers.reduce((sum, killer) => sum + states.get(labelOf(killer)).ms, 0);
    this.left = tasks.reduce((sum, task) => sum + this.expect(task), 0);
  }

  tell(task, index, ms, { verdict, why }) {
    const { mutation } = task;
    this.counts[verdict]++;
    this.done++;
    this.taken += ms;
    this.expected += this.expect(task);
    this.left -= this.expect(task);
    const left = minutes((this.left * this.taken) / this.expected / this.jobs);
    const last = this.first + this.tasks.length - 1;
    console.log(`[${`${this.first + index}`.padStart(`${last}`.length)}/${last}] ${verdict.padEnd(8)} ${mutation.rules.padEnd(10)} ` +
      `${(ms / 1000).toFixed(1).padStart(5)} s  ${mutation.file}:${place(root, mutation).line}: ${mutation.what}` +
      `${why && `: ${why}`} (${left} left)`);
  }
}

async function mutate(work, options, wanted) {
  const jobs = Math.max(1, Number(options.jobs));
  const tasks = tasksOf(options, wanted);
  if (!tasks.length) throw new Error(`${list}: no such change`);
  const start = Date.now();
  const killers = [...new Map(tasks.flatMap((task) => task.killers).map((killer) => [labelOf(killer), killer])).values()];
  console.log(`${tasks.length} changes, ${killers.length} tests; building a copy`);

  const copy = new Mutant(path.join(work, '1'), root);
  copy.copyTree();
  if (killers.some((killer) => !killer.unit)) copy.addPackages();
  const made = await copy.ninja(killers, os.cpus().length);
  if (made.code !== 0) throw new Error(`the tree does not build:\n${made.text.slice(-4000)}`);
  const copies = [copy];
  for (let i = 2; i <= jobs; i++) copies.push(copy.clone(path.join(work, `${i}`)));

  console.log(`built after ${minutes(Date.now() - start)}; the tests as the code is`);
  const states = await tryUnchanged(copies, killers);
  const bad = [...states.values()].filter(({ error }) => error);
  for (const { error } of bad) console.log(error);
  console.log(`${killers.length - bad.length} tests pass as the code is, ${bad.length} do not, after ${minutes(Date.now() - start)}`);

  const progress = new Progress(tasks, states, jobs, Number(options.from));
  await inAll(copies, tasks, async (one, task, index) => {
    const since = Date.now();
    const result = await tryTask(one, task, states);
    progress.tell(task, index, Date.now() - since, result);
  });
  const { killed, SURVIVED, ERROR } = progress.counts;
  console.log(`${killed} killed, ${SURVIVED} survived, ${ERROR} in error; ${minutes(Date.now() - start)}`);
  return SURVIVED + ERROR ? 1 : 0;
}

function check() {
  const faults = faultsOfList(root);
  for (const fault of faults) console.error(fault);
  console.log(`${mutations.length} changes, ${faults.length} faults`);
  return faults.length ? 1 : 0;
}

function printTable() {
  const rows = table(root);
  for (const { rule, count, why } of rows) console.log(`${rule.padEnd(4)} ${`${count}`.padStart(3)}${why && `  ${why}`}`);
  const bare = rows.filter(({ count }) => !count).map(({ rule }) => rule);
  console.log(`${mutations.length} changes; ${bare.length ? `without one: ${bare.join(' ')}` : 'every rule has one'}`);
  return 0;
}

async function main() {
  const { values: options, positionals } = parseArgs({ allowPositionals: true, options: {
    jobs: { type: 'string', default: '2' }, from: { type: 'string', default: '1' }, units: { type: 'boolean' },
    system: { type: 'boolean' }, check: { type: 'boolean' }, table: { type: 'boolean' }, sort: { type: 'boolean' } } });
  for (const name of ['jobs', 'from']) {
    if (!/^[1-9]\d{0,3}$/.test(options[name])) throw new Error(`--${name} takes a number from 1 on`);
  }
  if (options.table) return printTable();
  if (options.check) return check();
  if (options.sort) return sortList(root);
  const stale = mutations.map((mutation) => place(root, mutation).error).filter(Boolean);
  if (stale.length) throw new Error(stale.map((text) => `${list}: ${text}`).join('\n'));

  const work = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-'));
  const clean = () => {
    endAll();
    fs.rmSync(work, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => { clean(); process.exit(1); });
  try {
    return await mutate(work, options, positionals);
  } finally {
    clean();
  }
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
