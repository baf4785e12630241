// SPDX-License-Identifier: Apache-2.0
// A corpus through all tools, phase by phase, so that all meet the same state of it.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { changeCorpus } from './change.mjs';
import { bytesBelow, compare, tenth } from './folders.mjs';
import { measure, medians } from './measure.mjs';
import { tools } from './tools.mjs';

const AFTER_CHANGE = ['check', 'prune', 'open', 'derive'];

function begin(names, corpus, settings) {
  return names.map((name) => {
    const at = path.join(settings.work, name.replaceAll(/[^a-z]+/g, '-'));
    fs.rmSync(at, { recursive: true, force: true });
    fs.mkdirSync(at);
    return { name, ...tools[name]({ bin: settings.bin, at, corpus }), at, size: 0, phases: {} };
  });
}

/** What was measured is said at once too: a long run that is broken off has told something. */
function note(tool, phase, took, settings) {
  const size = bytesBelow(tool.repository);
  tool.phases[phase] = { ...took, size_bytes: size, added_bytes: size - tool.size };
  settings.say(`  ${took.cpu_s.toFixed(3)} s CPU, ${took.wall_s.toFixed(3)} s wall, ${(took.peak_bytes / (1 << 20)).toFixed(0)} MiB, ${size} bytes`);
  tool.size = size;
}

function phase(tool, name, settings) {
  const what = tool[name];
  if (!what) return;
  if (what.skipped) {
    tool.phases[name] = what;
    return;
  }
  settings.say(`${settings.title}, ${tool.name}: ${name}`);
  note(tool, name, measure(what, settings), settings);
}

function restore(tool, corpus, settings) {
  if (!tool.restore) return;
  const to = path.join(settings.memory, 'restored');
  fs.rmSync(to, { recursive: true, force: true });
  fs.mkdirSync(to);
  settings.say(`${settings.title}, ${tool.name}: restore, and compare`);
  note(tool, 'restore', measure(tool.restore(to), settings), settings);
  compare(corpus.root, to);
  fs.rmSync(to, { recursive: true });
}

function round(names, corpus, settings) {
  const all = begin(names, corpus, settings);
  for (const tool of all) {
    phase(tool, 'create', settings);
    for (const step of tool.prepare ?? []) measure(step, settings);
  }
  for (const name of ['first', 'unchanged']) for (const tool of all) phase(tool, name, settings);
  const undo = changeCorpus(corpus);
  for (const tool of all) phase(tool, 'changed', settings);
  for (const tool of all) restore(tool, corpus, settings);
  undo();
  for (const name of AFTER_CHANGE) for (const tool of all) phase(tool, name, settings);
  for (const tool of all) fs.rmSync(tool.at, { recursive: true });
  return all.map(({ name, version, phases }) => ({ name, version, phases }));
}

/** All rounds of a corpus: for each tool its phases, in medians. */
export function allPhases(names, corpus, settings) {
  const rounds = [];
  const load = os.loadavg();
  for (let i = 0; i < settings.runs; i++) rounds.push(round(names, corpus, { ...settings, title: `${corpus.name} ${i + 1}` }));
  const results = rounds[0].map(({ name, version, phases }, i) => ({ name, version, phases: Object.fromEntries(
    Object.keys(phases).map((key) => [key, medians(rounds.map((one) => one[i].phases[key]))])) }));
  const { root, held, edits, ...facts } = corpus;
  return { ...facts, load, tools: results };
}

/** Peak memory of our first backup and of one without changes, of a tenth of the corpus. */
export function tenthOf(corpus, settings) {
  const root = path.join(path.dirname(corpus.held), 'tenth');
  tenth(corpus.root, root);
  const [tool] = begin(['garner'], { ...corpus, root }, settings);
  const titled = { ...settings, title: `a tenth of ${corpus.name}` };
  phase(tool, 'create', titled);
  for (const step of tool.prepare) measure(step, titled);
  for (const name of ['first', 'unchanged']) phase(tool, name, titled);
  fs.rmSync(tool.at, { recursive: true });
  fs.rmSync(root, { recursive: true });
  return tool.phases;
}
