// SPDX-License-Identifier: Apache-2.0
// Objects that several people share, through the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, count, users } from './lib/world.mjs';

const upn = (number) => `user${String(number).padStart(3, '0')}@contoso.example`;
const upns = (first, last) => Array.from({ length: last - first + 1 }, (_, i) => upn(first + i));
const group = (name, members, more = {}) => ({ name, kind: 'm365', members, mail: 1, ...more });

async function makeWorld(t, { seats, number, groups, people = users(number) }) {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: people, groups });
  const instance = world.instance();
  const { license_key: key } = world.order(seats);
  instance.activate(key);
  instance.connect();
  instance.store();
  const addJob = (name, objects, one = instance) => one.ok('job', 'add', name,
    '--connection', 'cloud', '--storage', 'disk', '--objects', objects);
  return { world, instance, key, addJob };
}

const numbers = (report) => report.objects.map((o) =>
  `${o.name.split('@')[0]} ${o.result} ${o.required} ${o.newly_licensed} ${o.missing}`);
const planned = (plan) => plan.objects.map((o) =>
  `${o.name.split('@')[0]} ${o.would_be} ${o.required} ${o.held} ${o.would_license} ${o.missing}`);

test('T4, B2: a group of 10 members and 2 owners takes 10 licenses', async (t) => {
  const { instance, addJob } = await makeWorld(t, {
    seats: 20, number: 12, groups: [group('Sales', upns(1, 10), { owners: upns(11, 12) })] });
  addJob('groups', 'group_mailbox:all');
  assert.deepEqual(numbers(instance.start('groups')), ['sales stored 10 10 0']);
  assert.equal(instance.status().used, 10);
  const held = instance.json('license', 'subjects').json.subjects.map((s) => s.name).sort();
  assert.deepEqual(held, upns(1, 10)); // D3: members are known by name here
});

test('T5, B3: after the members\' mailboxes are licensed, the group takes none', async (t) => {
  const { instance, addJob } = await makeWorld(t, {
    seats: 12, number: 10, groups: [group('Sales', upns(1, 10), { owners: upns(1, 1) })] });
  addJob('mail', 'mailbox:all');
  addJob('groups', 'group_mailbox:all');
  assert.equal(instance.start('mail').exit, 0);
  assert.equal(instance.status().used, 10);
  assert.deepEqual(planned(instance.json('job', 'plan', 'groups').json), ['sales stored 10 10 0 0']);
  assert.deepEqual(numbers(instance.start('groups')), ['sales stored 10 0 0']);
  assert.equal(instance.status().used, 10);
});

test('T22, C2: 3 left, a group that needs 5 takes none and is named, the mailbox behind it gets 1', async (t) => {
  const { instance, addJob } = await makeWorld(t, {
    seats: 3, number: 6, groups: [group('All', upns(1, 5))] });
  addJob('night', `group_mailbox:all,mailbox:${upn(6)}`);
  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(numbers(report), ['all no_license 5 0 2', 'user006 stored 1 1 0']);
  assert.equal(instance.status().used, 1);
  const [news] = instance.json('notices').json.notices;
  assert.equal(news.code, 'no_license');
  assert.equal(news.object, 'group_mailbox:all@contoso.example');
  assert.match(news.text, /2 more licenses/);
});

test('T24, C8, C2: a member who joins makes the group no_license; its snapshots stay', async (t) => {
  const { world, instance, addJob } = await makeWorld(t, {
    seats: 5, number: 6, groups: [group('All', upns(1, 5))] });
  addJob('night', 'group_mailbox:all');
  const first = instance.start();
  assert.deepEqual(numbers(first), ['all stored 5 5 0']);
  world.changeTenant({ groups: [group('All', upns(1, 6))] });
  const second = instance.start();
  assert.equal(second.exit, 3);
  assert.deepEqual(numbers(second), ['all no_license 6 0 1']);
  assert.equal(instance.status().used, 5);
  const before = instance.garner('ls', `${first.snapshot}:group_mailbox/all@contoso.example`);
  const after = instance.garner('ls', 'latest:group_mailbox/all@contoso.example');
  assert.equal(before.code, 0, before.errors);
  assert.equal(after.text, before.text);
  world.changeTenant({ groups: [group('All', upns(1, 4))] }); // who left keeps the license
  assert.deepEqual(numbers(instance.start()).map((l) => l.replace('unchanged', 'stored')), ['all stored 4 0 0']);
  assert.equal(instance.status().used, 5);
});

