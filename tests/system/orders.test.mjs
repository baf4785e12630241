// SPDX-License-Identifier: Apache-2.0
// The vendor's side: orders by form and API, payments, the administration API; every request and
// answer is held against the descriptions in api/.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Description } from './lib/openapi.mjs';
import { Shop } from './lib/shop.mjs';
import { World, root } from './lib/world.mjs';

const publicApi = new Description(path.join(root, 'api/licensing.yaml'));
const adminApi = new Description(path.join(root, 'api/licensing-admin.yaml'));

/** A service with its settings in place, and ways to talk to it. */
async function open(t, { clock, payment, mail, prices } = {}) {
  const world = new World(t, { clock });
  const shop = new Shop(world, publicApi, adminApi);
  await shop.start({ payment, mail, prices });
  return { world, shop };
}

const contact = { customer: 'Contoso GmbH', email: 'it@contoso.example' };

test('G2, G3: an order by the API: price, order, payment by hand, key, activation', async (t) => {
  const { world, shop } = await open(t);
  const { json: quote } = await shop.post('/v1/quotes', { kind: 'new', seats: 60 });
  assert.deepEqual(quote.price, { amount: 49 * 2400 + 11 * 2000, currency: 'EUR' });
  const placed = await shop.post('/v1/orders', { kind: 'new', seats: 60, ...contact });
  assert.equal(placed.status, 201);
  assert.equal(placed.json.state, 'open');
  assert.equal(placed.json.license_key, null);

  assert.equal((await shop.order(placed.json, { token: 'wrong' })).status, 404);
  assert.equal((await shop.settle(placed.json)).json.state, 'completed');
  const done = await shop.order(placed.json);
  assert.match(done.json.license_key, /^[0-9A-Z]{5}(-[0-9A-Z]{5}){4}$/);
  assert.equal(done.json.paid_by, 'invoice');
  await shop.settle(placed.json); // once more: nothing changes
  assert.equal((await shop.order(placed.json)).json.license_key, done.json.license_key);

  const instance = world.instance();
  instance.activate(done.json.license_key);
  assert.equal(instance.status().seats, 60);
  const shown = world.vendor('show', done.json.license_key);
  assert.equal(shown.events.filter((event) => event.kind === 'created').length, 1);
});

test('G3: the same order with the same idempotency key is one order; a dearer one is refused', async (t) => {
  const { shop } = await open(t);
  const wish = { kind: 'new', seats: 5, ...contact, idempotency_key: 'a-key-of-sixteen-or-more' };
  const first = await shop.post('/v1/orders', wish);
  const again = await shop.post('/v1/orders', wish);
  assert.equal(again.json.order_id, first.json.order_id);
  const other = await shop.post('/v1/orders', { ...wish, seats: 6 });
  assert.notEqual(other.json.order_id, first.json.order_id);
  const dear = await shop.post('/v1/orders', { kind: 'new', seats: 5, ...contact, most: 11_999 });
  assert.equal(dear.json.code, 'price_changed');
  assert.equal((await shop.post('/v1/orders', { kind: 'new', seats: 5, ...contact, most: 12_000 })).status, 201);
});

test('G2, A11: what is wrong with an order is said, and nothing is ordered', async (t) => {
  const { shop } = await open(t);
  const refused = async (wish, status, code) => {
    const answer = await shop.post('/v1/orders', wish, { wrong: true });
    assert.equal(answer.status, status, answer.text);
    assert.equal(answer.json.code, code);
  };
  await refused({ kind: 'new', seats: 0, ...contact }, 400, 'request_invalid');
  await refused({ kind: 'new', seats: 10_000_001, ...contact }, 400, 'request_invalid');
  await refused({ kind: 'gift', seats: 1, ...contact }, 400, 'request_invalid');
  await refused({ kind: 'new', seats: 1, customer: 'x', email: 'nobody' }, 400, 'request_invalid');
  await refused({ kind: 'new', seats: 1, customer: 'a\nBcc: x', email: 'a@b.example' }, 400, 'request_invalid');
  await refused({ kind: 'new', seats: 1, customer: '', email: 'a@b.example' }, 400, 'request_invalid');
  await refused({ kind: 'add', seats: 1, ...contact }, 400, 'request_invalid');
  await refused({ kind: 'add', seats: 1, license_key: 'AAAAA-AAAAA', ...contact }, 400, 'key_mistyped');
  await refused({ kind: 'add', seats: 1, license_key: '00000-00000-00000-00000-00000', ...contact }, 404, 'key_unknown');
  const key = await shop.buyKey(3);
  await refused({ kind: 'renew', seats: 1, license_key: key, ...contact }, 409, 'order_refused'); // never activated
  assert.equal((await publicApi.call(shop.url, 'POST', '/v1/quotes', { body: 'x', wrong: true })).status, 400);
  assert.equal((await shop.admin('GET', '/v1/orders')).json.orders.length, 1);
});

