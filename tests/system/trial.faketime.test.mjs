// SPDX-License-Identifier: Apache-2.0
// Trials (section F of the licensing rules) through the command line. The clock of every program
// stands still where the test puts it.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { World, readTree, users } from './lib/world.mjs';

const start = '2027-03-01T10:00:00Z';
const end = '2027-03-31T10:00:00Z';

/** Mailboxes with 12 messages each, all of them in the Inbox, and an instance without a key. */
async function makeWorld(t, { number = 2 } = {}) {
  const world = new World(t, { clock: start });
  for (let i = 1; i <= 12; i++)
    world.write(`mail/${i}.eml`, `From: a@contoso.example\r\nSubject: Number ${i}\r\n\r\nText ${i}\r\n`);
  await world.licensing();
  await world.tenant({ users: users(number, world.path('mail')) });
  const instance = world.instance();
  instance.useService();
  instance.prepare();
  return { world, instance };
}

const first = 'mailbox/user001@contoso.example';

/** Restores into a folder of its own: the answer, and the files. */
function restore(world, instance, place, ...options) {
  const folder = world.path(`restored-${Math.random()}`);
  const result = instance.json('restore', place, '--to', folder, ...options);
  return { ...result, files: fs.existsSync(folder) ? [...readTree(folder).keys()] : [] };
}

test('F1: the trial begins with the first job that starts, not when one is made or planned', async (t) => {
  const { world, instance } = await makeWorld(t);
  const before = instance.json('license', 'status');
  assert.equal(before.code, 0);
  assert.equal(before.json.state, 'trial');
  assert.equal(before.json.expires_at, null);
  assert.equal(before.json.key, null);

  world.passTime({ days: 3 });
  const plan = instance.json('job', 'plan', 'night').json;
  assert.deepEqual(plan.objects.map((o) => [o.required, o.held, o.would_license, o.missing, o.would_be]),
    [[1, 0, 0, 0, 'stored'], [1, 0, 0, 0, 'stored']]); // nobody holds a license, or needs one
  assert.equal(instance.status().expires_at, null);
  assert.deepEqual(world.vendor('trials').trials, []);

  const report = instance.start();
  assert.equal(report.exit, 0);
  assert.deepEqual(report.objects.map((o) => [o.result, o.required, o.newly_licensed, o.missing]),
    [['stored', 1, 0, 0], ['stored', 1, 0, 0]]);
  const after = instance.json('license', 'status');
  assert.equal(after.code, 0);
  assert.equal(after.json.state, 'trial');
  assert.equal(after.json.expires_at, '2027-04-03T10:00:00Z');
  const [trial] = world.vendor('trials').trials;
  assert.equal(trial.started_at, '2027-03-04T10:00:00Z');
  assert.equal(trial.ends_at, '2027-04-03T10:00:00Z');
  assert.equal(trial.instances, 1);
});

test('T27, F1: two instances of one tenant have one clock, the second started 10 days later', async (t) => {
  const { world, instance } = await makeWorld(t);
  const second = world.instance('second');
  second.useService();
  second.prepare();
  instance.start();
  world.passTime({ days: 10 });
  assert.equal(second.start().exit, 0);
  assert.equal(instance.status().expires_at, end);
  assert.equal(second.status().expires_at, end);
  assert.equal(world.vendor('trials').trials.length, 1);
  assert.equal(world.vendor('trials').trials[0].instances, 2);

  world.setClock(end);
  for (const one of [instance, second]) {
    const report = one.start();
    assert.equal(report.exit, 4);
    assert.equal(report.state, 'expired');
    assert.equal(one.status().state, 'trial_over');
  }
  // A new installation finds the same clock.
  const third = world.instance('third');
  third.useService();
  third.prepare();
  assert.equal(third.start().exit, 4);
  assert.equal(third.status().state, 'trial_over');
});

test('T17, F3: the trial is over: no backup, restores of 5 items per folder', async (t) => {
  const { world, instance } = await makeWorld(t);
  const { snapshot } = instance.start();
  world.setClock('2027-03-31T09:59:59Z');
  assert.equal(instance.start().exit, 0);

  world.setClock(end); // the moment of the end itself is over
  const report = instance.start();
  assert.equal(report.exit, 4);
  assert.equal(report.state, 'expired');
  assert.equal(report.reason.code, 'trial_over');
  assert.match(report.reason.text, /license activate/);
  const status = instance.json('license', 'status');
  assert.equal(status.code, 21);
  assert.equal(status.json.state, 'trial_over');
  assert.equal(instance.garner('job', 'add', 'more', '--connection', 'cloud', '--storage', 'disk').code, 4);

  const restored = restore(world, instance, `${snapshot}:${first}`);
  assert.equal(restored.code, 3);
  assert.equal(restored.json.items, 5);
  assert.equal(restored.json.left_out, 7);
  assert.equal(restored.files.length, 5);
  assert.equal(instance.json('snapshots').json.snapshots.length, 1);
  assert.equal(instance.garner('check', '--read-data').code, 0);
  assert.equal(instance.json('ls', `${snapshot}:${first}/Inbox`).json.entries.length, 12);
  assert.equal(instance.json('job', 'show', 'night').json.state, 'expired');
});

