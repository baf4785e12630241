// SPDX-License-Identifier: Apache-2.0
// Microsoft's own clients against the sandbox: what they take for Microsoft, Garner may too.
// They read the CA from NODE_EXTRA_CA_CERTS, which node looks at once, when it starts; so each
// case runs in a process of its own (lib/graph_client.mjs).
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { readCsdl } from './lib/csdl.mjs';
import { World, dataFolder } from './lib/world.mjs';

const client = path.join(path.dirname(fileURLToPath(import.meta.url)), 'lib/graph_client.mjs');

/** Runs one case of the clients against the organization; what it prints. */
function ask(organization, name, ...args) {
  const child = spawn(process.execPath, [client, name, ...args.map((value) => JSON.stringify(value))], {
    env: { ...process.env, NODE_EXTRA_CA_CERTS: organization.ca_file, ORGANIZATION: JSON.stringify(organization) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let errors = '';
  child.stdout.on('data', (piece) => { out += piece; });
  child.stderr.on('data', (piece) => { errors += piece; });
  return new Promise((resolve, reject) => child.on('exit', (code) =>
    (code === 0 ? resolve(JSON.parse(out)) : reject(new Error(`${name}: exit ${code}: ${errors}`)))));
}

const ada = 'ada@contoso.example';
const message = (subject) => `From: Bert <bert@partner.example>\r\nTo: ${ada}\r\nSubject: ${subject}\r\n` +
  `Date: Mon, 3 Feb 2025 10:00:00 +0100\r\nMessage-ID: <${subject}@x.example>\r\n\r\nHello\r\n`;

/** An organization whose Ada has 25 messages in her Inbox and 2 in a nested folder. */
async function organization(t, { faults, users = [], ada: more = {}, groups: groupList } = {}) {
  const world = new World(t);
  for (let i = 0; i < 25; i++) world.write(`mail/m${String(i).padStart(2, '0')}`, message(`n${i}`));
  world.write('mail/SentItems/sent.eml', message('sent'));
  world.write('mail/Projects/Käse & "Brot"/deep.eml', message('deep'));
  const options = faults ? ['--faults', world.write('faults.json', faults)] : [];
  const facts = await world.tenant({ users: [{ upn: ada, name: 'Ada Lovelace', mail: world.path('mail'), ...more }, ...users],
    ...(groupList ? { groups: groupList } : {}) }, ...options);
  const { listening, ca_file, tenant_id, client_id, client_secret_file } = facts;
  return { world, facts: { listening, ca_file, tenant_id, client_id, secret: fs.readFileSync(client_secret_file, 'utf8').trim() } };
}

test('msal-node gets a token by secret, with the claims of an application', async (t) => {
  const { facts } = await organization(t);
  const result = await ask(facts, 'token', {});
  assert.equal(result.tokenType, 'Bearer');
  assert.ok(result.seconds > 3500 && result.seconds <= 3600, `${result.seconds}`);
  assert.equal(result.claims.tid, facts.tenant_id);
  assert.ok(result.claims.roles.includes('Mail.Read'));
});

test('msal-node gets a token for the scope of Microsoft\'s own Graph too', async (t) => {
  const { facts } = await organization(t);
  const result = await ask(facts, 'token', { scope: 'https://graph.microsoft.com/.default' });
  assert.equal(result.tokenType, 'Bearer');
});

test('the sign-in service describes itself', async (t) => {
  const { world, facts } = await organization(t);
  const about = await world.fetch(`/${facts.tenant_id}/v2.0/.well-known/openid-configuration`);
  assert.equal(about.token_endpoint, `${facts.listening}/${facts.tenant_id}/oauth2/v2.0/token`);
  const clouds = await world.fetch('/common/discovery/instance?api-version=1.1');
  assert.equal(clouds.tenant_discovery_endpoint, `${facts.listening}/${facts.tenant_id}/v2.0/.well-known/openid-configuration`);
});

for (const [what, options, code, error] of [
  ['a wrong secret', { secret: 'wrong' }, 7000215, 'invalid_client'],
  ['an unknown application', { client_id: '00000000-0000-4000-8000-000000000000' }, 700016, 'unauthorized_client'],
  ['a scope of another service', { scope: 'https://vault.azure.net/.default' }, 70011, 'invalid_scope'],
]) {
  test(`msal-node is refused ${what} as AADSTS${code}`, async (t) => {
    const { facts } = await organization(t);
    const result = await ask(facts, 'token', options);
    assert.equal(result.error, error);
    assert.match(result.message, new RegExp(`AADSTS${code}: `));
  });
}

test('an unknown tenant, a missing parameter and another grant are refused by their numbers', async (t) => {
  const { facts } = await organization(t);
  const form = { grant_type: 'client_credentials', client_id: facts.client_id, client_secret: facts.secret, scope: `${facts.listening}/.default` };
  const codes = await ask(facts, 'forms', [
    ['00000000-0000-4000-8000-000000000000', form],
    [facts.tenant_id, { ...form, scope: undefined }],
    [facts.tenant_id, { ...form, client_secret: undefined }],
    [facts.tenant_id, { ...form, grant_type: 'password' }],
    ['CONTOSO.example', form],
  ]);
  assert.deepEqual(codes, [[400, 90002], [400, 900144], [401, 7000216], [400, 70003], [200, null]]);
});

test('the Graph client lists users page by page, and selects', async (t) => {
  const users = Array.from({ length: 7 }, (_, i) => ({ upn: `user${i}@contoso.example` }));
  const { facts } = await organization(t, { users: [...users, { upn: 'guest@partner.example', guest: true }] });
  const found = await ask(facts, 'list', '/users?$select=id,userPrincipalName,userType,assignedPlans,department&$top=3');
  assert.equal(found.pages, 3);
  assert.equal(found.items.length, 9);
  assert.deepEqual(Object.keys(found.items[0]).sort(), ['assignedPlans', 'department', 'id', 'userPrincipalName', 'userType']);
  assert.equal(found.items.at(-1).userType, 'Guest');
  assert.equal(found.items[0].department, null);
  const plan = found.items[0].assignedPlans.find((entry) => entry.service === 'exchange');
  assert.equal(plan.capabilityStatus, 'Enabled');
});

test('the kinds of mailbox and the licenses are those of the scenario', async (t) => {
  const { facts } = await organization(t, { users: [
    { upn: 'room@contoso.example', purpose: 'room', m365_license: false },
    { upn: 'apps@contoso.example', exchange_license: false },
    { upn: 'none@contoso.example', m365_license: false },
    { upn: 'left@contoso.example', enabled: false }] });
  const paths = ['room', 'apps', 'none', 'left', 'nobody'].map((name) => `/users/${name}@contoso.example/mailboxSettings/userPurpose`);
  const answers = await ask(facts, 'get', paths);
  assert.deepEqual(answers.map((answer) => answer.body?.value ?? `${answer.status} ${answer.code}`),
    ['room', '404 MailboxNotEnabledForRESTAPI', '404 ResourceNotFound', 'user', '404 Request_ResourceNotFound']);
  const [apps, room, left] = await ask(facts, 'get', ['/users/apps@contoso.example/licenseDetails',
    '/users/room@contoso.example/licenseDetails', '/users/left@contoso.example?$select=accountEnabled']);
  assert.equal(apps.body.value[0].skuPartNumber, 'OFFICESUBSCRIPTION');
  assert.deepEqual(room.body.value, []);
  assert.equal(left.body.accountEnabled, false);
});

const groups = [
  { name: 'Sales & Service', members: [ada, 'bob@contoso.example', 'guest@partner.example'], owners: ['cem@contoso.example'], mail: 3 },
  { name: 'Everybody', kind: 'security', members: ['Some', ada] },
  { name: 'Some', kind: 'security', members: ['Everybody', 'bob@contoso.example'] }];
const people = [{ upn: 'bob@contoso.example' }, { upn: 'cem@contoso.example', exchange_license: false }, { upn: 'guest@partner.example', guest: true }];

test('the Graph client lists groups by their kind, and who is in them, through nested ones and cycles', async (t) => {
  const { facts } = await organization(t, { users: people, groups });
  const all = await ask(facts, 'list', '/groups?$select=id,displayName,mail,groupTypes&$top=2');
  assert.equal(all.pages, 2);
  assert.deepEqual(all.items.map((group) => [group.displayName, group.mail, group.groupTypes]),
    [['Sales & Service', 'salesservice@contoso.example', ['Unified']], ['Everybody', null, []], ['Some', null, []]]);
  const unified = await ask(facts, 'list', "/groups?$filter=groupTypes/any(c:c eq 'Unified')&$select=id");
  assert.deepEqual(unified.items.map((group) => group.id), [all.items[0].id]);
  const names = async (path) => (await ask(facts, 'list', `${path}?$select=id,displayName,userType&$top=1`)).items
    .map((member) => `${member['@odata.type'].slice(17)} ${member.displayName}`);
  assert.deepEqual(await names(`/groups/${all.items[0].id}/members`), ['user Ada Lovelace', 'user bob', 'user guest']);
  assert.deepEqual(await names(`/groups/${all.items[0].id}/owners`), ['user cem']);
  assert.deepEqual(await names(`/groups/${all.items[1].id}/members`), ['group Some', 'user Ada Lovelace']);
  assert.deepEqual(await names(`/groups/${all.items[1].id}/transitiveMembers`), ['group Some', 'user Ada Lovelace', 'user bob']);
  const answers = await ask(facts, 'get', ['/groups/00000000-0000-4000-8000-000000000000/members', '/groups/Some', '/groups?$select=foo',
    '/groups?$top=1000', "/groups?$filter=groupTypes eq 'Unified'", `/groups/${all.items[0].id}/members?$select=colour`]);
  assert.deepEqual(answers.map((answer) => `${answer.status} ${answer.code}`), ['404 Request_ResourceNotFound', '400 Request_BadRequest',
    '400 BadRequest', '400 Request_UnsupportedQuery', '400 Request_UnsupportedQuery', '400 BadRequest']);
});

/** An organization whose Ada has a OneDrive of three files in two folders. */
async function withDrive(t, options = {}) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'garner-drive-'));
  t.after(() => fs.rmSync(folder, { recursive: true }));
  for (const [name, text] of [['a.txt', 'first'], ['Plans/b & c.txt', 'second'], ['Plans/Old/d.txt', '']]) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  return organization(t, { ada: { onedrive: folder }, ...options });
}

