// SPDX-License-Identifier: Apache-2.0
// The reader of its own (tools/reader), which shares no code with Garner and was written from
// docs/format.md: what it restores is what garner restores.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, readTree, root } from './lib/world.mjs';

const python = '/usr/bin/python3';
const modules = spawnSync(python, ['-c', 'import cryptography, zstandard, argon2']);
const skip = modules.status === 0 ? false : 'python3-cryptography, python3-zstandard or python3-argon2 is missing';

function read(repository, secret, ...args) {
  const result = spawnSync(python, ['-B', path.join(root, 'tools/reader/garner_read.py'), repository, ...secret, ...args], { encoding: 'utf8' });
  return { code: result.status, text: result.stdout, errors: result.stderr };
}

function assertSame(left, right) {
  const [a, b] = [readTree(left), readTree(right)];
  assert.deepEqual([...a.keys()].sort(), [...b.keys()].sort());
  for (const [name, bytes] of a) assert.ok(bytes.equals(b.get(name)), name);
  return a.size;
}

/** A message with a base64 attachment, a quoted-printable text, and texts that two messages share. */
function message(number) {
  const attachment = crypto.createHash('sha512').update('attachment').digest();
  const long = Buffer.concat(Array.from({ length: 900 }, (_, i) => crypto.createHash('sha256').update(`${attachment.toString('hex')}${i}`).digest()));
  const quoted = Array.from({ length: 40 }, (_, i) => `Zeile ${i} mit =E4=F6=FC und einem Gleich =3D, danach noch einige W=\r\n=F6rter`).join('\r\n');
  return [`From: ada@contoso.example`, `Subject: message ${number}`, 'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b"', '', '--b', 'Content-Type: text/plain; charset=iso-8859-1',
    'Content-Transfer-Encoding: quoted-printable', '', quoted, '--b', 'Content-Type: text/plain', '',
    'A text that is as it is. '.repeat(60), '--b', 'Content-Type: application/pdf; name="a.pdf"', 'Content-Transfer-Encoding: base64', '',
    long.toString('base64').replace(/.{76}/g, '$&\r\n'), '--b--', ''].join('\r\n');
}

function backUp(t, ...storage) {
  const world = new World(t);
  const instance = world.instance();
  for (let i = 0; i < 20; i++) world.write(`files/mail/${i}.eml`, message(i));
  for (let i = 0; i < 400; i++) world.write(`files/many/${i}`, `text ${i}\n`.repeat(i % 60));
  world.write('files/large.bin', crypto.randomBytes(9 << 20));
  world.write('files/empty', '');
  world.write('files/strange/a%41 ~ ü.txt', 'x');
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('storage', 'add', 'disk', '--path', world.path('repository'), ...storage.map((each) => (typeof each === 'function' ? each(world) : each)));
  instance.repository = world.path('repository');
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  assert.equal(instance.start().exit, 0);
  world.write('files/mail/20.eml', message(20));
  fs.rmSync(world.path('files/many/7'));
  assert.equal(instance.start().exit, 0);
  return { world, instance, key: ['--key-file', path.join(instance.state, 'keys/disk.key')] };
}

test('each snapshot is read as garner restores it, with and without the index', { skip }, (t) => {
  const { world, instance, key } = backUp(t);
  const list = read(instance.repository, key, 'list');
  assert.equal(list.code, 0, list.errors);
  const ids = instance.json('snapshots').json.snapshots.map((each) => each.id);
  assert.deepEqual(list.text.trim().split('\n').map((line) => line.split(' ')[0]).sort(), [...ids].sort());
  for (const id of ids) {
    instance.ok('restore', id, '--to', world.path(`garner-${id}`));
    const result = read(instance.repository, key, 'restore', id, '--to', world.path(`reader-${id}`));
    assert.equal(result.code, 0, result.errors);
    assert.ok(assertSame(world.path(`garner-${id}`), world.path(`reader-${id}`)) >= 422);
  }
  const result = read(instance.repository, key, '--without-index', 'restore', 'latest:folder/mail', '--to', world.path('below'));
  assert.equal(result.code, 0, result.errors);
  assertSame(world.path('files/mail'), world.path('below'));
  const ls = read(instance.repository, key, 'ls', 'latest:folder/strange');
  assert.match(ls.text, /^1 .* folder\/strange\//);
});

test('by password; a wrong one is exit 12, no repository 10', { skip }, (t) => {
  const { world, instance } = backUp(t, '--password-file', (each) => each.write('password', 'correct horse\n'));
  const file = world.path('password');
  const result = read(instance.repository, ['--password-file', file], 'restore', 'latest', '--to', world.path('out'));
  assert.equal(result.code, 0, result.errors);
  assertSame(world.path('files/mail'), world.path('out/folder/mail'));
  assert.equal(read(instance.repository, ['--password-file', world.write('wrong', 'x')], 'list').code, 12);
  assert.equal(read(world.path('files'), ['--password-file', file], 'list').code, 10);
});

test('damage that parity gives back is read over, what is lost is named: exit 7', { skip }, (t) => {
  const { world, instance, key } = backUp(t);
  for (const [name, bytes] of readTree(instance.repository)) {
    if (!/^(packs|index|snapshots)\//.test(name)) continue;
    bytes[bytes.length >> 3] ^= 1;
    bytes[bytes.length - 30] ^= 1; // one of the two trailers
    fs.writeFileSync(path.join(instance.repository, name), bytes);
  }
  const result = read(instance.repository, key, 'restore', 'latest', '--to', world.path('out'));
  assert.equal(result.code, 0, result.errors);
  assert.match(result.errors, /its parity gave it back/);
  assertSame(world.path('files/mail'), world.path('out/folder/mail'));
  instance.ok('restore', 'latest', '--to', world.path('by-garner'));
  assertSame(world.path('out'), world.path('by-garner'));
  for (const [name, bytes] of readTree(`${instance.repository}/packs`)) {
    bytes.fill(0, 0, bytes.length >> 2);
    fs.writeFileSync(path.join(instance.repository, 'packs', name), bytes);
  }
  const lost = read(instance.repository, key, 'restore', 'latest', '--to', world.path('lost'));
  assert.equal(lost.code, 7);
});
