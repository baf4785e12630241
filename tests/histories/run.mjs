#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Histories against the real licensing service: 16 clients claim, release and poll under a few license
// keys while the service and its database are killed (SIGKILL), the network is cut, licenses are added,
// a month and a year pass, and renewals for fewer reset all. Then what each client was told is held
// against the event log (check.c), and the check itself against histories that were tampered with.
// Use: run.mjs [--database sqlite|postgresql] [--claims N] [--seed N] [--keep]
//      GARNER_BIN names the folder of the programs. Exit 0: nothing found.
import { spawn, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Network } from './network.mjs';

const { values: options } = parseArgs({ options: {
  database: { type: 'string', default: 'sqlite' }, claims: { type: 'string', default: '100000' },
  seed: { type: 'string', default: '1' }, keep: { type: 'boolean', default: false } } });
const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../..');
const bin = path.resolve(process.env.GARNER_BIN ?? path.join(root, 'build/bin'));
const histories = path.join(bin, '../tests/histories/histories');
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'garner-histories-'));
fs.chmodSync(folder, 0o755); // the database runs as another user
const file = (...names) => path.join(folder, ...names);
const keysAtOnce = 4, clients = 16, seatsAtFirst = 200, pool = 2000;
// A killed PostgreSQL takes its time to recover; between two faults there must be work.
const faultEvery = options.database === 'postgresql' ? 500 : 100; // ms, at the least
const claimsARound = 25_000; // of one set of keys: then all is assigned, and new ones take over

let randomState = Number(options.seed);
function random(limit) { // mulberry32
  randomState = (randomState + 0x6d2b79f5) | 0;
  let t = Math.imul(randomState ^ (randomState >>> 15), 1 | randomState);
  t ^= t + Math.imul(t ^ (t >>> 7), 61 | t);
  return ((t ^ (t >>> 14)) >>> 0) % limit;
}

const network = Network.isPossible() ? new Network() : null;
const postgres = options.database === 'postgresql';
const counts = {};
const count = (what) => { counts[what] = (counts[what] ?? 0) + 1; };
let address = '127.0.0.1', databaseAddress = '127.0.0.1';
let now = Date.now(); // of the service, which runs under libfaketime

const faketime = ['x86_64', 'aarch64'].map((cpu) => `/usr/lib/${cpu}-linux-gnu/faketime/libfaketimeMT.so.1`)
  .find((name) => fs.existsSync(name));
if (!faketime) throw new Error('libfaketime is not installed');

function passTime(days) {
  now += days * 86400_000;
  const offset = Math.round((now - Date.now()) / 1000);
  fs.writeFileSync(file('clock.new'), `${offset >= 0 ? '+' : ''}${offset}\n`);
  fs.renameSync(file('clock.new'), file('clock'));
}

const environment = () => ({ ...process.env, TZ: 'UTC', LD_PRELOAD: faketime, FAKETIME_TIMESTAMP_FILE: file('clock'),
  FAKETIME_NO_CACHE: '1', FAKETIME_DONT_FAKE_MONOTONIC: '1' });
const at = (host, command) => (network ? [...network.at(host), ...command] : command);

// The database, as a user of its own (it refuses root), in a process group that dies as one.
const database = {
  port: 20000 + (process.pid % 20000),
  binary: (name) => path.join('/usr/lib/postgresql', fs.readdirSync('/usr/lib/postgresql').sort((a, b) => b - a)[0], 'bin', name),
  as: (command) => ['runuser', '-u', 'postgres', '--', ...command],
  make() {
    fs.mkdirSync(file('pg'));
    spawnSync('chown', ['postgres', file('pg')]);
    const [command, ...args] = this.as([this.binary('initdb'), '-D', file('pg/data'), '-U', 'garner', '-A', 'trust', '--no-instructions']);
    const made = spawnSync(command, args, { encoding: 'utf8', cwd: '/' });
    if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
    fs.appendFileSync(file('pg/data/pg_hba.conf'), 'host all all 10.97.0.0/16 trust\n');
  },
  /** A killed server's last children may hold its folder for a moment: then it is started again. */
  async start() {
    for (let tries = 1; tries < 100; tries++) {
      this.launch();
      while (this.child.exitCode === null) {
        if (spawnSync(this.binary('pg_isready'), ['-h', file('pg'), '-p', `${this.port}`]).status === 0) return;
        await sleep(50);
      }
      await sleep(100);
    }
    throw new Error('PostgreSQL does not start: see postgres.log');
  },
  launch() {
    const [command, ...args] = at('d', this.as([this.binary('postgres'), '-D', file('pg/data'), '-p', `${this.port}`,
      '-c', `listen_addresses=${databaseAddress}`, '-c', `unix_socket_directories=${file('pg')}`]));
    const log = fs.openSync(file('postgres.log'), 'a');
    this.child = spawn(command, args, { stdio: ['ignore', log, log], detached: true, cwd: '/' });
    fs.closeSync(log);
  },
  async kill() {
    const over = new Promise((resolve) => { this.child.on('exit', resolve); });
    process.kill(-this.child.pid, 'SIGKILL');
    await over;
  },
};

