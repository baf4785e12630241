// SPDX-License-Identifier: Apache-2.0
// What an organization has besides mailboxes of users: groups, shared and resource mailboxes,
// OneDrive; with guests, owners and nested groups around.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, readTree } from './lib/world.mjs';

const ada = 'ada@contoso.example';
const member = (i) => `member${i}@contoso.example`;

/** A folder tree with all that names of files may be. */
function writeFiles(world, folder = 'files') {
  const files = {
    'a.txt': 'first', 'empty.txt': '', 'Plans/b & c.txt': 'second', 'Plans/Old/100%25 #1.txt': 'third', 'Plans/Old/Käse 🧀.bin': Buffer.from([0, 255, 13, 10]),
    '.hidden': 'dot', 'Plans/-rf': 'dash', 'Empty/.keep': 'k', "Team's/x, y; z.txt": 'comma', 'big.bin': Buffer.alloc(6 << 20, 'garner '),
  };
  for (const [name, content] of Object.entries(files)) world.write(path.join(folder, name), content);
  return world.path(folder);
}

/** The organization of the issue: a group of ten members and two owners, and all around it. */
async function organization(t, options = []) {
  const world = new World(t);
  const files = writeFiles(world);
  const members = Array.from({ length: 9 }, (_, i) => member(i + 1));
  await world.licensing();
  await world.tenant({
    users: [{ upn: ada, name: 'Ada', mail: 2, onedrive: files }, ...members.map((upn) => ({ upn, mail: 1 })),
      { upn: 'owner1@contoso.example' }, { upn: 'owner2@contoso.example' }, { upn: 'guest@partner.example', guest: true },
      { upn: 'info@contoso.example', purpose: 'shared', m365_license: false, mail: 2 },
      { upn: 'room@contoso.example', purpose: 'room', m365_license: false, mail: 1 },
      { upn: 'free@contoso.example', m365_license: false, onedrive: 2 }],
    groups: [
      { name: 'Sales & Service', members: [ada, ...members, 'guest@partner.example'], owners: ['owner1@contoso.example', 'owner2@contoso.example'], mail: 12 },
      { name: 'Everybody', kind: 'security', members: ['Some', ada] }, { name: 'Some', kind: 'security', members: ['Everybody', member(1)] }],
  }, ...options);
  const instance = world.instance();
  instance.activate(world.order(30).license_key);
  return { world, instance, files };
}

const requests = (world) => world.fetch('/sandbox/v1/requests');
const find = (report, kind, name) => report.objects.find((object) => object.kind === kind && object.name === name);
const onDrive = (world, items) => world.changeTenant({ items: items.map((item) => ({ upn: ada, in: 'onedrive', ...item })) });
/** The tree without what a restore cannot tell apart from nothing. */
const texts = (tree) => Object.fromEntries([...tree].map(([name, content]) => [name, content.toString('latin1')]).sort());

test('all objects of an organization are listed by their kinds, and each is backed up', async (t) => {
  const { instance } = await organization(t);
  instance.prepare();
  const report = instance.start();
  const found = report.objects.filter((object) => !object.name.startsWith('member') && !object.name.startsWith('owner'))
    .map((object) => [object.kind, object.name, object.result, object.items_total]);
  assert.deepEqual(found, [['mailbox', ada, 'stored', 2], ['onedrive', ada, 'stored', 10], ['onedrive', 'free@contoso.example', 'unsupported', 0],
    ['shared_mailbox', 'info@contoso.example', 'stored', 2], ['resource_mailbox', 'room@contoso.example', 'stored', 1],
    ['group_mailbox', 'salesservice@contoso.example', 'stored', 12]]);
  assert.equal(report.objects.length, 6 + 9 + 2);
  assert.equal(find(report, 'onedrive', ada).required, 1);
  assert.equal(instance.garner('check', '--read-data').code, 0);
});

