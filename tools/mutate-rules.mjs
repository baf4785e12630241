#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Shows that the tests notice when a rule of the licensing is broken: makes each change of
// tests/mutations.mjs (described there) and runs the tests that it names, each of which must fail.
// Works in a copy of the tree, in a temporary folder. A change that does not apply or not compile is
// an error and no kill.
// Use: tools/mutate-rules.mjs [RULE…]       all, or those that break one of these rules
// Exit: 0 all killed, 1 some survived or are in error.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutations } from '../tests/mutations.mjs';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const list = 'tests/mutations.mjs';
const programs = ['garner', 'garnerd', 'garner-licensing', 'garner-tenant'];
const testLimitMs = 300_000;

const work = fs.mkdtempSync(path.join(os.tmpdir(), 'mutate-'));
const tree = path.join(work, 'tree');
const build = path.join(work, 'build');
const bin = path.join(work, 'bin');
const scratch = path.join(work, 't'); // what tests leave behind goes with the rest

function copyTree() {
  const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0').filter(Boolean);
  for (const name of names) {
    const from = path.join(root, name);
    if (!fs.existsSync(from)) continue;
    fs.mkdirSync(path.dirname(path.join(tree, name)), { recursive: true });
    fs.copyFileSync(from, path.join(tree, name));
  }
  // What npm has put there is no part of the tree, and is only read.
  const packages = path.join(root, 'tests/system/node_modules');
  if (!fs.existsSync(packages))
    execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], { cwd: path.dirname(packages) });
  fs.symlinkSync(packages, path.join(tree, 'tests/system/node_modules'));
}

function configure() {
  execFileSync('meson', ['setup', build, tree, '-Dbuildtype=debug', '-Dman=disabled'], { stdio: 'pipe' });
  fs.mkdirSync(scratch);
  fs.mkdirSync(bin);
  for (const name of programs) fs.symlinkSync(path.join(build, 'src/cmd', name, name), path.join(bin, name));
  const tests = execFileSync('meson', ['introspect', '--tests', build], { encoding: 'utf8', maxBuffer: 1 << 26 });
  return new Map(JSON.parse(tests).map((test) => [test.name, test]));
}

// Runs a command; its whole group ends with it, and at the limit. Answers { code, text }.
function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const endGroup = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch { /* it is gone already */ }
    };
    const limit = setTimeout(endGroup, testLimitMs);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { text += piece; });
    child.on('error', (error) => resolve({ code: -1, text: `${error}` }));
    child.on('exit', () => { clearTimeout(limit); endGroup(); });
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

// The tests that must notice a change: { unit } or { file, name }.
const killersOf = ({ units = [], system }) => [
  ...units.map((unit) => ({ unit })), ...(system ? [{ file: system[0], name: system[1] }] : []),
];
const labelOf = (killer) => killer.unit ?? `${killer.file} ${killer.name}`;

// What ninja has to make for a killer.
function targetsOf(killer, units) {
  if (!killer.unit) return programs.map((name) => `src/cmd/${name}/${name}`);
  const unit = units.get(killer.unit);
  if (!unit) throw new Error(`${list}: there is no unit test "${killer.unit}"`);
  return [path.relative(build, unit.cmd[0])];
}

