#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Where the processor time of a phase goes, by perf: by library, by function and by stage; for one corpus. Each stage of
// the first backup is set beside what bench-primitives tells of the same corpus.
// Use: bench/profile.mjs FOLDER-OF-THE-BUILD CORPUS [first|unchanged|changed|restore|check] [--rows N]
//   [--items N] (of the corpus tiny)  [--data FOLDER] [--work FOLDER] [--memory FOLDER]
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { changeCorpus } from './repo/change.mjs';
import { CORPORA, makeCorpus } from './repo/corpus.mjs';
import { measure } from './repo/measure.mjs';
import { fold } from './repo/stacks.mjs';
import { beside } from './repo/stages.mjs';
import { tools } from './repo/tools.mjs';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const PHASES = ['first', 'unchanged', 'changed', 'restore', 'check'];
const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(
  ['rows', 'items', 'data', 'work', 'memory'].map((name) => [name, { type: 'string' }])) });

function show(title, list, rows) {
  console.log(`\n${title}`);
  for (const [name, share] of list.slice(0, rows)) console.log(`${(share * 100).toFixed(1).padStart(6)} %  ${name}`);
}

function before(tool, corpus, phase, settings) {
  for (const step of [tool.create, ...tool.prepare]) measure(step, settings);
  if (phase !== 'first') measure(tool.first, settings);
  if (phase === 'changed') changeCorpus(corpus);
}

function record({ command, env }, file) {
  const { status, stderr } = spawnSync('perf', ['record', '-q', '-F', '2000', '--call-graph', 'dwarf,16384', '-o', file, ...command],
    { env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] });
  if (status !== 0) throw new Error(`perf record ${command.join(' ')} ended with ${status}: ${stderr}`);
}

function primitivesOn(root, settings) {
  const { status, stdout, stderr } = spawnSync(settings.primitives, [root, path.join(settings.work, 'scratch')], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`bench-primitives: ${stderr}`);
  return JSON.parse(stdout);
}

function profile(name, phase, settings) {
  const corpus = makeCorpus(name, path.join(settings.memory, name), settings);
  const at = path.join(settings.work, 'garner');
  fs.mkdirSync(at);
  const tool = tools.garner({ bin: settings.bin, at, corpus });
  before(tool, corpus, phase, settings);
  const what = phase === 'restore' ? tool.restore(path.join(settings.memory, 'restored')) : tool[phase];
  const file = path.join(settings.work, 'perf.data');
  record(what, file);
  const folded = fold(file);
  console.log(`${name}, ${phase}: ${folded.samples} samples of ${corpus.files} files, ${corpus.bytes} bytes`);
  const rows = Number(values.rows ?? 40);
  show('by library', folded.libraries, 12);
  show('by stage', folded.stages, 20);
  show('by the nearest function of ours, and where in it', folded.nearest, rows);
  show('functions of ours with what they call', folded.inclusive, rows);
  if (phase === 'first')
    console.log(`\n${beside(folded.stages, corpus, { at, tool, settings, primitives: primitivesOn(corpus.root, settings) })}`);
}

function main() {
  const [build = 'build', name, phase = 'first'] = positionals;
  if (!CORPORA.includes(name) || !PHASES.includes(phase))
    throw new Error(`name a corpus (${CORPORA.join(', ')}) and a phase (${PHASES.join(', ')})`);
  const work = path.resolve(values.work ?? os.tmpdir());
  const settings = {
    bin: path.resolve(build, 'bin'),
    program: path.resolve(build, 'bench', 'bench-measure'),
    primitives: path.resolve(build, 'bench', 'bench-primitives'),
    data: values.data ?? process.env.GARNER_DATA ?? path.join(top, '..', 'shared', 'data'),
    items: values.items ? Number(values.items) : undefined,
    cache: work,
    work: fs.mkdtempSync(path.join(work, 'garner-bench-')),
    memory: fs.mkdtempSync(path.join(values.memory ?? (fs.existsSync('/dev/shm') ? '/dev/shm' : work), 'garner-bench-')),
  };
  try {
    profile(name, phase, settings);
  } finally {
    for (const folder of [settings.work, settings.memory]) fs.rmSync(folder, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  console.error(`bench-profile: ${error.message}`);
  process.exit(1);
}
