// SPDX-License-Identifier: Apache-2.0
// Mail of the licensing service, with a real SMTP server at the other end.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Description } from './lib/openapi.mjs';
import { Postbox, makeCertificate, until } from './lib/postbox.mjs';
import { Shop } from './lib/shop.mjs';
import { World, root } from './lib/world.mjs';

const publicApi = new Description(path.join(root, 'api/licensing.yaml'));
const adminApi = new Description(path.join(root, 'api/licensing-admin.yaml'));
const contact = { customer: 'Contoso', email: 'it@contoso.example' };
const payment = { seller: 'Nordlicht Sikkerhetskopiering Ærlig', public_url: 'https://licensing.example', invoice: { text: 'Transfer {amount} {currency} for {order}.' } };
const keyForm = /\b[0-9A-Z]{5}(-[0-9A-Z]{5}){4}\b/;

async function open(t, settings, postbox) {
  const world = new World(t);
  const shop = new Shop(world, publicApi, adminApi);
  await shop.start({ payment, mail: { from: 'licenses@vendor.example', tls: false, server: `smtp://127.0.0.1:${postbox.port}`, ...settings } });
  return { world, shop };
}

const place = async (shop, more) => (await shop.post('/v1/orders', { kind: 'new', seats: 12, ...contact, ...more })).json;
const waiting = async (shop) => (await shop.admin('GET', '/v1/mails')).json.mails;

test('G2: the order is confirmed, the key comes by mail, and is then nowhere else', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, {}, postbox);
  const order = await place(shop);
  const confirmation = await postbox.wait((mail) => /^Your order/.test(mail.headers.subject));
  assert.deepEqual(confirmation.to, ['it@contoso.example']);
  assert.equal(confirmation.headers.from, 'Nordlicht Sikkerhetskopiering Ærlig <licenses@vendor.example>');
  assert.match(confirmation.text, new RegExp(`Transfer 288\\.00 EUR for ${order.order_id}`));
  assert.match(confirmation.text, new RegExp(`https://licensing\\.example/orders/${order.order_id}\\?t=${order.token}`));
  assert.match(confirmation.headers.date, /^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/);
  assert.ok(confirmation.raw.split('\r\n').every((line) => line.length <= 120 && /^[\x20-\x7e\t]*$/.test(line)), confirmation.raw);

  await shop.settle(order);
  const mail = await postbox.wait((one) => keyForm.test(one.text));
  const [key] = keyForm.exec(mail.text);
  assert.match(mail.text, /garner license activate KEY/);
  assert.match(mail.text, /12 months/);
  assert.equal(mail.headers['message-id'], `<key-${order.order_id}@vendor.example>`);
  await until(async () => (await waiting(shop)).length === 0);
  assert.equal((await shop.order(order)).json.license_key, null);
  assert.match((await shop.page('GET', order.page)).text, /Your order is done/);
  world.instance().activate(key);
  const addition = await place(shop, { kind: 'add', seats: 3, license_key: key });
  await shop.settle(addition);
  const done = await postbox.wait((one) => one.headers.subject === `Your order ${addition.order_id} is done`);
  assert.match(done.text, /Licenses of the key now: {4}15/);
  assert.match(done.text, new RegExp(`ends: {6}${world.vendor('show', key).expires_at}`));
  assert.ok(!done.text.includes(key));
});

test('G2: mail waits for its server, and a refused recipient holds nobody up', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  await postbox.end();
  const { shop } = await open(t, {}, postbox);
  const first = await place(shop, { email: 'gone@contoso.example' });
  const second = await place(shop);
  await shop.settle(second);
  await until(async () => (await waiting(shop)).some((mail) => mail.tries > 0));
  assert.match((await shop.order(second)).json.license_key, keyForm); // the page has it meanwhile
  postbox.refused.add('gone@contoso.example');
  await postbox.begin();
  const mail = await postbox.wait((one) => keyForm.test(one.text));
  assert.deepEqual(mail.to, ['it@contoso.example']);
  await until(async () => (await waiting(shop)).every((one) => one.order_id === first.order_id && one.tries > 0));
  assert.equal((await waiting(shop)).length, 1);
  assert.match((await shop.admin('GET', '/metrics')).text, /^garner_mails_waiting 1$/m);
  assert.ok(!shop.service.child.errorText().includes('@contoso'));
});

test('G2: killed between the mail and its receipt, the service sends it again under the same Message-ID', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, {}, postbox);
  const order = await place(shop);
  await until(async () => (await waiting(shop)).length === 0);
  postbox.holds = true;
  await shop.settle(order);
  await postbox.wait((mail) => keyForm.test(mail.text));
  await world.end(shop.service, 'SIGKILL');
  postbox.holds = false;
  await shop.serve();
  const keys = () => postbox.mails.filter((mail) => keyForm.test(mail.text));
  await until(() => keys().length === 2);
  const [once, again] = keys();
  assert.equal(once.headers['message-id'], again.headers['message-id']);
  assert.equal(keyForm.exec(once.text)[0], keyForm.exec(again.text)[0]);
  await until(async () => (await waiting(shop)).length === 0);
});

