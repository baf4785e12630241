// SPDX-License-Identifier: Apache-2.0
// What goes wrong says what to do, with the exit code of the contract, and loses nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import { test } from 'node:test';
import { World, users } from './lib/world.mjs';

function folderInstance(world, name = 'instance') {
  const instance = world.instance(name);
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.store();
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  return instance;
}

test('unknown options, commands and arguments: exit 2, and where to read', (t) => {
  const world = new World(t);
  const instance = world.instance();
  for (const [args, words] of [
    [['job', 'start', 'x', '--fast'], /unknown option --fast; see garner job start --help/],
    [['jobs'], /unknown command "jobs"/],
    [['job', 'start'], /use: garner job start NAME/],
    [['job', 'add', 'x', '--connection'], /--connection needs a value/],
    [['restore', 'latest'], /--to DIR/],
    [['check', '--read-data=200'], /1 to 100/],
    [['connection', 'add', 'x', '--kind', 'fax'], /m365 and folder/],
  ]) {
    const result = instance.garner(...args);
    assert.equal(result.code, 2, `${args.join(' ')}: ${result.errors}`);
    assert.match(result.errors, words);
  }
  const json = instance.json('job', 'show', 'nothing');
  assert.equal(json.code, 1);
  assert.equal(json.json.schema, 1);
  assert.equal(json.json.error.code, 'not_found');
  assert.match(json.json.error.text, /garner job list/);
});

test('--help and -h of every command say what it does, with exit 0', (t) => {
  const world = new World(t);
  for (const name of ['garner', 'garnerd', 'garner-licensing', 'garner-tenant']) {
    const help = world.run(name, ['--help']);
    assert.equal(help.code, 0, name);
    assert.match(help.text, /Commands:/);
    for (const [, command] of help.text.matchAll(/^ {2}([a-z]+(?: [a-z-]+)?) /gm)) {
      const one = world.run(name, [...command.trim().split(' '), '-h']);
      assert.equal(one.code, 0, `${name} ${command}`);
      assert.match(one.text, new RegExp(`Use: ${name}`));
    }
  }
});

test('files that cannot be read are named', (t) => {
  const world = new World(t);
  const instance = world.instance();
  const secret = instance.garner('connection', 'add', 'c', '--kind', 'm365', '--tenant', 'x', '--client-id', 'y', '--secret-file', world.path('none'));
  assert.equal(secret.code, 1);
  assert.match(secret.errors, /none: No such file/);
  const folder = instance.garner('connection', 'add', 'c', '--kind', 'folder', '--path', world.path('none'));
  assert.equal(folder.code, 1);
  assert.match(folder.errors, /there is no such folder/);
  world.write('files/a/x.txt', 'x');
  world.write('files/a/gone.txt', 'y');
  const job = folderInstance(world);
  fs.rmSync(world.path('files/a/gone.txt'));
  fs.symlinkSync('/nowhere', world.path('files/a/gone.txt'));
  assert.equal(job.start().exit, 0); // a link is no file: it is left out, and the rest is stored
});

test('a wrong password: exit 12; no repository: exit 10; the right one opens it without any state', (t) => {
  const world = new World(t);
  const right = world.write('right', 'correct horse\n');
  const wrong = world.write('wrong', 'battery staple\n');
  world.write('files/a/x.txt', 'content');
  const instance = world.instance();
  instance.ok('storage', 'add', 'disk', '--path', world.path('repository'), '--password-file', right);
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  instance.ok('job', 'start', 'night');
  const outside = (...args) => world.run('garner', [...args, '--state', world.path('none')]);
  const refused = outside('snapshots', '--repository', world.path('repository'), '--password-file', wrong);
  assert.equal(refused.code, 12);
  assert.match(refused.errors, /wrong password/);
  const nowhere = outside('snapshots', '--repository', world.path('files'), '--password-file', right);
  assert.equal(nowhere.code, 10);
  const other = world.instance('other').garner('storage', 'add', 'disk', '--path', world.path('repository'), '--password-file', wrong);
  assert.equal(other.code, 12);
  const restored = outside('restore', 'latest:folder/a', '--to', world.path('out'), '--repository', world.path('repository'), '--password-file', right);
  assert.equal(restored.code, 0, restored.errors);
  assert.equal(fs.readFileSync(world.path('out/x.txt'), 'utf8'), 'content');
});

test('a refused sign-in: exit 5, in plain words', async (t) => {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(1) });
  const instance = world.instance();
  instance.activate(world.order(1).license_key);
  const { organization } = world;
  fs.writeFileSync(world.path('bad-secret'), 'not-the-secret\n');
  world.organization = { ...organization, client_secret_file: world.path('bad-secret') };
  instance.prepare();
  const test = instance.garner('connection', 'test', 'cloud');
  assert.equal(test.code, 5, test.errors);
  assert.match(test.errors, /AADSTS7000215/);
  const report = instance.start();
  assert.equal(report.exit, 5);
  assert.equal(report.state, 'failed');
  assert.match(report.reason.text, /secret/i);
  assert.equal(instance.status().used, 0);
});

