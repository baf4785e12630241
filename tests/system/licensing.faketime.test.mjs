// SPDX-License-Identifier: Apache-2.0
// Worked examples of the licensing rules that need time to pass, through the command line. The
// clock of every program stands still where the test puts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, count, users } from './lib/world.mjs';

const start = '2027-03-01T10:00:00Z';

async function makeWorld(t, { seats, number = seats, clock = start, mail = 1 }) {
  const world = new World(t, { clock });
  await world.licensing();
  await world.tenant({ users: users(number, mail) });
  const instance = world.instance();
  const { license_key: key } = world.order(seats);
  instance.activate(key);
  instance.prepare();
  return { world, instance, key };
}

test('T11: a license is released after 30 days, not one second earlier', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 2 });
  assert.equal(instance.start().exit, 0);
  const [subject] = instance.json('license', 'subjects').json.subjects;
  assert.equal(subject.assigned_at, '2027-03-01T10:00:00Z');
  assert.equal(subject.releasable_at, '2027-03-31T10:00:00Z');

  world.setClock('2027-03-31T09:59:59Z');
  const early = instance.json('license', 'release', subject.id, '--yes');
  assert.equal(early.code, 4);
  assert.equal(early.json.subjects[0].released, false);
  assert.equal(early.json.subjects[0].releasable_at, '2027-03-31T10:00:00Z');
  assert.equal(instance.status().used, 2);

  world.setClock('2027-03-31T10:00:00Z');
  const late = instance.json('license', 'release', subject.id, '--yes');
  assert.equal(late.code, 0);
  assert.equal(late.json.subjects[0].released, true);
  assert.equal(instance.status().used, 1);
  assert.match(late.errors, /night/); // D6: the job that takes it again is named
});

test('D8: of several releases those that may not go yet are named, the others go', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 3 });
  instance.ok('job', 'add', 'first', '--connection', 'cloud', '--storage', 'disk',
    '--objects', 'mailbox:user001@contoso.example');
  instance.ok('job', 'start', 'first', '--wait');
  world.passTime({ days: 20 });
  instance.start();
  world.passTime({ days: 10 });
  const release = instance.json('license', 'release', 'user001@contoso.example', 'user002@contoso.example', '--yes');
  assert.equal(release.code, 3);
  assert.deepEqual(release.json.subjects.map((s) => s.released), [true, false]);
  assert.equal(release.json.subjects[1].reason.code, 'too_early');
});

test('T12, D6: a released user of an active job is assigned again, with new 30 days', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 1 });
  instance.start();
  world.passTime({ days: 31 });
  instance.ok('license', 'release', 'user001@contoso.example', '--yes');
  assert.equal(instance.status().used, 0);
  const report = instance.start();
  assert.equal(report.objects[0].newly_licensed, 1);
  const [subject] = instance.json('license', 'subjects').json.subjects;
  assert.equal(subject.assigned_at, '2027-04-01T10:00:00Z');
  assert.equal(subject.releasable_at, '2027-05-01T10:00:00Z');
});

test('T13: renewals for the same and for a higher number keep every assignment', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 5 });
  instance.start();
  const before = instance.json('license', 'subjects').json.subjects;
  assert.equal(before.length, 5);

  world.vendor('renew', key, '--seats', '5', '--paid');
  assert.equal(instance.status().expires_at, '2029-03-01T10:00:00Z');
  assert.deepEqual(instance.json('license', 'subjects').json.subjects, before);

  world.setClock('2029-03-02T10:00:00Z'); // after the end: it counts from the renewal
  world.vendor('renew', key, '--seats', '7', '--paid');
  const status = instance.status();
  assert.equal(status.seats, 7);
  assert.equal(status.used, 5);
  assert.equal(status.expires_at, '2030-03-02T10:00:00Z');
  assert.deepEqual(instance.json('license', 'subjects').json.subjects.map((s) => s.id), before.map((s) => s.id));
});

