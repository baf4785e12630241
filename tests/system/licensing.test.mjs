// SPDX-License-Identifier: Apache-2.0
// Worked examples of the licensing rules that need no time to pass, through the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, count, users } from './lib/world.mjs';

async function makeWorld(t, { seats, people }) {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: people });
  const instance = world.instance();
  const { license_key: key } = world.order(seats);
  instance.activate(key);
  return { world, instance, key };
}

test('T1, T2, T3, C1, C3, C4, I1: 50 licenses and 60 mailboxes; then 10 more', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 50, people: users(60) });
  instance.prepare();
  assert.equal(instance.status().used, 0); // C1: a job that was made consumes nothing

  const first = instance.start();
  assert.equal(first.exit, 3);
  assert.equal(first.state, 'finished_in_part');
  assert.deepEqual(count(first), { stored: 50, no_license: 10 });
  const left = first.objects.filter((o) => o.result === 'no_license').map((o) => o.name);
  assert.deepEqual(left, users(60).slice(50).map((u) => u.upn)); // C9: the last ten by name
  assert.ok(first.objects.slice(50).every((o) => o.required === 1 && o.missing === 1 && o.newly_licensed === 0));
  assert.equal(instance.status().used, 50);
  const news = instance.json('notices').json.notices.filter((n) => n.code === 'no_license');
  assert.deepEqual(news.map((n) => n.object).sort(), left.map((name) => `mailbox:${name}`));
  assert.ok(news.every((n) => /license/.test(n.text)));

  world.vendor('add', key, '--seats', '10', '--paid');
  const stored = instance.json('job', 'show', 'night').json; // T2: no start, nothing changes
  assert.deepEqual(count(stored), { stored: 50, no_license: 10 });
  assert.equal(instance.status().used, 50);
  assert.equal(instance.status().seats, 60);

  const second = instance.start(); // T3
  assert.equal(second.exit, 0);
  assert.deepEqual(count(second), { unchanged: 50, stored: 10 });
  assert.equal(instance.status().used, 60);
  assert.deepEqual(instance.json('notices').json.notices, []);
});

test('T8, B13, C5: one user in three jobs on two instances takes one license', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 3, people: users(1) });
  instance.prepare('one');
  instance.ok('job', 'add', 'two', '--connection', 'cloud', '--storage', 'disk');
  const other = world.instance('other');
  other.activate(key);
  other.prepare('three');
  for (const report of [instance.start('one'), instance.start('two'), other.start('three')]) {
    assert.equal(report.exit, 0);
    assert.equal(report.objects[0].required, 1);
  }
  assert.equal(instance.status().used, 1);
  assert.equal(world.vendor('show', key).used, 1);
  assert.equal(world.vendor('show', key).instances.length, 2);
});

test('T25: two connections to one tenant, the same mailbox in both: one license', async (t) => {
  const { instance } = await makeWorld(t, { seats: 2, people: users(1) });
  instance.prepare('one');
  instance.connect('again');
  instance.ok('job', 'add', 'two', '--connection', 'again', '--storage', 'disk');
  instance.start('one');
  instance.start('two');
  assert.equal(instance.status().used, 1);
});

test('D3: a subject has its name where it is known, and is Unknown elsewhere', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1, people: users(1) });
  instance.prepare();
  instance.start();
  const other = world.instance('other');
  other.activate(key);
  const [here] = instance.json('license', 'subjects').json.subjects;
  const [there] = other.json('license', 'subjects').json.subjects;
  assert.equal(here.name, 'user001@contoso.example');
  assert.deepEqual(here.objects, ['mailbox:user001@contoso.example']);
  assert.equal(there.id, here.id);
  assert.equal(there.name, 'Unknown');
  const database = Buffer.concat([world.run('garner-licensing', ['show', key, '--state', world.licenseState, '--json']).out]);
  assert.doesNotMatch(`${database}`, /user001|contoso\.example\b.*user/);
});

test('T9, B4: a room mailbox needs nothing, and 1 once it has an Exchange license', async (t) => {
  const room = { upn: 'room@contoso.example', name: 'Room', purpose: 'room', m365_license: false, exchange_license: false, mail: 1 };
  const { world, instance } = await makeWorld(t, { seats: 1, people: [room] });
  instance.prepare();
  const free = instance.start();
  assert.equal(free.objects[0].kind, 'resource_mailbox');
  assert.equal(free.objects[0].result, 'stored');
  assert.equal(free.objects[0].required, 0);
  assert.equal(instance.status().used, 0);
  world.changeTenant({ users: [{ upn: room.upn, m365_license: true, exchange_license: true }] });
  const licensed = instance.start();
  assert.equal(licensed.objects[0].required, 1);
  assert.equal(licensed.objects[0].newly_licensed, 1);
  assert.equal(instance.status().used, 1);
});

test('T10, B7: a user mailbox without an Exchange license is named as unsupported and takes none', async (t) => {
  const people = [...users(1), { upn: 'zoe@contoso.example', name: 'Zoe', exchange_license: false, m365_license: true, mail: 2 }];
  const { instance } = await makeWorld(t, { seats: 5, people });
  instance.prepare();
  const report = instance.start();
  assert.equal(report.exit, 3);
  const zoe = report.objects.find((o) => o.name === 'zoe@contoso.example');
  assert.equal(zoe.result, 'unsupported');
  assert.match(zoe.reason.text, /Exchange/);
  assert.deepEqual([zoe.required, zoe.newly_licensed, zoe.missing], [0, 0, 0]);
  assert.equal(instance.status().used, 1);
  const [news] = instance.json('notices').json.notices;
  assert.equal(news.code, 'unsupported');
  assert.equal(news.object, 'mailbox:zoe@contoso.example');
});