test('a drive is told by delta, then what changed: moved, renamed, replaced, deleted', async (t) => {
  const { world, facts } = await withDrive(t, { users: people });
  const [drive, none] = await ask(facts, 'get', [`/users/${ada}/drive`, '/users/bob@contoso.example/drive']);
  assert.equal(drive.body.driveType, 'business');
  assert.equal(`${none.status} ${none.code}`, '404 ResourceNotFound');
  const first = await ask(facts, 'delta', `/users/${ada}/drive/root/delta`, 2);
  assert.deepEqual(first.items.map((item) => item.name), ['root', 'Plans', 'Old', 'd.txt', 'b & c.txt', 'a.txt']);
  assert.equal(first.pages, 3);
  const id = (name) => first.items.find((item) => item.name === name).id;
  assert.equal(first.items[4].parentReference.id, id('Plans'));
  assert.equal(first.items[4].parentReference.path, undefined);
  const change = (items) => world.changeTenant({ items: items.map((item) => ({ upn: ada, in: 'onedrive', ...item })) });
  change([{ op: 'move', item: 'a.txt', to: 'Plans/renamed.txt' }, { op: 'replace', item: 'Plans/b & c.txt', content: 'third' },
    { op: 'delete', item: 'Plans/Old' }]);
  const second = await ask(facts, 'delta', first.link, 100);
  assert.deepEqual(second.items.map((item) => [item.id, item.name ?? item.deleted.state]), [[id('a.txt'), 'renamed.txt'],
    [id('b & c.txt'), 'b & c.txt'], [id('Old'), 'deleted'], [id('d.txt'), 'deleted']]);
  assert.deepEqual((await ask(facts, 'delta', second.link, 100)).items, []);
  const [children, latest, bad] = await ask(facts, 'get', [`/drives/${drive.body.id}/items/${id('Plans')}/children?$select=name`,
    `/drives/${drive.body.id}/root/delta?token=latest`, `/drives/${drive.body.id}/root/delta?token=abc`]);
  assert.deepEqual(children.body.value.map((item) => item.name), ['b & c.txt', 'renamed.txt']);
  assert.deepEqual(latest.body.value, []);
  assert.equal(bad.status, 400);
  const [moved] = await ask(facts, 'get', [`/drives/${drive.body.id}/items/${id('a.txt')}`]);
  assert.match(moved.body.parentReference.path, /root:\/Plans$/);
});

