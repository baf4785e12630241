// SPDX-License-Identifier: Apache-2.0
// Worked examples with public folders and sites, whose sources are not read yet: the sets that the
// rules make of them (tests/unit/license/test_required_play.c) are claimed from the real service.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import path from 'node:path';
import { test } from 'node:test';
import { Description } from './lib/openapi.mjs';
import { Shop } from './lib/shop.mjs';
import { World, root } from './lib/world.mjs';

const publicApi = new Description(path.join(root, 'api/licensing.yaml'));
const adminApi = new Description(path.join(root, 'api/licensing-admin.yaml'));
const people = Array.from({ length: 100 }, (_, i) => crypto.createHash('sha256').update(`person ${i}`).digest('hex'));

async function open(t, seats) {
  const world = new World(t);
  const shop = new Shop(world, publicApi, adminApi);
  await shop.start();
  const key = await shop.buyKey(seats);
  const instance = await shop.enrol(key);
  return { shop, instance, key, used: () => world.vendor('show', key).used };
}

const outcome = ({ granted, newly, missing }) => ({ granted, newly, missing });

test('T6, B8, B9: a public folder that 40 of 100 may modify, 35 of them licensed, takes 5', async (t) => {
  const { shop, instance, used } = await open(t, 39);
  const mailboxes = await shop.claim(instance, ...people.slice(0, 35).map((person) => [person]));
  assert.ok(mailboxes.every((result) => result.granted && result.newly === 1));
  const [short] = await shop.claim(instance, people.slice(0, 40));
  assert.deepEqual(outcome(short), { granted: false, newly: 0, missing: 1 });
  assert.equal(used(), 35);
  const fitting = await open(t, 40);
  await fitting.shop.claim(fitting.instance, ...people.slice(0, 35).map((person) => [person]));
  const [folder] = await fitting.shop.claim(fitting.instance, people.slice(0, 40));
  assert.deepEqual(outcome(folder), { granted: true, newly: 5, missing: 0 });
  assert.equal(fitting.used(), 40);
});

test('T7, B10: a classic site of 100 users, 80 of them readers, takes 20', async (t) => {
  const { shop, instance, used } = await open(t, 20);
  const [site] = await shop.claim(instance, people.slice(0, 20));
  assert.deepEqual(outcome(site), { granted: true, newly: 20, missing: 0 });
  assert.equal(used(), 20);
});

test('T26, B14: every user licensed, 3 sites, 2 groups and a public folder take 0 more', async (t) => {
  const { shop, instance, key, used } = await open(t, 100);
  await shop.claim(instance, ...people.map((person) => [person]));
  assert.equal(used(), 100);
  const second = await shop.enrol(key); // on another instance too
  for (const one of [instance, second]) {
    const shared = await shop.claim(one, people, people.slice(10, 90), people.slice(50), people.slice(0, 7), people.slice(3, 5), people);
    assert.deepEqual(shared.map(outcome), Array(6).fill({ granted: true, newly: 0, missing: 0 }));
  }
  assert.equal(used(), 100);
});
