// SPDX-License-Identifier: Apache-2.0
// garner check and garner repair, from the command line.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, readTree } from './lib/world.mjs';

function backUp(t) {
  const world = new World(t);
  const instance = world.instance();
  world.write('files/first.bin', crypto.randomBytes(2 << 20));
  world.write('files/below/a.txt', 'a text\n');
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.store();
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  assert.equal(instance.start().exit, 0);
  world.write('files/second.bin', crypto.randomBytes(2 << 20));
  assert.equal(instance.start().exit, 0);
  return { world, instance };
}

const packOf = (instance, size) => [...readTree(`${instance.repository}/packs`)]
  .map(([name, bytes]) => ({ file: path.join(instance.repository, 'packs', name), bytes }))
  .filter(({ bytes }) => bytes.length > size)[0];

test('what parity gives back: found with exit 7, restored all the same, given back', (t) => {
  const { world, instance } = backUp(t);
  const before = readTree(instance.repository);
  const pack = packOf(instance, 1 << 20);
  pack.bytes[12345] ^= 1;
  fs.writeFileSync(pack.file, pack.bytes);
  const check = instance.json('check', '--read-data');
  assert.equal(check.code, 7);
  assert.equal(check.json.faults.length, 1);
  assert.equal(check.json.faults[0].can_mend, true);
  assert.match(check.json.faults[0].file, /^packs\//);
  instance.ok('restore', 'latest', '--to', world.path('out'));
  const restored = [...readTree(world.path('out'))].find(([name]) => name.endsWith('first.bin'))[1];
  assert.ok(fs.readFileSync(world.path('files/first.bin')).equals(restored));
  const dry = instance.json('repair', '--dry-run');
  assert.equal(dry.code, 0);
  assert.equal(dry.json.mended, 1);
  assert.ok(fs.readFileSync(pack.file).equals(pack.bytes));
  const repair = instance.json('repair');
  assert.equal(repair.code, 0);
  assert.equal(repair.json.mended, 1);
  assert.equal(repair.json.notes[0].kind, 'mended');
  assert.deepEqual(readTree(instance.repository), before);
  assert.equal(instance.garner('check', '--read-data').code, 0);
  assert.match(instance.garner('repair').text, /nothing is damaged/);
});

test('what is lost: named with exit 3, all else stays, and the next run stores it anew', (t) => {
  const { world, instance } = backUp(t);
  const pack = packOf(instance, 1 << 20);
  pack.bytes.fill(0, 1000, 500000);
  fs.writeFileSync(pack.file, pack.bytes);
  const check = instance.json('check', '--read-data');
  assert.equal(check.code, 7);
  const items = check.json.faults.filter((fault) => fault.item);
  assert.ok(items.length >= 1);
  assert.match(items[0].object, /^folder:/);
  assert.match(items[0].text, /chunk [0-9a-f]{32} lies in packs\//);
  const repair = instance.json('repair');
  assert.equal(repair.code, 3);
  assert.ok(repair.json.lost_items >= 1);
  const lost = repair.json.notes.filter((note) => note.kind === 'lost' && note.item).map((note) => note.item);
  assert.ok(lost.every((name) => /^(first|second)\.bin$/.test(name)), lost.join());
  assert.equal(instance.garner('check', '--read-data').code, 0);
  assert.equal(instance.json('snapshots').json.snapshots.length, 2);
  instance.ok('restore', 'latest', '--to', world.path('out'));
  assert.equal(readTree(world.path('out')).size, 2);
  assert.equal(instance.garner('repair').code, 0);
  assert.equal(instance.start().exit, 0);
  instance.ok('restore', 'latest', '--to', world.path('again'));
  assert.equal(readTree(world.path('again')).size, 3);
  assert.equal(instance.garner('check', '--read-data').code, 0);
});

test('an index that is gone is made anew from the packs', (t) => {
  const { world, instance } = backUp(t);
  for (const name of fs.readdirSync(`${instance.repository}/index`)) fs.writeFileSync(`${instance.repository}/index/${name}`, crypto.randomBytes(700));
  assert.equal(instance.garner('ls', 'latest').code, 7);
  assert.equal(instance.garner('check').code, 7);
  const repair = instance.json('repair');
  assert.equal(repair.code, 0, repair.errors);
  assert.equal(repair.json.made, 1);
  assert.equal(instance.garner('check', '--read-data').code, 0);
  instance.ok('restore', 'latest', '--to', world.path('out'));
  assert.equal(readTree(world.path('out')).size, 3);
  assert.equal(instance.start().exit, 0);
});

test('turns of a check read all packs, each once', (t) => {
  const { instance } = backUp(t);
  const packs = instance.json('check').json.packs;
  let read = 0;
  for (let turn = 0; turn < packs; turn++) {
    const check = instance.json('check', `--read-data=${Math.floor(100 / packs)}`, '--turn', `${turn}`);
    assert.equal(check.code, 0);
    read += check.json.packs_read;
  }
  assert.equal(read, packs);
  assert.equal(instance.garner('check', '--turn', '3').code, 2);
});