const databaseUrl = () => (postgres ? ['--database', `postgresql://garner@${databaseAddress}:${database.port}/postgres`] : []);

// A fixed port, so that clients find it again.
const service = {
  port: 40000 + (process.pid % 20000),
  async start() {
    const tls = network ? ['--tls-cert', file('cert.pem'), '--tls-key', file('key.pem')] : [];
    const [command, ...args] = at('s', [path.join(bin, 'garner-licensing'), 'serve', '--state', file('state'),
      '--listen', `${address}:${this.port}`, ...tls, ...databaseUrl()]);
    this.child = spawn(command, args, { env: environment(), stdio: ['ignore', 'pipe', fs.openSync(file('service.log'), 'a')] });
    await new Promise((resolve, reject) => {
      this.child.stdout.on('data', resolve);
      this.child.on('exit', (code, signal) => reject(new Error(`the service ended with ${code ?? signal}: see service.log`)));
    });
    this.child.removeAllListeners('exit');
    this.url = `${network ? 'https' : 'http'}://${address}:${this.port}`;
  },
  /** Starts it as an init system would: again and again. */
  async startPatiently() {
    for (let tries = 1; ; tries++) {
      try { return await this.start(); } catch (error) {
        if (tries === 60) throw error;
        await sleep(250);
      }
    }
  },
  async kill() {
    const over = new Promise((resolve) => { this.child.on('exit', resolve); });
    this.child.kill('SIGKILL');
    await over;
  },
};

function vendor(...args) {
  const [command, ...rest] = at('s', [path.join(bin, 'garner-licensing'), ...args, '--state', file('state'), ...databaseUrl(), '--json']);
  const result = spawnSync(command, rest, { env: environment(), encoding: 'utf8', maxBuffer: 1 << 30 });
  if (result.status !== 0) throw new Error(`garner-licensing ${args[0]}: ${result.stderr}`);
  return JSON.parse(result.stdout);
}

/** Beside faults a command may fail, as a person's would, who then looks and does it again. */
async function vendorPatiently(...args) {
  for (let tries = 1; ; tries++) {
    try { return vendor(...args); } catch (error) {
      if (tries === 40) throw error;
      await sleep(250);
    }
  }
}

const faults = {
  async 'service killed'() {
    await service.kill();
    await sleep(random(300));
    await service.startPatiently();
  },
  async 'database killed'() {
    await database.kill();
    await sleep(100 + random(500));
    await database.start();
  },
  async 'clients cut off'() {
    network.cut('s-c');
    await sleep(200 + random(random(8) ? 1500 : 6500));
    network.cut('s-c', false);
  },
  async 'database cut off'() {
    network.cut('s-d');
    await sleep(200 + random(2500));
    network.cut('s-d', false);
  },
  async 'licenses added'(keys) { await vendorPatiently('add', keys[random(keys.length)], '--seats', `${1 + random(80)}`, '--paid'); },
};
const possible = Object.keys(faults).filter((name) =>
  (postgres || !name.startsWith('database')) && (network || !name.endsWith('cut off')));

/** One load, with faults all the while; `event` once in its middle. */
async function load(keys, claims, event) {
  fs.writeFileSync(file('keys'), keys.map((key) => `${key}\n`).join(''));
  const [command, ...args] = at('c', [histories, 'load', '--url', service.url, ...(network ? ['--ca', file('cert.pem')] : []),
    '--root-key', file('state/root.pub'), '--keys', file('keys'), '--clients', `${clients}`, '--claims', `${claims}`,
    '--pool', `${pool}`, '--seed', `${random(1 << 30)}`, '--history', file('history')]);
  const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'pipe'] });
  let told = '', over = false, half = false;
  child.stderr.on('data', (piece) => {
    told = `${told}${piece}`.slice(-4000);
    half ||= Number(/(\d+) of \d+ claims.*\n$/.exec(told)?.[1] ?? 0) > claims / 3;
  });
  const end = new Promise((resolve) => { child.on('exit', (code) => { over = true; resolve(code); }); });
  while (!over) {
    await Promise.race([end, sleep(faultEvery + random(6 * faultEvery))]);
    if (over) break;
    if (half && event) {
      await event();
      event = null;
      continue;
    }
    const name = possible[random(possible.length)];
    await faults[name](keys);
    count(name);
  }
  if (await end !== 0) throw new Error(`the load failed: ${told}`);
  if (event) await event();
}

/** A set of license keys through its life: first term, a month later, the end and a renewal for fewer. */
async function round(claims, reports) {
  const keys = Array.from({ length: keysAtOnce }, () => vendor('order', '--seats', `${seatsAtFirst}`,
    '--customer', 'Contoso', '--email', 'it@contoso.example', '--paid').license_key);
  const third = Math.ceil(claims / 3);
  await load(keys, third, async () => { passTime(31); count('a month passed'); });
  await load(keys, third, async () => { passTime(400); count('the term ended'); });
  for (const key of keys) await vendorPatiently('renew', key, '--seats', `${seatsAtFirst - 50 + random(60)}`, '--paid');
  count('renewals for fewer');
  await load(keys, third, null);
  for (const key of keys) {
    const report = file(`report-${reports.length}.json`);
    fs.writeFileSync(report, JSON.stringify(await vendorPatiently('show', key)));
    reports.push(report);
  }
}