test('A9, G3: a renewal for fewer than are in use is warned of, and accepted', async (t) => {
  const { world, shop } = await open(t);
  const key = await shop.buyKey(3);
  const instance = world.instance();
  await world.tenant({ users: Array.from({ length: 3 }, (_, i) => ({ upn: `u${i}@contoso.example`, mail: 1 })) });
  instance.activate(key);
  instance.prepare();
  instance.start();
  assert.equal(instance.status().used, 3);
  const before = world.vendor('show', key);

  const fewer = await shop.post('/v1/quotes', { kind: 'renew', seats: 2, license_key: key });
  assert.deepEqual(fewer.json.warnings.map((warning) => warning.code), ['fewer_than_used']);
  assert.equal(fewer.json.starts_at, before.expires_at);
  const order = await shop.post('/v1/orders', { kind: 'renew', seats: 2, license_key: key, ...contact });
  await shop.settle(order.json);
  const after = world.vendor('show', key);
  assert.equal(after.seats, 3); // it waits for the end
  assert.deepEqual(after.renewals, [{ starts_at: before.expires_at, seats: 2 }]);
  assert.equal(after.used, 3);
  assert.equal((await shop.post('/v1/quotes', { kind: 'renew', seats: 3, license_key: key })).json.warnings.length, 0);
  const byHand = world.run('garner-licensing', ['renew', key, '--seats', '1', '--paid', '--state', world.licenseState]);
  assert.equal(byHand.code, 0);
  assert.match(byHand.errors, /warning: 3 licenses are in use now, of 3; you order 1/);
  const forMore = world.run('garner-licensing', ['renew', key, '--seats', '4', '--paid', '--state', world.licenseState]);
  assert.equal(forMore.errors, '');
});

test('G3: payments by webhook: twice, late, out of order, wrong, forged', async (t) => {
  const { shop } = await open(t);
  const place = async () => (await shop.post('/v1/orders', { kind: 'new', seats: 10, ...contact })).json;
  const data = (order, more) => ({ order_id: order.order_id, amount: order.price.amount, currency: 'EUR', ...more });
  const report = async (type, order, { id, more, ...options } = {}) => {
    const answer = await shop.webhook(`payment.${type}`, data(order, more), { id, ...options });
    return answer.json.outcome ?? answer.json.code;
  };

  const order = await place();
  assert.equal(await report('failed', order), 'failed');
  assert.ok((await shop.order(order)).json.payment_failed_at);
  assert.equal(await report('succeeded', order, { more: { amount: 1 } }), 'amount_mismatch');
  assert.equal(await report('succeeded', order, { more: { currency: 'USD' } }), 'amount_mismatch');
  assert.equal((await shop.order(order)).json.state, 'open');
  assert.equal(await report('succeeded', order, { id: 'msg_1' }), 'completed');
  const key = (await shop.order(order)).json.license_key;
  assert.equal(await report('succeeded', order, { id: 'msg_1' }), 'completed'); // the same delivery
  assert.equal(await report('succeeded', order), 'already_completed'); // another one
  assert.equal(await report('failed', order), 'already_completed'); // late
  const stored = (await shop.order(order)).json;
  assert.equal(stored.license_key, key);
  assert.equal(stored.paid_by, 'webhook');
  const deliveries = (await shop.admin('GET', '/v1/deliveries')).json.deliveries;
  assert.equal(deliveries.filter((delivery) => delivery.webhook_id === 'msg_1').length, 1);

  const early = await place();
  assert.equal(await report('refunded', early), 'refunded');
  assert.equal(await report('succeeded', early), 'refunded_before');
  assert.equal((await shop.order(early)).json.state, 'open');

  const cancelled = await place();
  await shop.admin('POST', `/v1/orders/${cancelled.order_id}/cancel`);
  assert.equal(await report('succeeded', cancelled), 'order_closed');
  assert.equal((await shop.order(cancelled)).json.state, 'cancelled');
  assert.equal((await shop.settle(cancelled)).status, 409);

  assert.equal(await report('succeeded', { order_id: 'feedfeedfeedfeed', price: { amount: 1 } }), 'order_unknown');
  assert.equal(await report('created', order), 'ignored');
  const unpaid = await place();
  assert.equal(await report('succeeded', unpaid, { secret: `whsec_${crypto.randomBytes(24).toString('base64')}` }), 'signature_invalid');
  assert.equal(await report('succeeded', unpaid, { at: Date.now() / 1000 - 301 }), 'signature_invalid');
  assert.equal(await report('succeeded', unpaid, { at: Date.now() / 1000 + 330 }), 'signature_invalid');
  assert.equal(await report('succeeded', unpaid, { spoil: true }), 'signature_invalid');
  assert.equal((await shop.order(unpaid)).json.state, 'open');
  const bare = await publicApi.call(shop.url, 'POST', '/v1/payments/webhook', { json: { type: 'payment.succeeded' }, wrong: true });
  assert.equal(bare.status, 400);
});