// A test of TAP output: how many passed, and the names of those that failed.
function readTap(text) {
  const lines = [...text.matchAll(/^\s*(not )?ok \d+ -? ?(.*)$/gm)].filter(([, , name]) => !/# SKIP/i.test(name));
  return { passed: lines.filter(([, not]) => !not).length, failed: lines.filter(([, not]) => not).map(([, , name]) => name) };
}

function runKiller(killer, units) {
  const env = { ...process.env, TMPDIR: scratch };
  if (killer.unit) {
    const { cmd, env: more } = units.get(killer.unit);
    return run(cmd[0], cmd.slice(1), { env: { ...env, ...more }, cwd: build });
  }
  return run(process.execPath, ['--test', '--test-reporter=tap', `--test-name-pattern=/(^|\\W)${killer.name}\\b/`, killer.file],
    { env: { ...env, GARNER_BIN: bin }, cwd: path.join(tree, 'tests/system') });
}

// A unit test has noticed where one of the rule's own functions fails, or all of it breaks off.
function hasNoticed(killer, rules, { code, text }) {
  if (code === 0) return false;
  const { failed } = readTap(text);
  if (!killer.unit || !failed.length) return true;
  return failed.some((name) => name.split('_').some((word, index, words) =>
    rules.includes(word) && words.slice(0, index).every((before) => /^([A-I]\d+|T\d+b?)$/.test(before))));
}

function place({ file, find }) {
  const source = fs.readFileSync(path.join(tree, file), 'utf8');
  const count = source.split(find).length - 1;
  if (count !== 1) throw new Error(`${list}: stale: "${find}" occurs ${count} times in ${file}`);
  return { source, line: source.slice(0, source.indexOf(find)).split('\n').length };
}

const ninja = (targets) => run('ninja', ['-C', build, '-j', `${os.cpus().length}`, ...new Set(targets)]);

// Every test that is named passes as the code is, and there is one.
async function checkUnmutated(killers, units) {
  const made = await ninja(killers.flatMap((killer) => targetsOf(killer, units)));
  if (made.code !== 0) throw new Error(`the tree does not build:\n${made.text.slice(-4000)}`);
  for (const killer of killers) {
    const result = await runKiller(killer, units);
    if (result.code !== 0 || readTap(result.text).passed === 0) {
      throw new Error(`${labelOf(killer)} does not pass as the code is:\n${result.text.slice(-4000)}`);
    }
  }
}

async function tryMutation(mutation, units) {
  const file = path.join(tree, mutation.file);
  const { source } = place(mutation);
  fs.writeFileSync(file, source.replace(mutation.find, () => mutation.replace));
  try {
    const made = await ninja(killersOf(mutation).flatMap((killer) => targetsOf(killer, units)));
    if (made.code !== 0) return { verdict: 'ERROR', why: `does not build:\n${made.text.slice(-2000)}` };
    for (const killer of killersOf(mutation)) {
      const result = await runKiller(killer, units);
      if (!hasNoticed(killer, mutation.rules.split(' '), result)) return { verdict: 'SURVIVED', why: `${labelOf(killer)} does not notice` };
    }
    return { verdict: 'killed', why: '' };
  } finally {
    fs.writeFileSync(file, source);
  }
}

async function main() {
  const wanted = process.argv.slice(2);
  copyTree();
  const chosen = mutations.filter(({ rules }) => !wanted.length || rules.split(' ').some((rule) => wanted.includes(rule)));
  const lines = chosen.map((mutation) => place(mutation).line);
  const units = configure();
  const killers = new Map(chosen.flatMap(killersOf).map((killer) => [labelOf(killer), killer]));
  await checkUnmutated([...killers.values()], units);
  console.log(`${killers.size} tests pass as the code is`);

  const counts = { killed: 0, SURVIVED: 0, ERROR: 0 };
  for (const [index, mutation] of chosen.entries()) {
    const start = Date.now();
    const { verdict, why } = await tryMutation(mutation, units);
    counts[verdict]++;
    const seconds = ((Date.now() - start) / 1000).toFixed(1);
    console.log(`${verdict.padEnd(8)} ${mutation.rules.padEnd(10)} ${seconds.padStart(5)} s  ` +
      `${mutation.file}:${lines[index]}: ${mutation.what}${why && `: ${why}`}`);
  }
  console.log(`${counts.killed} killed, ${counts.SURVIVED} survived${counts.ERROR ? `, ${counts.ERROR} in error` : ''}`);
  return counts.SURVIVED + counts.ERROR ? 1 : 0;
}

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
} finally {
  fs.rmSync(work, { recursive: true, force: true });
}