test('C8: a group that is gone is named, and the run goes on', async (t) => {
  const { world, instance, addJob } = await makeWorld(t, {
    seats: 6, number: 3, groups: [group('All', upns(1, 2)), group('Board', upns(2, 3))] });
  addJob('night', 'group_mailbox:all@contoso.example,group_mailbox:board@contoso.example');
  assert.equal(instance.start().exit, 0);
  world.changeTenant({ groups: { All: null } });
  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(report.objects.map((o) => o.result).sort(), ['failed', 'unchanged']);
});

test('B13, B14, T26: when every user is licensed, groups take no more', async (t) => {
  const { world, instance, addJob } = await makeWorld(t, { seats: 4, number: 4, groups: [] });
  addJob('night', 'all');
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.status().used, 4);
  world.changeTenant({ groups: [group('All', upns(1, 4)), group('Half', upns(1, 2))] });
  const report = instance.start();
  assert.equal(report.exit, 0);
  assert.deepEqual(numbers(report).slice(0, 2), ['all stored 4 0 0', 'half stored 2 0 0']);
  assert.equal(instance.status().used, 4);
});

test('B, first line: guests and users without a license in a group are not counted', async (t) => {
  const people = [...users(2),
    { upn: 'guest@elsewhere.example', guest: true },
    { upn: 'intern@contoso.example', m365_license: false, exchange_license: false }];
  const { instance, addJob } = await makeWorld(t, { seats: 5, people,
    groups: [group('All', [...upns(1, 2), 'guest@elsewhere.example', 'intern@contoso.example'])] });
  addJob('night', 'group_mailbox:all');
  assert.deepEqual(numbers(instance.start()), ['all stored 2 2 0']);
});

test('C1, C9, C2: claims follow the job\'s order; the first that needs a user is the one that licenses it', async (t) => {
  const { instance, addJob } = await makeWorld(t, {
    seats: 10, number: 3, groups: [group('Beta', upns(2, 3)), group('Alpha', upns(1, 2))] });
  addJob('night', 'all');
  const expected = ['alpha stored 2 2 0', 'beta stored 2 1 0',
    'user001 stored 1 0 0', 'user002 stored 1 0 0', 'user003 stored 1 0 0'];
  assert.deepEqual(numbers(instance.start()), expected);
  assert.deepEqual(numbers(instance.start()).map((l) => l.split(' ')[0]), expected.map((l) => l.split(' ')[0]));
});

test('D9: a plan consumes nothing, and why tells the reckoning of objects and subjects', async (t) => {
  const { world, instance, key, addJob } = await makeWorld(t, {
    seats: 3, number: 4, groups: [group('Sales', upns(1, 3))] });
  addJob('night', 'all');
  const assigned = () => [instance.status().used, world.vendor('show', key).used,
    instance.json('license', 'subjects').json.subjects];
  const before = assigned();
  const plan = instance.json('job', 'plan', 'night').json;
  assert.deepEqual(assigned(), before);
  assert.deepEqual(planned(plan), ['sales stored 3 0 3 0', 'user001 stored 1 1 0 0', 'user002 stored 1 1 0 0',
    'user003 stored 1 1 0 0', 'user004 no_license 1 0 0 1']);
  assert.deepEqual([plan.required, plan.held, plan.would_license], [4, 0, 3]);
  assert.equal(plan.objects[0].rule, 'B2');
  assert.deepEqual(plan.objects[0].subjects.map((s) => s.name).sort(), upns(1, 3));
  assert.match(plan.objects[4].reason.text, /1 more license/);

  assert.equal(instance.start().exit, 3);
  const user = instance.json('license', 'why', upn(1)).json;
  assert.equal(user.licensed, true);
  assert.deepEqual(user.reasons.map((r) => [r.object, r.rule]),
    [['group_mailbox:sales@contoso.example', 'B2'], [`mailbox:${upn(1)}`, 'B1']]);
  assert.match(user.reasons[0].text, /member of Sales/);
  assert.deepEqual(user.reasons[0].way.groups, ['Sales']);
  const sales = instance.json('license', 'why', 'group_mailbox:sales@contoso.example').json;
  assert.deepEqual(sales.reasons.map((r) => r.name), upns(1, 3));
  assert.deepEqual([sales.objects[0].required, sales.objects[0].licensed, sales.objects[0].job], [3, 3, 'night']);
  const left = instance.json('license', 'why', `mailbox:${upn(4)}`).json;
  assert.equal(left.reasons[0].licensed, false);
  assert.equal(left.objects[0].result, 'no_license');

  const objects = instance.json('license', 'objects').json.objects;
  assert.deepEqual(objects.map((o) => [o.name.split('@')[0], o.rule, o.required, o.licensed]),
    [['sales', 'B2', 3, 3], ['user001', 'B1', 1, 1], ['user002', 'B1', 1, 1], ['user003', 'B1', 1, 1], ['user004', 'B1', 1, 0]]);
  const subject = instance.json('license', 'subjects').json.subjects.find((s) => s.name === upn(1));
  assert.deepEqual(subject.objects, ['group_mailbox:sales@contoso.example', `mailbox:${upn(1)}`]);
  assert.match(instance.ok('license', 'why', 'group_mailbox:sales@contoso.example').text, /member of Sales/);
});

