// SPDX-License-Identifier: Apache-2.0
// The programs, driven from outside: a world is a temporary folder with a licensing service, a
// sandbox tenant and any number of instances in it. All that it started ends with the test.
import { spawn, spawnSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.resolve(here, '../../..');
const bin = process.env.GARNER_BIN ?? path.join(root, 'build/bin');
export const program = (name) => path.join(bin, name);

/** The folder with real mail, where it lies beside the project; null where it does not. */
export function dataFolder() {
  const folder = process.env.GARNER_DATA ?? path.resolve(root, '../shared/data');
  return fs.existsSync(path.join(folder, 'mail-plain.tar.zst')) ? folder : null;
}

const faketimeLibrary = [
  '/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1',
  '/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1',
].find((file) => fs.existsSync(file));

export class World {
  constructor(t, { clock = null } = {}) {
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'garner-'));
    this.children = [];
    this.cleanups = [];
    this.clockFile = path.join(this.folder, 'clock');
    this.clock = null;
    if (clock) this.setClock(clock);
    t.after(() => this.close());
  }

  /** Stops the clock of every program of this world, running ones too, at a moment. */
  setClock(moment) {
    this.clock = new Date(moment);
    const text = this.clock.toISOString().slice(0, 19).replace('T', ' ');
    fs.writeFileSync(`${this.clockFile}.new`, `${text}\n`);
    fs.renameSync(`${this.clockFile}.new`, this.clockFile);
  }

  /** Moves the stopped clock on. */
  passTime({ days = 0, seconds = 0 }) {
    this.setClock(this.clock.getTime() + (days * 86400 + seconds) * 1000);
  }

  environment(extra = {}) {
    const environment = { ...process.env, TZ: 'UTC', ...extra };
    delete environment.GARNER_STATE;
    if (this.licenseDatabase) environment.GARNER_LICENSING_DATABASE = this.licenseDatabase;
    if (this.clock) {
      if (!faketimeLibrary) throw new Error('libfaketime is not installed');
      environment.LD_PRELOAD = faketimeLibrary;
      environment.FAKETIME_TIMESTAMP_FILE = this.clockFile;
      environment.FAKETIME_NO_CACHE = '1';
      environment.FAKETIME_DONT_FAKE_MONOTONIC = '1';
    }
    return environment;
  }

  path(...names) {
    return path.join(this.folder, ...names);
  }

  write(name, content) {
    const file = this.path(name);
    fs.mkdirSync(path.dirname(file), { recursive: true });
    fs.writeFileSync(file, typeof content === 'string' || Buffer.isBuffer(content)
      ? content : JSON.stringify(content));
    return file;
  }

  /** Starts a program that serves, and waits for its line. */
  serve(name, ...args) {
    const child = spawn(program(name), args, { env: this.environment(), stdio: ['ignore', 'pipe', 'pipe'] });
    const errors = [];
    child.stderr.on('data', (piece) => errors.push(piece));
    child.errorText = () => `${Buffer.concat(errors)}`;
    this.children.push(child);
    return new Promise((resolve, reject) => {
      let text = '';
      child.on('exit', (code, signal) =>
        reject(new Error(`${name} ended with ${code ?? signal}: ${Buffer.concat(errors)}`)));
      child.stdout.on('data', (piece) => {
        text += piece;
        if (text.includes('\n')) resolve({ child, ...JSON.parse(text) });
      });
    });
  }

  /** Ends a program that serves; its exit code, or the signal. */
  end(server, signal = 'SIGTERM') {
    const { child } = server;
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode ?? child.signalCode);
    return new Promise((resolve) => {
      child.removeAllListeners('exit');
      child.on('exit', (code, by) => resolve(code ?? by));
      child.kill(signal);
    });
  }

  /** Runs a program to its end. */
  run(name, args, { input, env } = {}) {
    const result = spawnSync(program(name), args, {
      env: this.environment(env), input, encoding: 'buffer', maxBuffer: 256 << 20, timeout: 540_000,
    });
    const stdout = result.stdout ?? Buffer.alloc(0);
    const answer = { code: result.status, signal: result.signal, out: stdout, text: `${stdout}`, errors: `${result.stderr}` };
    if (args.includes('--json')) {
      try {
        answer.json = JSON.parse(answer.text);
      } catch {
        throw new Error(`${name} ${args.join(' ')}: no JSON: ${answer.text}${answer.errors}`);
      }
    }
    return answer;
  }

  /** The licensing service, on SQLite, or on a new database of the server that GARNER_TEST_DATABASE
   * names. Its commands: `vendor('order', '--seats', '5', …)`. */
  async licensing(...options) {
    this.licenseState = this.path('licensing');
    this.licenseDatabase ??= this.newDatabase();
    this.service = await this.serve('garner-licensing', 'serve', '--state', this.licenseState, '--listen', '127.0.0.1:0', ...options);
    return this.service;
  }

  /** A URL for --database, or undefined for the file in the state folder. */
  newDatabase() {
    const server = process.env.GARNER_TEST_DATABASE;
    if (!server) return undefined;
    const name = `garner_${crypto.randomBytes(8).toString('hex')}`;
    const sql = (statement) => {
      const result = spawnSync('psql', [server, '-q', '-c', statement], { encoding: 'utf8' });
      if (result.status !== 0) throw new Error(`psql: ${statement}: ${result.stderr ?? result.error}`);
    };
    sql(`CREATE DATABASE ${name}`);
    this.dropDatabase = () => sql(`DROP DATABASE ${name} WITH (FORCE)`);
    const url = new URL(server);
    url.pathname = `/${name}`;
    return url.href;
  }

  /** All that the licensing service has: the files of its state and, on PostgreSQL, a dump. */
  licensingRecords() {
    const files = readTree(this.licenseState);
    if (this.licenseDatabase) {
      const dump = spawnSync('pg_dump', ['--inserts', this.licenseDatabase], { maxBuffer: 256 << 20 });
      if (dump.status !== 0) throw new Error(`pg_dump: ${dump.stderr ?? dump.error}`);
      files.set('database', dump.stdout);
    }
    return files;
  }

  vendor(...args) {
    const result = this.run('garner-licensing', [...args, '--state', this.licenseState, '--json']);
    if (result.code !== 0) throw new Error(`garner-licensing ${args.join(' ')}: ${result.errors}`);
    return result.json;
  }

  order(seats) {
    return this.vendor('order', '--seats', `${seats}`, '--customer', 'Contoso', '--email', 'it@contoso.example', '--paid');
  }

  /** A sandbox tenant with a scenario. */
  async tenant(scenario, ...options) {
    const file = this.write(`scenario-${this.children.length}.json`, {
      tenant_id: '3f2b8c7e-0c1d-4b52-9a55-6f1f6f0e2a11', domain: 'contoso.example', ...scenario,
    });
    this.organization = await this.serve('garner-tenant', 'serve', '--scenario', file,
      '--state', this.path(`tenant-${this.children.length}`), '--listen', '127.0.0.1:0', ...options);
    return this.organization;
  }

  changeTenant(patch) {
    const file = this.write(`patch-${Math.random()}.json`, patch);
    const result = this.run('garner-tenant', ['change', '--at', this.organization.listening, '--patch', file]);
    if (result.code !== 0) throw new Error(`garner-tenant change: ${result.errors}`);
  }

  /** The sandbox's own counters and switches, as JSON. */
  fetch(target, method = 'GET', body = null) {
    const { listening, ca_file: ca } = this.organization;
    return new Promise((resolve, reject) => {
      const request = https.request(new URL(target, listening), { method, ca: fs.readFileSync(ca) }, (response) => {
        let text = '';
        response.on('data', (piece) => { text += piece; });
        response.on('end', () => resolve(text ? JSON.parse(text) : null));
      });
      request.on('error', reject);
      request.end(body ? JSON.stringify(body) : undefined);
    });
  }

  put(target, body) {
    return this.fetch(target, 'PUT', body);
  }

  resetRequests() {
    return this.fetch('/sandbox/v1/requests', 'DELETE');
  }

  instance(name = 'instance') {
    return new Instance(this, name);
  }

  /** Something to undo before the world's folder goes. */
  atEnd(cleanup) {
    this.cleanups.push(cleanup);
  }

  async close() {
    for (const cleanup of this.cleanups.reverse()) cleanup();
    const bad = [];
    for (const child of this.children) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.removeAllListeners('exit');
      const over = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
      const hung = setTimeout(() => child.kill('SIGKILL'), 60_000);
      child.kill('SIGTERM');
      const end = await over;
      clearTimeout(hung);
      // Each program ends cleanly when asked; a sanitizer that found something says so here too.
      if (end !== 0) bad.push(`${child.spawnfile} ended with ${end}: ${child.errorText()}`);
    }
    this.dropDatabase?.();
    fs.rmSync(this.folder, { recursive: true, force: true });
    if (bad.length) throw new Error(bad.join('\n'));
  }
}

