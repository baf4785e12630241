// SPDX-License-Identifier: Apache-2.0
// D3: with all that the licensing service stores, and all that it logs, a user who is known by name is
// not found among the subjects. What a guesser would do is done here: every key that lies anywhere in
// the service's state × every way in which a user could be written × every function. The same search
// finds the user where it is given the license key, so it can fail.
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, readTree, users } from './lib/world.mjs';

/** Everything in some bytes that could be a key: runs of hexadecimal and base64, decoded and as text,
 * and each window of 32 bytes of what is small. */
function keysIn(bytes) {
  const keys = new Map();
  const add = (key) => { if (key.length >= 8 && key.length <= 4096) keys.set(key.toString('base64'), key); };
  const text = bytes.toString('latin1');
  for (const [run] of text.matchAll(/[0-9a-fA-F]{16,}/g)) {
    add(Buffer.from(run));
    add(Buffer.from(run, 'hex'));
  }
  for (const [run] of text.matchAll(/[A-Za-z0-9+/]{11,}={0,2}/g)) {
    const key = Buffer.from(run, 'base64');
    add(Buffer.from(run));
    add(key);
    if (key.length <= 128) for (let at = 0; at + 32 <= key.length; at++) add(key.subarray(at, at + 32));
  }
  if (bytes.length <= 4096) {
    add(bytes);
    for (let at = 0; at + 32 <= bytes.length; at++) add(bytes.subarray(at, at + 32));
  }
  return [...keys.values()];
}

/** The ways to write a user. */
function spellings({ tenant, id, upn, name }) {
  const cases = (text) => [text, text.toLowerCase(), text.toUpperCase()];
  const bare = (text) => text.replaceAll('-', '');
  const pairs = [];
  for (const separator of ['\0', '|', ':', '/', '\n', ' ', ''])
    for (const [a, b] of [[tenant, id], [id, tenant], [bare(tenant), bare(id)]]) pairs.push(`${a}${separator}${b}`);
  const all = [...pairs, id, bare(id), upn, upn.split('@')[0], name, `${tenant}|${upn}`, `${tenant}\0${upn}`].flatMap(cases);
  const framed = all.flatMap((text) => [text, `GARNER-SUBJECT/1\0${text}`, `GARNER-SUBJECT/1\n${text}\n`]);
  return [...new Set(framed)].map((text) => Buffer.from(text));
}

/** Whether one of the subjects is made of one of the users under one of the keys. */
function search(subjects, people, keys) {
  const wanted = new Set(subjects);
  const found = (digest) => wanted.has(digest.toString('hex'));
  let tried = 0;
  for (const message of people.flatMap(spellings)) {
    for (const hash of ['sha256', 'sha512', 'sha1']) {
      tried++;
      if (found(crypto.createHash(hash).update(message).digest().subarray(0, 32))) return { hit: `${message}`, tried };
    }
    for (const key of keys) {
      tried += 4;
      if (found(crypto.createHmac('sha256', key).update(message).digest())
        || found(crypto.createHmac('sha256', message).update(key).digest())
        || found(crypto.createHash('sha256').update(key).update(message).digest())
        || found(crypto.createHash('sha256').update(message).update(key).digest())) return { hit: `${message}`, tried };
    }
  }
  return { hit: null, tried };
}

/** What one can derive from keys: those themselves, and HKDF with the texts of the program. */
function derive(keys) {
  const infos = ['', 'garner license secret', 'garner-licensing key lookup', 'garner-licensing outbox', 'GARNER-SUBJECT/1'];
  return keys.flatMap((key) => [key, ...infos.map((info) => Buffer.from(crypto.hkdfSync('sha256', key, '', info, 32)))]);
}