test('D6: a release names the jobs that need the user, also through a group', async (t) => {
  const { instance, addJob } = await makeWorld(t, { seats: 3, number: 2, groups: [group('Sales', upns(1, 2))] });
  addJob('groups', 'group_mailbox:all');
  instance.start('groups');
  const release = instance.json('license', 'release', upn(1), '--yes');
  assert.equal(release.code, 4); // D4: not within 30 days
  assert.match(release.errors, /groups/);
});

test('D3, D5: a member of a group is Unknown on another instance', async (t) => {
  const { world, instance, key, addJob } = await makeWorld(t, { seats: 3, number: 2, groups: [group('Sales', upns(1, 2))] });
  addJob('groups', 'group_mailbox:all');
  instance.start('groups');
  const other = world.instance('other');
  other.activate(key);
  const names = other.json('license', 'subjects').json.subjects.map((s) => s.name);
  assert.deepEqual(names, ['Unknown', 'Unknown']);
  for (const [name, bytes] of world.licensingRecords()) assert.ok(!bytes.includes('user001'), `${name} names a user`);
});

test('G1: buy leads to the order form of the service, for this key', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1, number: 1, groups: [] });
  const bought = instance.json('license', 'buy');
  assert.equal(bought.code, 0);
  const url = new URL(bought.json.url);
  assert.equal(url.origin, world.service.listening);
  assert.equal(url.pathname, '/buy');
  assert.equal(url.searchParams.get('key'), bought.json.key);
  assert.ok(bought.json.key.startsWith(key.slice(0, 5)) && !bought.json.url.includes(key.slice(6, 11)));
  assert.match(instance.ok('license', 'buy').text, /\/buy/);
  const unset = world.instance('unset').garner('license', 'buy');
  assert.equal(unset.code, 2);
  assert.match(unset.errors, /garner license server/);
});

test('T8, B12, B13: one user in three jobs on two instances, with a OneDrive, takes one license', async (t) => {
  const people = [{ ...users(1)[0], onedrive: 2 }];
  const { world, instance, key, addJob } = await makeWorld(t, { seats: 3, people, groups: [] });
  addJob('all', 'all');
  addJob('drive', 'onedrive:all');
  const other = world.instance('other');
  other.activate(key);
  other.prepare('third');
  const first = instance.start('all');
  assert.deepEqual(first.objects.map((o) => [o.kind, o.required, o.newly_licensed]), [['mailbox', 1, 1], ['onedrive', 1, 0]]);
  assert.deepEqual(numbers(instance.start('drive')), ['user001 stored 1 0 0']);
  assert.equal(other.start('third').exit, 0);
  assert.equal(instance.status().used, 1);
  const { reasons } = instance.json('license', 'why', upn(1)).json;
  assert.deepEqual(reasons.map((r) => [r.job, r.object.split(':')[0], r.rule]),
    [['all', 'mailbox', 'B1'], ['all', 'onedrive', 'B12'], ['drive', 'onedrive', 'B12']]);
});

test('C1, D9: an object that fails after its claim keeps its licenses, and why says so', async (t) => {
  const { world, instance, addJob } = await makeWorld(t, { seats: 3, number: 2, groups: [] });
  addJob('night', 'all');
  await world.put('/sandbox/v1/faults', [{ match: 'GET */mailFolders*', status: 403, times: 1, code: 'ErrorAccessDenied' }]);
  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(numbers(report), ['user001 failed 1 1 0', 'user002 stored 1 1 0']);
  assert.equal(instance.status().used, 2);
  const failed = instance.json('license', 'why', `mailbox:${upn(1)}`).json;
  assert.match(failed.objects[0].note, /stay assigned/);
  assert.equal(failed.reasons[0].licensed, true);
  const good = instance.json('license', 'why', `mailbox:${upn(2)}`).json;
  assert.equal(good.objects[0].note, null);
});
