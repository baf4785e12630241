// SPDX-License-Identifier: Apache-2.0
// What the Licensing window shows and does, by the command line.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { World, users } from './lib/world.mjs';

const keyForm = /\b[0-9A-Z]{5}(-[0-9A-Z]{5}){4}\b/;

test('D1: licenses owned and used, the key masked, state and end; activate, buy and release', async (t) => {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(3) });
  const instance = world.instance();
  const { license_key: key } = world.order(5);
  const masked = `${key.slice(0, 5)}-*****-*****-*****-*****`;
  instance.useService();
  assert.equal(instance.status().key, null);

  const activated = instance.json('license', 'activate', key);
  assert.deepEqual([activated.code, activated.json.state, activated.json.key, activated.json.seats, activated.json.used],
    [0, 'active', masked, 5, 0]);
  instance.prepare();
  instance.start();
  const status = instance.status();
  assert.deepEqual([status.state, status.key, status.seats, status.used], ['active', masked, 5, 3]);
  assert.equal(status.expires_at, world.vendor('show', key).expires_at);
  const shown = instance.ok('license', 'status').text; // the same for people
  for (const what of [masked, status.expires_at, /active/i, /\b3\b.*\b5\b|\b5\b.*\b3\b/s])
    assert.ok(typeof what === 'string' ? shown.includes(what) : what.test(shown), `${what} is not in ${shown}`);

  const buy = instance.json('license', 'buy').json;
  assert.ok(buy.url.startsWith(`${world.service.listening}/buy?key=`), buy.url);
  assert.equal(buy.key, masked);
  const page = await fetch(buy.url);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /<form/);

  const { subjects } = instance.json('license', 'subjects').json;
  assert.deepEqual(subjects.map((s) => s.name).sort(), users(3).map((u) => u.upn));
  const early = instance.json('license', 'release', subjects[0].name, '--yes');
  assert.equal(early.code, 4); // D4: 30 days; the button is there, and says from when
  assert.equal(early.json.subjects[0].releasable_at, subjects[0].releasable_at);

  const outputs = [['status'], ['subjects'], ['objects'], ['buy']].map((words) => instance.garner('license', ...words));
  for (const { text, errors } of [...outputs, activated, { text: shown, errors: '' }])
    assert.ok(!keyForm.test(text + errors), `a whole key in ${text}`);
});
