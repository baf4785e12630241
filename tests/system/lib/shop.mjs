// SPDX-License-Identifier: Apache-2.0
// A licensing service that sells: its settings, and ways to order, pay and administer, each call
// held against its description.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

export class Shop {
  constructor(world, publicApi, adminApi) {
    Object.assign(this, { world, publicApi, adminApi });
  }

  async start({ payment, mail, prices } = {}) {
    const state = this.world.path('licensing');
    fs.mkdirSync(state, { recursive: true });
    for (const [name, content] of Object.entries({ payment, mail, prices }))
      if (content) fs.writeFileSync(path.join(state, `${name}.json`), JSON.stringify(content));
    this.world.licenseState = state;
    this.world.licenseDatabase ??= this.world.newDatabase();
    this.state = state;
    await this.serve();
    this.adminToken = fs.readFileSync(this.service.admin_token_file, 'utf8').trim();
    this.secret = fs.readFileSync(path.join(state, 'webhook.secret'), 'utf8').trim();
  }

  async serve() {
    this.service = await this.world.serve('garner-licensing', 'serve', '--state', this.state, '--listen', '127.0.0.1:0', '-v');
    this.world.service = this.service;
    this.url = this.service.listening;
  }

  post(target, json, options) {
    return this.publicApi.call(this.url, 'POST', target, { json, ...options });
  }

  order({ order_id: id, token }, { token: other = token } = {}) {
    return this.publicApi.call(this.url, 'GET', `/v1/orders/${id}`, { headers: { authorization: `Bearer ${other}` } });
  }

  admin(method, target, { token = this.adminToken, ...options } = {}) {
    const headers = token === null ? {} : { authorization: `Bearer ${token}` };
    return this.adminApi.call(this.service.admin, method, target, { headers, ...options });
  }

  settle({ order_id: id }) {
    return this.admin('POST', `/v1/orders/${id}/settle`);
  }

  /** A new key of so many licenses, paid. */
  async buyKey(seats, contact = { customer: 'Contoso', email: 'it@contoso.example' }) {
    const { json: order } = await this.post('/v1/orders', { kind: 'new', seats, ...contact });
    await this.settle(order);
    return (await this.order(order)).json.license_key;
  }

  /** A provider's report, signed as Standard Webhooks says. */
  webhook(type, data, { id = `msg_${crypto.randomUUID()}`, secret = this.secret, at = Date.now() / 1000, spoil = false } = {}) {
    const body = JSON.stringify({ type, timestamp: new Date().toISOString(), data });
    const timestamp = `${Math.floor(at)}`;
    const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
    const mac = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64');
    return this.publicApi.call(this.url, 'POST', '/v1/payments/webhook', { body: spoil ? body.replace('{', '{ ') : body, headers: {
      'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': timestamp,
      'webhook-signature': `v1,${Buffer.alloc(32).toString('base64')} v1,${mac}` } });
  }

  /** A page, or a form sent. */
  page(method, target, fields, headers = {}) {
    const body = fields && `${new URLSearchParams(fields)}`;
    return this.publicApi.call(this.url, method, target, { body, headers: {
      ...(fields ? { 'content-type': 'application/x-www-form-urlencoded' } : {}), ...headers } });
  }

  /** The token that the form on a page carries. */
  token(page) {
    return /name="token" value="([^"]+)"/.exec(page.text)[1];
  }

  /** A step of the form that is on a page. */
  step(page, name, fields) {
    return this.page('POST', '/buy', { token: this.token(page), step: name, ...fields });
  }

  /** Asks as an instance: signed, and the answer's text checked too where it has one. */
  async ask(instance, target, json, answerSchema) {
    const body = { nonce: crypto.randomBytes(16).toString('hex'), ...json };
    const time = Math.floor(Date.now() / 1000);
    const digest = crypto.createHash('sha256').update(JSON.stringify(body)).digest('hex');
    const text = ['GARNER-REQUEST/1', 'POST', target, instance.license ?? '-', instance.id, time, digest, ''].join('\n');
    const answer = await this.publicApi.call(this.url, 'POST', target, { json: body, headers: {
      'garner-instance': instance.id, 'garner-time': `${time}`, ...(instance.license ? { 'garner-license': instance.license } : {}),
      'garner-signature': crypto.sign(null, Buffer.from(text), instance.privateKey).toString('base64') } });
    if (answerSchema && answer.status === 200)
      this.publicApi.check(`/components/schemas/${answerSchema}`, JSON.parse(answer.json.answer), `answer of ${target}`);
    return answer;
  }

  /** One that is not enrolled, and how it names itself. */
  newInstance() {
    const { publicKey, privateKey } = crypto.generateKeyPairSync('ed25519');
    const id = crypto.randomBytes(16).toString('hex');
    return { id, privateKey, described: { id, name: 'described',
      public_key: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('base64') } };
  }

  /** An instance that activated a key; the answer is its `activated`. */
  async enrol(key) {
    const instance = this.newInstance();
    instance.activated = await this.ask(instance, '/v1/activate', {
      license_key: key, wrapped_secret: 'c2VjcmV0', instance: instance.described });
    instance.license = instance.activated.json.license_id;
    return instance;
  }

  /** Claims objects, each given as its list of subjects: what came of each. */
  async claim(instance, ...objects) {
    const answer = await this.ask(instance, '/v1/claims', { idempotency_key: crypto.randomUUID(),
      objects: objects.map((subjects) => ({ subjects })) }, 'ClaimsAnswer');
    return JSON.parse(answer.json.answer).results;
  }

  /** The way of an instance through all that it may ask. */
  async callInstancePaths() {
    await this.publicApi.call(this.url, 'GET', '/livez');
    const instance = await this.enrol(await this.buyKey(2));
    const { activated } = instance;
    const subjects = ['a', 'b', 'c'].map((letter) => letter.repeat(64));
    const statuses = [activated, await this.ask(instance, '/v1/lease', {}),
      await this.ask(instance, '/v1/claims', { idempotency_key: 'one', objects: subjects.map((id) => ({ subjects: [id] })) }, 'ClaimsAnswer'),
      await this.ask(instance, '/v1/releases', { subjects }, 'ReleasesAnswer'),
      await this.ask(instance, '/v1/subjects', { limit: 1 }, 'SubjectsAnswer'),
      await this.ask(instance, '/v1/events', { after: 0 }, 'EventsAnswer')].map((answer) => answer.status);
    const conflict = await this.ask(instance, '/v1/claims', { idempotency_key: 'one', objects: [] }, 'ClaimsAnswer');
    const stranger = await this.ask({ ...instance, id: 'f'.repeat(32) }, '/v1/lease', {});
    const tried = this.newInstance();
    const trial = await this.ask(tried, '/v1/trial', { instance: tried.described, tenant: 'd'.repeat(64) });
    return { statuses, trial, refused: [conflict.json.code, stranger.json.code] };
  }
}