test('files come from a URL of their own, whole or in part, without a token, and by their hash', async (t) => {
  const { facts } = await withDrive(t);
  const [children] = await ask(facts, 'get', [`/users/${ada}/drive/root/children`]);
  const file = children.body.value.find((item) => item.name === 'a.txt');
  assert.equal(file.file.hashes.quickXorHash, 'ZkiDHOZABwAAAAAABQAAAAAAAAA=');
  const item = `/users/${ada}/drive/items/${file.id}`;
  const content = await ask(facts, 'bytes', `${item}/content`);
  assert.equal(`${Buffer.from(content.data, 'base64')}`, 'first');
  const [{ body }] = await ask(facts, 'get', [item]);
  const url = new URL(body['@microsoft.graph.downloadUrl']);
  const target = url.pathname + url.search;
  const answers = await ask(facts, 'raw', [['GET', target, {}], ['GET', target, { range: 'bytes=2-' }], ['GET', target, { range: 'bytes=1-2' }],
    ['GET', target, { range: 'bytes=9-' }], ['GET', target, { authorization: 'TOKEN' }], ['GET', target.replace('tempauth=', 'tempauth=1'), {}],
    ['GET', `/v1.0${item}/content`, { authorization: 'TOKEN' }]]);
  assert.deepEqual(answers.map((answer) => answer.status), [200, 206, 206, 416, 401, 401, 302]);
  assert.equal(answers[1].headers['content-range'], 'bytes 2-4/5');
  assert.equal(answers[2].headers['content-length'], '2');
});

