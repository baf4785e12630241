// SPDX-License-Identifier: Apache-2.0
// What is different between two snapshots, through the programs.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { World } from './lib/world.mjs';

function prepare(t) {
  const world = new World(t);
  world.write('files/a/stays.txt', 'the same in both');
  world.write('files/a/grows.txt', 'short');
  world.write('files/a/deep/goes.txt', 'gone in the second');
  world.write('files/b/other.txt', 'an object that does not change');
  const instance = world.instance();
  instance.ok('storage', 'add', 'disk', '--path', world.path('repository'));
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  return { world, instance };
}

const shown = (result) => result.json.changes.map((change) => `${change.change} ${change.path}`).sort();

test('diff names what came, went and changed, and nothing else', (t) => {
  const { world, instance } = prepare(t);
  const first = instance.start().snapshot;
  world.write('files/a/grows.txt', 'now it is longer');
  world.write('files/a/new/comes.txt', 'new in the second');
  world.write('files/c/object.txt', 'of a new object');
  fs.rmSync(world.path('files/a/deep'), { recursive: true });
  const second = instance.start().snapshot;

  const there = instance.json('diff', first, second);
  assert.equal(there.code, 0, there.errors);
  assert.deepEqual(shown(there), ['added folder/a/new/comes.txt', 'added folder/c/object.txt', 'changed folder/a/grows.txt',
    'removed folder/a/deep/goes.txt']);
  assert.deepEqual([there.json.added, there.json.removed, there.json.changed], [2, 1, 1]);
  const changed = there.json.changes.find((change) => change.change === 'changed');
  assert.deepEqual([changed.size_before, changed.size, changed.content_changed], [5, 16, true]);

  const back = instance.json('diff', second, first);
  assert.deepEqual(shown(back), ['added folder/a/deep/goes.txt', 'changed folder/a/grows.txt', 'removed folder/a/new/comes.txt',
    'removed folder/c/object.txt']);
  assert.equal(back.json.bytes, -there.json.bytes);
  assert.deepEqual(shown(instance.json('diff', first, second, '--object', 'folder:c')), ['added folder/c/object.txt']);
  assert.deepEqual(shown(instance.json('diff', first, first)), []);
});

test('diff of a snapshot that is not there says so', (t) => {
  const { instance } = prepare(t);
  const { snapshot } = instance.start();
  const none = instance.json('diff', snapshot, 'ffffffff');
  assert.equal(none.code, 1);
  assert.match(none.errors, /no snapshot "ffffffff"/);
  assert.equal(instance.json('diff', snapshot).code, 2);
});