test('B12: a OneDrive comes back byte for byte; a second run asks for one page of changes and no content', async (t) => {
  const { world, instance, files } = await organization(t);
  instance.prepare('night', 'onedrive:all');
  const first = instance.start();
  assert.equal(find(first, 'onedrive', ada).result, 'stored', JSON.stringify(first.objects));
  assert.deepEqual(first.objects.map((object) => [object.required, object.newly_licensed]), [[1, 1], [0, 0]]);
  const back = world.path('back');
  instance.ok('restore', `${first.snapshot}:onedrive/${ada}`, '--to', back);
  const given = texts(readTree(files));
  // "%25" in a name would be read as an encoded "%": it is encoded once more.
  given['Plans/Old/100%2525 #1.txt'] = given['Plans/Old/100%25 #1.txt'];
  delete given['Plans/Old/100%25 #1.txt'];
  assert.deepEqual(texts(readTree(back)), Object.fromEntries(Object.entries(given).sort()));

  await world.resetRequests();
  const second = instance.start();
  assert.equal(find(second, 'onedrive', ada).result, 'unchanged');
  const counted = await requests(world);
  assert.equal(counted.content_requests, 0);
  // One for each user, whether there is a drive, and one page of changes.
  assert.equal(counted.drive_requests, 16 + 1);
});

test('files that were changed, renamed, moved and deleted follow, and only new bytes are fetched', async (t) => {
  const { world, instance } = await organization(t);
  instance.prepare('night', 'onedrive:all');
  const first = instance.start();
  onDrive(world, [{ op: 'replace', item: 'a.txt', content: 'changed' }, { op: 'move', item: 'empty.txt', to: 'void.txt' },
    { op: 'move', item: 'Plans', to: 'Ideas' }, { op: 'move', item: 'Ideas/-rf', to: 'New/Deep/moved' }, { op: 'delete', item: "Team's" },
    { op: 'add', folder: 'New', item: 'n.txt', content: 'new' }]);
  await world.resetRequests();
  const second = instance.start();
  assert.equal(find(second, 'onedrive', ada).result, 'stored');
  const counted = await requests(world);
  assert.equal(counted.content_requests, 3); // a.txt, moved, n.txt
  const back = world.path('back');
  instance.ok('restore', `${second.snapshot}:onedrive/${ada}`, '--to', back);
  const tree = texts(readTree(back));
  assert.deepEqual(Object.keys(tree), ['.hidden', 'Empty/.keep', 'Ideas/Old/100%2525 #1.txt', 'Ideas/Old/Käse 🧀.bin', 'Ideas/b & c.txt',
    'New/Deep/moved', 'New/n.txt', 'a.txt', 'big.bin', 'void.txt'].sort());
  assert.equal(tree['a.txt'], 'changed');
  assert.equal(tree['New/Deep/moved'], 'dash');
  // The earlier one keeps what it had.
  instance.ok('restore', `${first.snapshot}:onedrive/${ada}/a.txt`, '--to', world.path('before'));
  assert.equal(fs.readFileSync(world.path('before', 'a.txt'), 'utf8'), 'first');
});

test('a drive whose place is lost is listed anew without fetching again what is stored', async (t) => {
  const { world, instance } = await organization(t);
  instance.prepare('night', 'onedrive:all');
  instance.start();
  onDrive(world, [{ op: 'delete', item: 'a.txt' }]);
  await world.fetch('/sandbox/v1/faults', 'PUT', [{ match: 'GET /v1.0/drives/*/root/delta*token=*', status: 410, code: 'resyncChangesApplyDifferences', times: 1 }]);
  await world.resetRequests();
  const second = instance.start();
  assert.equal(find(second, 'onedrive', ada).result, 'stored');
  assert.equal(find(second, 'onedrive', ada).items_total, 9);
  assert.equal((await requests(world)).content_requests, 0);
});

