// SPDX-License-Identifier: Apache-2.0
// A repository in a bucket of a real S3 server, through the programs. GARNER_TEST_S3 is the bucket's address, the keys
// are in AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (tools/s3-server.sh).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { World } from './lib/world.mjs';

const bucket = process.env.GARNER_TEST_S3;
assert.ok(bucket, 'GARNER_TEST_S3 names no bucket');

/** An instance whose storage lies below a new prefix of the bucket, and the address of that. */
function prepare(t) {
  const world = new World(t);
  const address = `${bucket}/${randomBytes(8).toString('hex')}`;
  const instance = world.instance();
  world.write('files/a/x.txt', 'content of x');
  world.write('files/a/deep/y.eml', 'Subject: y\r\n\r\ncontent of y\r\n');
  world.write('files/b/large.bin', randomBytes(9 << 20)); // more than a part
  return { world, instance, address };
}

function addJob(world, instance) {
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'bucket');
}

const sameFolders = (a, b) => execFileSync('diff', ['-r', a, b]);

test('a backup goes to a bucket, an unchanged run adds no pack, and all comes back byte for byte', (t) => {
  const { world, instance, address } = prepare(t);
  const password = world.write('password', 'correct horse\n');
  instance.ok('storage', 'add', 'bucket', '--s3', address, '--password-file', password);
  addJob(world, instance);

  const first = instance.start();
  assert.equal(first.exit, 0, first.errors);
  const before = instance.json('stats').json;
  const second = instance.start();
  assert.equal(second.exit, 0, second.errors);
  assert.equal(instance.json('stats').json.packs, before.packs);

  instance.ok('restore', `${first.snapshot}:folder`, '--to', world.path('back'));
  sameFolders(world.path('files'), world.path('back'));
  const checked = instance.json('check', '--read-data');
  assert.equal(checked.code, 0, checked.errors);
  assert.deepEqual(checked.json.faults, []);

  // Without any state, by the address alone.
  const alone = world.run('garner', ['restore', `${first.snapshot}:folder/a`, '--to', world.path('alone'), '--state', world.path('none'),
    '--repository', address, '--password-file', password]);
  assert.equal(alone.code, 0, alone.errors);
  sameFolders(world.path('files/a'), world.path('alone'));
});

test('keys of the bucket may lie in a file that only its owner reads', (t) => {
  const { world, instance, address } = prepare(t);
  const keys = world.write('keys', `access_key ${process.env.AWS_ACCESS_KEY_ID}\nsecret_key ${process.env.AWS_SECRET_ACCESS_KEY}\n`);
  const add = (...more) => instance.json('storage', 'add', 'bucket', '--s3', address, ...more);

  fs.chmodSync(keys, 0o644);
  const open = add('--credentials-file', keys);
  assert.equal(open.code, 5, open.errors);
  fs.chmodSync(keys, 0o600);
  const added = add('--credentials-file', keys);
  assert.equal(added.code, 0, added.errors);
  assert.ok(fs.existsSync(added.json.key_file));
  addJob(world, instance);
  assert.equal(instance.start().exit, 0);

  fs.writeFileSync(keys, `access_key ${process.env.AWS_ACCESS_KEY_ID}\nsecret_key wrong\n`);
  const refused = instance.json('snapshots');
  assert.equal(refused.code, 5, refused.errors);
});

test('what cannot be a storage is refused with what to do', (t) => {
  const { world, instance, address } = prepare(t);
  const add = (...args) => instance.json('storage', 'add', 'bucket', ...args);

  assert.equal(add().code, 2);
  assert.equal(add('--path', world.path('r'), '--s3', address).code, 2);
  assert.equal(add('--s3', 'ftp://somewhere/bucket').code, 2);
  const none = add('--s3', address.replace(/\/garner\//, '/no-such-bucket/'));
  assert.notEqual(none.code, 0);
  assert.match(none.errors, /no-such-bucket/);
});
