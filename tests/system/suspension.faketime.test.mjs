// SPDX-License-Identifier: Apache-2.0
// Jobs that the license stops and lets go on, in a running garnerd, and what is told of it. The
// clock of every program stands still where the test puts it.
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { World, users } from './lib/world.mjs';

const start = '2027-03-01T10:00:00Z';
const end = '2028-03-01T10:00:00Z';

async function makeWorld(t, { mail = 1, daemon = true } = {}) {
  const world = new World(t, { clock: start });
  await world.licensing();
  await world.tenant({ users: users(2, mail) });
  const instance = world.instance();
  const { license_key: key } = world.order(2);
  instance.activate(key);
  instance.prepare();
  if (daemon) await world.serve('garnerd', 'serve', '--state', instance.state);
  return { world, instance, key };
}

const show = (instance, job = 'night') => instance.json('job', 'show', job).json;

async function until(what, done, seconds = 30) {
  for (const limit = Date.now() + seconds * 1000; Date.now() < limit; await sleep(100)) {
    const value = done();
    if (value) return value;
  }
  throw new Error(`${what} did not come`);
}

async function restartService(world) {
  const { port } = new URL(world.service.listening);
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState,
    '--listen', `127.0.0.1:${port}`);
}

/* Starts the job with slow messages, and returns as soon as its first mailbox is in hand. */
async function startLong(world, instance) {
  await world.put('/sandbox/v1/faults', [{ match: 'GET */$value', delay_ms: 400 }]);
  instance.ok('job', 'start', 'night');
  await until('the first mailbox', () => {
    const { state, progress } = show(instance);
    return state === 'running' && progress?.object === 'mailbox:user001@contoso.example' && progress.items > 0;
  });
}

const over = (instance) => until('the end of the run', () => {
  const report = show(instance);
  return !['running', 'queued'].includes(report.state) && report;
}, 60);

/* The next run of an object that was ended has nothing to fetch: its cursor was saved. */
async function assertEndedAndGoesOn(world, instance) {
  await world.put('/sandbox/v1/faults', []);
  await world.resetRequests();
  const next = await until('the rest', () => {
    const report = show(instance);
    return report.state === 'finished' && report;
  }, 60);
  assert.deepEqual(next.objects.map((o) => [o.result, o.items_total]), [['unchanged', 8], ['stored', 8]]);
  assert.equal((await world.fetch('/sandbox/v1/requests')).value_requests, 8);
}

test('C10, A5: at the end of the term the mailbox in hand is ended and the run stops; a renewal lets it go on', async (t) => {
  const { world, instance, key } = await makeWorld(t, { mail: 8 });
  await startLong(world, instance);
  world.setClock(end);
  const stopped = await over(instance);
  assert.equal(stopped.state, 'expired');
  assert.match(stopped.state_text, /^Expired/);
  assert.match(stopped.reason.text, /expired/);
  assert.deepEqual(stopped.objects.map((o) => [o.name, o.result, o.items_total]),
    [['user001@contoso.example', 'stored', 8]]);
  assert.ok(stopped.snapshot);
  assert.equal(instance.json('restore', `${stopped.snapshot}:mailbox`, '--to', world.path('out')).json.items, 8);

  world.vendor('renew', key, '--seats', '2', '--paid');
  world.passTime({ seconds: 3600 }); // A5: within an hour, and nobody does anything
  await assertEndedAndGoesOn(world, instance);
});

test('E3, E4: when the longest offline time is reached the mailbox in hand is ended and the job suspended; it goes on by itself', async (t) => {
  const { world, instance } = await makeWorld(t, { mail: 8 });
  await startLong(world, instance);
  await world.end(world.service);
  world.passTime({ days: 14 });
  const suspended = await over(instance);
  assert.equal(suspended.state, 'suspended');
  assert.equal(suspended.state_text, 'Suspended (waiting for the licensing server)');
  assert.deepEqual(suspended.objects.map((o) => [o.name, o.result]), [['user001@contoso.example', 'stored']]);
  const codes = instance.json('notices').json.notices.map((n) => n.code);
  assert.ok(codes.includes('job_suspended') && codes.includes('license_suspended'), codes.join()); // I1
  assert.equal(instance.json('job', 'start', 'night', '--wait').code, 4);

  await restartService(world);
  world.passTime({ seconds: 61 });
  await assertEndedAndGoesOn(world, instance);
  assert.deepEqual(instance.json('notices').json.notices, []);
});

