// SPDX-License-Identifier: Apache-2.0
// Changes each rule's code in a copy of the tree and expects the rule's test to fail. First all the
// tests are seen to pass unchanged. Use: node tools/mutate-rules.mjs [RULE]; the last line counts
// "N killed, N survived".
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { mutations } from '../tests/mutations.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const copy = fs.mkdtempSync(path.join(os.tmpdir(), 'garner-mutants-'));
const build = path.join(copy, 'build');
const chosen = mutations.filter((m) => !process.argv[2] || m.rules.split(' ').includes(process.argv[2]));

function copyTree() {
  const files = execFileSync('git', ['ls-files', '-z'], { cwd: root, encoding: 'utf8' }).split('\0').filter(Boolean);
  for (const file of files) {
    fs.mkdirSync(path.dirname(path.join(copy, file)), { recursive: true });
    fs.copyFileSync(path.join(root, file), path.join(copy, file));
  }
}

function make() {
  return spawnSync(path.join(copy, 'tools/build.sh'), [build], { cwd: copy, encoding: 'utf8' });
}

/** Whether the test that a mutation names passes. */
function passes({ unit, system }) {
  if (unit) return spawnSync('meson', ['test', '-C', build, '--no-rebuild', unit]).status === 0;
  const [file, name] = system;
  const result = spawnSync('node', ['--test', '--test-reporter=tap', `--test-name-pattern=/^${name}[,:]/`, file],
    { cwd: path.join(copy, 'tests/system'), encoding: 'utf8', env: { ...process.env, GARNER_BIN: path.join(build, 'bin') } });
  const ran = /^# pass (\d+)$/m.exec(result.stdout)?.[1] !== '0' || /^# fail (\d+)$/m.exec(result.stdout)?.[1] !== '0';
  if (!ran) throw new Error(`${file} has no test ${name}`);
  return result.status === 0;
}

const describe = (m) => `${m.rules.padEnd(20)} ${m.file}  (${m.unit ?? m.system.join(' ')})`;

function apply(m) {
  const file = path.join(copy, m.file);
  const text = fs.readFileSync(file, 'utf8');
  if (text.split(m.find).length !== 2) throw new Error(`stale: ${describe(m)}: the text does not stand there exactly once`);
  fs.writeFileSync(file, text.replace(m.find, () => m.replace));
  return () => fs.writeFileSync(file, text);
}

let killed = 0;
let survived = 0;
try {
  copyTree();
  const clean = make();
  if (clean.status !== 0) throw new Error(`the tree does not build: ${clean.stdout}${clean.stderr}`);
  const tests = new Map(chosen.map((m) => [m.unit ?? m.system.join(' '), m]));
  for (const m of tests.values()) if (!passes(m)) throw new Error(`fails without any change: ${describe(m)}`);
  console.log(`${tests.size} tests pass unchanged`);
  for (const m of chosen) {
    const restore = apply(m);
    const made = make();
    if (made.status !== 0) throw new Error(`does not build: ${describe(m)}\n${made.stdout}${made.stderr}`);
    const noticed = !passes(m);
    restore();
    killed += noticed;
    survived += !noticed;
    console.log(`${noticed ? 'killed  ' : 'SURVIVED'}  ${describe(m)}`);
  }
} catch (error) {
  console.error(error.message);
  survived++;
} finally {
  fs.rmSync(copy, { recursive: true, force: true });
}
console.log(`${killed} killed, ${survived} survived`);
process.exit(survived ? 1 : 0);
