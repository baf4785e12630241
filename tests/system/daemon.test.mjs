// SPDX-License-Identifier: Apache-2.0
// garner with garnerd: the daemon does the work, garner asks and watches.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { World, count, users } from './lib/world.mjs';

async function makeWorld(t, { seats = 3, people = users(3) } = {}) {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: people });
  const instance = world.instance();
  const daemon = await world.serve('garnerd', 'serve', '--state', instance.state);
  assert.equal(daemon.socket, `${instance.state}/garnerd.sock`);
  assert.equal(fs.statSync(daemon.socket).mode & 0o777, 0o600);
  instance.activate(world.order(seats).license_key);
  instance.prepare();
  return { world, instance, daemon };
}

test('the same commands give the same with a daemon and without one', async (t) => {
  const { world, instance, daemon } = await makeWorld(t, { seats: 2 });
  const with_daemon = instance.start();
  assert.equal(with_daemon.exit, 3);
  assert.deepEqual(count(with_daemon), { stored: 2, no_license: 1 });
  assert.equal(await world.end(daemon), 0);
  assert.equal(fs.existsSync(daemon.socket), false);
  const without = instance.start();
  assert.equal(without.exit, 3);
  assert.deepEqual(count(without), { unchanged: 2, no_license: 1 });
  assert.match(without.errors, /no garnerd runs/);
  assert.equal(without.snapshot, with_daemon.snapshot);
});

test('job start returns at once without --wait; job show tells how far it is', async (t) => {
  const { instance } = await makeWorld(t);
  const started = instance.json('job', 'start', 'night');
  assert.equal(started.code, 0);
  for (let i = 0; ; i++) {
    const { state } = instance.json('job', 'show', 'night').json;
    if (state === 'finished') break;
    assert.ok(['running', 'queued'].includes(state), state);
    assert.ok(i < 600);
    await sleep(50);
  }
});

test('a schedule fires while a daemon runs', async (t) => {
  const { world, instance } = await makeWorld(t);
  world.write('files/a/x.txt', 'x');
  instance.ok('connection', 'add', 'files', '--kind', 'folder', '--path', world.path('files'));
  const bad = instance.garner('job', 'add', 'often', '--connection', 'files', '--storage', 'disk', '--schedule', 'sometimes');
  assert.equal(bad.code, 2);
  assert.match(bad.errors, /every 30 minutes/);
  instance.ok('job', 'add', 'often', '--connection', 'files', '--storage', 'disk', '--schedule', 'every 1 minute');
  assert.notEqual(instance.json('job', 'show', 'often').json.next_run_at, null);
  let state;
  for (let i = 0; i < 160 && state !== 'finished'; i++) {
    await sleep(500);
    ({ state } = instance.json('job', 'show', 'often').json);
  }
  assert.equal(state, 'finished');
});

test('a job is stopped; what it stored stays, and the next start completes it', async (t) => {
  const { instance } = await makeWorld(t, { people: users(3, 400) });
  instance.ok('job', 'start', 'night');
  instance.ok('job', 'stop', 'night');
  let report;
  do {
    await sleep(100);
    report = instance.json('job', 'show', 'night').json;
  } while (report.state === 'running');
  assert.equal(report.state, 'stopped');
  assert.equal(instance.garner('job', 'stop', 'night').code, 1);
  assert.equal(instance.start().exit, 0);
});

test('a daemon answers on loopback for monitoring, and nothing else', async (t) => {
  const { world, daemon } = await makeWorld(t);
  assert.match(daemon.listening, /^http:\/\/127\.0\.0\.1:\d+$/);
  const get = async (path, method = 'GET') => (await fetch(`${daemon.listening}${path}`, { method })).status;
  assert.equal(await get('/livez'), 200);
  assert.equal(await get('/readyz'), 200);
  assert.equal(await get('/livez', 'POST'), 405);
  assert.equal(await get('/api/v1/operations/license.status'), 404);
  const taken = world.run('garnerd', ['serve', '--state', world.path('second'), '--listen', new URL(daemon.listening).host]);
  assert.equal(taken.code, 1);
  assert.match(taken.errors, /another program does so already/);
  const bad = world.run('garnerd', ['serve', '--state', world.path('third'), '--listen', 'nowhere']);
  assert.notEqual(bad.code, 0);
  assert.match(bad.errors, /ADDRESS:PORT/);
});

test('one daemon for a state folder; kill -9 of it leaves nothing in the way', async (t) => {
  const { world, instance, daemon } = await makeWorld(t, { people: users(3, 400) });
  const second = world.run('garnerd', ['serve', '--state', instance.state]);
  assert.equal(second.code, 11);
  assert.match(second.errors, /serves .* already/);
  instance.ok('job', 'start', 'night');
  assert.equal(await world.end(daemon, 'SIGKILL'), 'SIGKILL');
  const report = instance.json('job', 'show', 'night').json;
  assert.equal(report.state, 'failed');
  assert.equal(report.reason.code, 'interrupted');
  await world.serve('garnerd', 'serve', '--state', instance.state);
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.garner('check', '--read-data').code, 0);
});

test('SIGTERM during a run ends the daemon cleanly, with what was stored', async (t) => {
  const { world, instance, daemon } = await makeWorld(t, { people: users(3, 400) });
  instance.ok('job', 'start', 'night');
  assert.equal(await world.end(daemon), 0);
  const { state } = instance.json('job', 'show', 'night').json;
  assert.ok(['stopped', 'finished'].includes(state), state);
  assert.equal(instance.start().exit, 0);
});
