#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// How many claims and renewals a second the licensing service takes, on SQLite and on a PostgreSQL server that is
// started here (fsync on), beside the same statements by a plain loop and by pgbench in the same run.
// Use: bench/licensing.mjs FOLDER-OF-THE-BUILD [SECONDS-A-CELL]     (5 where none are given)
// Prints tables (calls a second; processor time of a claim beside what it cannot do without), and as its last line all of it as JSON.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { claims, leases, renamed } from './pgbench.mjs';

const build = path.resolve(process.argv[2] ?? 'build');
const seconds = process.argv[3] ?? '5';
const top = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const program = path.join(build, 'bench', 'bench-licensing');
const server = path.join(top, 'tools', 'postgres-server.sh');
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'garner-bench-'));
const raw = { size: 64, clients: [1, 2, 4] };
const cells = [];
const bounds = [];

fs.chmodSync(work, 0o755); // the server runs as another user
const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function measure(database, by, location, words = []) {
  const folder = fs.mkdtempSync(path.join(work, 'state-'));
  for (const line of run(program, [folder, location, seconds, ...words]).trim().split('\n'))
    cells.push({ database, by, ...JSON.parse(line) });
}

/** Processor time of a claim, and what of it nobody can do without. */
function bound(database, location) {
  const folder = fs.mkdtempSync(path.join(work, 'bound-'));
  const lines = run(program, [folder, location, seconds, 'bound']).trim().split('\n').map((line) => JSON.parse(line));
  return { database, ...Object.fromEntries(lines.map((line) => [line.what, line])) };
}

/** In µs, of the 64 clients on one key: the writer beside the plain loop, and signatures and HTTP around them. */
function costs(each) {
  const of = (by) => cells.find((cell) => cell.database === each.database && cell.by === by && cell.what === 'claims on one key'
    && (by !== 'ours' || cell.clients === 64));
  const us = (cell) => cell.cpu_us + cell.server_us;
  const [ours, raw] = [us(of('ours')), us(of('plain loop'))];
  const around = each.crypto.service_us + each.http.service_us;
  return { database: each.database, ours, raw, crypto: each.crypto.service_us, http: each.http.service_us,
    service: each.whole.service_us, client: each.whole.client_us,
    least_of_client: each.crypto.client_us + each.http.client_us, ratio: (raw + around) / (ours + around) };
}

function costTable() {
  console.log('\nµs of the processor for a claim (64 clients, one key): the writer (ours) and the same statements in a plain loop (raw), with the');
  console.log("database's server; the signatures and HTTP of the service's side; the service and the client as they are, end to end\n");
  console.log('| database | ours | raw | crypto | http | (raw + crypto + http) / (ours + crypto + http) | service | client | crypto + http of the client |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const cost of bounds.map(costs))
    console.log(`| ${[cost.database, ...[cost.ours, cost.raw, cost.crypto, cost.http].map(Math.round), `${Math.round(cost.ratio * 100)} %`,
      ...[cost.service, cost.client, cost.least_of_client].map(Math.round)].join(' | ')} |`);
}

function pgbench(url, what, script, calls, clients) {
  const file = path.join(work, 'script.sql');
  fs.writeFileSync(file, script);
  const text = run('pgbench', ['-n', '-M', 'prepared', '-f', file, '-c', clients, '-j', Math.min(clients, 2), '-T', seconds, url]);
  const perS = (Number(/^tps = (\S+)/m.exec(text)?.[1]) || 0) * calls; // none where not one was done in time
  const latency = Number(/^latency average = (\S+)/m.exec(text)?.[1]) || 0;
  cells.push({ database: 'postgresql', by: calls > 1 ? `pgbench, ${calls} combined` : 'pgbench', what, clients,
    per_s: Math.round(perS), average_us: Math.round(latency * 1000) });
}

function raws(url) {
  run('psql', ['-q', ...renamed.flatMap((sql) => ['-c', sql]), url]);
  const one = { license: 10000 };
  const many = { spread: 10000 };
  for (const clients of raw.clients) {
    pgbench(url, 'claims on one key', claims({ size: raw.size, ...one }), raw.size, clients);
    pgbench(url, 'claims over 10000 keys', claims({ size: raw.size, ...many }), raw.size, clients);
    pgbench(url, 'renewals on one key', leases({ size: raw.size, ...one }), raw.size, clients);
    pgbench(url, 'renewals over 10000 keys', leases({ size: raw.size, ...many }), raw.size, clients);
  }
  for (const clients of [1, 16, 64]) {
    pgbench(url, 'claims on one key', claims({ size: 1, ...one }), 1, clients);
    pgbench(url, 'claims over 10000 keys', claims({ size: 1, ...many }), 1, clients);
  }
  for (const clients of [16, 64]) pgbench(url, 'renewals over 10000 keys', leases({ size: 1, ...many }), 1, clients);
}

/** The best combined figure of the peer for the same cell. */
function ratio(cell) {
  const peers = cells.filter((peer) => peer.database === cell.database && peer.what === cell.what
    && /combined|loop/.test(peer.by));
  return cell.by === 'ours' && peers.length ? cell.per_s / Math.max(...peers.map((peer) => peer.per_s)) : undefined;
}

function table() {
  console.log('| database | what | by | clients | calls/s | seats/s | p50 ms | p99 ms | of raw combined |');
  console.log('| --- | --- | --- | --- | --- | --- | --- | --- | --- |');
  const ms = (us) => (us === undefined ? '' : (us / 1000).toFixed(2));
  for (const cell of cells) {
    const of = ratio(cell);
    console.log(`| ${[cell.database, cell.what, cell.by, cell.clients, cell.per_s, cell.seats_per_s || '', ms(cell.p50_us),
      ms(cell.p99_us), of === undefined ? '' : `${Math.round(of * 100)} %`].join(' | ')} |`);
  }
  costTable();
  console.log(JSON.stringify({ seconds: Number(seconds), load: os.loadavg(), cells, bounds }));
}

try {
  measure('sqlite', 'plain loop', `sqlite:${work}/raw.db`, ['raw']);
  measure('sqlite', 'ours', `sqlite:${work}/ours.db`);
  bounds.push(bound('sqlite', `sqlite:${work}/bound.db`));
  const url = run(server, ['start', path.join(work, 'server')]).trim();
  const named = (name) => url.replace(/\/postgres$/, `/${name}`);
  process.env.GARNER_BENCH_SERVER = fs.readFileSync(path.join(work, 'server', 'data', 'postmaster.pid'), 'utf8').split('\n')[0];
  for (const name of ['ours', 'plain', 'raw', 'bound']) run('psql', ['-q', '-c', `CREATE DATABASE ${name}`, url]);
  measure('postgresql', 'plain loop', named('plain'), ['raw']);
  measure('postgresql', 'ours', named('ours'));
  bounds.push(bound('postgresql', named('bound')));
  run(program, [work, named('raw'), '1', 'no cell']);
  raws(named('raw'));
  table();
} finally {
  if (fs.existsSync(path.join(work, 'server'))) run(server, ['stop', path.join(work, 'server')]);
  fs.rmSync(work, { recursive: true, force: true });
}
