// SPDX-License-Identifier: Apache-2.0
// What opens a repository, and which snapshots stay, through the programs.
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import fs from 'node:fs';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { World } from './lib/world.mjs';

/** An instance with a job of one folder, in a repository that a password opens. */
function prepare(t) {
  const world = new World(t);
  world.write('files/a/x.txt', 'content');
  const instance = world.instance();
  instance.ok('storage', 'add', 'disk', '--path', world.path('repository'), '--password-file', world.write('first', 'correct horse\n'));
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  const outside = (...args) => world.run('garner', [...args, '--state', world.path('none'), '--repository', world.path('repository')]);
  return { world, instance, outside };
}

/** Runs the job so many times, each with something new: the ids of the snapshots. */
function runs(world, instance, count) {
  const ids = [];
  for (let i = 0; i < count; i++) {
    world.write('files/a/x.txt', `content ${i} ${Math.random()}`);
    const report = instance.start();
    assert.equal(report.exit, 0, report.errors);
    ids.push(report.snapshot);
  }
  return ids;
}

const listed = (result) => result.json.snapshots.map((snapshot) => snapshot.id);

test('any of several keys opens the repository, a removed one does not, and the last one stays', (t) => {
  const { world, instance, outside } = prepare(t);
  const [id] = runs(world, instance, 1);
  const second = world.write('second', 'battery staple\n');
  const third = world.write('third', 'tr0ub4dor\n');
  const password = (file) => ['--password-file', file];
  const snapshots = (...how) => outside('snapshots', '--json', ...how);

  assert.equal(snapshots(...password(second)).code, 12);
  const added = instance.json('key', 'add', '--new-password-file', second);
  assert.equal(added.code, 0, added.errors);
  assert.deepEqual(listed(snapshots(...password(second))), [id]);
  const recovery = instance.json('key', 'recovery');
  assert.match(recovery.json.recovery_key, /^([0-9A-HJKMNP-TV-Z]{4}-){7}[0-9A-HJKMNP-TV-Z]{4}$/);
  const recoveryFile = world.write('recovery', `${recovery.json.recovery_key.toLowerCase()}\n`);
  assert.deepEqual(listed(snapshots('--recovery-file', recoveryFile)), [id]);
  const { keys } = outside('key', 'list', '--json', ...password(second)).json;
  assert.deepEqual(keys.map((key) => key.kind).sort(), ['password', 'password', 'recovery_key']);
  assert.ok(keys.every((key) => key.state === 'good' && key.made_at.endsWith('Z')));

  // Changing a password: the new one opens, the old one does not, and no data moved.
  const packs = fs.readdirSync(world.path('repository/packs'), { recursive: true });
  const changed = outside('key', 'change', added.json.id, '--new-password-file', third, '--json', ...password(second));
  assert.equal(changed.code, 0, changed.errors);
  assert.equal(changed.json.removed, added.json.id);
  assert.equal(snapshots(...password(second)).code, 12);
  assert.deepEqual(listed(snapshots(...password(third))), [id]);
  assert.deepEqual(fs.readdirSync(world.path('repository/packs'), { recursive: true }), packs);

  for (const key of [recovery.json.id, keys.find((k) => k.kind === 'password' && k.id !== added.json.id).id]) {
    const removed = instance.garner('key', 'remove', key.slice(0, 8), '--yes');
    assert.equal(removed.code, 0, removed.errors);
  }
  assert.equal(snapshots('--recovery-file', recoveryFile).code, 12);
  const last = instance.garner('key', 'remove', changed.json.id, '--yes');
  assert.equal(last.code, 2);
  assert.match(last.errors, /last key .*garner key add/);
  assert.deepEqual(listed(snapshots(...password(third))), [id]);
  // The installation keeps its own way in, whatever becomes of passwords.
  assert.equal(runs(world, instance, 1).length, 1);
});

test('wrong use of keys says what to do', (t) => {
  const { world, instance } = prepare(t);
  const nothing = instance.garner('key', 'add');
  assert.equal(nothing.code, 2);
  assert.match(nothing.errors, /--new-password-file F or --new-key-file F/);
  const short = instance.garner('key', 'add', '--new-key-file', world.write('short', 'short'));
  assert.equal(short.code, 2);
  assert.match(short.errors, /32 random bytes/);
  const unknown = instance.json('key', 'remove', 'abcdef', '--yes');
  assert.equal(unknown.code, 1);
  assert.equal(unknown.json.error.code, 'not_found');
});

