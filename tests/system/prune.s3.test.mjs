// SPDX-License-Identifier: Apache-2.0
// Four writers on one bucket while a fifth prunes: GARNER_TEST_S3 is the bucket's address, its keys are
// in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (tools/s3-server.sh).
import assert from 'node:assert/strict';
import { spawn, spawnSync, execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { program } from './lib/world.mjs';

const rounds = Number(process.env.GARNER_ROUNDS ?? 2);
const jobs = ['one', 'two', 'three', 'four'];

test(`four writers on one bucket while a fifth prunes, ${rounds} rounds`, { timeout: 3_600_000 }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'garner-prune-s3-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  // The query of the address stays behind the prefix.
  const [bucket, query] = process.env.GARNER_TEST_S3.split('?');
  const address = `${bucket.replace(/\/$/, '')}/${randomBytes(6).toString('hex')}${query ? `?${query}` : ''}`;
  // Each writer is an installation of its own.
  const words = (more, state = 'one') => ['--state', join(folder, `state-${state}`), '--no-progress', ...more];
  const okIn = (state, ...more) => {
    const run = spawnSync(program('garner'), words(more, state), { encoding: 'utf8' });
    assert.equal(run.status, 0, `garner ${more.join(' ')}: ${run.stdout}${run.stderr}`);
    return run.stdout;
  };
  const ok = (...more) => okIn('one', ...more);
  const startIn = (state, ...more) => new Promise((resolve) => {
    const child = spawn(program('garner'), words(more, state), { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    child.stdout.on('data', (data) => (text += data));
    child.stderr.on('data', (data) => (text += data));
    child.on('exit', (code) => resolve({ code, text, more }));
  });
  const change = (job, round) => {
    for (let i = 0; i < 3; i++) writeFileSync(join(folder, job, `file-${(round * 3 + i) % 7}`), `${(round * 5 + i) % 23} `.repeat(20_000 + round));
  };

  const password = join(folder, 'password');
  writeFileSync(password, 'correct horse\n');
  for (const job of jobs) {
    mkdirSync(join(folder, job));
    change(job, 0);
    okIn(job, 'storage', 'add', 'bucket', '--s3', address, '--password-file', password);
    okIn(job, 'connection', 'add', job, '--kind', 'folder', '--path', join(folder, job));
    okIn(job, 'job', 'add', job, '--connection', job, '--storage', 'bucket');
  }
  for (let round = 1; round <= rounds; round++) {
    for (const job of jobs) change(job, round);
    const snapshots = JSON.parse(ok('--json', 'snapshots')).snapshots;
    for (const job of jobs) {
      const own = snapshots.filter((snapshot) => snapshot.job === job);
      if (own.length > 2) ok('forget', own[0].id);
    }
    const runs = [...jobs.map((job) => startIn(job, 'job', 'start', job)), startIn('one', 'prune')];
    for (const run of await Promise.all(runs)) assert.equal(run.code, 0, `${run.more.join(' ')}: ${run.text}`);
  }
  for (let i = 0; i < 2; i++) ok('prune');
  ok('check', '--read-data');
  for (const job of jobs) {
    const last = JSON.parse(ok('--json', 'snapshots')).snapshots.findLast((snapshot) => snapshot.job === job);
    const to = join(folder, `restored-${job}`);
    ok('restore', `${last.id}:folder`, '--to', to);
    execFileSync('bash', ['-c', 'for f in "$1"/*; do cmp "$f" "$(find "$2" -name "${f##*/}" -type f)"; done', 'bash', join(folder, job), to]);
  }
});