test('what an application was not granted is refused', async (t) => {
  const { facts } = await organization(t, { groups, users: people, faults: { roles: ['User.Read.All', 'Mail.Read'] } });
  const { claims } = await ask(facts, 'token', {});
  assert.deepEqual(claims.roles, ['User.Read.All', 'Mail.Read']);
  const answers = await ask(facts, 'get', ['/users?$top=1', '/groups', `/users/${ada}/mailboxSettings`, `/users/${ada}/mailFolders`,
    `/users/${ada}/drive`]);
  assert.deepEqual(answers.map((answer) => `${answer.status} ${answer.code ?? ''}`),
    ['200 ', '403 Authorization_RequestDenied', '403 ErrorAccessDenied', '200 ', '403 accessDenied']);
});

test('the Graph client walks folders, and their names are what the scenario calls them', async (t) => {
  const { facts } = await organization(t);
  const top = await ask(facts, 'list', `/users/${ada}/mailFolders?includeHiddenFolders=true`);
  assert.deepEqual(top.items.map((folder) => folder.displayName).sort(),
    ['Archive', 'Deleted Items', 'Drafts', 'Inbox', 'Junk Email', 'Outbox', 'Projects', 'SentItems']);
  const inbox = top.items.find((folder) => folder.displayName === 'Inbox');
  assert.equal(inbox.totalItemCount, 25);
  const projects = top.items.find((folder) => folder.displayName === 'Projects');
  const below = await ask(facts, 'list', `/users/${ada}/mailFolders/${projects.id}/childFolders`);
  assert.deepEqual(below.items.map((folder) => folder.displayName), ['Käse & "Brot"']);
  const [known] = await ask(facts, 'get', [`/users/${ada}/mailFolders/InBox`]);
  assert.equal(known.body.id, inbox.id);
});