/** One installation of the backup program. */
export class Instance {
  constructor(world, name) {
    this.world = world;
    this.state = world.path(name);
  }

  /** Runs garner; `ok` also fails the test where the exit code is not 0. */
  garner(...args) {
    return this.world.run('garner', ['--state', this.state, '--no-progress', ...args]);
  }

  ok(...args) {
    const result = this.garner(...args);
    if (result.code !== 0) throw new Error(`garner ${args.join(' ')}: exit ${result.code}: ${result.errors}${result.text}`);
    return result;
  }

  json(...args) {
    return this.garner(...args, '--json');
  }

  useService() {
    this.ok('license', 'server', this.world.service.listening, '--root-key', this.world.service.root_key_file);
  }

  activate(key) {
    this.useService();
    this.ok('license', 'activate', key);
  }

  connect(name = 'cloud', organization = this.world.organization) {
    this.ok('connection', 'add', name, '--kind', 'm365', '--tenant', organization.tenant_id,
      '--client-id', organization.client_id, '--secret-file', organization.client_secret_file,
      '--authority', organization.listening, '--graph', organization.listening, '--ca', organization.ca_file);
  }

  store(name = 'disk', folder = `${this.state}-repository`) {
    this.ok('storage', 'add', name, '--path', folder);
    this.repository = folder;
  }

