// SPDX-License-Identifier: Apache-2.0
// kill -9 at random moments: nothing that was reported as stored is lost, nothing stands in the
// way of the next run. The seed is printed; GARNER_SEED repeats a history.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'node:test';
import { World, program, readTree, users } from './lib/world.mjs';

const seed = Number(process.env.GARNER_SEED ?? Date.now() % 1e9);
const kills = Number(process.env.GARNER_KILLS ?? 50);

/** mulberry32: a small generator with a seed. */
function random(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Starts the job and kills it after so many milliseconds: whether that came before its end. */
function killAfter(world, instance, ms) {
  return new Promise((resolve) => {
    const child = spawn(program('garner'), ['--state', instance.state, '--no-progress', '--quiet', 'job', 'start', 'night'],
      { env: world.environment(), stdio: 'ignore' });
    const begin = Date.now();
    const timer = setTimeout(() => child.kill('SIGKILL'), ms);
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      resolve({ killed: signal === 'SIGKILL', took: Date.now() - begin });
    });
  });
}

test(`kill -9 of a run at ${kills} random moments: the next run completes, check is clean, restore is identical`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  const next = random(seed);
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(6, 25) });
  const instance = world.instance();
  instance.activate(world.order(6).license_key);
  instance.prepare();

  // What it should look like in the end, from an instance that nobody disturbs.
  const calm = world.instance('calm');
  calm.activate(world.order(6).license_key);
  calm.prepare();
  const begin = Date.now();
  assert.equal(calm.start().exit, 0);
  const whole = Date.now() - begin;

  let killed = 0;
  let rounds = 0;
  let span = whole; // how long the next run may take
  for (; killed < kills && rounds < 6 * kills; rounds++) {
    const run = await killAfter(world, instance, next() * span);
    killed += run.killed;
    span = run.killed ? span * 1.1 : run.took;
    // Something new each time, so that every run has something to do.
    world.changeTenant({ items: [{ op: 'add', upn: `user00${1 + (rounds % 6)}@contoso.example`, folder: 'Inbox', item: `extra-${rounds}`, content: `Subject: extra ${rounds}\r\n\r\n${'x'.repeat(100 + rounds)}\r\n` }] });
    if (rounds % 10 === 9) {
      assert.equal(instance.garner('check', '--read-data').code, 0);
      assert.equal(instance.json('job', 'show', 'night').code, 0);
    }
  }
  t.diagnostic(`${killed} of ${rounds} runs were killed before their end`);
  assert.equal(killed, kills);

  const last = instance.start();
  assert.equal(last.exit, 0, JSON.stringify(last.reason));
  const check = instance.json('check', '--read-data');
  assert.equal(check.code, 0, check.errors);
  assert.deepEqual(check.json.faults, []);
  assert.equal(instance.status().used, 6);

  const reference = calm.start();
  calm.ok('restore', reference.snapshot, '--to', world.path('expected'));
  instance.ok('restore', last.snapshot, '--to', world.path('restored'));
  const expected = readTree(world.path('expected'));
  const restored = readTree(world.path('restored'));
  assert.equal(restored.size, 6 * 25 + rounds);
  assert.deepEqual([...restored.keys()].sort(), [...expected.keys()].sort());
  for (const [name, content] of expected) assert.ok(restored.get(name).equals(content), name);
});