test('T18, F2: of a folder of 12 items a restore gives 5 and names 7 as left out', async (t) => {
  const { world, instance } = await makeWorld(t);
  const { snapshot } = instance.start();
  const listed = instance.json('ls', `${snapshot}:${first}/Inbox`).json.entries.map((e) => path.basename(e.path));
  assert.equal(listed.length, 12);

  const restored = restore(world, instance, `${snapshot}:${first}/Inbox`);
  assert.equal(restored.code, 3);
  assert.equal(restored.json.items, 5);
  assert.equal(restored.json.left_out, 7);
  assert.deepEqual(restored.json.left_out_folders.map((f) => [f.path, f.left_out]), [[`${first}/Inbox`, 7]]);
  assert.deepEqual(restored.files.toSorted(), listed.slice(0, 5).toSorted());
  assert.deepEqual(restored.json.left_out_folders[0].names.toSorted(), listed.slice(5).toSorted());
  assert.match(restored.errors, /7 items are left out/);
  const text = instance.garner('restore', `${snapshot}:${first}/Inbox`, '--to', world.path('text'));
  assert.match(text.text, /7 items of .*Inbox are left out/);
  for (const name of listed.slice(5)) assert.ok(text.text.includes(name), name);

  // Each folder of each mailbox has its own 5; one item by its path is counted the same way.
  const all = restore(world, instance, snapshot);
  assert.equal(all.json.items, 10);
  assert.equal(all.json.left_out, 14);
  assert.equal(all.json.left_out_folders.length, 2);
  const one = restore(world, instance, `${snapshot}:${first}/Inbox/${listed[11]}`);
  assert.equal(one.code, 3);
  assert.deepEqual(one.files, []);
  assert.equal(restore(world, instance, `${snapshot}:${first}/Inbox/${listed[4]}`).code, 0);
  const cat = instance.json('cat', `${snapshot}:${first}/Inbox/${listed[5]}`);
  assert.equal(cat.code, 3);
  assert.equal(cat.json.left_out, 1);
  assert.equal(cat.json.content_base64, null);
  assert.equal(instance.garner('cat', `${snapshot}:${first}/Inbox/${listed[4]}`).code, 0);
});

test('F2: without any state the mark alone binds, and a state with a key lifts it', async (t) => {
  const { world, instance } = await makeWorld(t, { number: 1 });
  instance.start();
  const key = path.join(instance.state, 'keys', 'disk.key');
  const alone = (state) => world.run('garner', ['--state', world.path(state), 'restore', 'latest', '--json',
    '--repository', instance.repository, '--key-file', key, '--to', world.path(`alone-${Math.random()}`)]);
  const bound = alone('nothing');
  assert.equal(bound.code, 3);
  assert.equal(bound.json.left_out, 7);
  assert.equal(fs.existsSync(world.path('nothing')), false);
  const licensed = world.instance('licensed');
  licensed.activate(world.order(1).license_key);
  const free = alone('licensed');
  assert.equal(free.code, 0);
  assert.equal(free.json.items, 12);
  assert.equal(free.json.left_out, 0);
});

test('F4: a key lifts all limits at once; jobs and snapshots stay, users need licenses from the next start', async (t) => {
  const { world, instance } = await makeWorld(t);
  const { snapshot } = instance.start();
  world.passTime({ days: 40 });
  assert.equal(instance.start().exit, 4);
  const { license_key: key } = world.order(1);
  instance.ok('license', 'activate', key);
  assert.equal(instance.json('license', 'status').code, 0);
  assert.equal(instance.status().used, 0);

  const restored = restore(world, instance, snapshot);
  assert.equal(restored.code, 0);
  assert.equal(restored.json.items, 24);
  assert.equal(restored.json.left_out, 0);

  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(report.objects.map((o) => [o.result, o.newly_licensed]), [['unchanged', 1], ['no_license', 0]]);
  assert.equal(instance.json('snapshots').json.snapshots.length, 2);
  // What was stored under the key is whole on any machine, the rest is as the trial left it.
  const away = world.run('garner', ['--state', world.path('nothing'), 'restore', report.snapshot, '--json',
    '--repository', instance.repository, '--key-file', path.join(instance.state, 'keys', 'disk.key'), '--to', world.path('away')]);
  assert.equal(away.json.items, 12 + 5);
  assert.equal(away.json.left_out, 7);

  world.setClock('2028-05-01T10:00:00Z'); // an expired key is one that was entered
  assert.equal(instance.status().state, 'expired');
  assert.equal(restore(world, instance, snapshot).json.left_out, 0);
});

test('F1: offline at the very first start the job waits, and begins when the service answers', async (t) => {
  const { world, instance } = await makeWorld(t);
  await world.end(world.service);
  const report = instance.start();
  assert.equal(report.exit, 4);
  assert.equal(report.state, 'suspended');
  assert.equal(report.reason.code, 'trial_not_begun');
  assert.match(report.reason.text, /licensing service must be asked first/);
  assert.equal(instance.json('license', 'status').code, 0);
  assert.equal(instance.status().expires_at, null);

  world.passTime({ days: 1 });
  const port = new URL(world.service.listening).port;
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState, '--listen', `127.0.0.1:${port}`);
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.status().expires_at, '2027-04-01T10:00:00Z');
});

