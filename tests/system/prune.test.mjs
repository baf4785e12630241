// SPDX-License-Identifier: Apache-2.0
// garner prune, beside backups, forgetting and repairs of one repository, all of which are killed
// at random moments: every snapshot stays whole, and what nobody needs is gone in the end. The
// seed is printed; GARNER_SEED repeats a history as far as the machine's own time allows.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './lib/world.mjs';

const seed = Number(process.env.GARNER_SEED ?? Date.now() % 1e9);
const rounds = Number(process.env.GARNER_ROUNDS ?? 30);
const jobs = ['one', 'two', 'three'];

/** mulberry32: a small generator with a seed. */
function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

class Place {
  constructor(t, next) {
    this.next = next;
    this.folder = mkdtempSync(join(tmpdir(), 'garner-prune-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.repository = join(this.folder, 'repository');
    this.files = new Map(jobs.map((job) => [job, new Map()]));
    this.ok('storage', 'add', 'disk', '--path', this.repository);
    for (const job of jobs) {
      mkdirSync(join(this.folder, job, 'in'), { recursive: true });
      for (let i = 0; i < 20; i++) this.change(job);
      this.ok('connection', 'add', job, '--kind', 'folder', '--path', join(this.folder, job));
      this.ok('job', 'add', job, '--connection', job, '--storage', 'disk');
    }
  }

  arguments(words) {
    return ['--state', join(this.folder, 'state'), '--no-progress', ...words];
  }

  garner(...words) {
    const run = spawnSync(program('garner'), this.arguments(words), { encoding: 'utf8', timeout: 120_000 });
    return { code: run.status, output: run.stdout, errors: run.stderr };
  }

  ok(...words) {
    const run = this.garner(...words);
    assert.equal(run.code, 0, `garner ${words.join(' ')}: ${run.output}${run.errors}`);
    return run.output;
  }

  json(...words) {
    return JSON.parse(this.ok('--json', ...words));
  }

  /** Runs a command, and kills it after so many milliseconds where that is not 0. */
  start(ms, ...words) {
    return new Promise((resolve) => {
      const child = spawn(program('garner'), this.arguments(words), { stdio: ['ignore', 'ignore', 'pipe'] });
      let errors = '';
      child.stderr.on('data', (data) => (errors += data));
      const timer = ms ? setTimeout(() => child.kill('SIGKILL'), ms) : null;
      child.on('exit', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, killed: signal === 'SIGKILL', errors, words });
      });
    });
  }

  /** A file of the job's folder gets another content; now and then one that others have. */
  change(job) {
    const name = `file-${Math.floor(this.next() * 30)}`;
    const size = 200 + Math.floor(this.next() ** 3 * 200_000);
    const tag = Math.floor(this.next() * 60);
    const content = Buffer.from(`${tag} `.repeat(size / 3));
    writeFileSync(join(this.folder, job, 'in', name), content);
    this.files.get(job).set(name, content);
  }

  snapshots() {
    return this.json('snapshots').snapshots;
  }

  packs() {
    let bytes = 0;
    for (const entry of readdirSync(join(this.repository, 'packs'), { recursive: true })) {
      const stat = statSync(join(this.repository, 'packs', entry));
      bytes += stat.isFile() ? stat.size : 0;
    }
    return bytes;
  }
}

/** What an action may end with: done, in part, refused for another one at work, or killed. */
function assertFine(run) {
  assert.ok(run.killed || [0, 3, 11].includes(run.code), `${run.words.join(' ')}: ${run.code} ${run.errors}`);
}

test('prune frees what was forgotten, and a dry run nothing', async (t) => {
  const place = new Place(t, random(1));
  for (const job of jobs) place.ok('job', 'start', job);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  const before = place.packs();
  place.ok('forget', place.snapshots().find((snapshot) => snapshot.job === 'one').id);
  const dry = place.json('prune', '--dry-run');
  assert.equal(dry.dry_run, true);
  assert.ok(dry.dead_chunks > 0);
  assert.ok(dry.to_come_bytes > 0);
  assert.equal(place.packs(), before);
  const first = place.json('prune');
  assert.equal(first.freed_bytes, 0);
  assert.deepEqual(first.writers, []);
  assert.ok(first.to_come_bytes > 0);
  const second = place.json('prune');
  assert.equal(second.freed_bytes, first.to_come_bytes);
  assert.ok(place.packs() < before);
  assert.equal(place.garner('check', '--read-data').code, 0);
  assert.match(place.ok('prune'), /are freed/);
  /* The job whose snapshot is gone stores everything anew. */
  place.ok('job', 'start', 'one');
  assert.equal(place.garner('check', '--read-data').code, 0);
});

test(`${rounds} rounds of backups, forgetting, prunes and repairs that are killed at any moment`, async (t) => {
  t.diagnostic(`GARNER_SEED=${seed}`);
  const next = random(seed);
  const place = new Place(t, next);
  for (const job of jobs) place.ok('job', 'start', job);
  let killed = 0;
  for (let round = 0; round < rounds; round++) {
    for (const job of jobs) for (let i = 0; i < 3; i++) place.change(job);
    const moment = () => (next() < 0.6 ? 1 + next() * 150 : 0);
    const runs = jobs.filter(() => next() < 0.7).map((job) => place.start(moment(), 'job', 'start', job));
    runs.push(place.start(moment(), 'prune'));
    if (next() < 0.3) runs.push(place.start(moment(), 'prune'));
    if (next() < 0.2) runs.push(place.start(moment(), 'repair'));
    const snapshots = place.snapshots();
    if (snapshots.length > 4) runs.push(place.start(moment(), 'forget', snapshots[Math.floor(next() * snapshots.length)].id));
    const ended = await Promise.all(runs);
    for (const run of ended) assertFine(run);
    killed += ended.filter((run) => run.killed).length;
    if (round % 5 === 4) {
      place.ok('prune');
      const check = place.garner('check', '--read-data');
      assert.equal(check.code, 0, `round ${round}: ${check.output}${check.errors}`);
    }
  }
  t.diagnostic(`${killed} were killed`);
  for (const job of jobs) place.ok('job', 'start', job);
  const last = new Map(jobs.map((job) => [job, place.snapshots().findLast((snapshot) => snapshot.job === job)]));
  for (const snapshot of place.snapshots()) if (last.get(snapshot.job).id !== snapshot.id) place.ok('forget', snapshot.id);
  await new Promise((resolve) => setTimeout(resolve, 1100));
  for (let i = 0; i < 3; i++) place.ok('prune');
  const rest = place.json('prune');
  assert.equal(rest.to_come_packs, 0);
  const check = place.garner('check', '--read-data');
  assert.equal(check.code, 0, `${check.output}${check.errors}`);
  for (const job of jobs) {
    const to = join(place.folder, `restored-${job}`);
    place.ok('restore', last.get(job).id, '--to', to);
    for (const [name, content] of place.files.get(job)) {
      const found = readdirSync(to, { recursive: true }).find((path) => path.endsWith(`/in/${name}`) || path === `in/${name}`);
      assert.ok(found, `${job}: ${name}`);
      assert.ok(readFileSync(join(to, found)).equals(content), `${job}: ${name}`);
    }
  }
});
