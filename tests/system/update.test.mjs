// SPDX-License-Identifier: Apache-2.0
// An update of the program: the state that any older program left is taken on as it is, and asks
// for nothing.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, count, root, users } from './lib/world.mjs';

/* Puts the database of a program with the first `version` migrations in the place of today's. */
function goBack(instance, version) {
  const today = path.join(instance.state, 'garner.db');
  const older = `${today}.older`;
  const many = execFileSync('python3', [path.join(root, 'tests/system/lib/older_database.py'),
    path.join(root, 'src/job/schema.c'), today, older, `${version}`], { encoding: 'utf8' });
  for (const end of ['', '-wal', '-shm']) fs.rmSync(today + end, { force: true });
  fs.renameSync(older, today);
  return Number(many);
}

test('A10: the state of every older program opens with this one, the same key goes on, and jobs run', async (t) => {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(3) });
  const instance = world.instance();
  const { license_key: key } = world.order(3);
  instance.activate(key);
  instance.prepare();
  assert.equal(instance.start().exit, 0);
  const before = instance.json('license', 'status');
  let versions = 2;
  for (let version = 1; version < versions; version++) {
    versions = goBack(instance, version);
    const after = instance.json('license', 'status'); // nothing was entered again
    assert.equal(after.code, 0);
    for (const member of ['state', 'key', 'seats', 'used', 'expires_at', 'server'])
      assert.equal(after.json[member], before.json[member], `${member} after version ${version}`);
    const report = instance.start();
    assert.equal(report.exit, 0, `version ${version}: ${report.errors}`);
    assert.deepEqual(count(report), { unchanged: 3 }, `version ${version}: what was stored is known`);
    const { subjects } = instance.json('license', 'subjects').json;
    assert.deepEqual(subjects.map((s) => s.name).sort(), users(3).map((u) => u.upn));
    instance.ok('restore', 'latest:mailbox', '--to', world.path(`out-${version}`));
    assert.deepEqual(instance.json('notices').json.notices, []);
  }
  assert.ok(versions >= 6);
  const seen = world.vendor('show', key);
  assert.deepEqual([seen.instances.length, seen.used, seen.expires_at], [1, 3, before.json.expires_at]);
});

test('A10: what a newer program left is not touched, and it says so', async (t) => {
  const world = new World(t);
  const instance = world.instance();
  instance.ok('notices');
  const script = "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('INSERT INTO schema_version VALUES (999)'); d.commit()";
  execFileSync('python3', ['-c', script, path.join(instance.state, 'garner.db')]);
  const refused = instance.garner('notices');
  assert.equal(refused.code, 2);
  assert.match(refused.errors, /newer/);
});
