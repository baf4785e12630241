// SPDX-License-Identifier: Apache-2.0
// A copy of the tree with its build, in which a change of tests/mutations.mjs is made and its tests
// are run. The checkout is only read.
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';

const programs = ['garner', 'garnerd', 'garner-licensing', 'garner-tenant'];
const buildLimitMs = 900_000;
const groups = new Set();

export const ruleId = '(?:[A-I]\\d{1,2}|T\\d{1,2}b?|B)';

// Ends all that runs, at an interrupt.
export function endAll() {
  for (const group of groups) {
    try {
      process.kill(-group, 'SIGKILL');
    } catch { /* it is gone already */ }
  }
}

// Runs a command; its whole group ends with it, and at the limit. Answers { code, text }.
function run(command, args, limitMs, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...options, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    const endGroup = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch { /* it is gone already */ }
      groups.delete(child.pid);
    };
    const limit = setTimeout(endGroup, limitMs);
    if (child.pid) groups.add(child.pid);
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => { text += piece; });
    child.on('error', (error) => { clearTimeout(limit); resolve({ code: -1, text: `${error}` }); });
    child.on('exit', () => { clearTimeout(limit); endGroup(); });
    child.on('close', (code) => resolve({ code: code ?? -1, text }));
  });
}

// A test of TAP output: how many passed, and the names of those that failed.
export function readTap(text) {
  const lines = [...text.matchAll(/^\s*(not )?ok \d+ -? ?(.*)$/gm)].filter(([, , name]) => !/# SKIP/i.test(name));
  return { passed: lines.filter(([, not]) => !not).length, failed: lines.filter(([, not]) => not).map(([, , name]) => name) };
}

// A unit test has noticed where one of the rule's own functions fails, or all of it breaks off.
export function hasNoticed(killer, rules, { code, text }) {
  if (code === 0) return false;
  const { failed } = readTap(text);
  if (!killer.unit || !failed.length) return true;
  return failed.some((name) => {
    const ids = name.match(new RegExp(`^(?:${ruleId}_)+`))?.[0].split('_') ?? [];
    return rules.some((rule) => ids.includes(rule));
  });
}

export const patternOf = (name) => `(^|\\W)${name}\\b`;

// `folder` is the copy's own; its paths within are the same in every copy, and the build knows the
// sources by a path that is relative, so that a built copy can be copied.
export class Mutant {
  constructor(folder, root, { tests, configured } = {}) {
    this.root = root;
    this.tests = tests;
    this.configured = configured ?? path.join(folder, 'build'); // where the paths of the tests lie
    this.tree = path.join(folder, 'tree');
    this.build = path.join(folder, 'build');
    this.bin = path.join(folder, 'bin');
    this.scratch = path.join(folder, 't'); // what tests leave behind goes with the rest
  }

  copyTree() {
    const names = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'],
      { cwd: this.root, encoding: 'utf8', maxBuffer: 1 << 26 }).split('\0').filter(Boolean);
    for (const name of names) {
      const from = path.join(this.root, name);
      if (!fs.existsSync(from)) continue;
      fs.mkdirSync(path.dirname(path.join(this.tree, name)), { recursive: true });
      fs.copyFileSync(from, path.join(this.tree, name));
    }
    this.makeFolders();
    execFileSync('meson', ['setup', this.build, this.tree, '-Dbuildtype=debug', '-Dman=disabled'],
      { stdio: 'pipe' });
    const tests = execFileSync('meson', ['introspect', '--tests', this.build], { encoding: 'utf8', maxBuffer: 1 << 26 });
    this.tests = new Map(JSON.parse(tests).map((test) => [test.name, test]));
  }

  // What npm has put into the checkout is no part of the tree, and is only read.
  addPackages() {
    const packages = path.join(this.root, 'tests/system/node_modules');
    const here = path.join(this.tree, 'tests/system/node_modules');
    if (fs.existsSync(packages)) fs.symlinkSync(packages, here);
    else execFileSync('npm', ['ci', '--no-audit', '--no-fund', '--silent'], { cwd: path.dirname(here) });
  }

  makeFolders() {
    fs.mkdirSync(this.scratch, { recursive: true });
    fs.mkdirSync(this.bin, { recursive: true });
    for (const name of programs) {
      fs.rmSync(path.join(this.bin, name), { force: true });
      fs.symlinkSync(path.join(this.build, 'src/cmd', name, name), path.join(this.bin, name));
    }
  }

  // Another copy with all that is built here.
  clone(folder) {
    fs.mkdirSync(folder);
    for (const name of [this.tree, this.build]) execFileSync('cp', ['-a', name, folder]);
    const other = new Mutant(folder, this.root, this);
    other.makeFolders();
    return other;
  }

  targetsOf(killer) {
    if (!killer.unit) return programs.map((name) => `src/cmd/${name}/${name}`);
    return [path.relative(this.configured, this.tests.get(killer.unit).cmd[0])];
  }

  ninja(killers, processes) {
    const targets = new Set(killers.flatMap((killer) => this.targetsOf(killer)));
    return run('ninja', ['-C', this.build, '-j', `${processes}`, ...targets], buildLimitMs,
      { env: { ...process.env, TMPDIR: this.scratch } });
  }

  runKiller(killer, limitMs) {
    const env = { ...process.env, TMPDIR: this.scratch };
    if (killer.unit) {
      const { cmd, env: more } = this.tests.get(killer.unit);
      const [program] = this.targetsOf(killer);
      return run(path.join(this.build, program), cmd.slice(1), limitMs, { env: { ...env, ...more }, cwd: this.build });
    }
    return run(process.execPath, ['--test', '--test-reporter=tap', `--test-name-pattern=/${patternOf(killer.name)}/`, killer.file],
      limitMs, { env: { ...env, GARNER_BIN: this.bin }, cwd: path.join(this.tree, 'tests/system') });
  }

  // Makes a change, runs `work`, and takes the change back.
  async withChange({ file, find, replace }, work) {
    const name = path.join(this.tree, file);
    const source = fs.readFileSync(name, 'utf8');
    fs.writeFileSync(name, source.replace(find, () => replace));
    try {
      return await work();
    } finally {
      fs.writeFileSync(name, source);
    }
  }
}