test('an unreachable server: exit 6, with what to check; the licensing service too', async (t) => {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(1) });
  const instance = world.instance();
  const { license_key: key } = world.order(1);
  instance.activate(key);
  instance.prepare();
  await world.end(world.organization);
  const report = instance.start();
  assert.equal(report.exit, 6);
  assert.equal(report.state, 'failed');
  assert.match(report.reason.text, /nothing answers there; is it running/);
  await world.end(world.service);
  const fresh = world.instance('fresh');
  fresh.useService();
  const activation = fresh.garner('license', 'activate', key);
  assert.equal(activation.code, 6);
  assert.match(activation.errors, /nothing answers there/);
});

test('a certificate that nobody trusts is refused', async (t) => {
  const world = new World(t);
  await world.tenant({ users: users(1) });
  const instance = world.instance();
  const { organization: o } = world;
  instance.ok('connection', 'add', 'c', '--kind', 'm365', '--tenant', o.tenant_id, '--client-id', o.client_id,
    '--secret-file', o.client_secret_file, '--authority', o.listening, '--graph', o.listening);
  const result = instance.garner('connection', 'test', 'c');
  assert.equal(result.code, 6);
  assert.match(result.errors, /certificate is not trusted.*--ca FILE/);
});

test('without a license: exit 4 and how to get one; folders of the machine need none', async (t) => {
  const world = new World(t);
  await world.tenant({ users: users(1) });
  const instance = world.instance();
  instance.prepare();
  const report = instance.start();
  assert.equal(report.exit, 4);
  assert.match(report.reason.text, /license activate/);
  world.write('files/a/x.txt', 'x');
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'local', '--connection', 'files', '--storage', 'disk');
  assert.equal(instance.start('local').exit, 0);
});

test('a full disk: exit 1, says so, and what was stored before is whole', (t) => {
  const world = new World(t);
  if (process.getuid() !== 0) return t.skip('needs root for a small file system');
  const small = world.path('small');
  fs.mkdirSync(small);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'garner-test', small], { stdio: 'pipe' });
  } catch (error) {
    return t.skip(`no small file system can be mounted: ${error.stderr}`);
  }
  world.atEnd(() => execFileSync('umount', [small]));
  world.write('files/a/first.bin', Buffer.from(Array.from({ length: 200000 }, (_, i) => (i * 7919 + (i >> 3)) & 255)));
  const instance = world.instance();
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.store('disk', `${small}/repository`);
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  const first = instance.start();
  assert.equal(first.exit, 0);
  execFileSync('dd', ['if=/dev/urandom', `of=${world.path('files/a/large.bin')}`, 'bs=1M', 'count=8'], { stdio: 'pipe' });
  const second = instance.start();
  assert.equal(second.exit, 1);
  assert.match(second.errors, /No space left on device.*make room/);
  assert.equal(instance.garner('check', '--read-data').code, 0);
  instance.ok('restore', `${first.snapshot}:folder/a`, '--to', world.path('out'));
  assert.deepEqual(fs.readFileSync(world.path('out/first.bin')), fs.readFileSync(world.path('files/a/first.bin')));
  fs.rmSync(world.path('files/a/large.bin'));
  assert.equal(instance.start().exit, 0); // nothing stands in the way
});

test('what a tampered repository gives back is an error, never wrong content: exit 7', (t) => {
  const world = new World(t);
  world.write('files/a/x.txt', 'the right content '.repeat(1000));
  const instance = folderInstance(world);
  const { snapshot } = instance.start();
  const packs = fs.readdirSync(`${instance.repository}/packs`, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  for (const pack of packs) {
    const file = `${pack.parentPath ?? pack.path}/${pack.name}`;
    const bytes = fs.readFileSync(file);
    for (let at = 4; at < 100; at += 16) bytes[at] ^= 1; // more than parity gives back
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, bytes);
  }
  const check = instance.json('check', '--read-data');
  assert.equal(check.code, 7);
  assert.ok(check.json.faults.length > 0);
  const restore = instance.garner('restore', snapshot, '--to', world.path('out'));
  assert.equal(restore.code, 7);
});

test('A4: a damaged license hinders no restore', async (t) => {
  const world = new World(t);
  world.write('files/a/x.txt', 'content');
  const instance = folderInstance(world);
  const { snapshot } = instance.start();
  for (const name of fs.readdirSync(`${instance.state}/license`)) fs.writeFileSync(`${instance.state}/license/${name}`, 'nonsense');
  assert.notEqual(instance.garner('license', 'status').code, 0);
  instance.ok('restore', `${snapshot}:folder/a`, '--to', world.path('out'));
  assert.equal(fs.readFileSync(world.path('out/x.txt'), 'utf8'), 'content');
  assert.equal(instance.garner('check', '--read-data').code, 0);
});