test('a delta is walked by the PageIterator, then tells what changed and no more', async (t) => {
  const { world, facts } = await organization(t);
  const first = await ask(facts, 'delta', `/users/${ada}/mailFolders/inbox/messages/delta?$select=subject,isRead,changeKey`, 10);
  assert.equal(first.items.length, 25);
  assert.equal(first.pages, 3);
  assert.match(first.link, /\/users\('[^']+'\)\/mailFolders\('[^']+'\)\/messages\/delta\?\$deltatoken=/);
  const none = await ask(facts, 'delta', first.link, 10);
  assert.deepEqual(none.items, []);

  world.changeTenant({ items: [
    { op: 'delete', upn: ada, folder: 'Inbox', item: 'm00' },
    { op: 'move', upn: ada, folder: 'Inbox', item: 'm01', to: 'Archive' },
    { op: 'mark_read', upn: ada, folder: 'Inbox', item: 'm02', read: !first.items.find((m) => m.subject === 'n2').isRead },
    { op: 'replace', upn: ada, folder: 'Inbox', item: 'm03', content: message('replaced') },
    { op: 'add', upn: ada, folder: 'Inbox', item: 'new', content: message('added') }] });
  const second = await ask(facts, 'delta', none.link, 10);
  const id = (subject) => first.items.find((m) => m.subject === subject).id;
  const by = Object.fromEntries(second.items.map((item) => [item.id, item]));
  assert.equal(second.items.length, 5);
  assert.deepEqual(by[id('n0')]['@removed'], { reason: 'deleted' });
  assert.deepEqual(by[id('n1')]['@removed'], { reason: 'changed' });
  assert.deepEqual(Object.keys(by[id('n2')]).sort(), ['@odata.etag', '@odata.type', 'id', 'isRead', 'parentFolderId']);
  assert.equal(by[id('n3')].subject, 'replaced');
  assert.ok(second.items.some((item) => item.subject === 'added'));

  // The immutable id goes on after the move, the other kind does not.
  const [moved] = await ask(facts, 'get', [`/users/${ada}/messages/${encodeURIComponent(id('n1'))}?$select=subject`]);
  assert.equal(moved.body.subject, 'n1');
});

test('a delta link refuses other options, another folder and a token that was tampered with', async (t) => {
  const { facts } = await organization(t);
  const { link } = await ask(facts, 'delta', `/users/${ada}/mailFolders/inbox/messages/delta?$select=subject`, 100);
  const token = link.split('$deltatoken=')[1];
  const answers = await ask(facts, 'get', [
    `${link}&$select=isRead`,
    `/users/${ada}/mailFolders/sentitems/messages/delta?$deltatoken=${token}`,
    `/users/${ada}/mailFolders/inbox/messages/delta?$deltatoken=${token.slice(0, -4)}AAAA`,
    `/users/${ada}/mailFolders/inbox/messages/delta?$skiptoken=${token}`]);
  assert.deepEqual(answers.map((answer) => `${answer.status} ${answer.code}`),
    ['400 BadRequest', '400 SyncStateInvalid', '400 SyncStateInvalid', '400 SyncStateInvalid']);
});

test('a delta link dies after three newer ones, with 410 SyncStateNotFound', async (t) => {
  const { world, facts } = await organization(t);
  const path = `/users/${ada}/mailFolders/inbox/messages/delta?$select=subject`;
  const { link: old } = await ask(facts, 'delta', path, 100);
  let newest = old;
  for (let i = 0; i < 3; i++) {
    world.changeTenant({ items: [{ op: 'add', upn: ada, folder: 'Inbox', content: message(`extra${i}`) }] });
    ({ link: newest } = await ask(facts, 'delta', newest, 100));
  }
  const [gone, good] = await ask(facts, 'get', [old, newest]);
  assert.equal(`${gone.status} ${gone.code}`, '410 SyncStateNotFound');
  assert.equal(good.status, 200);
});

test('$value gives the bytes as they are, whatever they are', async (t) => {
  const { world, facts } = await organization(t);
  const bytes = Buffer.concat([Buffer.from('Subject: odd\n\n'), Buffer.from([0, 255, 13, 10, 13, 128]), Buffer.from('\r.\n')]);
  world.write('odd.bin', bytes);
  world.changeTenant({ items: [{ op: 'add', upn: ada, folder: 'Odd/Ones', file: world.path('odd.bin') }] });
  const [folder] = await ask(facts, 'get', [`/users/${ada}/mailFolders?$top=20`]);
  const odd = folder.body.value.find((entry) => entry.displayName === 'Odd');
  const [children] = await ask(facts, 'get', [`/users/${ada}/mailFolders/${odd.id}/childFolders`]);
  const [list] = await ask(facts, 'get', [`/users/${ada}/mailFolders/${children.body.value[0].id}/messages?$select=id`]);
  const value = await ask(facts, 'bytes', `/users/${ada}/messages/${encodeURIComponent(list.body.value[0].id)}/$value`);
  assert.equal(value.type, 'text/plain');
  assert.deepEqual(Buffer.from(value.data, 'base64'), bytes);
});