  /** Connection, storage and a job of all objects, or of those given. */
  prepare(job = 'night', objects = 'all') {
    this.connect();
    this.store();
    this.ok('job', 'add', job, '--connection', 'cloud', '--storage', 'disk', '--objects', objects);
  }

  /** Starts a job and waits: its report, with the exit code as `exit`. */
  start(job = 'night') {
    const result = this.json('job', 'start', job, '--wait');
    return { exit: result.code, errors: result.errors, ...result.json };
  }

  status() {
    return this.json('license', 'status').json;
  }
}

/** Results of a run's objects, counted: { stored: 50, no_license: 10 }. */
export function count(report) {
  const counts = {};
  for (const object of report.objects) counts[object.result] = (counts[object.result] ?? 0) + 1;
  return counts;
}

/** `number` users with a mailbox of `mail` messages each. */
export function users(number, mail = 1) {
  return Array.from({ length: number }, (_, i) => ({
    upn: `user${String(i + 1).padStart(3, '0')}@contoso.example`, name: `User ${i + 1}`, mail,
  }));
}

/** Every file below a folder: relative path to content. */
export function readTree(folder) {
  const files = new Map();
  const walk = (below) => {
    for (const entry of fs.readdirSync(path.join(folder, below), { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      if (entry.isDirectory()) walk(name);
      else files.set(name, fs.readFileSync(path.join(folder, name)));
    }
  };
  walk('');
  return files;
}
