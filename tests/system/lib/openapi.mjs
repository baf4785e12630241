// SPDX-License-Identifier: Apache-2.0
// Holds what a service answers against its OpenAPI description: a `call` that fails the test where
// request or answer is not as described, and the list of operations that were never called.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import http from 'node:http';
import Ajv from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import YAML from 'yaml';

/** Follows "#/a/b" within the document. */
function follow(document, value) {
  let at = value;
  while (at?.$ref) at = at.$ref.slice(2).split('/').reduce((node, key) => node[key.replaceAll('~1', '/')], document);
  return at;
}

function send({ base, method, path, headers, body }) {
  const url = base.startsWith('unix:') ? null : new URL(base);
  const target = url ? { host: url.hostname, port: url.port } : { socketPath: base.slice(5) };
  return new Promise((resolve, reject) => {
    const request = http.request({ ...target, method, path, headers, agent: false }, (response) => {
      const pieces = [];
      response.on('data', (piece) => pieces.push(piece));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, text: `${Buffer.concat(pieces)}` }));
    });
    request.on('error', reject);
    request.end(body);
  });
}

export class Description {
  constructor(file) {
    this.document = YAML.parse(fs.readFileSync(file, 'utf8'), { merge: true });
    this.ajv = new Ajv({ strict: false, allErrors: true });
    addFormats(this.ajv);
    this.ajv.addFormat('int64', true);
    this.ajv.addSchema({ $id: 'doc', ...this.document });
    this.called = new Set();
    this.paths = Object.entries(this.document.paths).map(([path, item]) => ({
      path, item, pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`),
    }));
  }

  check(pointer, value, what) {
    const validate = this.ajv.getSchema(`doc#${pointer}`) ?? this.ajv.compile({ $ref: `doc#${pointer}` });
    if (!validate(value)) assert.fail(`${what}: ${this.ajv.errorsText(validate.errors)}: ${JSON.stringify(value).slice(0, 500)}`);
  }

  /** The pointer to an operation's schema, through what it refers to. */
  pointer(parts) {
    let pointer = '';
    let at = this.document;
    for (const part of parts) {
      pointer += `/${part.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      at = at?.[part];
      while (at?.$ref) {
        pointer = at.$ref.slice(1);
        at = follow(this.document, at);
      }
    }
    return at === undefined ? null : pointer.replace(/[{}]/g, encodeURIComponent);
  }

  /** Sends and checks. `wrong`: the request is meant to be refused, and not checked. */
  async call(base, method, target, { json, headers = {}, wrong = false, body } = {}) {
    const path = target.split('?')[0];
    const found = this.paths.find(({ pattern, item }) => pattern.test(path) && item[method.toLowerCase()])
      ?? assert.fail(`${method} ${path} is not described`);
    const verb = method.toLowerCase();
    const operation = found.item[verb];
    const text = json === undefined ? body : JSON.stringify(json);
    const base_parts = ['paths', found.path, verb];
    if (json !== undefined && !wrong)
      this.check(this.pointer([...base_parts, 'requestBody', 'content', 'application/json', 'schema']), json, `request of ${method} ${path}`);
    const answer = await send({ base, method, path: target, body: text, headers: {
      ...(json === undefined ? {} : { 'content-type': 'application/json' }), ...headers,
      ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }) } });
    const response = follow(this.document, operation.responses[answer.status])
      ?? assert.fail(`${method} ${path} answered ${answer.status}, which is not described: ${answer.text}`);
    const type = answer.headers['content-type']?.split(';')[0];
    if (response.content) {
      assert.ok(response.content[type], `${method} ${path} answered ${answer.status} as ${type}`);
      if (/json$/.test(type)) {
        answer.json = JSON.parse(answer.text);
        this.check(this.pointer([...base_parts, 'responses', `${answer.status}`, 'content', type, 'schema']), answer.json,
          `answer ${answer.status} of ${method} ${path}`);
      }
    }
    this.called.add(`${method} ${found.path}`);
    return answer;
  }

  /** Operations that no call has met. */
  missed() {
    return this.paths.flatMap(({ path, item }) => ['get', 'post', 'put', 'delete'].filter((verb) => item[verb])
      .map((verb) => `${verb.toUpperCase()} ${path}`)).filter((name) => !this.called.has(name));
  }
}