test('T14, A7: a renewal for fewer resets; licenses are assigned anew in the order of the run', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 6 });
  instance.start();
  world.setClock('2028-03-05T10:00:00Z');
  assert.equal(instance.start().exit, 4);
  world.vendor('renew', key, '--seats', '4', '--paid');
  const status = instance.status();
  assert.equal(status.used, 0);
  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(report.objects.map((o) => o.result),
    ['unchanged', 'unchanged', 'unchanged', 'unchanged', 'no_license', 'no_license']);
  assert.equal(instance.status().used, 4);
});

test('T14b, A9: a renewal for fewer, a month before the end, changes nothing until the end, and resets then', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 6 });
  instance.start();
  const before = instance.json('license', 'subjects').json.subjects;
  world.setClock('2028-02-01T10:00:00Z');
  world.vendor('renew', key, '--seats', '4', '--paid');
  world.setClock('2028-03-01T09:59:59Z');
  const last = instance.status();
  assert.deepEqual([last.seats, last.used, last.expires_at], [6, 6, '2029-03-01T10:00:00Z']);
  assert.deepEqual(instance.json('license', 'subjects').json.subjects, before);
  assert.equal(instance.start().exit, 0);
  world.setClock('2028-03-01T10:00:00Z');
  assert.deepEqual([instance.status().seats, instance.status().used], [4, 0]);
  assert.deepEqual(instance.start().objects.map((o) => o.result),
    ['unchanged', 'unchanged', 'unchanged', 'unchanged', 'no_license', 'no_license']);
  assert.equal(instance.status().used, 4);
  assert.equal(world.vendor('verify', '--all').bad, 0);
});

test('T23, A1: from 29 February to 28 February, and on to the next, by an early renewal', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1, clock: '2028-02-29T10:00:00Z' });
  assert.equal(instance.status().expires_at, '2029-02-28T10:00:00Z');
  world.setClock('2028-12-01T00:00:00Z');
  world.vendor('renew', key, '--seats', '1', '--paid');
  assert.equal(instance.status().expires_at, '2030-02-28T10:00:00Z');
  world.setClock('2030-02-28T09:59:59Z');
  assert.equal(instance.start().exit, 0);
  world.setClock('2030-02-28T10:00:00Z');
  assert.equal(instance.start().exit, 4);
});

test('G1, A5: near and after the end `license buy` leads to the renewal', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 1 });
  const kind = () => new URL(instance.json('license', 'buy').json.url).searchParams.get('kind');
  assert.equal(kind(), null);
  world.setClock('2028-02-20T10:00:00Z');
  assert.equal(kind(), 'renew');
  world.setClock('2028-03-02T10:00:00Z');
  assert.equal(kind(), 'renew');
});

test('T15: licenses added in the sixth month join the same end, at the price of what is left', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 2, number: 3 });
  assert.deepEqual(count(instance.start()), { stored: 2, no_license: 1 });
  const whole = world.vendor('price', '--seats', '20').price ?? world.vendor('price', '--seats', '20');
  world.setClock('2027-08-31T22:00:00Z'); // 183.5 of 366 days are left: half the year that ends 2028-03-01
  const half = world.vendor('price', '--seats', '20', '--key', key, '--kind', 'add').price
    ?? world.vendor('price', '--seats', '20', '--key', key, '--kind', 'add');
  world.vendor('add', key, '--seats', '20', '--paid');
  const status = instance.status();
  assert.equal(status.seats, 22);
  assert.equal(status.expires_at, '2028-03-01T10:00:00Z');
  const left = (Date.parse('2028-03-01T10:00:00Z') - Date.parse('2027-08-31T22:00:00Z')) / (366 * 86400 * 1000);
  assert.equal(half.amount, Math.round(whole.amount * left));
  assert.deepEqual(count(instance.start()), { unchanged: 2, stored: 1 });
});

