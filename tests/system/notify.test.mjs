// SPDX-License-Identifier: Apache-2.0
// Notices go out by e-mail and webhook: with a real mail server and a real receiver of webhooks.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { Postbox, makeCertificate, until } from './lib/postbox.mjs';
import { World, program, users } from './lib/world.mjs';

/** Takes webhooks, and believes those that are signed as Standard Webhooks 1.0 says. */
class Hook {
  constructor(t) {
    this.events = [];
    this.unbelieved = 0;
    this.status = 204;
    this.secret = `whsec_${crypto.randomBytes(24).toString('base64')}`;
    t.after(() => this.end());
  }

  verify({ headers, body }) {
    const [id, at, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`]);
    assert.ok(Math.abs(Date.now() / 1000 - Number(at)) < 300, `timestamp ${at}`);
    const wanted = crypto.createHmac('sha256', Buffer.from(this.secret.slice(6), 'base64')).update(`${id}.${at}.${body}`).digest();
    return signatures.split(' ').some((one) => {
      const [version, text] = one.split(',');
      const given = Buffer.from(text, 'base64');
      return version === 'v1' && given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
    });
  }

  begin() {
    this.server = http.createServer((request, response) => {
      const pieces = [];
      request.on('data', (piece) => pieces.push(piece));
      request.on('end', () => {
        const call = { headers: request.headers, body: `${Buffer.concat(pieces)}` };
        if (!this.verify(call)) {
          this.unbelieved++;
          return response.writeHead(401).end();
        }
        this.events.push({ id: call.headers['webhook-id'], path: request.url, type: call.headers['content-type'], ...JSON.parse(call.body) });
        if (this.holds) return undefined;
        return response.writeHead(this.status, this.status === 307 ? { location: '/elsewhere' } : {}).end();
      });
    });
    return new Promise((resolve) => this.server.listen(this.port ?? 0, '127.0.0.1', () => {
      this.port = this.server.address().port;
      this.url = `http://127.0.0.1:${this.port}/garner?token=abc`;
      resolve();
    }));
  }

  end() {
    this.server?.closeAllConnections();
    return new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve()));
  }
}

/* One license, two mailboxes: each run has one that is not backed up. */
async function makeWorld(t, people = users(2)) {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: people });
  const instance = world.instance();
  instance.activate(world.order(1).license_key);
  instance.prepare();
  return { world, instance };
}

const serve = (world, instance) => world.serve('garnerd', 'serve', '--state', instance.state);

function addMail(instance, postbox, ...more) {
  instance.ok('notify', 'add', 'mail', 'ops', '--server', `smtp://127.0.0.1:${postbox.port}`, '--from', 'garner@contoso.example',
    '--to', 'it@contoso.example', '--gather', '0', ...(more.length ? more : ['--no-tls']));
}

function addHook(world, instance, hook, ...more) {
  const file = world.write('hook.secret', `${hook.secret}\n`);
  instance.ok('notify', 'add', 'webhook', 'pager', '--url', hook.url, '--secret-file', file, ...more);
}

const messages = (instance, receiver) => instance.json('notify', 'log').json.messages.filter((m) => m.receiver === receiver);
const isDone = (instance, number) => () => {
  const all = instance.json('notify', 'log').json.messages;
  return all.length >= number && all.every((m) => m.state === 'sent');
};