test('a flipped byte of a key or of config locks nobody out', (t) => {
  const { world, instance, outside } = prepare(t);
  const [id] = runs(world, instance, 1);
  const [key] = fs.readdirSync(world.path('repository/keys'));
  for (const name of ['config', `keys/${key}`]) {
    const file = world.path('repository', name);
    const bytes = fs.readFileSync(file);
    bytes[60] ^= 0xff;
    fs.chmodSync(file, 0o600);
    fs.writeFileSync(file, bytes);
  }
  assert.deepEqual(listed(outside('snapshots', '--json', '--password-file', world.path('first'))), [id]);
  assert.equal(instance.json('key', 'list').json.keys[0].state, 'damaged');
});

test('the keys of a put-only writer are written once, and damaged they open nothing', (t) => {
  const { world, instance, outside } = prepare(t);
  const file = world.path('writer');
  instance.ok('key', 'export-writer', file);
  assert.equal(fs.statSync(file).mode & 0o777, 0o600);
  assert.equal(instance.garner('key', 'export-writer', file).code, 1); // it is there
  const bytes = fs.readFileSync(file);
  bytes[100] ^= 1;
  fs.writeFileSync(file, bytes);
  assert.equal(outside('snapshots', '--writer-file', file).code, 12);
});

test('a put-only instance stores, lists, and cannot read what items hold; the owner can', (t) => {
  const { world, instance, outside } = prepare(t);
  runs(world, instance, 1);
  const file = world.path('writer');
  instance.ok('key', 'export-writer', file);
  const put = world.instance('put');
  put.ok('storage', 'add', 'disk', '--path', world.path('repository'), '--writer-file', file);
  put.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  put.ok('job', 'add', 'night', '--connection', 'files', '--storage', 'disk');
  world.write('files/a/secret.txt', 'what only the owner reads');
  const report = put.start();
  assert.equal(report.exit, 0, `${report.errors} ${JSON.stringify(report.reason)}`);
  assert.equal(put.start().snapshot, report.snapshot); // nothing has changed
  assert.equal(listed(put.json('snapshots')).length, 2);
  assert.ok(listed(outside('snapshots', '--json', '--writer-file', file)).includes(report.snapshot));
  const place = `${report.snapshot}:folder/a/secret.txt`;
  const refused = put.garner('cat', place);
  assert.notEqual(refused.code, 0);
  assert.doesNotMatch(refused.text, /owner/);
  assert.equal(instance.ok('cat', place).text, 'what only the owner reads');
  assert.equal(put.garner('key', 'recovery').code, 5);
});

test('forget: by id, by rules, and a dry run forgets nothing', (t) => {
  const { world, instance } = prepare(t);
  const ids = runs(world, instance, 5);
  assert.deepEqual(listed(instance.json('snapshots')), ids);
  const dry = instance.json('forget', '--keep-last', '2', '--dry-run');
  assert.equal(dry.code, 0, dry.errors);
  assert.equal(dry.json.dry_run, true);
  assert.deepEqual(dry.json.forgotten.map((s) => s.id), ids.slice(0, 3));
  assert.deepEqual(dry.json.kept.map((s) => s.id), ids.slice(3));
  assert.deepEqual(listed(instance.json('snapshots')), ids);
  assert.equal(instance.json('forget', ids[1].slice(0, 10)).code, 0);
  assert.deepEqual(listed(instance.json('snapshots')), [ids[0], ...ids.slice(2)]);
  const other = instance.json('forget', '--keep-last', '1', '--job', 'another');
  assert.equal(other.json.forgotten.length, 0);
  // A kind with a rule of its own: what it needs stays.
  const own = instance.json('forget', '--keep-last', '1', '--kind', 'folder=last:3');
  assert.deepEqual(own.json.forgotten.map((s) => s.id), [ids[0]]);
  assert.equal(instance.json('forget', '--keep-within', '30d').json.forgotten.length, 0);
  assert.equal(instance.json('forget', '--keep-daily', '7').json.forgotten.length, 2);
  assert.deepEqual(listed(instance.json('snapshots')), [ids[4]]);
  assert.equal(instance.garner('check').code, 0);
  const restored = instance.garner('restore', 'latest:folder/a', '--to', world.path('out'));
  assert.equal(restored.code, 0, restored.errors);

  for (const [args, code, words] of [
    [['forget'], 2, /say what to keep/],
    [['forget', '--keep-last', '0'], 2, /keep nothing at all/],
    [['forget', '--keep-last', 'all'], 2, /a number from 0/],
    [['forget', '--keep-within', '30'], 2, /no duration/],
    [['forget', '--keep-last', '1', '--kind', 'folder'], 2, /KIND=last:3/],
    [['forget', 'abcdef01'], 1, /no snapshot/],
  ]) {
    const result = instance.garner(...args);
    assert.equal(result.code, code, `${args.join(' ')}: ${result.errors}`);
    assert.match(result.errors, words);
  }
});

