// SPDX-License-Identifier: Apache-2.0
// What time does to orders: proration, expiry, reminders.
import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { Description } from './lib/openapi.mjs';
import { Postbox, until } from './lib/postbox.mjs';
import { Shop } from './lib/shop.mjs';
import { World, root } from './lib/world.mjs';

const publicApi = new Description(path.join(root, 'api/licensing.yaml'));
const adminApi = new Description(path.join(root, 'api/licensing-admin.yaml'));
const contact = { customer: 'Contoso', email: 'it@contoso.example' };

async function open(t, clock, settings = {}) {
  const world = new World(t, { clock });
  const shop = new Shop(world, publicApi, adminApi);
  await shop.start(settings);
  return { world, shop };
}

test('T15, A8: 20 more licenses in the sixth month: the same end, and the price of what is left', async (t) => {
  const { world, shop } = await open(t, '2027-01-01T00:00:00Z');
  const key = await shop.buyKey(40);
  world.instance().activate(key);
  const before = world.vendor('show', key);
  assert.equal(before.expires_at, '2028-01-01T00:00:00Z');
  world.setClock('2027-06-15T12:00:00Z'); // 199.5 of 365 days are left
  const { json: quote } = await shop.post('/v1/quotes', { kind: 'add', seats: 20, license_key: key });
  // Places 41 to 49 cost 24.00 a year, 50 to 60 cost 20.00: 436.00, of which 199.5/365 are 238.3068…
  assert.equal(quote.price.amount, Math.round((9 * 2400 + 11 * 2000) * 199.5 / 365));
  assert.equal(quote.seats_after, 60);
  assert.equal(quote.ends_at, before.expires_at);
  const form = await shop.page('GET', '/buy?kind=add&seats=20');
  const priced = await shop.step(form, 'price', { kind: 'add', seats: '20', license_key: key });
  assert.match(priced.text, /238\.31 EUR/);
  assert.match(priced.text, /until 1 January 2028; the end of your term stays/);
  const order = (await shop.post('/v1/orders', { kind: 'add', seats: 20, license_key: key, ...contact })).json;
  await shop.settle(order);
  const after = world.vendor('show', key);
  assert.equal(after.seats, 60);
  assert.equal(after.expires_at, before.expires_at);

  world.setClock('2028-01-01T00:00:00Z');
  const late = await shop.post('/v1/quotes', { kind: 'add', seats: 20, license_key: key });
  assert.equal(late.json.code, 'order_refused');
  assert.match(late.json.detail, /renew it/);
  const renewal = await shop.post('/v1/quotes', { kind: 'renew', seats: 60, license_key: key });
  assert.equal(renewal.json.starts_at, '2028-01-01T00:00:00Z');
  assert.equal(renewal.json.ends_at, '2029-01-01T00:00:00Z');
});

test('G3: an order that is not paid expires; a late report is held back, and the vendor may settle it', async (t) => {
  const { world, shop } = await open(t, '2027-01-01T00:00:00Z', { payment: { open_days: 10, webhook: { text: 'Pay.' } } });
  const order = (await shop.post('/v1/orders', { kind: 'new', seats: 5, ...contact })).json;
  assert.equal(order.expires_at, '2027-01-11T00:00:00Z');
  world.setClock('2027-01-10T23:59:59Z');
  assert.equal((await shop.order(order)).json.state, 'open');
  world.setClock('2027-01-11T00:00:00Z');
  assert.equal((await shop.order(order)).json.state, 'expired');
  assert.match((await shop.page('GET', order.page)).text, /The order has expired/);
  const report = await shop.webhook('payment.succeeded', { order_id: order.order_id, amount: order.price.amount, currency: 'EUR' },
    { at: world.clock.getTime() / 1000 });
  assert.equal(report.json.outcome, 'order_closed');
  assert.equal((await shop.admin('GET', '/v1/orders?state=expired')).json.orders.length, 1);
  assert.equal((await shop.settle(order)).json.state, 'completed');
  assert.match((await shop.order(order)).json.license_key, /^.{29}$/);
});

test('I1, A5: reminders go to the customer 30, 14, 7 and 1 days ahead and at the end, each once; a renewal ends them', async (t) => {
  const postbox = new Postbox(t);
  await postbox.begin();
  const { world, shop } = await open(t, '2027-01-01T00:00:00Z', { mail: {
    from: 'a@vendor.example', tls: false, server: `smtp://127.0.0.1:${postbox.port}` } });
  const keys = async () => (await shop.admin('GET', '/v1/mails')).json.mails.length === 0;
  await shop.post('/v1/orders', { kind: 'new', seats: 5, ...contact });
  const { license_key: key } = world.order(7);
  await until(keys);
  world.instance().activate(key);
  const reminders = () => postbox.mails.filter((mail) => /^Your subscription/.test(mail.headers.subject));
  let expected = 0;
  for (const [moment, days] of [['2027-12-01T23:00:00Z'], ['2027-12-02T02:00:00Z', 30], ['2027-12-05T02:00:00Z'], ['2027-12-18T02:00:00Z', 14],
    ['2027-12-25T02:00:00Z', 7], ['2027-12-31T02:00:00Z', 1], ['2028-01-01T02:00:00Z', 0], ['2028-01-03T02:00:00Z']]) {
    world.setClock(moment);
    if (days !== undefined) expected++;
    if (days === undefined) await new Promise((resolve) => setTimeout(resolve, 1500));
    await until(() => reminders().length >= expected);
    assert.equal(reminders().length, expected, moment);
  }
  const [first] = reminders();
  assert.deepEqual(first.to, ['it@contoso.example']);
  assert.match(first.text, new RegExp(`${key.slice(0, 5)}-\\*{5}`));
  assert.ok(!first.text.includes(key));
  assert.match(first.headers.subject, /ends on 2028-01-01/);
  assert.equal(reminders().at(-1).headers.subject, 'Your subscription has ended');
  world.vendor('renew', key, '--seats', '7', '--paid');
  world.setClock('2028-01-04T02:00:00Z');
  await until(() => postbox.mails.some((mail) => /is done$/.test(mail.headers.subject)));
  assert.equal(reminders().length, expected);
});