test('F1: with a daemon a job that waits for its trial begins by itself when the service answers', async (t) => {
  const { world, instance } = await makeWorld(t, { number: 1 });
  const daemon = await world.serve('garnerd', 'serve', '--state', instance.state);
  await world.end(world.service);
  assert.equal(instance.start().state, 'suspended');
  const port = new URL(world.service.listening).port;
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState, '--listen', `127.0.0.1:${port}`);
  let state;
  for (let i = 0; i < 120 && state !== 'finished'; i++) {
    world.passTime({ seconds: 61 });
    await sleep(250);
    state = instance.json('job', 'show', 'night').json.state;
  }
  assert.equal(state, 'finished');
  assert.equal(instance.status().state, 'trial');
  assert.equal(await world.end(daemon), 0);
});

test('F1, E3, E4: a trial works offline for the longest time, is suspended then, and heals by itself', async (t) => {
  const { world, instance } = await makeWorld(t, { number: 1 });
  instance.start();
  await world.end(world.service);
  world.passTime({ days: 13, seconds: 86399 });
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.json('license', 'status').code, 22);
  world.passTime({ seconds: 1 });
  const suspended = instance.start();
  assert.equal(suspended.exit, 4);
  assert.equal(suspended.state, 'suspended');
  assert.equal(instance.json('license', 'status').code, 23);
  const port = new URL(world.service.listening).port;
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState, '--listen', `127.0.0.1:${port}`);
  assert.equal(instance.json('license', 'status').code, 0);
  assert.equal(instance.json('job', 'show', 'night').json.state, 'idle');
  assert.equal(instance.start().exit, 0);
});

test('F1: the settings of the service hold for trials that begin then', async (t) => {
  const { world, instance } = await makeWorld(t, { number: 1 });
  await world.end(world.service);
  fs.writeFileSync(path.join(world.licenseState, 'trial.json'), '{"days":7,"items_per_folder":2,"offline_days":3}');
  await world.licensing();
  instance.useService();
  const { snapshot } = instance.start();
  assert.equal(instance.status().expires_at, '2027-03-08T10:00:00Z');
  assert.equal(instance.status().offline_until, '2027-03-04T10:00:00Z');
  assert.equal(restore(world, instance, snapshot).json.items, 2);
  fs.writeFileSync(path.join(world.licenseState, 'trial.json'), '{"days":"7"}');
  await world.end(world.service);
  const broken = world.run('garner-licensing', ['trials', '--state', world.licenseState]);
  assert.notEqual(broken.code, 0);
  assert.match(broken.errors, /trial\.json/);
});

test('E5, F1: a clock set back and an edited file gain nothing in a trial', async (t) => {
  const { world, instance } = await makeWorld(t, { number: 1 });
  instance.start();
  await world.end(world.service);
  const file = path.join(instance.state, 'license', 'trials');
  world.passTime({ days: 13 });
  assert.equal(instance.start().exit, 0);

  // Each line of the signed text, changed by one character, and none at all.
  const saved = fs.readFileSync(file);
  const lines = JSON.parse(`${saved.subarray(0, saved.lastIndexOf('}') + 1)}`).trials[0].trial.split('\n');
  for (const line of lines.filter(Boolean)) {
    const changed = Buffer.from(saved);
    changed[saved.indexOf(line) + line.length - 1] ^= 1;
    fs.writeFileSync(file, changed);
    assert.equal(instance.start().exit, 4, line);
    assert.equal(instance.status().state, 'none', line);
  }
  fs.rmSync(file); // as if no trial had ever begun
  assert.equal(instance.start().reason.code, 'trial_not_begun');
  fs.writeFileSync(file, saved);
  assert.equal(instance.start().exit, 0);

  // Suspended stays suspended, whatever the clock of the machine is set to.
  world.passTime({ days: 2 });
  assert.equal(instance.start().state, 'suspended');
  world.setClock(start);
  assert.equal(instance.start().state, 'suspended');
  const status = instance.json('license', 'status');
  assert.equal(status.code, 23);
  assert.equal(status.json.offline_until, '2027-03-15T10:00:00Z');
  assert.match(status.json.reason.text, /clock/);

  // The service answers again: its clock went on.
  world.setClock('2027-03-16T10:00:00Z');
  await world.licensing();
  instance.useService();
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.status().expires_at, end);
});

test('F1: a job of folders never touches a trial', async (t) => {
  const world = new World(t, { clock: start });
  await world.licensing();
  const instance = world.instance();
  instance.useService();
  world.write('files/a/x.txt', 'x');
  instance.store();
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  instance.ok('job', 'add', 'local', '--connection', 'files', '--storage', 'disk');
  const { exit, snapshot } = instance.start('local');
  assert.equal(exit, 0);
  assert.deepEqual(world.vendor('trials').trials, []);
  assert.equal(restore(world, instance, snapshot).json.left_out, 0);
});