test('a job keeps what it is told to, run by run', (t) => {
  const { world, instance } = prepare(t);
  const first = runs(world, instance, 2);
  const bad = instance.garner('job', 'set', 'night', '--keep-last', '0');
  assert.equal(bad.code, 2);
  assert.equal(instance.garner('job', 'set', 'night').code, 2);
  const set = instance.json('job', 'set', 'night', '--keep-last', '3', '--kind', 'site=daily:30');
  assert.equal(set.code, 0, set.errors);
  assert.equal(set.json.retention, 'all=last:3;site=daily:30');
  const then = runs(world, instance, 3);
  assert.deepEqual(listed(instance.json('snapshots')), then);
  assert.equal(instance.json('job', 'show', 'night').json.snapshot, then[2]);
  instance.ok('job', 'set', 'night', '--keep-all');
  const more = runs(world, instance, 2);
  assert.deepEqual(listed(instance.json('snapshots')), [...then, ...more]);
  assert.equal(first.length, 2);
  const added = instance.json('job', 'add', 'noon', '--connection', 'files', '--storage', 'disk', '--keep-daily', '7');
  assert.equal(added.json.retention, 'all=daily:7');
  assert.equal(instance.start('noon').exit, 0);
  assert.equal(listed(instance.json('snapshots')).length, 6); // the other job's are not its business
});

test('snapshots that were removed, or a repository that was put back, are a notice until they are there again', (t) => {
  const { world, instance } = prepare(t);
  const ids = runs(world, instance, 3);
  const file = (id) => world.path('repository/snapshots', id);
  const codes = () => instance.json('notices').json.notices.map((notice) => notice.code);
  assert.deepEqual(codes(), []);
  for (const gone of [ids[2], ids[0]]) { // the newest one, which no other one speaks of; and one that is spoken of
    fs.renameSync(file(gone), world.path('away'));
    runs(world, instance, 1);
    assert.deepEqual(codes(), ['snapshots_missing']);
    runs(world, instance, 1);
    assert.deepEqual(codes(), ['snapshots_missing']);
    fs.renameSync(world.path('away'), file(gone));
    runs(world, instance, 1);
    assert.deepEqual(codes(), []);
  }
  instance.ok('forget', '--keep-last', '1');
  runs(world, instance, 1);
  assert.deepEqual(codes(), []);
});

test('a job that keeps one snapshot gives back the space of those before it by itself', async (t) => {
  const { world, instance } = prepare(t);
  instance.ok('job', 'set', 'night', '--keep-last', '1');
  const sizes = [];
  for (let i = 0; i < 6; i++) {
    world.write('files/a/large.bin', randomBytes(2 << 20)); // no two have anything in common
    assert.equal(instance.start().exit, 0);
    sizes.push(instance.json('stats').json.stored_bytes);
    await sleep(1100); // the storage's clock counts seconds
  }
  // The last one, and the one before it, which the next prune drops.
  assert.ok(sizes.every((size) => size < 6.5 * (1 << 20)), sizes.join(' '));
  assert.equal(instance.json('snapshots').json.snapshots.length, 1);
  const checked = instance.json('check', '--read-data');
  assert.equal(checked.code, 0, checked.errors);
});