for (const secure of [false, true]) {
  test(`G2: mail by ${secure ? 'TLS' : 'STARTTLS'} with a sign-in; not to whom it cannot trust`, async (t) => {
    const folder = new World(t).path();
    const certificate = makeCertificate(folder);
    const postbox = new Postbox(t, { ...certificate, secure, user: 'garner', password: 'pä ss' });
    await postbox.begin();
    const passwordFile = path.join(folder, 'password');
    fs.writeFileSync(passwordFile, 'wrong\n');
    const settings = { server: `${secure ? 'smtps' : 'smtp'}://127.0.0.1:${postbox.port}`, tls: true, user: 'garner', password_file: passwordFile };
    const refusing = await open(t, settings, postbox); // no ca_file: nobody vouches for the server
    await place(refusing.shop);
    await until(async () => (await waiting(refusing.shop)).some((mail) => mail.tries > 0));
    assert.match(refusing.shop.service.child.errorText(), /TLS is not right/);

    const { shop } = await open(t, { ...settings, ca_file: certificate.file }, postbox);
    await place(shop);
    await until(async () => (await waiting(shop)).some((mail) => mail.tries > 0));
    assert.match(shop.service.child.errorText(), /refuses the sign-in/);
    assert.equal(postbox.mails.length, 0);
    fs.writeFileSync(passwordFile, 'pä ss\n');
    const mail = await postbox.wait(() => true);
    assert.equal(mail.tls, true);
  });
}

test('G2, A11: another key goes by mail to whom the license was sold, whoever ordered under it since', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, {}, postbox);
  const order = await place(shop);
  await shop.settle(order);
  const [key] = keyForm.exec((await postbox.wait((mail) => keyForm.test(mail.text))).text);
  const instance = world.instance();
  instance.activate(key);
  const strange = await place(shop, { kind: 'add', seats: 1, license_key: key, email: 'thief@elsewhere.example' });
  await shop.settle(strange);
  const made = world.vendor('reissue', key);
  assert.deepEqual([made.license_key, made.by_mail], [null, true]);
  const mail = await postbox.wait((one) => one.headers.subject === 'Your new license key');
  assert.deepEqual(mail.to, ['it@contoso.example']);
  const [next] = keyForm.exec(mail.text);
  assert.notEqual(next, key);
  assert.match(mail.text, /Licenses: 13/);
  await until(async () => (await waiting(shop)).length === 0);
  assert.match((await shop.admin('GET', '/metrics')).text, /^garner_keys_waiting 0$/m);
  assert.notEqual(world.instance('late').garner('license', 'activate', key).code, 0);
  instance.ok('license', 'activate', next);
  const printed = world.vendor('reissue', next, '--print');
  assert.match(printed.license_key, keyForm);
  assert.equal(printed.by_mail, false);
  assert.ok(!shop.service.child.errorText().includes(next));
});

test('G2: a backup takes the password of mail along, and a restored service has it', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, {}, postbox);
  if (world.licenseDatabase) return t.skip('PostgreSQL is copied with its own tools');
  const password = world.write('elsewhere/password', 'secret\n');
  const authorities = world.write('elsewhere/ca.pem', 'x');
  fs.writeFileSync(path.join(shop.state, 'mail.json'), JSON.stringify({ server: 'smtps://127.0.0.1:465', from: 'a@vendor.example',
    user: 'a', password_file: password, ca_file: authorities }));
  fs.writeFileSync(path.join(shop.state, 'trial.json'), '{"days":7,"items_per_folder":2,"offline_days":3}');
  fs.mkdirSync(path.join(shop.state, 'notes'));
  const copy = world.path('copy');
  assert.deepEqual(world.vendor('backup', '--to', copy).left.sort(), [authorities, path.join(shop.state, 'notes')].sort());
  for (const name of ['payment.json', 'webhook.secret', 'admin.token', 'trial.json', 'mail.json', 'mail.password', 'licensing.db', 'root.key'])
    assert.equal(fs.statSync(path.join(copy, name)).mode & 0o777, 0o600, name);
  const mailOf = () => JSON.parse(fs.readFileSync(path.join(world.licenseState, 'mail.json'), 'utf8'));
  world.licenseState = world.path('beside');
  world.vendor('restore', '--from', copy);
  assert.equal(mailOf().password_file, password); // it is still there
  fs.rmSync(password);
  world.licenseState = world.path('elsewhere-state');
  world.vendor('restore', '--from', copy);
  assert.equal(fs.readFileSync(mailOf().password_file, 'utf8'), 'secret\n');
  assert.equal(path.dirname(mailOf().password_file), world.licenseState);
});

test('D3: no log has a key, a name, an address, a token or a pseudonym', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, {}, postbox);
  const order = await place(shop, { customer: 'Verysecretname', seats: 2 });
  await shop.webhook('payment.succeeded', { order_id: order.order_id, amount: order.price.amount, currency: 'EUR' });
  const [key] = keyForm.exec((await postbox.wait((mail) => keyForm.test(mail.text))).text);
  await world.tenant({ users: [{ upn: 'ada@contoso.example', mail: 1 }] });
  const instance = world.instance();
  instance.activate(key);
  instance.prepare();
  instance.start();
  const { subjects } = instance.json('license', 'subjects').json;
  await shop.page('GET', `/orders/${order.order_id}?t=wrong`);
  await shop.post('/v1/quotes', { kind: 'add', seats: 1, license_key: key });
  await shop.webhook('payment.refunded', { order_id: order.order_id, amount: order.price.amount, currency: 'EUR' });
  world.vendor('revoke', key, '--reason', 'end of the test');
  const log = shop.service.child.errorText();
  assert.match(log, /event=payment order=\w+ reported=succeeded outcome=completed/);
  for (const secret of [key, key.slice(6), 'Verysecretname', 'contoso', order.token, subjects[0].id, shop.adminToken, shop.secret])
    assert.ok(!log.includes(secret), `the log has ${secret}`);
  assert.ok(log.trim().split('\n').every((line) => /^time=\S+ level=\w+ event=\w+/.test(line)), log);
});
