// SPDX-License-Identifier: Apache-2.0
// The state for monitoring: /metrics of garnerd says what `license status` says. The clock of
// every program stands still where the test puts it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readOpenMetrics } from './lib/openmetrics.mjs';
import { until } from './lib/postbox.mjs';
import { World, users } from './lib/world.mjs';

const start = '2027-03-01T10:00:00Z';
const end = '2028-03-01T10:00:00Z';

async function makeWorld(t) {
  const world = new World(t, { clock: start });
  await world.licensing();
  await world.tenant({ users: users(3) });
  const instance = world.instance();
  const { license_key: key } = world.order(2);
  instance.activate(key);
  instance.prepare();
  const daemon = await world.serve('garnerd', 'serve', '--state', instance.state);
  return { world, instance, key, daemon };
}

async function read(daemon) {
  const answer = await fetch(`${daemon.listening}/metrics`);
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('content-type'), 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  const text = await answer.text();
  const families = readOpenMetrics(text);
  const value = (name, label) => families.get(`garner_${name}`)?.samples
    .find((s) => !label || Object.values(s.labels)[0] === label)?.value;
  return { text, families, value };
}

const seconds = (text) => Date.parse(text) / 1000;

/* What `license status` says now, and the same from the metrics. */
async function assertSame(instance, daemon) {
  const { code, json } = instance.json('license', 'status');
  const { families, value } = await read(daemon);
  const states = families.get('garner_license_state').samples;
  assert.equal(states.length, 9);
  assert.deepEqual(states.filter((s) => s.value).map((s) => s.labels.garner_license_state), [json.state]);
  assert.deepEqual([value('license_seats'), value('license_used')], [json.seats, json.used]);
  assert.equal(value('license_expires_timestamp_seconds'), seconds(json.expires_at));
  assert.equal(value('license_offline_until_timestamp_seconds'), seconds(json.offline_until));
  return [json.state, code];
}

test('I3: the metrics of garnerd say what license status says, in every state', async (t) => {
  const { world, instance, key, daemon } = await makeWorld(t);
  instance.start();
  assert.deepEqual(await assertSame(instance, daemon), ['active', 0]);
  world.setClock('2028-02-10T00:00:00Z');
  assert.deepEqual(await assertSame(instance, daemon), ['expires_soon', 20]);
  await world.end(world.service);
  assert.deepEqual(await assertSame(instance, daemon), ['offline', 22]);
  world.passTime({ days: 14 });
  assert.deepEqual(await assertSame(instance, daemon), ['suspended', 23]);
  world.setClock(end);
  assert.deepEqual(await assertSame(instance, daemon), ['expired', 21]);
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState,
    '--listen', `127.0.0.1:${new URL(world.service.listening).port}`);
  world.vendor('revoke', key, '--reason', 'test');
  assert.deepEqual(await assertSame(instance, daemon), ['revoked', 24]);
});

test('I3: jobs, runs, objects, bytes and notices are in the metrics, and no name or key is', async (t) => {
  const { world, instance, key, daemon } = await makeWorld(t);
  const before = await read(daemon);
  assert.equal(before.value('jobs', 'idle'), 1);
  assert.equal(before.value('job_last_success_timestamp_seconds'), undefined);
  const report = instance.start();
  assert.equal(report.state, 'finished_in_part');
  const { text, families, value } = await read(daemon);
  assert.equal(value('jobs', 'finished_in_part'), 1);
  assert.equal(value('jobs', 'idle'), 0);
  assert.equal(value('job_last_success_timestamp_seconds', '1'), seconds(report.started_at));
  assert.equal(value('runs', 'finished_in_part'), 1);
  assert.deepEqual([value('objects', 'stored'), value('objects', 'no_license')], [2, 1]);
  const sum = (member) => report.objects.reduce((all, o) => all + o[member], 0);
  assert.deepEqual(['read_bytes', 'stored_bytes', 'new_items'].map((name) => value(name)),
    ['bytes_read', 'bytes_stored', 'items_new'].map(sum));
  assert.ok(sum('bytes_stored') > 0);
  assert.deepEqual(families.get('garner_notices').samples.map((s) => [s.labels.code, s.value]), [['no_license', 1]]);
  for (const secret of [key, key.slice(0, 5), 'night', 'cloud', 'disk', 'user00', 'contoso', 'garner.db'])
    assert.ok(!text.includes(secret), `the metrics have ${secret}`);
  assert.equal((await fetch(`${daemon.listening}/metrics`, { method: 'POST' })).status, 405);
  await world.end(world.organization);
});

test('I3, I2: a job without a good run in its time is in the metrics, and is told by webhook', async (t) => {
  const { world, instance, daemon } = await makeWorld(t);
  const { createServer } = await import('node:http');
  const events = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => { events.push(JSON.parse(body)); response.writeHead(204).end(); });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => { server.closeAllConnections(); server.close(); });
  instance.ok('notify', 'add', 'webhook', 'pager', '--url', `http://127.0.0.1:${server.address().port}/`);
  instance.ok('job', 'add', 'hourly', '--connection', 'cloud', '--storage', 'disk', '--schedule', 'every 1 hour');
  assert.equal((await read(daemon)).value('job_overdue', '2'), 0);
  await world.end(world.organization); // its runs fail from now on
  for (let i = 0; i < 2; i++) {
    world.passTime({ seconds: 3600 });
    await until(() => !['running', 'queued', 'idle'].includes(instance.json('job', 'show', 'hourly').json.state), 60);
  }
  world.passTime({ seconds: 61 });
  const { families, value } = await read(daemon);
  assert.deepEqual([value('job_overdue', '1'), value('job_overdue', '2')], [0, 1]);
  assert.ok(families.get('garner_notices').samples.some((s) => s.labels.code === 'job_overdue' && s.value === 1));
  await until(() => events.some((e) => e.data.notice.code === 'job_overdue'));
  world.passTime({ seconds: 61 });
  await new Promise((resolve) => setTimeout(resolve, 2500));
  assert.deepEqual(events.filter((e) => e.data.notice.code === 'job_overdue').map((e) => e.data.notice.job), ['hourly']);
});