test('A5: a running instance sees a renewal within an hour, and not at every moment', async (t) => {
  const { world, instance, key } = await makeWorld(t);
  await until('the first poll', () => instance.status().state === 'active');
  await sleep(1500);
  const seen = () => world.vendor('show', key).instances[0].last_seen;
  const first = seen();
  world.passTime({ seconds: 45 * 60 * 0.9 - 1 }); // 45 minutes ± 10 %
  await sleep(2500);
  assert.equal(seen(), first);
  world.passTime({ seconds: 45 * 60 * 0.2 + 2 });
  await until('a poll', () => seen() > first);

  world.setClock(end);
  await until('the end', () => show(instance).state === 'expired');
  world.vendor('renew', key, '--seats', '2', '--paid');
  world.passTime({ seconds: 3600 });
  await until('the renewal', () => show(instance).state === 'idle');
});

test('I1: the end is told 30, 14, 7 and 1 days ahead and after, once each; a renewal clears', async (t) => {
  const { world, instance, key } = await makeWorld(t, { daemon: false });
  const standing = () => instance.json('notices').json.notices.map((n) => n.code);
  world.setClock('2028-01-31T09:59:59Z');
  assert.deepEqual(standing(), []);
  let told = 0;
  for (const moment of ['2028-01-31T10:00:00Z', '2028-02-16T10:00:00Z', '2028-02-23T10:00:00Z', '2028-02-29T10:00:00Z']) {
    world.setClock(moment);
    instance.status();
    assert.deepEqual(standing(), ['license_expires_soon']);
    instance.status();
    told++;
    const all = instance.json('notices', '--all').json.notices.filter((n) => n.code === 'license_expires_soon');
    assert.equal(all.length, told);
    assert.equal(all[0].raised_at, moment);
  }
  world.setClock(end);
  instance.status();
  assert.deepEqual(standing(), ['license_expired']);
  world.vendor('renew', key, '--seats', '2', '--paid');
  instance.status();
  assert.deepEqual(standing(), []);
});

test('I3: a state for monitoring, with an exit code for each', async (t) => {
  const { world, instance, key } = await makeWorld(t, { daemon: false });
  const state = () => {
    const { code, json } = instance.json('license', 'status');
    return [json.state, code];
  };
  assert.deepEqual(state(), ['active', 0]);
  world.setClock('2028-02-10T00:00:00Z');
  assert.deepEqual(state(), ['expires_soon', 20]);
  await world.end(world.service);
  assert.deepEqual(state(), ['offline', 22]);
  world.passTime({ days: 14 });
  assert.deepEqual(state(), ['suspended', 23]);
  world.setClock(end);
  assert.deepEqual(state(), ['expired', 21]);
  await restartService(world);
  assert.deepEqual(state(), ['expired', 21]);
  world.vendor('revoke', key, '--reason', 'test');
  assert.deepEqual(state(), ['revoked', 24]);
});

test('I3: a scheduled job without a good run in its time is an alert, with no failed run', async (t) => {
  const { world, instance } = await makeWorld(t, { daemon: false });
  instance.ok('job', 'add', 'hourly', '--connection', 'cloud', '--storage', 'disk', '--schedule', 'every 1 hour');
  world.passTime({ seconds: 3600 });
  assert.deepEqual(instance.json('notices').json.notices, []);
  world.passTime({ seconds: 3600 });
  const [news] = instance.json('notices').json.notices;
  assert.deepEqual([news.code, news.job], ['job_overdue', 'hourly']);
  instance.start('hourly');
  assert.deepEqual(instance.json('notices').json.notices, []);
});
