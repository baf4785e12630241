#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// What the repository takes beside restic, borg, casync, tar | zstd and cp -a: time, processor, memory and size of each
// phase of a backup's life, on corpora of mail, files and tiny items; then the ratios that are to be reached.
// Use: bench/repo.mjs FOLDER-OF-THE-BUILD [--corpus NAME,…] [--tools NAME,…] [--runs N] [--json FILE]
//   [--items N] (of the corpus tiny, in place of 500,000)
//   [--data FOLDER] (of mail-*.tar.zst; GARNER_DATA, or ../shared/data beside the project)
//   [--work FOLDER] (repositories, and Debian packages to be used again)  [--memory FOLDER] (corpora and restores, on a tmpfs)
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { CORPORA, machine, makeCorpus } from './repo/corpus.mjs';
import { allPhases, tenthOf } from './repo/phases.mjs';
import { ratioTable, table } from './repo/report.mjs';
import { ratios } from './repo/ratios.mjs';
import { missing, tools } from './repo/tools.mjs';

const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { values, positionals } = parseArgs({ allowPositionals: true, options: Object.fromEntries(
  ['corpus', 'tools', 'runs', 'items', 'json', 'data', 'work', 'memory'].map((name) => [name, { type: 'string' }])) });
const WITH_TENTH = ['files', 'tiny'];

function chosen(given, all, what) {
  const names = given ? given.split(',') : all;
  const unknown = names.filter((name) => !all.includes(name));
  if (unknown.length) throw new Error(`no ${what} ${unknown.join(', ')}; there are ${all.join(', ')}`);
  return names;
}

function wholeNumber(option, text) {
  if (!/^[1-9][0-9]{0,6}$/.test(text)) throw new Error(`--${option} takes a number from 1 to 9999999, not ${text}`);
  return Number(text);
}

function settingsOf() {
  const build = path.resolve(positionals[0] ?? 'build');
  const work = values.work ?? os.tmpdir();
  fs.mkdirSync(work, { recursive: true });
  return {
    bin: path.join(build, 'bin'),
    program: path.join(build, 'bench', 'bench-measure'),
    data: values.data ?? process.env.GARNER_DATA ?? path.join(top, '..', 'shared', 'data'),
    runs: wholeNumber('runs', values.runs ?? '1'),
    items: values.items ? wholeNumber('items', values.items) : undefined,
    cache: values.work ? path.resolve(work) : null,
    work: fs.mkdtempSync(path.join(path.resolve(work), 'garner-bench-')),
    memory: fs.mkdtempSync(path.join(values.memory ?? (fs.existsSync('/dev/shm') ? '/dev/shm' : work), 'garner-bench-')),
    say: (text) => process.stderr.write(`${text}\n`),
  };
}

function measured(name, names, settings) {
  settings.say(`${name}: making the corpus`);
  const folder = path.join(settings.memory, name);
  const corpus = makeCorpus(name, folder, { ...settings, cache: settings.cache ?? settings.work });
  const result = allPhases(names, corpus, settings);
  if (WITH_TENTH.includes(name) && names.includes('garner')) result.tenth = tenthOf(corpus, settings);
  fs.rmSync(folder, { recursive: true });
  return result;
}

function main() {
  const corpora = chosen(values.corpus, CORPORA, 'corpus');
  const names = chosen(values.tools, Object.keys(tools), 'tool');
  const lacking = missing(names.filter((name) => name !== 'garner'));
  if (lacking.length) throw new Error(`not installed: ${lacking.join(', ')} (or leave them out by --tools)`);
  const settings = settingsOf();
  try {
    const report = { date: new Date().toISOString(), machine: machine(), runs: settings.runs, corpora: [], ratios: [] };
    for (const name of corpora) {
      const corpus = measured(name, names, settings);
      report.corpora.push(corpus);
      report.ratios.push(...ratios(corpus));
      console.log(table(corpus));
    }
    console.log(ratioTable(report.ratios));
    if (values.json) fs.writeFileSync(values.json, `${JSON.stringify(report, null, 1)}\n`);
  } finally {
    for (const folder of [settings.work, settings.memory]) fs.rmSync(folder, { recursive: true, force: true });
  }
}

try {
  main();
} catch (error) {
  console.error(`bench-repo: ${error.message}`);
  process.exit(1);
}