test('a download that is cut goes on where it broke off; one that cannot be had is tried at the next run', async (t) => {
  const { world, instance, files } = await organization(t);
  await world.fetch('/sandbox/v1/faults', 'PUT', [{ match: 'GET /personal/*', cut: 3000000, times: 3 },
    { match: 'GET /personal/*', status: 403, after: 4, times: 1 }]);
  instance.prepare('night', `onedrive:${ada}`);
  const first = instance.start();
  assert.equal(first.exit, 0, JSON.stringify(first.objects));
  instance.ok('restore', `${first.snapshot}:onedrive/${ada}/big.bin`, '--to', world.path('back'));
  assert.ok(fs.readFileSync(world.path('back', 'big.bin')).equals(fs.readFileSync(path.join(files, 'big.bin'))));

  onDrive(world, [{ op: 'replace', item: 'a.txt', content: 'later' }]);
  await world.fetch('/sandbox/v1/faults', 'PUT', [{ match: 'GET /personal/*', status: 404 }]);
  const second = instance.start();
  assert.equal(find(second, 'onedrive', ada).result, 'failed');
  await world.fetch('/sandbox/v1/faults', 'PUT', []);
  const third = instance.start();
  assert.equal(find(third, 'onedrive', ada).result, 'stored');
  assert.match(`${instance.ok('cat', `${third.snapshot}:onedrive/${ada}/a.txt`).out}`, /later/);
});

test('the posts of a group are kept; an unchanged group costs one request, a changed thread its own', async (t) => {
  const { world, instance } = await organization(t);
  const group = 'salesservice@contoso.example';
  instance.prepare('night', 'group_mailbox:all');
  const first = instance.start();
  assert.equal(find(first, 'group_mailbox', group).items_new, 12, JSON.stringify(first.objects));
  const entries = instance.json('ls', `${first.snapshot}:group_mailbox/${group}/Conversations`).json.entries;
  assert.equal(entries.length, 12);
  const post = JSON.parse(`${instance.ok('cat', `${first.snapshot}:${entries[0].path}`).out}`);
  assert.ok(post.body.content.length > 0 && post.conversationThreadId && post.from.emailAddress.address);

  await world.resetRequests();
  assert.equal(find(instance.start(), 'group_mailbox', group).result, 'unchanged');
  const counted = await requests(world);
  assert.equal(`${counted.thread_requests} ${counted.post_requests}`, '1 0');

  world.changeTenant({ items: [
    { op: 'add', upn: group, folder: 'Projects/Alpha', content: 'From: Bo <bo@x.example>\r\nSubject: Re: Alpha\r\n\r\nYes.\r\n' },
    { op: 'delete', upn: group, folder: 'Inbox', item: 1 }] });
  await world.resetRequests();
  const third = instance.start();
  assert.equal(find(third, 'group_mailbox', group).items_new, 1);
  assert.equal(find(third, 'group_mailbox', group).items_total, 12);
  const after = await requests(world);
  assert.equal(`${after.thread_requests} ${after.post_requests}`, '2 1');
});

test('without a permission the kind is left out, named by the test and in the log, and the rest is backed up', async (t) => {
  const { world, instance } = await organization(t);
  await world.fetch('/sandbox/v1/faults', 'PUT', { roles: ['User.Read.All', 'Mail.Read', 'MailboxSettings.Read'] });
  instance.prepare();
  const report = instance.start();
  assert.deepEqual([...new Set(report.objects.map((object) => object.kind))].sort(), ['mailbox', 'resource_mailbox', 'shared_mailbox']);
  assert.ok(report.objects.every((object) => object.result === 'stored' || object.result === 'unchanged'), JSON.stringify(report.objects));
  assert.match(report.errors, /GroupMember\.Read\.All/);
  assert.match(report.errors, /Files\.Read\.All/);
  const checked = instance.json('connection', 'test', 'cloud');
  assert.equal(checked.code, 0, checked.errors);
  const missing = checked.json.checks.filter((check) => !check.ok).map((check) => check.name);
  assert.deepEqual(missing, ['GroupMember.Read.All', 'Group.Read.All', 'Member.Read.Hidden', 'Files.Read.All']);
});