test('G3: twenty reports of one payment at once give one key', async (t) => {
  const { world, shop } = await open(t);
  const order = (await shop.post('/v1/orders', { kind: 'new', seats: 10, ...contact })).json;
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => shop.webhook('payment.succeeded',
    { order_id: order.order_id, amount: order.price.amount, currency: 'EUR' }).then((answer) => answer.json.outcome)));
  assert.deepEqual(new Set(outcomes), new Set(['completed', 'already_completed']));
  assert.equal(outcomes.filter((outcome) => outcome === 'completed').length, 1);
  const licenses = (await shop.admin('GET', '/v1/licenses')).json.licenses;
  assert.equal(licenses.length, 1);
  const key = (await shop.order(order)).json.license_key;
  assert.equal(world.vendor('show', key).events.length, 1);
});

test('G3: additions and renewals by several reports are applied once', async (t) => {
  const { world, shop } = await open(t);
  const key = await shop.buyKey(10);
  world.instance().activate(key);
  for (const kind of ['add', 'renew']) {
    const order = (await shop.post('/v1/orders', { kind, seats: 12, license_key: key, ...contact })).json;
    const payment = { order_id: order.order_id, amount: order.price.amount, currency: 'EUR' };
    for (let i = 0; i < 3; i++) await shop.webhook('payment.succeeded', payment);
    await shop.settle(order);
  }
  const shown = world.vendor('show', key);
  assert.equal(shown.seats, 22);
  assert.equal(shown.renewals.length, 1);
  assert.equal(shown.renewals[0].seats, 12);
});

