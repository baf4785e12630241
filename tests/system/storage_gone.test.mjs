// SPDX-License-Identifier: Apache-2.0
// Storages that cannot be written to, or are taken away while a run is at work: the run says so, and when the
// storage is back all is as it was, and the next run goes well.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, program } from './lib/world.mjs';

/** A folder, kept apart from where it is mounted; null where nothing can be mounted here. */
function mountable(t, world) {
  if (process.getuid() !== 0) {
    t.skip('needs root to mount a folder');
    return null;
  }
  const disk = { kept: world.path('kept'), at: world.path('at') };
  fs.mkdirSync(disk.kept);
  fs.mkdirSync(disk.at);
  disk.mount = (...options) => {
    execFileSync('mount', ['--bind', disk.kept, disk.at], { stdio: 'pipe' });
    if (options.length) execFileSync('mount', ['-o', ['remount', 'bind', ...options].join(','), disk.at], { stdio: 'pipe' });
  };
  disk.unmount = () => execFileSync('umount', ['-l', disk.at], { stdio: 'pipe' });
  try {
    disk.mount();
  } catch (error) {
    t.skip(`nothing can be mounted: ${error.stderr}`);
    return null;
  }
  world.atEnd(() => {
    try {
      disk.unmount();
    } catch { /* it is not there by now */ }
  });
  return disk;
}

function folderJob(world, disk) {
  const instance = world.instance();
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.store('disk', `${disk.at}/repository`);
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  return instance;
}

function assertWhole(world, instance, snapshot, name) {
  const check = instance.garner('check', '--read-data');
  assert.equal(check.code, 0, check.errors + check.text);
  instance.ok('restore', `${snapshot}:folder/a`, '--to', world.path(name));
  assert.deepEqual(fs.readFileSync(world.path(name, 'first.bin')), fs.readFileSync(world.path('files/a/first.bin')));
}

test('a read-only storage: exit 1 and what it is; listing, check and restore work', (t) => {
  const world = new World(t);
  const disk = mountable(t, world);
  if (!disk) return;
  world.write('files/a/first.bin', crypto.randomBytes(200_000));
  const instance = folderJob(world, disk);
  const first = instance.start();
  assert.equal(first.exit, 0);
  disk.unmount();
  disk.mount('ro');
  world.write('files/a/second.bin', crypto.randomBytes(200_000));
  const second = instance.start();
  assert.equal(second.exit, 1, JSON.stringify(second));
  assert.match(second.errors, /Read-only file system/);
  assert.match(second.errors, new RegExp(disk.at));
  assert.equal(second.state, 'failed');
  assertWhole(world, instance, first.snapshot, 'from-read-only');
  assert.match(instance.ok('snapshots').text, new RegExp(first.snapshot.slice(0, 8)));
  disk.unmount();
  disk.mount();
  assert.equal(instance.start().exit, 0);
  assertWhole(world, instance, first.snapshot, 'later');
});

/** Starts the job, and calls `act` once it has written `packs` packs; its end. */
function startAnd(world, instance, packs, act) {
  return new Promise((resolve) => {
    const child = spawn(program('garner'), ['--state', instance.state, '--no-progress', '--json', 'job', 'start', 'night'],
      { env: world.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let errors = '';
    let acted = false;
    child.stdout.resume();
    child.stderr.on('data', (piece) => { errors += piece; });
    const timer = setInterval(() => {
      if (acted || fs.readdirSync(path.join(instance.repository, 'packs'), { recursive: true }).filter((name) => name.includes('/')).length < packs) return;
      acted = true;
      act();
    }, 5);
    child.on('exit', (code) => {
      clearInterval(timer);
      resolve({ code, errors, acted });
    });
  });
}

test('a storage that is unmounted in mid-run: exit 1 and where; back again, the next run goes well', async (t) => {
  const world = new World(t);
  const disk = mountable(t, world);
  if (!disk) return;
  world.write('files/a/first.bin', crypto.randomBytes(200_000));
  const instance = folderJob(world, disk);
  const first = instance.start();
  assert.equal(first.exit, 0);
  for (let i = 0; i < 40; i++) world.write(`files/a/more-${i}.bin`, crypto.randomBytes(4 << 20));
  const gone = await startAnd(world, instance, 3, () => disk.unmount());
  assert.ok(gone.acted);
  assert.equal(gone.code, 1, gone.errors);
  assert.match(gone.errors, new RegExp(`${disk.at}.*(mounted|connected)`));
  assert.deepEqual(fs.readdirSync(disk.at), [], 'nothing is written to where it is not mounted');
  const none = instance.garner('snapshots');
  assert.equal(none.code, 10, none.errors);
  const without = instance.start();
  assert.equal(without.exit, 10, JSON.stringify(without));
  assert.deepEqual(fs.readdirSync(disk.at), []);
  disk.mount();
  assertWhole(world, instance, first.snapshot, 'before');
  const next = instance.start();
  assert.equal(next.exit, 0);
  assertWhole(world, instance, next.snapshot, 'after');
});