test('I2: a notice goes out once by e-mail and once by webhook, over two cycles and a restart', async (t) => {
  const [postbox, hook] = [new Postbox(t), new Hook(t)];
  await Promise.all([postbox.begin(), hook.begin()]);
  const { world, instance } = await makeWorld(t);
  addMail(instance, postbox);
  addHook(world, instance, hook);
  const daemon = await serve(world, instance);
  assert.equal(instance.start().exit, 3);
  await until(isDone(instance, 2));
  assert.equal(instance.start().exit, 3); // the second cycle
  await sleep(2500);
  assert.equal(await world.end(daemon), 0);
  await serve(world, instance);
  assert.equal(instance.start().exit, 3);
  await sleep(2500);

  assert.equal(postbox.mails.length, 1);
  const [mail] = postbox.mails;
  assert.deepEqual(mail.to, ['it@contoso.example']);
  assert.match(mail.headers.subject, /^Garner on \S+: job night, mailbox:user002@contoso\.example: not backed up for want of licenses; buy licenses or release some/);
  assert.match(mail.text, /mailbox:user002@contoso\.example: not backed up: 1 more license is needed/);
  assert.match(mail.text, /What to do: buy licenses/);
  assert.match(mail.headers['message-id'], /^<[0-9a-f]{32}@contoso\.example>$/);

  assert.deepEqual([hook.events.length, hook.unbelieved], [1, 0]);
  const [event] = hook.events;
  assert.deepEqual([event.type, event.path], ['notice.raised', '/garner?token=abc']);
  assert.match(event.id, /^msg_[0-9a-f]{32}$/);
  const { notice } = event.data;
  assert.deepEqual([notice.code, notice.job, notice.object, notice.cleared_at],
    ['no_license', 'night', 'mailbox:user002@contoso.example', null]);
  const [standing] = instance.json('notices').json.notices;
  assert.deepEqual([standing.id, standing.text], [notice.id, notice.text]);
  const { receivers } = instance.json('notify', 'list').json;
  assert.deepEqual(receivers.map((r) => [r.name, r.to, r.sent, r.waiting, r.given_up]),
    [['ops', 'it@contoso.example', 1, 0, 0], ['pager', `http://127.0.0.1:${hook.port}`, 1, 0, 0]]);
});

test('I2: what could not be delivered waits for its receiver, and then goes out once', async (t) => {
  const [postbox, hook] = [new Postbox(t), new Hook(t)];
  await Promise.all([postbox.begin(), hook.begin()]);
  await postbox.end();
  hook.status = 503;
  const { world, instance } = await makeWorld(t);
  addMail(instance, postbox);
  addHook(world, instance, hook);
  await serve(world, instance);
  instance.start();
  await until(() => ['ops', 'pager'].every((name) => messages(instance, name)[0]?.tries > 0));
  const [mail, event] = ['ops', 'pager'].map((name) => messages(instance, name)[0]);
  assert.match(mail.error, /mail server cannot be used/);
  assert.match(event.error, /answered 503/);
  for (const m of [mail, event])
    assert.deepEqual([m.state, Math.round((Date.parse(m.next_at) - Date.now()) / 10_000) <= 3], ['waiting', true]);
  hook.status = 200;
  await postbox.begin();
  await until(isDone(instance, 2), 60); // the second try comes after 30 seconds
  await sleep(1500);
  assert.equal(postbox.mails.length, 1);
  assert.deepEqual(hook.events.map((e) => e.id), [`msg_${event.id}`, `msg_${event.id}`]);
});

test('I2: killed before the answer, the daemon sends that message again under the same id, and no other', async (t) => {
  const [postbox, hook] = [new Postbox(t), new Hook(t)];
  await Promise.all([postbox.begin(), hook.begin()]);
  const { world, instance } = await makeWorld(t);
  addMail(instance, postbox);
  addHook(world, instance, hook);
  postbox.holds = true;
  const daemon = await serve(world, instance);
  instance.start();
  await postbox.wait(() => true);
  assert.equal(await world.end(daemon, 'SIGKILL'), 'SIGKILL');
  postbox.holds = false;
  await serve(world, instance);
  await until(isDone(instance, 2));
  await sleep(1500);
  const ids = postbox.mails.map((mail) => mail.headers['message-id']);
  assert.equal(ids.length, 2);
  assert.equal(new Set(ids).size, 1);
  assert.equal(new Set(hook.events.map((e) => e.id)).size, 1);
});

test('I2: that a notice is over is told to those alone who want it', async (t) => {
  const [postbox, hook] = [new Postbox(t), new Hook(t)];
  await Promise.all([postbox.begin(), hook.begin()]);
  const { world, instance } = await makeWorld(t);
  addMail(instance, postbox);
  addHook(world, instance, hook, '--cleared');
  await serve(world, instance);
  instance.start();
  await until(isDone(instance, 2));
  world.changeTenant({ users: [{ upn: 'user002@contoso.example', exchange_license: false, m365_license: false }] });
  instance.start();
  await until(() => hook.events.length === 2);
  assert.deepEqual(hook.events.map((e) => [e.type, e.data.notice.cleared_at !== null]), [['notice.raised', false], ['notice.cleared', true]]);
  await sleep(1500);
  assert.equal(postbox.mails.length, 1);
});

