// SPDX-License-Identifier: Apache-2.0
// An installation of the older licensing model is taken over.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { test } from 'node:test';
import { World, users } from './lib/world.mjs';

const upn = (number) => `user${String(number).padStart(3, '0')}@contoso.example`;

async function makeWorld(t) {
  const world = new World(t);
  await world.tenant({
    users: [...users(3), { upn: 'room@contoso.example', purpose: 'room', m365_license: false, exchange_license: false, mail: 1 }],
    groups: [{ name: 'Sales', kind: 'm365', members: [upn(1), upn(2)], mail: 1 }] });
  const instance = world.instance();
  const { tenant_id, client_id } = world.organization;
  const volume = (owned) => ({ owned, volume_bytes: 1_000_000 });
  const state = {
    version: '2.1',
    licenses: { mailbox: 4, public_folder: volume(0), sharepoint: volume(3), onedrive: volume(0) },
    objects: [
      { kind: 'mailbox', name: upn(1), bytes: 1000 },
      { kind: 'mailbox', name: upn(3), bytes: 1000 },
      { kind: 'mailbox', name: 'gone@contoso.example', bytes: 1000 },
      { kind: 'resource_mailbox', name: 'room@contoso.example', bytes: 1000 },
      { kind: 'group_mailbox', name: 'sales@contoso.example', bytes: 1000 },
      { kind: 'site', name: '/sites/old', bytes: 2_500_000 },
    ],
    connections: [{ name: 'cloud', tenant: tenant_id, client_id }],
    storages: [{ name: 'disk', path: world.path('repository') }],
    jobs: [
      { name: 'mail', connection: 'cloud', storage: 'disk', objects: ['mailbox:all'], schedule: 'daily 02:30' },
      { name: 'groups', connection: 'cloud', storage: 'disk', objects: ['group_mailbox:sales@contoso.example'], schedule: '' },
    ],
  };
  const file = world.write('older-state.json', state);
  const access = ['--secret-file', world.organization.client_secret_file, '--authority', world.organization.listening,
    '--graph', world.organization.listening, '--ca', world.organization.ca_file];
  return { world, instance, file, access };
}

const results = (json, list) => json[list].map((entry) => `${entry.name} ${entry.result}`);

test('H1: side by side what it had and needs now, its jobs made again, and once', async (t) => {
  const { instance, file, access } = await makeWorld(t);
  const shown = instance.json('license', 'import-older', file, '--dry-run', ...access);
  assert.equal(shown.code, 0, shown.errors);
  assert.deepEqual(results(shown.json, 'jobs'), ['mail would_make', 'groups would_make']);
  assert.deepEqual([shown.json.compared, shown.json.users], [true, 3]);
  assert.deepEqual(instance.json('job', 'list').json.jobs, []);
  assert.deepEqual(instance.json('connection', 'list').json.connections, []);

  const made = instance.json('license', 'import-older', file, ...access);
  assert.equal(made.code, 0, made.errors);
  assert.deepEqual(results(made.json, 'connections'), ['cloud made']);
  assert.deepEqual(results(made.json, 'storages'), ['disk made']);
  assert.deepEqual(results(made.json, 'jobs'), ['mail made', 'groups made']);
  assert.deepEqual(made.json.had.map((had) => [had.kind, had.objects, had.owned, had.used]),
    [['mailbox', 5, 4, 5], ['public_folder', 0, 0, 0], ['sharepoint', 1, 3, 3], ['onedrive', 0, 0, 0]]);
  assert.equal(made.json.compared, true);
  assert.equal(made.json.users, 3); // user 1 and 3 by their mailboxes, user 2 through the group
  assert.equal(made.json.owned, 7);
  assert.equal(made.json.difference, -4);
  assert.equal(made.json.gone, 2); // a mailbox, and a site that no connection lists
  for (const code of ['fewer_suffice', 'overused', 'free_mailboxes', 'volume_is_free', 'users_by_sharing', 'objects_gone'])
    assert.ok(made.json.advice.includes(code), code);
  const job = instance.json('job', 'show', 'mail').json;
  assert.deepEqual([job.selection, job.schedule, job.connection, job.storage], ['mailbox:all', 'daily 02:30', 'cloud', 'disk']);

  const again = instance.json('license', 'import-older', file);
  assert.equal(again.code, 0, again.errors);
  assert.deepEqual(results(again.json, 'jobs'), ['mail there', 'groups there']);
  assert.equal(instance.json('job', 'list').json.jobs.length, 2);
  assert.match(instance.ok('license', 'import-older', file).text, /users that need a license now: 3/);
});

test('H1: without the secret nothing is lost: what is missing is named, and made the next time', async (t) => {
  const { world, instance, file } = await makeWorld(t);
  const first = instance.json('license', 'import-older', file);
  assert.equal(first.code, 3);
  assert.deepEqual(results(first.json, 'connections'), ['cloud missing']);
  assert.match(first.json.connections[0].reason.text, /garner connection add cloud/);
  assert.deepEqual(results(first.json, 'storages'), ['disk made']);
  assert.deepEqual(results(first.json, 'jobs'), ['mail missing', 'groups missing']);
  assert.equal(first.json.compared, false);
  assert.equal(first.json.had[0].used, 5); // what it had is known all the same
  instance.connect();
  const second = instance.json('license', 'import-older', file);
  assert.equal(second.code, 0, second.errors);
  assert.deepEqual(results(second.json, 'storages'), ['disk there']);
  assert.deepEqual(results(second.json, 'jobs'), ['mail made', 'groups made']);
  assert.ok(fs.existsSync(world.path('repository')));
});

test('H1: an updated installation is told of its older state until it is taken over', async (t) => {
  const { instance, file, access } = await makeWorld(t);
  instance.json('job', 'list');
  fs.copyFileSync(file, `${instance.state}/older-state.json`);
  const codes = () => instance.json('notices').json.notices.map((n) => n.code);
  assert.deepEqual(codes(), ['older_model']);
  instance.json('license', 'import-older', file, '--dry-run', ...access);
  assert.deepEqual(codes(), ['older_model']);
  instance.ok('license', 'import-older', `${instance.state}/older-state.json`, ...access);
  assert.deepEqual(codes(), []);
});

test('H1: a file that is none is refused with its place, and nothing is made', async (t) => {
  const { world, instance, file } = await makeWorld(t);
  const state = JSON.parse(fs.readFileSync(file));
  state.objects[1].bytes = -1;
  const bad = instance.garner('license', 'import-older', world.write('bad.json', state));
  assert.equal(bad.code, 2);
  assert.match(bad.errors, /objects\[1\]/);
  assert.deepEqual(instance.json('storage', 'list').json.storages, []);
});