test('T16, A4, C7: expired: no backup, no new job; restores and all reading work', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 2, mail: 3 });
  const { snapshot } = instance.start();
  world.setClock('2028-03-01T09:59:59Z');
  assert.equal(instance.start().exit, 0);

  world.setClock('2028-03-01T10:00:00Z'); // the moment of the end itself is expired
  const report = instance.start();
  assert.equal(report.exit, 4);
  assert.equal(report.state, 'expired');
  assert.equal(instance.json('license', 'status').code, 21);
  const add = instance.garner('job', 'add', 'more', '--connection', 'cloud', '--storage', 'disk');
  assert.equal(add.code, 4);
  assert.match(add.errors, /renew/);

  const folder = world.path('restored');
  const restored = instance.json('restore', `${snapshot}:mailbox/user001@contoso.example`, '--to', folder);
  assert.equal(restored.code, 0);
  assert.equal(restored.json.items, 3);
  assert.equal(instance.garner('ls', `${snapshot}:mailbox`).code, 0);
  assert.equal(instance.garner('check', '--read-data').code, 0);
});

test('A5: a renewal heals a running instance by itself, without a new activation', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1 });
  instance.start();
  world.setClock('2028-03-01T10:00:00Z');
  assert.equal(instance.start().exit, 4);
  world.vendor('renew', key, '--seats', '1', '--paid');
  assert.equal(instance.start().exit, 0);
});

test('A1, A2: the term counts from the first activation, and a second one does not move it', async (t) => {
  const world = new World(t, { clock: '2027-01-10T08:00:00Z' });
  await world.licensing();
  const { license_key: key } = world.order(1);
  world.setClock('2027-02-01T12:34:56Z');
  const first = world.instance('first');
  first.activate(key);
  assert.equal(first.status().expires_at, '2028-02-01T12:34:56Z');
  world.setClock('2027-06-01T00:00:00Z');
  const second = world.instance('second');
  second.activate(key);
  first.activate(key);
  assert.equal(second.status().expires_at, '2028-02-01T12:34:56Z');
  assert.equal(first.status().expires_at, '2028-02-01T12:34:56Z');
});

test('T19, E2, E3, E4: an outage stops nothing for 14 days, then suspends, and heals by itself', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 2, number: 2 });
  instance.start();
  await world.end(world.service);

  world.passTime({ days: 13, seconds: 86399 });
  const offline = instance.start();
  assert.equal(offline.exit, 0);
  assert.equal(instance.json('license', 'status').code, 22);

  world.passTime({ seconds: 1 });
  const suspended = instance.start();
  assert.equal(suspended.exit, 4);
  assert.equal(suspended.state, 'suspended');
  assert.equal(suspended.state_text, 'Suspended (waiting for the licensing server)');
  assert.equal(instance.json('license', 'status').code, 23);

  const port = new URL(world.service.listening).port;
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState, '--listen', `127.0.0.1:${port}`);
  assert.equal(instance.status().state, 'active');
  assert.equal(instance.json('job', 'show', 'night').json.state, 'idle');
  assert.equal(instance.start().exit, 0);
});

test('T20, D5, D7: an Unknown subject is released from another instance, and is free at once', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1, number: 2 });
  assert.deepEqual(count(instance.start()), { stored: 1, no_license: 1 });
  const other = world.instance('other');
  other.activate(key);
  const [subject] = other.json('license', 'subjects').json.subjects;
  assert.equal(subject.name, 'Unknown');
  const early = other.json('license', 'release', subject.id, '--yes');
  assert.equal(early.code, 4);
  assert.equal(early.json.subjects[0].reason.code, 'too_early');

  world.passTime({ days: 30 });
  const release = other.json('license', 'release', subject.id, '--yes');
  assert.equal(release.code, 0);
  assert.match(release.errors, /[Jj]obs of other instances may/); // D6
  assert.equal(world.vendor('show', key).used, 0);
  // D7: the first instance has it for another user, at once.
  instance.ok('job', 'add', 'second', '--connection', 'cloud', '--storage', 'disk',
    '--objects', 'mailbox:user002@contoso.example');
  assert.equal(instance.start('second').objects[0].newly_licensed, 1);

  await world.end(world.service); // D5: offline it is refused
  const offline = other.json('license', 'release', subject.id, '--yes');
  assert.equal(offline.code, 6);
});