test('D3: nobody is found among the subjects with all that the service holds', async (t) => {
  const world = new World(t);
  await world.licensing();
  await world.tenant({ users: users(2) });
  const instance = world.instance();
  const { license_key: key } = world.order(2);
  instance.activate(key);
  instance.prepare();
  assert.equal(instance.start().exit, 0);
  const subjects = instance.json('license', 'subjects').json.subjects.map((one) => one.id);
  assert.equal(subjects.length, 2);
  await world.end(world.service); // all is in its files then

  const tenant = world.organization.tenant_id;
  const ids = new Set();
  for (const bytes of readTree(instance.state).values())
    for (const [id] of bytes.toString('latin1').matchAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g)) ids.add(id);
  ids.delete(tenant);
  assert.ok(ids.size >= 2, 'the instance knows the directory ids');
  const all = [...ids].map((id) => ({ tenant, id, upn: 'user001@contoso.example', name: 'User 1' }));

  const files = world.licensingRecords();
  assert.ok(files.size >= 5);
  const stored = [...files.values(), Buffer.from(world.service.child.errorText())];
  const everything = Buffer.concat(stored).toString('latin1');
  // The control: who has the license key opens the wrapped secret, and then finds the user.
  const secret = openWrapped(key, everything);
  assert.ok(secret, 'the wrapped secret is there, and the license key opens it');
  const people = all.filter((one) => search(subjects, [one], [secret]).hit !== null).slice(0, 1);
  assert.equal(people.length, 1, 'the search finds a user under the right key');

  for (const subject of subjects) assert.ok(everything.includes(subject), 'the subjects are there');
  for (const { id, upn, name } of people)
    for (const text of [id, id.replaceAll('-', ''), upn, name]) assert.ok(!everything.toLowerCase().includes(text.toLowerCase()), text);
  assert.ok(!everything.includes(tenant));
  assert.ok(!everything.includes(key) && !everything.includes(key.replaceAll('-', '')), 'nor is the license key');

  const database = [...files].filter(([name]) => /^database$|\.db/.test(name)).map(([, bytes]) => bytes);
  const others = [...files].filter(([name]) => !/\.db/.test(name)).map(([, bytes]) => bytes);
  const keys = [...new Map([...others, ...database].flatMap(keysIn).map((one) => [one.toString('base64'), one])).values()];
  const candidates = [...keys, Buffer.alloc(0), Buffer.alloc(32)];
  assert.ok(candidates.length > 100, `${candidates.length} keys`);
  const plain = search(subjects, people, candidates);
  assert.equal(plain.hit, null);
  const secrets = others.flatMap(keysIn).slice(0, 300);
  const derived = search(subjects, people, derive(secrets));
  assert.equal(derived.hit, null);
  t.diagnostic(`${candidates.length} keys, ${plain.tried + derived.tried} tries`);
});

/** The secret of the subjects, from the text of all files, with the license key. */
function openWrapped(licenseKey, everything) {
  const wrapping = Buffer.from(crypto.hkdfSync('sha256', licenseKey, '', 'garner license secret', 32));
  for (const [run] of everything.matchAll(/[A-Za-z0-9+/]{90,}={0,2}/g))
    for (let cut = 0; cut + 90 < run.length; cut++) {
      const sealed = Buffer.from(run.slice(cut), 'base64').subarray(0, 24 + 32 + 16);
      const opened = sealed.length === 72 && unseal(wrapping, sealed);
      if (opened) return opened;
    }
  return null;
}

/** XChaCha20-Poly1305: a nonce of 24 bytes, the text, a tag of 16. Null where it does not open. */
function unseal(key, sealed) {
  const nonce = Buffer.concat([Buffer.alloc(4), sealed.subarray(16, 24)]);
  const cipher = crypto.createDecipheriv('chacha20-poly1305', hchacha(key, sealed.subarray(0, 16)), nonce, { authTagLength: 16 });
  cipher.setAuthTag(sealed.subarray(-16));
  const opened = cipher.update(sealed.subarray(24, -16));
  try {
    cipher.final();
    return opened;
  } catch {
    return null;
  }
}

/** HChaCha20: the key for one nonce. */
function hchacha(key, nonce) {
  const x = new Uint32Array(16);
  x.set([0x61707865, 0x3320646e, 0x79622d32, 0x6b206574]);
  for (let i = 0; i < 8; i++) x[4 + i] = key.readUInt32LE(4 * i);
  for (let i = 0; i < 4; i++) x[12 + i] = nonce.readUInt32LE(4 * i);
  const turn = (value, bits) => (value << bits) | (value >>> (32 - bits));
  const quarter = (a, b, c, d) => {
    for (const [first, second] of [[16, 12], [8, 7]]) {
      x[a] += x[b];
      x[d] = turn(x[d] ^ x[a], first);
      x[c] += x[d];
      x[b] = turn(x[b] ^ x[c], second);
    }
  };
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 4; i++) quarter(i, 4 + i, 8 + i, 12 + i);
    for (let i = 0; i < 4; i++) quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4);
  }
  const out = Buffer.alloc(32);
  for (let i = 0; i < 4; i++) {
    out.writeUInt32LE(x[i], 4 * i);
    out.writeUInt32LE(x[12 + i], 16 + 4 * i);
  }
  return out;
}
