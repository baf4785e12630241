// SPDX-License-Identifier: Apache-2.0
// The order form in a real browser: the whole way by keyboard, without scripts, in both themes, at
// a desk's and a telephone's width, without a finding of axe. SCREENSHOTS=FOLDER leaves pictures.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import { World } from '../system/lib/world.mjs';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';
const pictures = process.env.SCREENSHOTS;
const widths = { desk: { width: 1280, height: 900 }, phone: { width: 390, height: 844 } };

async function openBrowser(t) {
  const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-quic',
    '--disable-background-networking', '--disable-component-update', '--disable-default-apps', '--no-first-run'] });
  t.after(() => browser.close());
  return browser;
}

async function openShop(t) {
  const world = new World(t);
  const state = world.path('licensing');
  fs.mkdirSync(state);
  fs.writeFileSync(path.join(state, 'payment.json'), JSON.stringify({ seller: 'Nordlicht Backup', public_url: 'https://licensing.example',
    invoice: { text: 'Or transfer {amount} {currency} to NO93 8601 1117 947 and name the order {order}.' },
    webhook: { text: 'Pay at once by card.', url: 'https://pay.example/checkout?order={order}' } }));
  await world.licensing();
  return { world, url: world.service.listening };
}

/** No finding of axe, no sideways scrolling; and a picture. */
async function look(page, name) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `${name} is ${wide} pixels too wide`);
  const { violations } = await page.evaluate(`${axe}; axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'] })`);
  assert.deepEqual(violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(' | ')}`), [], name);
  if (pictures) {
    fs.mkdirSync(pictures, { recursive: true });
    await page.screenshot({ path: path.join(pictures, `${name}.png`), fullPage: true });
  }
}

/** Moves on with the Tab key until something of that name has the focus. */
async function tabTo(page, id) {
  for (let i = 0; i < 30; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate((wanted) => document.activeElement?.id === wanted || document.activeElement?.textContent?.trim() === wanted, id)) return;
  }
  assert.fail(`the Tab key does not reach ${id}`);
}

for (const [device, viewport] of Object.entries(widths)) {
  for (const theme of ['light', 'dark']) {
    test(`G1, G2: from the form to the key by keyboard, without scripts (${device}, ${theme})`, async (t) => {
      const { world, url } = await openShop(t);
      const browser = await openBrowser(t);
      const context = await browser.newContext({ viewport, colorScheme: theme, reducedMotion: 'reduce' });
      const page = await context.newPage();
      const faults = [];
      page.on('console', (message) => message.type() === 'error' && !/favicon/.test(message.location().url) && faults.push(message.text()));
      const name = (step) => `${step}-${device}-${theme}`;

      await page.goto(`${url}/buy`);
      await look(page, name('1-form'));
      assert.equal(await page.evaluate(() => document.scripts.length), 0);
      await tabTo(page, 'seats');
      await page.keyboard.type('sixty');
      await tabTo(page, 'customer');
      await page.keyboard.type('Büro <b>Østlund</b> & Søn');
      await tabTo(page, 'Review the order');
      await page.keyboard.press('Enter');
      await page.waitForSelector('[role=alert]');
      assert.equal(await page.inputValue('#customer'), 'Büro <b>Østlund</b> & Søn');
      await look(page, name('2-errors'));
      await page.fill('#seats', '');
      await tabTo(page, 'seats').catch(() => page.focus('#seats'));
      await page.keyboard.type('60');
      await tabTo(page, 'email');
      await page.keyboard.type('it@ostlund.example');
      await tabTo(page, 'Show the price');
      await page.keyboard.press('Enter');
      await page.waitForSelector('#price');
      assert.match(await page.textContent('#price'), /1,396\.00 EUR/);
      await look(page, name('3-price'));
      await tabTo(page, 'Review the order');
      await page.keyboard.press('Enter');
      await page.waitForSelector('text=Review your order');
      assert.match(await page.textContent('main'), /Büro <b>Østlund<\/b> & Søn/);
      await look(page, name('4-review'));
      await tabTo(page, 'Place the order');
      await page.keyboard.press('Enter');
      await page.waitForSelector('text=Thank you for your order');
      await look(page, name('5-order'));
      const id = /orders\/([0-9a-f]+)/.exec(page.url())[1];
      const paid = world.run('garner-licensing', ['pay', id, '--quiet', '--state', world.licenseState]);
      assert.equal(paid.code, 0, paid.errors);
      await tabTo(page, 'Look again');
      await page.keyboard.press('Enter');
      await page.waitForSelector('.key');
      assert.match(await page.textContent('.key'), /^[0-9A-Z]{5}(-[0-9A-Z]{5}){4}$/);
      await look(page, name('6-key'));
      await tabTo(page, 'I have saved the key');
      await page.keyboard.press('Enter');
      await page.waitForSelector('text=The license key was handed out');
      await look(page, name('7-done'));
      assert.deepEqual(faults.filter((text) => !/422/.test(text)), []);
    });
  }
}

test('A9, G2: more licenses and a renewal for fewer, with its warning', async (t) => {
  const { world, url } = await openShop(t);
  const browser = await openBrowser(t);
  const { license_key: key } = world.order(30);
  world.instance().activate(key);
  for (const [device, viewport] of Object.entries(widths)) {
    const page = await (await browser.newContext({ viewport, colorScheme: 'light' })).newPage();
    await page.goto(`${url}/buy?kind=renew&seats=20`);
    assert.ok(await page.isVisible('#license_key'));
    await page.fill('#license_key', key.toLowerCase());
    await page.fill('#customer', 'Contoso');
    await page.fill('#email', 'it@contoso.example');
    await page.click('text=Review the order');
    await page.waitForSelector('text=Review your order');
    assert.match(await page.textContent('.warn'), /you order 20/);
    assert.ok(!page.url().includes(key));
    assert.match(await page.textContent('main'), new RegExp(`${key.slice(0, 5)}-\\*{5}`));
    await look(page, `8-renewal-${device}`);
    await page.goto(`${url}/buy`);
    assert.ok(!(await page.isVisible('#license_key')));
    await page.click('text=More licenses for a key');
    await page.fill('#license_key', `${key.slice(0, -1)}${key.endsWith('0') ? '1' : '0'}`);
    await page.click('text=Show the price');
    await page.waitForSelector('[role=alert]');
    assert.match(await page.textContent('[role=alert]'), /mistyped|not shown/);
    await look(page, `9-mistyped-${device}`);
    await page.goto(`${url}/orders/0123456789abcdef?t=x`);
    assert.match(await page.textContent('h1'), /no such order/);
    await look(page, `10-unknown-${device}`);
  }
});