const check = (history, reports) => spawnSync(histories, ['check', '--history', history, ...reports], { encoding: 'utf8', maxBuffer: 1 << 28 });

/** A check that cannot fail shows nothing: each of these changes of a good history must be noticed. */
function checkTheCheck(reports) {
  const lines = fs.readFileSync(file('history'), 'utf8').trimEnd().split('\n');
  const records = lines.slice(0, 50_000).map((line) => JSON.parse(line));
  const find = (wanted) => {
    const start = random(records.length);
    for (let i = 0; i < records.length; i++) {
      const at = (start + i) % records.length;
      if (wanted(records[at])) return at;
    }
    throw new Error('the history has none of a kind');
  };
  const granted = (r) => r.kind === 'claim' && r.objects.some((o) => o.newly > 0);
  const changes = {
    'a grant is forgotten': [granted, (r) => { for (const o of r.objects) { o.granted = false; o.missing = o.newly; o.newly = 0; } }],
    'a grant is invented': [(r) => r.kind === 'claim' && !r.refused && r.objects.some((o) => !o.granted),
      (r) => { const o = r.objects.find((one) => !one.granted); o.granted = true; o.newly = o.missing; o.missing = 0; }],
    'one seat too many is told': [(r) => r.revision > 1, (r) => { r.used += 1; }],
    'an answer is lost': [granted, (r) => { r.kind = 'lease'; r.objects = []; }],
    'an answer comes from the past': [(r) => r.revision > 60, (r) => { r.revision -= 50; }],
    'the chain is another': [(r) => r.revision > 1, (r) => { r.chain = r.chain.replace(/^./, (c) => (c === 'a' ? 'b' : 'a')); }],
    'a release is invented': [(r) => r.kind === 'release' && r.releases.some((one) => !one.released),
      (r) => { r.releases.find((one) => !one.released).released = true; }],
    'somebody was missing one more': [(r) => r.kind === 'claim' && r.objects.some((o) => o.missing > 0),
      (r) => { r.objects.find((o) => o.missing > 0).missing += 1; }],
  };
  let missed = 0;
  for (const [name, [wanted, change]] of Object.entries(changes)) {
    const record = find(wanted);
    const changed = JSON.parse(lines[record]);
    change(changed);
    fs.writeFileSync(file('tampered'), [...lines.slice(0, record), JSON.stringify(changed), ...lines.slice(record + 1)].join('\n') + '\n');
    const found = check(file('tampered'), reports).status !== 0;
    if (!found) console.log(`NOT NOTICED: ${name}`);
    missed += !found;
  }
  console.log(`${Object.keys(changes).length - missed} of ${Object.keys(changes).length} tampered histories were noticed`);
  return missed === 0;
}

async function prepare() {
  if (network) {
    for (const host of ['s', 'c', 'd']) network.host(host);
    [address] = network.wire('s', 'c');
    [, databaseAddress] = network.wire('s', 'd');
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '36500',
      '-subj', '/CN=histories', '-addext', `subjectAltName=IP:${address}`, '-keyout', file('key.pem'), '-out', file('cert.pem')]);
    if (made.status !== 0) throw new Error(`openssl: ${made.stderr}`);
  } else {
    console.log('no network namespaces here: the network is not cut');
  }
  passTime(0);
  if (postgres) {
    database.make();
    await database.start();
  }
  await service.start();
}

let ended = 1;
try {
  const begun = Date.now();
  const claims = Number(options.claims);
  const reports = [];
  console.log(`histories: ${claims} claims, ${clients} clients, ${options.database}, seed ${options.seed}`);
  await prepare();
  for (let left = claims; left > 0; left -= claimsARound) await round(Math.min(left, claimsARound), reports);
  const loaded = (Date.now() - begun) / 1000;
  const checked = check(file('history'), reports);
  console.log(`${checked.stdout}${checked.stderr}`.trimEnd());
  console.log(`faults: ${Object.entries(counts).map(([name, times]) => `${name} ${times}`).join(', ')}`);
  console.log(`${loaded.toFixed(0)} s of load (${(claims / loaded).toFixed(0)} claims/s with all faults), ${((Date.now() - begun) / 1000 - loaded).toFixed(0)} s of check`);
  if (checked.status === 0 && checkTheCheck(reports)) ended = 0;
} catch (error) {
  console.log(`histories: ${error.message}`);
} finally {
  service.child?.kill('SIGKILL');
  if (postgres && database.child?.exitCode === null) await database.kill();
  network?.close();
  if (ended === 0 && !options.keep) fs.rmSync(folder, { recursive: true, force: true });
  else console.log(`all of it lies in ${folder}`);
}
process.exit(ended);
