// SPDX-License-Identifier: Apache-2.0
// E5, through the programs: clocks that are set, states that are copied, answers that are replayed,
// services that are none, databases that are put back.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { test } from 'node:test';
import { World, count, root, users } from './lib/world.mjs';

const start = '2027-03-01T10:00:00Z';
const day = 86400_000;

async function makeWorld(t, { seats = 3, number = 2 } = {}) {
  const world = new World(t, { clock: start });
  await world.licensing();
  await world.tenant({ users: users(number) });
  const instance = world.instance();
  const { license_key: key } = world.order(seats);
  instance.activate(key);
  instance.prepare();
  return { world, instance, key };
}

/** What `license status` says where the clock of this one program stands elsewhere. */
function statusAt(world, instance, moment) {
  const file = world.clockFile;
  world.clockFile = world.path('other-clock');
  const right = world.clock;
  world.setClock(moment);
  const result = instance.json('license', 'status');
  world.clockFile = file;
  world.clock = right;
  return result.json;
}

async function stopService(world) {
  world.port = new URL(world.service.listening).port;
  await world.end(world.service);
}

async function startService(world) {
  world.service = await world.serve('garner-licensing', 'serve', '--state', world.licenseState, '--listen', `127.0.0.1:${world.port}`);
}

/** What the administration's /readyz says. */
function readiness(world) {
  return new Promise((resolve, reject) => {
    http.get({ socketPath: world.service.admin.slice('unix:'.length), path: '/readyz' }, (response) => {
      let text = '';
      response.on('data', (piece) => { text += piece; });
      response.on('end', () => resolve(JSON.parse(text)));
    }).on('error', reject);
  });
}

/** An authority, and certificates of it for 127.0.0.1, each with a key of its own. They are valid for
 * a hundred years, whatever the clock of a test is: openssl runs in 1971. */