test('B, first line: guests and users without any license are no objects', async (t) => {
  const people = [...users(1),
    { upn: 'guest@elsewhere.example', guest: true, mail: 1 },
    { upn: 'nobody@contoso.example', m365_license: false, exchange_license: false, mail: 1 }];
  const { instance } = await makeWorld(t, { seats: 5, people });
  instance.prepare();
  const report = instance.start();
  assert.deepEqual(report.objects.map((o) => o.name), ['user001@contoso.example']);
});

test('T21, C5: two instances, one license left, both start at once: exactly one gets it', async (t) => {
  const rounds = 5; // a thousand rounds run against the ledger itself, in the unit tests
  const { world, instance, key } = await makeWorld(t, { seats: 1, people: users(2 * rounds) });
  const other = world.instance('other');
  other.activate(key);
  instance.connect();
  instance.store();
  other.connect();
  other.store();
  for (let i = 0; i < rounds; i++) {
    instance.ok('job', 'add', `r${i}`, '--connection', 'cloud', '--storage', 'disk', '--objects', `mailbox:user${String(2 * i + 1).padStart(3, '0')}@contoso.example`);
    other.ok('job', 'add', `r${i}`, '--connection', 'cloud', '--storage', 'disk', '--objects', `mailbox:user${String(2 * i + 2).padStart(3, '0')}@contoso.example`);
    const daemons = await Promise.all([instance, other].map((one) => world.serve('garnerd', 'serve', '--state', one.state)));
    for (const one of [instance, other]) one.ok('job', 'start', `r${i}`);
    const reports = [instance, other].map((one) => waitForEnd(one, `r${i}`));
    const results = reports.map((report) => report.objects[0].result).sort();
    assert.deepEqual(results, ['no_license', 'stored']);
    assert.equal(world.vendor('show', key).used, i + 1);
    world.vendor('add', key, '--seats', '1', '--paid');
    await Promise.all(daemons.map((daemon) => world.end(daemon)));
  }
});

function waitForEnd(instance, job) {
  for (;;) {
    const report = instance.json('job', 'show', job).json;
    if (!['running', 'queued'].includes(report.state)) return report;
  }
}

test('D9: a plan shows what a start would take and leave out, and takes nothing', async (t) => {
  const { instance } = await makeWorld(t, { seats: 2, people: users(3) });
  instance.prepare();
  const plan = instance.json('job', 'plan', 'night');
  assert.equal(plan.code, 0);
  assert.deepEqual(plan.json.objects.map((o) => [o.required, o.held, o.would_license, o.missing, o.would_be]),
    [[1, 0, 1, 0, 'stored'], [1, 0, 1, 0, 'stored'], [1, 0, 0, 1, 'no_license']]);
  assert.equal(instance.status().used, 0);
  const report = instance.start();
  assert.deepEqual(report.objects.map((o) => o.result), plan.json.objects.map((o) => o.would_be));
  const why = instance.json('license', 'why', 'mailbox:user001@contoso.example').json.reasons;
  assert.equal(why[0].rule, 'B1');
  assert.equal(why[0].licensed, true);
});

test('A11: a mistyped, an unknown and a revoked key each get their own words, and change nothing', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 1, people: users(1) });
  const mistyped = instance.garner('license', 'activate', `${key.slice(0, -1)}${key.endsWith('7') ? '8' : '7'}`);
  assert.notEqual(mistyped.code, 0);
  assert.match(mistyped.errors, /mistyped/i);
  const elsewhere = new World(t);
  await elsewhere.licensing();
  const { license_key: foreign } = elsewhere.order(1);
  const unknown = instance.garner('license', 'activate', foreign);
  assert.equal(unknown.code, 4);
  assert.match(unknown.errors, /does not know/);
  const { license_key: revoked } = world.order(1);
  world.vendor('revoke', revoked, '--reason', 'not paid');
  const refused = instance.garner('license', 'activate', revoked);
  assert.equal(refused.code, 4);
  assert.match(refused.errors, /revoked/i);
  assert.equal(instance.status().state, 'active');
  assert.notEqual(mistyped.errors, unknown.errors);
});

test('D1: the state of the license, what is owned and used, the key and the end are shown', async (t) => {
  const { world, instance, key } = await makeWorld(t, { seats: 3, people: users(2) });
  instance.prepare();
  instance.start();
  const status = instance.status();
  assert.equal(status.state, 'active');
  assert.equal(status.seats, 3);
  assert.equal(status.used, 2);
  assert.equal(status.key, `${key.slice(0, 5)}-*****-*****-*****-*****`);
  assert.equal(status.expires_at, world.vendor('show', key).expires_at);
  const shown = instance.garner('license', 'status').text;
  assert.match(shown, /^Licenses in use +2 of 3$/m);
  for (const text of [status.key, status.expires_at]) assert.ok(shown.includes(text), shown);
  const help = instance.garner('license', '--help').text;
  for (const command of ['activate', 'buy', 'release']) assert.match(help, new RegExp(`^ +(license )?${command}\\b`, 'm'));
});

test('E1, E2: while the service is away, licensed mailboxes are backed up and new ones wait', async (t) => {
  const { world, instance } = await makeWorld(t, { seats: 2, people: users(1) });
  instance.prepare();
  instance.start();
  await world.end(world.service);
  world.changeTenant({ users: users(2).slice(1) });
  const report = instance.start();
  assert.equal(report.exit, 3);
  assert.deepEqual(report.objects.map((o) => o.result), ['unchanged', 'waiting']);
  assert.match(instance.json('notices').json.notices.map((n) => n.text).join('\n'), /licensing service/);
});
