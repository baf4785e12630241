// SPDX-License-Identifier: Apache-2.0
// garner mount: a snapshot as a folder. Needs /dev/fuse.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { World, program, readTree } from './lib/world.mjs';

const cannot = fs.existsSync('/dev/fuse') && process.getuid() === 0 ? false : 'no FUSE here';

function backUp(t) {
  const world = new World(t);
  const instance = world.instance();
  world.write('files/a.txt', 'a text\n');
  world.write('files/empty', '');
  world.write('files/below/deep/b.txt', 'another\n');
  world.write('files/below/strange % name%41.txt', 'a name that is encoded\n');
  world.write('files/large.bin', crypto.randomBytes(21 << 20));
  for (let i = 0; i < 300; i++) world.write(`files/many/${i}`, `${i}`.repeat(i));
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.store();
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  assert.equal(instance.start().exit, 0);
  return { world, instance };
}

/** A mount that is ready; `end()` asks it to end and gives its exit code. */
function mount(world, instance, place, folder) {
  fs.mkdirSync(folder, { recursive: true });
  const child = spawn(program('garner'), ['--state', instance.state, 'mount', place, folder, '--json'],
    { env: world.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  world.children.push(child);
  let errors = '';
  child.errorText = () => errors;
  child.stderr.on('data', (piece) => { errors += piece; });
  const over = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  const end = (signal = 'SIGTERM') => {
    child.kill(signal);
    return over;
  };
  return new Promise((resolve, reject) => {
    child.stdout.once('data', (line) => resolve({ ...JSON.parse(line), over, end, errors: () => errors }));
    over.then((code) => reject(new Error(`garner mount ended with ${code}: ${errors}`)));
  });
}

const isMounted = (folder) => fs.readFileSync('/proc/mounts', 'utf8').includes(` ${folder} `);

test('what is mounted is what a restore gives, and cannot be written to', { skip: cannot }, async (t) => {
  const { world, instance } = backUp(t);
  instance.ok('restore', 'latest', '--to', world.path('restored'));
  const folder = world.path('mounted');
  const mounted = await mount(world, instance, 'latest', folder);
  assert.equal(mounted.mounted, folder);
  const compared = spawnSync('diff', ['-r', folder, world.path('restored')], { encoding: 'utf8' });
  assert.equal(compared.status, 0, compared.stdout + compared.stderr);
  const [left, right] = [readTree(folder), readTree(world.path('restored'))];
  assert.equal(left.size, right.size);
  assert.ok(left.size >= 304);
  // Any place of a large file, backwards too.
  const name = [...left.keys()].find((each) => each.endsWith('large.bin'));
  const whole = fs.readFileSync(world.path('files/large.bin'));
  const file = fs.openSync(`${folder}/${name}`, 'r');
  for (const at of [20 << 20, 0, 12345678, (21 << 20) - 5]) {
    const piece = Buffer.alloc(1000);
    const size = fs.readSync(file, piece, 0, 1000, at);
    assert.ok(piece.subarray(0, size).equals(whole.subarray(at, at + 1000)));
  }
  fs.closeSync(file);
  assert.throws(() => fs.writeFileSync(`${folder}/${name}`, 'x'), { code: 'EROFS' });
  assert.throws(() => fs.mkdirSync(`${folder}/new`), { code: 'EROFS' });
  assert.throws(() => fs.readFileSync(`${folder}/none`), { code: 'ENOENT' });
  assert.equal(await mounted.end(), 0);
  assert.equal(isMounted(folder), false);
});

test('a folder inside a snapshot; umount ends it too; wrong places are told', { skip: cannot }, async (t) => {
  const { world, instance } = backUp(t);
  const folder = world.path('mounted');
  const mounted = await mount(world, instance, 'latest:folder/many', folder);
  assert.equal(fs.readdirSync(folder).length, 300);
  assert.equal(fs.readFileSync(`${folder}/12`, 'utf8'), '12'.repeat(12));
  assert.equal(spawnSync('umount', [folder]).status, 0);
  assert.equal(await mounted.over, 0);

  const item = instance.garner('mount', 'latest:folder/many/12', folder);
  assert.equal(item.code, 2);
  assert.match(item.errors, /is an item; mount the folder/);
  const nothing = instance.garner('mount', 'latest:folder/none', folder);
  assert.equal(nothing.code, 1);
  assert.match(nothing.errors, /none/);
  const nowhere = instance.garner('mount', 'latest', world.path('nowhere'));
  assert.equal(nowhere.code, 1);
  assert.match(nowhere.errors, /there is no folder/);
});

test('a damaged file gives an error, never other bytes', { skip: cannot }, async (t) => {
  const { world, instance } = backUp(t);
  const folder = world.path('mounted');
  const mounted = await mount(world, instance, 'latest', folder);
  for (const [name] of readTree(`${instance.repository}/packs`)) {
    const file = fs.openSync(`${instance.repository}/packs/${name}`, 'r+');
    for (let at = 0; at < fs.fstatSync(file).size - 4096; at += 65536) fs.writeSync(file, Buffer.alloc(8, 0x77), 0, 8, at);
    fs.closeSync(file);
  }
  let failed = 0;
  const walk = (place) => {
    for (const entry of fs.readdirSync(place, { withFileTypes: true })) {
      const name = `${place}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (entry.name === 'large.bin') {
        assert.throws(() => fs.readFileSync(name), { code: 'EIO' });
        failed++;
      }
    }
  };
  try {
    walk(folder);
  } catch (error) {
    assert.equal(error.code, 'EIO');
    failed++;
  }
  assert.equal(failed, 1);
  assert.equal(await mounted.end('SIGINT'), 0);
  assert.match(mounted.errors(), /mount_failed/);
});