test('G1, G2: the form by hand: price, errors keep what was typed, review, order, key', async (t) => {
  const { shop } = await open(t);
  const form = await shop.page('GET', '/buy');
  assert.match(form.headers['content-security-policy'], /default-src 'none'/);
  assert.doesNotMatch(form.text, /<script/);
  const typed = { kind: 'new', seats: '60', customer: 'A', email: '' };
  const priced = await shop.step(form, 'price', typed);
  assert.equal(priced.status, 200);
  assert.match(priced.text, /1,396\.00 EUR/);
  const wrong = await shop.step(priced, 'review', { ...typed, email: 'a b', seats: 'x"><script>' });
  assert.equal(wrong.status, 422);
  assert.match(wrong.text, /value="x&#34;&#62;&#60;script&#62;"/);
  assert.match(wrong.text, /This is not an e-mail address/);
  assert.match(wrong.text, /whole number from 1 to 10,000,000/);
  assert.match(wrong.text, /aria-invalid="true"/);

  const hostile = { ...typed, email: 'a@b.example', customer: `<img src=x onerror=alert(1)>"'&{{token}}` };
  const review = await shop.step(wrong, 'review', hostile);
  assert.equal(review.status, 200);
  assert.doesNotMatch(review.text, /<img/);
  assert.match(review.text, /&#60;img src=x onerror=alert\(1\)&#62;&#34;&#39;&#38;\{\{token\}\}/);
  const amount = /name="amount" value="(\d+)"/.exec(review.text)[1];
  const placed = await shop.step(review, 'place', { ...hostile, amount });
  assert.equal(placed.status, 303);
  const twice = await shop.step(review, 'place', { ...hostile, amount }); // the button, pressed twice
  assert.equal(twice.headers.location, placed.headers.location);
  const page = await shop.page('GET', placed.headers.location);
  assert.match(page.text, /Thank you for your order/);
  assert.doesNotMatch(page.text, /<img/);
  assert.match(page.text, /1,396\.00 EUR/);

  const [, id] = /^\/orders\/([0-9a-f]{16})\?t=/.exec(placed.headers.location);
  await shop.settle({ order_id: id });
  const done = await shop.page('GET', placed.headers.location);
  const [, key] = /class="key">([0-9A-Z-]{29})</.exec(done.text);
  assert.match(done.text, /garner license activate KEY/);
  const t_ = new URL(placed.headers.location, shop.url).searchParams.get('t');
  const saved = await shop.page('POST', `/orders/${id}`, { t: t_, step: 'saved' });
  assert.equal(saved.status, 303);
  const after = await shop.page('GET', placed.headers.location);
  assert.ok(!after.text.includes(key));
  assert.equal((await shop.page('GET', `/orders/${id}?t=x`)).status, 404);
  assert.equal((await shop.page('POST', `/orders/${id}`, { t: 'x', step: 'cancel' })).status, 404);
});

test('G1: `license buy` leads to the order form', async (t) => {
  const { world, shop } = await open(t);
  const instance = world.instance();
  assert.notEqual(instance.garner('license', 'buy').code, 0); // no service is known yet
  instance.useService();
  const { url } = instance.json('license', 'buy').json;
  assert.equal(url, `${shop.url}/buy`);
  assert.match((await shop.page('GET', new URL(url).pathname)).text, /<h1>Buy licenses/);
});

test('G1: the order form opens for the key that it is asked for, which is never whole in an address', async (t) => {
  const { world, shop } = await open(t);
  const key = await shop.buyKey(2);
  const instance = world.instance();
  instance.activate(key);
  const { url } = instance.json('license', 'buy').json;
  assert.ok(!url.includes(key) && !url.includes(key.slice(6, 11)));
  const form = await shop.page('GET', `/buy${new URL(url).search}`);
  assert.match(form.text, /value="add" checked/);
  assert.ok(form.text.includes(`${key.slice(0, 5)}-*****-*****-*****-*****`));
  assert.match((await shop.page('GET', `/buy${new URL(url).search}&kind=renew`)).text, /value="renew" checked/);
  const whole = await shop.page('GET', `/buy?key=${key}`);
  assert.match(whole.text, /value="new" checked/);
  assert.ok(!whole.text.includes(key.slice(6, 11)));
  assert.ok(!(await shop.page('GET', '/buy?key=%3Cb%3E-*****-*****-*****-*****')).text.includes('<b>'));
});

test('G3, A6, A7, A8: after the life of an order every license is what its events say', async (t) => {
  const { world, shop } = await open(t);
  await world.tenant({ users: Array.from({ length: 3 }, (_, i) => ({ upn: `u${i}@contoso.example`, mail: 1 })) });
  const key = await shop.buyKey(3);
  const instance = world.instance();
  instance.activate(key);
  instance.prepare();
  assert.equal(instance.start().exit, 0);
  const order = async (kind, seats) => shop.settle((await shop.post('/v1/orders', { kind, seats, license_key: key, ...contact })).json);
  await order('add', 2);
  await order('renew', 6);
  await order('add', 1); // while a renewal waits
  await order('renew', 2);
  await shop.admin('POST', `/v1/orders/${(await shop.post('/v1/orders', { kind: 'new', seats: 1, ...contact })).json.order_id}/cancel`);
  const other = await shop.buyKey(1);
  const { license_key: third } = world.vendor('reissue', other);
  assert.match(third, /^.{29}$/);
  world.vendor('revoke', other, '--reason', 'licenses=7 lost');
  const { licenses, bad } = world.vendor('verify', '--all');
  assert.equal(bad, 0, JSON.stringify(licenses));
  assert.equal(licenses.length, 2);
  const kinds = new Set([key, other].flatMap((one) => world.vendor('events', one).events.map((event) => event.kind)));
  for (const kind of ['created', 'activated', 'enrolled', 'claimed', 'added', 'renewed', 'key_reissued', 'revoked'])
    assert.ok(kinds.has(kind), kind);
  assert.equal(world.vendor('show', key).used, 3);
});

test('G2: a form that is not ours, from elsewhere, too large or dearer than reviewed places nothing', async (t) => {
  const { shop } = await open(t);
  const typed = { kind: 'new', seats: '60', customer: 'A', email: 'a@b.example', amount: '139600' };
  const form = await shop.page('GET', '/buy');
  assert.equal((await shop.page('POST', '/buy', { ...typed, step: 'place', token: '1.2.3' })).status, 403);
  assert.equal((await shop.page('POST', '/buy', { ...typed, step: 'place' })).status, 403);
  const elsewhere = await shop.page('POST', '/buy', { ...typed, step: 'place', token: shop.token(form) }, { 'sec-fetch-site': 'cross-site' });
  assert.equal(elsewhere.status, 403);
  assert.equal((await shop.page('POST', '/buy', { ...typed, customer: 'x'.repeat(20_000) })).status, 413);
  const dearer = await shop.step(form, 'place', { ...typed, amount: '139599' });
  assert.match(dearer.text, /The price is another one now/);
  assert.equal((await shop.page('GET', '/shop.css')).status, 200);
  assert.equal((await shop.admin('GET', '/v1/orders')).json.orders.length, 0);
  const flood = await Promise.all(Array.from({ length: 70 }, () => shop.post('/v1/quotes', { kind: 'new', seats: 1 })));
  assert.ok(flood.some((answer) => answer.status === 429 && answer.headers['retry-after']));
});

test('D3: the administration API: token, pages, search, masks, revoke, metrics', async (t) => {
  const { world, shop } = await open(t);
  assert.equal(fs.statSync(shop.service.admin_token_file).mode & 0o777, 0o600);
  assert.equal(fs.statSync(shop.service.admin.slice(5)).mode & 0o777, 0o600);
  for (const token of [null, '', 'wrong', 'x'.repeat(43)])
    assert.equal((await shop.admin('GET', '/v1/orders', { token })).status, 401);
  assert.equal((await adminApi.call(shop.service.admin, 'GET', '/livez')).status, 200);
  const ready = await adminApi.call(shop.service.admin, 'GET', '/readyz');
  assert.deepEqual([ready.status, ready.json.licenses_held, ready.json.online_key_ends_soon], [200, 0, false]);

  const orders = [];
  for (let i = 0; i < 5; i++)
    orders.push((await shop.post('/v1/orders', { kind: 'new', seats: i + 1, customer: `Customer ${i}%_`, email: `c${i}@b.example` })).json);
  const found = [];
  for (let after = '', pages = 0; after !== null; pages++) {
    const { json } = await shop.admin('GET', `/v1/orders?limit=2&after=${after}`);
    found.push(...json.orders.map((order) => order.order_id));
    after = json.next;
    assert.ok(pages < 4);
  }
  assert.deepEqual(found.toSorted(), orders.map((order) => order.order_id).toSorted());
  const { json: search } = await shop.admin('GET', '/v1/customers?q=customer%203%25');
  assert.deepEqual(search.customers.map((customer) => customer.email), ['c3@b.example']);
  assert.equal((await shop.admin('GET', '/v1/customers?limit=0')).status, 400);
  assert.equal((await shop.admin('GET', '/v1/orders?state=strange')).status, 400);

  await shop.settle(orders[0]);
  const key = (await shop.order(orders[0])).json.license_key;
  world.instance().activate(key);
  const { json: { licenses: [license] } } = await shop.admin('GET', '/v1/licenses');
  assert.equal(license.key, `${key.slice(0, 5)}-*****-*****-*****-*****`);
  const id = license.license_id;
  assert.equal((await shop.admin('GET', `/v1/licenses/${id}`)).json.state, 'active');
  assert.equal((await shop.admin('GET', `/v1/licenses/${id}/instances`)).json.instances.length, 1);
  assert.equal((await shop.admin('GET', '/v1/instances')).json.instances.length, 1);
  assert.deepEqual((await shop.admin('GET', `/v1/licenses/${id}/events`)).json.events.map((event) => event.kind),
    ['created', 'activated', 'enrolled'].filter((kind) => world.vendor('events', key).events.some((event) => event.kind === kind)));
  assert.equal((await shop.admin('GET', `/v1/orders/${orders[0].order_id}`)).json.license_id, id);
  assert.equal((await shop.admin('GET', '/v1/orders/0123456789abcdef')).status, 404);
  assert.equal((await shop.admin('GET', '/v1/licenses/0123')).status, 404);
  assert.equal((await shop.admin('GET', '/v1/mails')).json.mails.length, 0);
  const metrics = (await shop.admin('GET', '/metrics')).text;
  assert.match(metrics, /^garner_licenses_sold 1$/m);
  assert.match(metrics, /^garner_http_requests_total\{path="\/v1\/activate",status="200"\} 1$/m);
  assert.match(metrics, /^garner_signing_key_days_left (89|90)$/m);
  assert.match(metrics, /# EOF\n$/);
  for (const secret of [key, id, 'c3@b.example', 'Customer', orders[1].order_id]) assert.ok(!metrics.includes(secret));
  assert.equal((await shop.admin('POST', `/v1/licenses/${id}/revoke`, { json: { reason: 'fraud' } })).json.state, 'revoked');
  assert.equal((await shop.admin('POST', `/v1/licenses/${id}/revoke`, { json: { reason: 'fraud' } })).json.state, 'revoked');
  assert.equal((await shop.admin('POST', `/v1/licenses/${id}/revoke`, { json: {}, wrong: true })).status, 400);

  assert.equal(world.vendor('customers', 'customer 4').customers[0].email, 'c4@b.example');
  assert.equal(world.vendor('orders', '--only', 'completed').orders.length, 1);
  assert.equal(world.vendor('cancel', orders[2].order_id).state, 'cancelled');
  assert.equal(world.vendor('instances', key).instances.length, 1);
});

test('the service keeps its settings right: a bad one is named, and nothing starts', async (t) => {
  const world = new World(t);
  const state = world.path('licensing');
  fs.mkdirSync(state);
  const start = () => world.run('garner-licensing', ['price', '--seats', '1', '--state', state]);
  for (const [file, text, words] of [
    ['payment.json', '{"invoice":{}}', /give an "invoice" or a "webhook"/],
    ['payment.json', '{"public_url":"ftp://x","invoice":{"text":"x"}}', /public_url/],
    ['mail.json', '{"server":"smtp://mail.example:25","from":"a@b.example","tls":false}', /mail without TLS/],
    ['mail.json', '{"server":"mail.example","from":"a@b.example"}', /"server" must be/],
    ['webhook.secret', 'secret', /whsec_/],
  ]) {
    fs.writeFileSync(path.join(state, file), text);
    const result = start();
    assert.equal(result.code, 1);
    assert.match(result.errors, words);
    fs.rmSync(path.join(state, file));
  }
  assert.equal(start().code, 0);
  assert.equal(fs.statSync(path.join(state, 'webhook.secret')).mode & 0o777, 0o600);
});

test('the administration API listens on loopback or a socket, where it is told', async (t) => {
  const world = new World(t);
  const args = ['serve', '--state', world.path('licensing'), '--listen', '127.0.0.1:0', '--admin-listen'];
  const refused = world.run('garner-licensing', [...args, '0.0.0.0:0']);
  assert.equal(refused.code, 2);
  assert.match(refused.errors, /loopback or a socket/);
  const service = await world.serve('garner-licensing', ...args, '127.0.0.1:0');
  assert.match(service.admin, /^http:\/\/127\.0\.0\.1:\d+$/);
  assert.equal((await adminApi.call(service.admin, 'GET', '/readyz')).status, 200);
  assert.equal((await adminApi.call(service.admin, 'GET', '/v1/orders')).status, 401);
  // What customers reach has none of it.
  assert.equal((await fetch(`${service.listening}/metrics`)).status, 404);
  assert.equal((await fetch(`${service.listening}/v1/customers`)).status, 404);
  await world.end(service);
  const socket = world.path('other.sock');
  const other = await world.serve('garner-licensing', ...args, `unix:${socket}`);
  assert.equal(other.admin, `unix:${socket}`);
  assert.equal((await adminApi.call(other.admin, 'GET', '/livez')).status, 200);
});

test('every operation that is described was called', async (t) => {
  const { shop } = await open(t);
  const { statuses, trial, refused } = await shop.callInstancePaths();
  assert.deepEqual(statuses, [200, 200, 200, 200, 200, 200]);
  assert.equal(trial.status, 200);
  const { json: { trials } } = await shop.admin('GET', '/v1/trials');
  assert.deepEqual(trials.map(({ state, instances }) => ({ state, instances })), [{ state: 'runs', instances: 1 }]);
  assert.deepEqual(refused, ['idempotency_conflict', 'instance_unknown']);
  const metrics = (await shop.admin('GET', '/metrics')).text;
  for (const line of ['claims_total{outcome="granted"} 2', 'trials 1', 'trials_running 1', 'licenses_held 0', 'history_behind_total 0'])
    assert.ok(metrics.split('\n').includes(`garner_${line}`), line);
  assert.deepEqual(adminApi.missed(), []);
  assert.deepEqual(publicApi.missed(), []);
});