function makeCertificates(world, ...names) {
  const clock = world.write('clock-of-certificates', '1971-01-01 00:00:00\n');
  const env = { ...world.environment(), FAKETIME_TIMESTAMP_FILE: clock };
  const openssl = (...args) => execFileSync('openssl', args, { env, cwd: world.folder, stdio: 'pipe' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  world.write('names', 'subjectAltName=IP:127.0.0.1\n');
  openssl('req', '-x509', ...key, '-days', '47000', '-subj', '/CN=An authority', '-keyout', 'ca.key', '-out', 'ca.pem');
  return names.map((name) => {
    openssl('req', ...key, '-subj', '/CN=127.0.0.1', '-keyout', `${name}.key`, '-out', `${name}.csr`);
    openssl('x509', '-req', '-in', `${name}.csr`, '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '46000',
      '-extfile', 'names', '-out', `${name}.pem`);
    return ['--tls-cert', world.path(`${name}.pem`), '--tls-key', world.path(`${name}.key`)];
  });
}

/** A proxy before the service; `proxy.mode(…)` says what it does. */
async function makeProxy(world) {
  const folder = world.path('proxy');
  fs.mkdirSync(folder);
  const mode = (text) => fs.writeFileSync(path.join(folder, 'mode'), text);
  mode('pass');
  const child = spawn(process.execPath, [path.join(root, 'tests/system/lib/proxy.mjs'), folder, world.service.listening], { stdio: ['ignore', 'pipe', 'inherit'] });
  world.atEnd(() => child.kill('SIGTERM'));
  const { listening } = await new Promise((resolve) => child.stdout.once('data', (line) => resolve(JSON.parse(line))));
  const answers = () => fs.readdirSync(folder).filter((name) => name !== 'mode').length;
  return { mode, listening, answers };
}

for (const days of [1, 30, 366]) {
  test(`E5: a clock that is set back or forward by ${days} days gains nothing, is told, and heals`, async (t) => {
    const { world, instance } = await makeWorld(t);
    const right = Date.parse(start);
    const until = instance.status().offline_until;
    for (const off of [-days * day, days * day]) {
      const seen = statusAt(world, instance, right + off); // with the service there
      assert.equal(seen.state, 'active');
      assert.equal(seen.offline_until, until);
      if (days > 1) assert.match(seen.reason.text, off < 0 ? /clock .* behind/ : /clock .* ahead/);
    }
    await stopService(world);
    const back = statusAt(world, instance, right - days * day);
    assert.equal(back.state, 'offline');
    assert.equal(back.offline_until, until);
    world.passTime({ days: 14 });
    assert.equal(instance.status().state, 'suspended');
    assert.equal(statusAt(world, instance, right).state, 'suspended'); // the floor was kept
    assert.equal(statusAt(world, instance, right - days * day).state, 'suspended');
    statusAt(world, instance, right + 800 * day); // and one that was far ahead
    await startService(world);
    assert.equal(instance.status().state, 'active');
    assert.equal(instance.start().exit, 0);
  });
}

test('E5, C5: a copied state goes on in both places, counts once, and the service sees it', async (t) => {
  const { world, instance, key } = await makeWorld(t);
  instance.start();
  const copy = world.instance('copy');
  fs.cpSync(instance.state, copy.state, { recursive: true });
  for (let i = 0; i < 4; i++) {
    world.passTime({ seconds: 120 });
    assert.equal(instance.status().state, 'active');
    assert.equal(copy.status().state, 'active');
  }
  assert.equal(copy.start().exit, 0);
  assert.equal(copy.status().used, 2);
  const shown = world.vendor('show', key);
  assert.equal(shown.instances.length, 1);
  assert.ok(shown.instances[0].regressions >= 3, `${shown.instances[0].regressions}`);
});

test('E5: no old answer of the service is an answer to a later question', async (t) => {
  const { world, instance, key } = await makeWorld(t);
  const proxy = await makeProxy(world);
  instance.ok('license', 'server', proxy.listening, '--root-key', world.service.root_key_file);
  instance.ok('license', 'activate', key);
  instance.start();
  world.passTime({ days: 31 });
  const [subject] = instance.json('license', 'subjects').json.subjects;
  instance.ok('license', 'release', subject.id, '--yes');
  assert.equal(instance.status().used, 1);
  const recorded = proxy.answers();
  assert.ok(recorded >= 6, `${recorded} answers`);
  for (let i = 0; i < recorded; i++) {
    proxy.mode(`replay ${i}`);
    const seen = instance.json('license', 'status').json;
    assert.equal(seen.state, 'offline');
    assert.equal(seen.used, 1);
    assert.match(seen.reason.text, /refused/);
    assert.notEqual(instance.garner('license', 'activate', key).code, 0);
    assert.notEqual(instance.garner('license', 'release', subject.id, '--yes').code, 0);
    const run = instance.start(); // the released one needs a license again
    assert.deepEqual(run.objects.map((o) => o.result).sort(), ['unchanged', 'waiting']);
    proxy.mode('pass');
    const healed = instance.status();
    assert.equal(healed.state, 'active');
    assert.equal(healed.reason, null);
  }
});

test('E5, E2: what stands in for the service is offline, told, and heals by one contact', async (t) => {
  const { world, instance } = await makeWorld(t);
  const proxy = await makeProxy(world);
  const state = world.path('false');
  const impostor = await world.serve('garner-licensing', 'serve', '--state', state, '--listen', '127.0.0.1:0');
  const order = world.run('garner-licensing', ['order', '--state', state, '--seats', '1000', '--customer', 'X',
    '--email', 'x@example.org', '--paid', '--json']).json;
  instance.ok('license', 'server', proxy.listening, '--root-key', world.service.root_key_file);
  assert.equal(instance.status().state, 'active');
  const until = instance.status().offline_until;
  for (const mode of ['status 500', 'status 503', 'status 404', 'garbage', 'redirect', `to ${impostor.listening}`]) {
    proxy.mode(mode);
    const seen = instance.json('license', 'status');
    assert.equal(seen.code, 22, mode);
    assert.equal(seen.json.state, 'offline');
    assert.equal(seen.json.seats, 3);
    assert.equal(seen.json.offline_until, until);
    assert.notEqual(instance.garner('license', 'activate', order.license_key).code, 0);
    assert.equal(instance.json('license', 'status').json.seats, 3);
    proxy.mode('pass');
    assert.equal(instance.status().state, 'active');
  }
});

test('E5, E3: a false service with a valid certificate, in the place of the true one, gains nothing, is told, and heals', async (t) => {
  const world = new World(t, { clock: start });
  const [trueTls, falseTls] = makeCertificates(world, 'true', 'false');
  await world.licensing(...trueTls);
  assert.match(world.service.listening, /^https:/);
  const listen = `127.0.0.1:${new URL(world.service.listening).port}`;
  await world.tenant({ users: users(3) });
  const instance = world.instance();
  const { license_key: key } = world.order(2);
  instance.ok('license', 'server', world.service.listening, '--root-key', world.service.root_key_file, '--ca', world.path('ca.pem'));
  instance.ok('license', 'activate', key);
  instance.prepare();
  instance.start();
  const before = instance.status();
  assert.deepEqual([before.state, before.seats, before.used], ['active', 2, 2]);

  await world.end(world.service);
  const { licenseState, licenseDatabase } = world;
  world.licenseDatabase = undefined; // the false one has records of its own
  const state = world.path('false');
  const impostor = await world.serve('garner-licensing', 'serve', '--state', state, '--listen', listen, ...falseTls);
  assert.equal(impostor.listening, world.service.listening);
  const { license_key: bait } = world.run('garner-licensing', ['order', '--state', state, '--seats', '1000', '--customer', 'X',
    '--email', 'x@example.org', '--paid', '--json']).json;
  // TLS itself is right: who trusts the false one's root key is served.
  const fooled = world.instance('fooled');
  fooled.ok('license', 'server', impostor.listening, '--root-key', impostor.root_key_file, '--ca', world.path('ca.pem'));
  fooled.ok('license', 'activate', bait);

  for (const typed of [bait, key]) assert.notEqual(instance.garner('license', 'activate', typed).code, 0);
  const seen = instance.json('license', 'status');
  assert.equal(seen.code, 22);
  assert.deepEqual([seen.json.state, seen.json.seats, seen.json.used, seen.json.offline_until],
    ['offline', 2, 2, before.offline_until]);
  assert.ok(seen.json.reason.text);
  assert.deepEqual(count(instance.start()), { unchanged: 2, waiting: 1 });
  assert.match(instance.ok('notices').text, /licensing server|licensing service/);
  const stranger = world.instance('stranger'); // one that has no lease gets none
  stranger.ok('license', 'server', impostor.listening, '--root-key', world.service.root_key_file, '--ca', world.path('ca.pem'));
  assert.notEqual(stranger.garner('license', 'activate', bait).code, 0);
  world.passTime({ days: 14 });
  assert.equal(instance.start().state, 'suspended'); // an answer of the false one prolongs nothing

  await world.end(impostor);
  world.licenseDatabase = licenseDatabase;
  world.service = await world.serve('garner-licensing', 'serve', '--state', licenseState, '--listen', listen, ...trueTls);
  const healed = instance.status();
  assert.deepEqual([healed.state, healed.seats, healed.used, healed.reason], ['active', 2, 2, null]);
  assert.equal(instance.start().state, 'finished_in_part');
});

/** A copy of the service's records, and how they are put back from it: the service is stopped then. */
function copyRecords(world) {
  const copy = world.path('backup');
  if (world.licenseDatabase) {
    execFileSync('pg_dump', ['--clean', '--if-exists', '--file', copy, world.licenseDatabase]);
    return { putBack: () => execFileSync('psql', ['--quiet', '--file', copy, world.licenseDatabase], { stdio: 'pipe' }) };
  }
  world.vendor('backup', '--to', copy);
  assert.equal(fs.statSync(copy).mode & 0o777, 0o700);
  for (const name of fs.readdirSync(copy)) assert.equal(fs.statSync(path.join(copy, name)).mode & 0o777, 0o600, name);
  return { putBack: () => {
    world.licenseState = world.path('restored');
    world.vendor('restore', '--from', copy);
  } };
}

test('E5: a database that was put back is noticed, accepted, and heals', async (t) => {
  const { world, instance, key } = await makeWorld(t);
  const records = copyRecords(world);
  assert.equal(instance.start().exit, 0);
  assert.equal(world.vendor('verify', '--all').bad, 0);
  await stopService(world);
  records.putBack();
  await startService(world);
  assert.equal(instance.status().state, 'offline');
  assert.match(instance.status().reason.text, /changed or rolled back/);
  assert.equal((await readiness(world)).licenses_held, 1);
  assert.equal(instance.start().exit, 0); // E2: what is held goes on
  assert.equal(world.vendor('accept-restore', key).accepted, 1);
  assert.equal((await readiness(world)).licenses_held, 0);
  const healed = instance.status();
  assert.equal(healed.state, 'active');
  assert.equal(healed.reason, null);
  assert.equal(healed.used, 0);
  assert.equal(instance.start().exit, 0);
  assert.equal(instance.status().used, 2);
  const verified = world.vendor('verify', key);
  assert.deepEqual(verified.licenses.map((one) => one.good), [true]);
});

/** Makes the events say that the order for 3 licenses was for 9. */
function raiseOrder(world) {
  if (world.licenseDatabase) {
    const sql = "UPDATE event SET detail = replace(detail, 'licenses=3', 'licenses=9') WHERE detail LIKE '%licenses=3%'";
    assert.match(`${execFileSync('psql', [world.licenseDatabase, '-c', sql])}`, /^UPDATE [1-9]/);
    return;
  }
  const file = path.join(world.licenseState, 'licensing.db');
  const bytes = fs.readFileSync(file);
  let at = bytes.indexOf('licenses=3');
  assert.notEqual(at, -1);
  for (; at !== -1; at = bytes.indexOf('licenses=3', at + 1)) bytes.write('licenses=9', at);
  fs.writeFileSync(file, bytes);
}

test('E5: verify names what is not as its events say, with exit code 7', async (t) => {
  const { world, instance, key } = await makeWorld(t);
  instance.start();
  await stopService(world);
  raiseOrder(world);
  const result = world.run('garner-licensing', ['verify', key, '--state', world.licenseState, '--json']);
  assert.equal(result.code, 7);
  assert.match(result.json.licenses[0].what, /not what its hash says/);
});
