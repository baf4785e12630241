// SPDX-License-Identifier: Apache-2.0
// Real messages: backed up from the sandbox, restored, compared byte for byte. The public corpora
// lie beside the project, not in it (GARNER_DATA names another place).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, dataFolder, readTree } from './lib/world.mjs';

const wanted = 6000;

/** Spreads real messages over the folders of one mailbox: what lies where, by relative path. */
function fillMailbox(world, data) {
  const source = world.path('corpus');
  fs.mkdirSync(source);
  execFileSync('tar', ['--use-compress-program', 'zstd --long=27', '-xf', path.join(data, 'mail-plain.tar.zst'), '-C', source]);
  const files = [...fs.readdirSync(source, { recursive: true, withFileTypes: true })]
    .filter((entry) => entry.isFile()).map((entry) => path.join(entry.parentPath ?? entry.path, entry.name)).sort();
  assert.ok(files.length >= wanted, `${files.length} messages`);
  const mailbox = world.path('mailbox');
  const folders = ['', 'SentItems', 'Projects', 'Projects/Garner', 'Listen & Läden', 'Archive'];
  for (let i = 0; i < wanted; i++) {
    const folder = path.join(mailbox, folders[i % folders.length]);
    fs.mkdirSync(folder, { recursive: true });
    fs.copyFileSync(files[i], path.join(folder, `${String(i).padStart(5, '0')}.eml`));
  }
  return mailbox;
}

const byContent = (tree) => [...tree.values()].map((content) => content.toString('latin1')).sort();

const requests = (world) => world.fetch('/sandbox/v1/requests');

test('6,000 real messages come back byte for byte; a second run asks for none; 1 % changed asks for 1 %', async (t) => {
  const data = dataFolder();
  if (!data) return t.skip('the corpora are not beside the project; GARNER_DATA names their folder');
  const world = new World(t);
  const mailbox = fillMailbox(world, data);
  await world.licensing();
  await world.tenant({ users: [{ upn: 'ada@contoso.example', name: 'Ada', mail: mailbox }] });
  const instance = world.instance();
  instance.activate(world.order(1).license_key);
  instance.prepare();

  await world.resetRequests();
  const first = instance.start();
  assert.equal(first.exit, 0, JSON.stringify(first.reason));
  assert.equal(first.objects[0].items_new, wanted);
  assert.equal((await requests(world)).value_requests, wanted);

  const restored = world.path('restored');
  instance.ok('restore', `${first.snapshot}:mailbox/ada@contoso.example`, '--to', restored);
  const given = readTree(mailbox);
  const back = readTree(restored);
  assert.equal(back.size, wanted);
  assert.deepEqual(byContent(back), byContent(given));
  const inFolder = (tree, name) => byContent(new Map([...tree].filter(([file]) => path.dirname(file) === name)));
  for (const [there, here] of [['Projects/Garner', 'Projects/Garner'], ['Listen & Läden', 'Listen & Läden']])
    assert.deepEqual(inFolder(back, there), inFolder(given, here));

  await world.resetRequests();
  const size = instance.json('stats').json.stored_bytes;
  const second = instance.start();
  assert.equal(second.objects[0].result, 'unchanged');
  assert.equal(second.snapshot, first.snapshot);
  assert.equal((await requests(world)).value_requests, 0);
  assert.equal(instance.json('stats').json.stored_bytes, size);

  const changed = wanted / 100;
  const items = [];
  for (let i = 0; i < changed; i++)
    items.push({ op: 'replace', upn: 'ada@contoso.example', folder: 'Inbox', item: `${String(i * 6).padStart(5, '0')}.eml`, content: `Subject: changed ${i}\r\n\r\nnew\r\n` });
  world.changeTenant({ items });
  await world.resetRequests();
  const third = instance.start();
  assert.equal(third.objects[0].result, 'stored');
  assert.equal(third.objects[0].items_new, changed);
  assert.equal(third.objects[0].items_total, wanted);
  assert.equal((await requests(world)).value_requests, changed);
  assert.equal(instance.garner('check', '--read-data').code, 0);
});

test('deleted and moved messages follow, and the earlier snapshot keeps them', async (t) => {
  const world = new World(t);
  const mail = world.path('mail');
  for (const [name, text] of [['a.eml', 'Subject: a\n\n1\n'], ['b.eml', 'Subject: b\n\n2\n'], ['Old/c.eml', 'Subject: c\n\n3\n']])
    world.write(`mail/${name}`, text);
  await world.licensing();
  await world.tenant({ users: [{ upn: 'ada@contoso.example', mail }] });
  const instance = world.instance();
  instance.activate(world.order(1).license_key);
  instance.prepare();
  const first = instance.start();
  world.changeTenant({ items: [
    { op: 'delete', upn: 'ada@contoso.example', folder: 'Inbox', item: 'a.eml' },
    { op: 'move', upn: 'ada@contoso.example', folder: 'Inbox', item: 'b.eml', to: 'Old' }] });
  const second = instance.start();
  assert.equal(second.objects[0].items_total, 2);
  const list = (snapshot) => instance.json('ls', `${snapshot}:mailbox/ada@contoso.example`, '--recursive').json.entries
    .filter((entry) => entry.type === 'message').map((entry) => entry.path.split('/')[2]).sort();
  assert.deepEqual(list(first.snapshot), ['Inbox', 'Inbox', 'Old']);
  assert.deepEqual(list(second.snapshot), ['Old', 'Old']);
});

test('folders keep their names: no legal file names, too long ones, those that differ in case', async (t) => {
  const world = new World(t);
  const long = 'ü'.repeat(120);
  const names = ['Sales:2026?', 'sales', 'Sales', 'SALES', 'a\\b*"<>|', ' blank ', '100% done', '50%41', '...', '-rf', long];
  for (const name of names) world.write(path.join('mail', name, 'm.eml'), `Subject: in ${name}\r\n\r\nx\r\n`);
  await world.licensing();
  await world.tenant({ users: [{ upn: 'ada@contoso.example', mail: world.path('mail') }] });
  const instance = world.instance();
  instance.activate(world.order(1).license_key);
  instance.prepare();
  const report = instance.start();
  assert.equal(report.exit, 0);
  const restored = world.path('restored');
  instance.ok('restore', `${report.snapshot}:mailbox/ada@contoso.example`, '--to', restored);
  const back = new Set(fs.readdirSync(restored));
  for (const name of names.filter((n) => n !== '50%41')) assert.ok(back.has(name), `${name} in ${[...back].join(', ')}`);
  assert.ok(back.has('50%2541'));
  for (const [file, content] of readTree(restored)) {
    const folder = path.dirname(file).replace('50%2541', '50%41');
    assert.equal(`${content}`, `Subject: in ${folder}\r\n\r\nx\r\n`);
  }
  const entry = instance.json('ls', `${report.snapshot}:mailbox/ada@contoso.example/50%2541`).json.entries[0];
  assert.match(`${instance.ok('cat', `${report.snapshot}:${entry.path}`).out}`, /in 50%41/);
});