test('I2: notify test says what went wrong in plain words, and sends nothing where it may not', async (t) => {
  const world = new World(t);
  const instance = world.instance();
  const certificate = makeCertificate(world.path());
  const postbox = new Postbox(t, { ...certificate, user: 'garner', password: 'pä ss' });
  const hook = new Hook(t);
  await Promise.all([postbox.begin(), hook.begin()]);
  // Not World.run: the servers of this process must answer meanwhile.
  const says = (...args) => new Promise((resolve) => {
    execFile(program('garner'), ['--state', instance.state, 'notify', ...args], { env: world.environment() },
      (error, out, errors) => resolve(`${error?.code ?? 0} ${errors.trim()}`));
  });
  const mail = (password, ...more) => {
    instance.garner('notify', 'remove', 'ops');
    addMail(instance, postbox, '--user', 'garner', '--password-file', world.write('password', password), ...more);
  };
  mail('pä ss\n');
  assert.match(await says('test', 'ops'), /^6 .*TLS is not right/);
  mail('wrong', '--ca', certificate.file);
  assert.match(await says('test', 'ops'), /^5 .*refuses the sign-in/);
  mail('pä ss\n', '--ca', certificate.file);
  assert.equal(await says('test', 'ops'), '0 ');
  assert.match(postbox.mails[0].headers.subject, /^Garner on \S+: this is a test/);
  assert.equal(postbox.mails[0].tls, true);

  instance.ok('notify', 'add', 'webhook', 'gone', '--url', 'http://127.0.0.1:9/x');
  assert.match(await says('test', 'gone'), /^6 .*nothing answers there/);
  const addTo = (name, url, secret) => instance.ok('notify', 'add', 'webhook', name, '--url', url, '--secret-file', world.write(`${name}.secret`, secret));
  addTo('hook', hook.url, hook.secret);
  assert.equal(await says('test', 'hook'), '0 ');
  assert.deepEqual([hook.events[0].type, hook.events[0].data.notices], ['test', []]);
  hook.status = 307;
  assert.match(await says('test', 'hook'), /^2 .*answered 307.*give its real address/);
  assert.equal(hook.events.length, 2); // nobody went to /elsewhere
  addTo('stranger', hook.url, `whsec_${crypto.randomBytes(24).toString('base64')}`);
  assert.match(await says('test', 'stranger'), /^5 .*answered 401/);
  for (const [i, url] of ['https://169.254.169.254/latest', 'https://[fe80::1]/', 'https://0.0.0.0/', 'https://[::ffff:169.254.169.254]/'].entries()) {
    instance.ok('notify', 'add', 'webhook', `bad${i}`, '--url', url);
    assert.match(await says('test', `bad${i}`), /^2 .*where no receiver of messages is/, url);
  }
  assert.match(await says('add', 'webhook', 'plain', '--url', 'http://hooks.example/x'), /^2 .*must begin with https/);
  assert.match(await says('add', 'webhook', 'user', '--url', 'https://a:b@hooks.example/x'), /^2 .*no password/);
  assert.match(await says('add', 'mail', 'm', '--server', 'smtp://h:25', '--from', 'a@b.example', '--to', 'no address'), /^2 .*no e-mail address/);
  assert.match(await says('add', 'mail', 'ops', '--server', 'smtp://h:25', '--from', 'a@b.example', '--to', 'a@b.example'), /^1 .*there is a receiver "ops" already/);
  assert.match(await says('remove', 'nobody'), /^1 .*there is no receiver/);
  const everything = fs.readdirSync(instance.state).filter((f) => f.startsWith('garner.db')).map((f) => fs.readFileSync(`${instance.state}/${f}`, 'latin1')).join('');
  assert.ok(!everything.includes(Buffer.from('pä ss').toString('latin1')) && !everything.includes('whsec_'));
});