test('what Graph refuses is refused in its shape', async (t) => {
  const { facts } = await organization(t);
  const answers = await ask(facts, 'get', ['/users?$select=foo', '/users?$top=1000', '/users?$made=1', '/nothing', '/me',
    `/users/${ada}/mailFolders/AAMk/messages`, `/users/${ada}/messages/x`, `/users/${ada}/mailFolders?$top=1001`,
    `/users/${ada}/mailFolders/inbox/messages?$select=size`, '/sites', '/users?$filter=city eq \'x\'']);
  assert.deepEqual(answers.map((answer) => `${answer.status} ${answer.code}`), ['400 BadRequest', '400 Request_UnsupportedQuery',
    '400 BadRequest', '400 BadRequest', '400 BadRequest', '400 ErrorInvalidIdMalformed', '400 ErrorInvalidIdMalformed',
    '400 ErrorInvalidUrlQuery', '400 BadRequest', '501 NotImplemented', '400 Request_UnsupportedQuery']);
  assert.match(answers[0].message, /Could not find a property named 'foo' on type 'microsoft\.graph\.user'/);
  for (const answer of answers) assert.match(answer.requestId, /^[0-9a-f-]{36}$/);
});

test('no token, a foreign one and another method are refused', async (t) => {
  const { facts } = await organization(t);
  const answers = await ask(facts, 'raw', [
    ['GET', '/v1.0/users', {}],
    ['GET', '/v1.0/users', { authorization: 'Bearer a.b.c' }],
    ['DELETE', `/v1.0/users/${ada}`, { authorization: 'TOKEN', 'client-request-id': '7f3e6a10-1111-4222-8333-444455556666' }]]);
  assert.deepEqual(answers.map((answer) => `${answer.status} ${answer.body.error.code}`),
    ['401 InvalidAuthenticationToken', '401 InvalidAuthenticationToken', '405 Request_BadRequest']);
  assert.equal(answers[2].body.error.innerError['client-request-id'], '7f3e6a10-1111-4222-8333-444455556666');
});

test('the Graph client waits for Retry-After, and then gets what it asked for', async (t) => {
  const { world, facts } = await organization(t, { faults: [
    { match: 'GET /v1.0/users/*/mailFolders', status: 429, retry_after: 1, times: 2 }] });
  const started = Date.now();
  const [answer] = await ask(facts, 'get', [`/users/${ada}/mailFolders`]);
  assert.equal(answer.status, 200);
  assert.ok(Date.now() - started >= 2000);
  assert.equal((await world.fetch('/sandbox/v1/requests')).throttled, 2);
});

test('a fifth request into one mailbox at once is over the MailboxConcurrency limit', async (t) => {
  const { facts } = await organization(t, { faults: [{ match: 'GET /v1.0/users/*', delay_ms: 500 }] });
  const answers = await ask(facts, 'raw', Array.from({ length: 6 }, () =>
    ['GET', `/v1.0/users/${ada}/mailFolders/inbox`, { authorization: 'TOKEN' }]));
  const refused = answers.filter((answer) => answer.status === 429);
  assert.equal(refused.length, 2);
  assert.equal(refused[0].body.error.code, 'ApplicationThrottled');
  assert.match(refused[0].body.error.message, /MailboxConcurrency/);
  assert.ok(Number(refused[0].headers['retry-after']) >= 1);
});

test('a cut stream breaks off, a dated Retry-After and an empty body come as ordered', async (t) => {
  const { facts } = await organization(t, { faults: { rules: [
    { match: 'GET /v1.0/users/*/$value', cut: 40 },
    { match: 'GET /v1.0/subscribedSkus', status: 503, body: '' },
    { match: 'GET /v1.0/organization', status: 429, retry_after: 30, retry_after_date: true }] } });
  const [list] = await ask(facts, 'get', [`/users/${ada}/mailFolders/inbox/messages?$top=1`]);
  const answers = await ask(facts, 'raw', [
    ['GET', `/v1.0/users/${ada}/messages/${encodeURIComponent(list.body.value[0].id)}/$value`, { authorization: 'TOKEN' }],
    ['GET', '/v1.0/subscribedSkus', { authorization: 'TOKEN' }],
    ['GET', '/v1.0/organization', { authorization: 'TOKEN' }]]);
  assert.equal(answers[0].broken, true);
  assert.equal(answers[1].status, 503);
  assert.equal(answers[1].body, null);
  assert.match(answers[2].headers['retry-after'], /GMT$/);
});

test('every property that is given is in Microsoft\'s description of its type', async (t) => {
  const data = dataFolder();
  if (!data) return t.skip('graph-v1.0.csdl is not beside the project; GARNER_DATA names its folder');
  const unknown = readCsdl(path.join(data, 'graph-v1.0.csdl'));
  const { facts } = await withDrive(t, { users: people, groups });
  const drive = `/users/${ada}/drive`;
  const [{ body: { value: [{ id: group }] } }] = await ask(facts, 'get', ['/groups?$top=1']);
  const targets = {
    '/groups': 'group', [`/groups/${group}`]: 'group', [`/groups/${group}/members`]: 'user', [`/groups/${group}/owners`]: 'user',
    [drive]: 'drive', [`${drive}/root`]: 'driveItem', [`${drive}/root/delta`]: 'driveItem', [`${drive}/root/children`]: 'driveItem',
    '/users': 'user', '/users?$select=id,assignedPlans,assignedLicenses,userType,accountEnabled,mailNickname,createdDateTime,usageLocation': 'user',
    [`/users/${ada}`]: 'user', [`/users/${ada}/licenseDetails`]: 'licenseDetails', [`/users/${ada}/mailboxSettings`]: 'mailboxSettings',
    [`/users/${ada}/mailFolders`]: 'mailFolder', [`/users/${ada}/mailFolders/inbox/messages`]: 'message',
    [`/users/${ada}/mailFolders/inbox/messages/delta`]: 'message', '/subscribedSkus': 'subscribedSku', '/organization': 'organization',
  };
  const answers = await ask(facts, 'get', Object.keys(targets));
  answers.forEach(({ status, body }, i) => {
    const [target, type] = Object.entries(targets)[i];
    assert.equal(status, 200, target);
    for (const object of body.value ?? [body]) assert.deepEqual(unknown(object, type), [], target);
  });
});

test('ids and delta links are the same after a restart', async (t) => {
  const { world, facts } = await organization(t);
  const path = `/users/${ada}/mailFolders/inbox/messages/delta?$select=subject`;
  const before = await ask(facts, 'delta', path, 100);
  const { port } = new URL(facts.listening);
  assert.equal(await world.end(world.organization), 0);
  const state = world.path('tenant-0');
  const scenario = world.path('scenario-0.json');
  const again = await world.serve('garner-tenant', 'serve', '--scenario', scenario, '--state', state, '--listen', `127.0.0.1:${port}`);
  assert.equal(again.listening, facts.listening);
  const after = await ask(facts, 'delta', path, 100);
  assert.deepEqual(after.items.map((item) => item.id), before.items.map((item) => item.id));
  const rest = await ask(facts, 'delta', before.link, 100);
  assert.deepEqual(rest.items, []);
});

test('a scenario with a mistake is refused by its place, and so is a patch', async (t) => {
  const world = new World(t);
  const serve = (scenario) => world.run('garner-tenant', ['serve', '--scenario', world.write('bad.json', scenario), '--state', world.path('bad')]);
  for (const [scenario, pattern] of [
    [{ users: [{ upn: ada, colour: 'red' }] }, /users\[0\]\.colour: unknown key/],
    [{ users: [{ upn: ada, purpose: 'boss' }] }, /users\[0\]\.purpose: must be user, shared, room, equipment or site, not "boss"/],
    [{ users: [{ upn: ada }, { upn: 'ADA@contoso.example' }] }, /users\[1\]\.upn: "ADA@contoso.example" is there twice/],
    [{ users: [{ upn: ada, mail: 'no/such' }] }, /no\/such" is not there/],
    [{}, /users: is missing/],
  ]) {
    const result = serve(scenario);
    assert.equal(result.code, 1, result.errors);
    assert.match(result.errors, pattern);
  }
  await world.tenant({ users: [{ upn: ada, mail: 1 }] });
  const change = (patch) => world.run('garner-tenant', ['change', '--at', world.organization.listening, '--patch', world.write('patch.json', patch)]);
  assert.match(change({ items: [{ op: 'delete', upn: ada, item: 'none' }] }).errors, /items\[0\]: there is no item "none"/);
  assert.match(change({ items: [{ op: 'steal', upn: ada, item: 'x' }] }).errors, /items\[0\]\.op: must be add, replace, delete, move or mark_read/);
  assert.equal(change({ users: { [ada]: { mail: 3 } } }).code, 0);
  assert.equal(change({ users: { [ada]: null } }).code, 0);
});
