#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// How many claims and renewals a second the licensing service takes, on SQLite and on a PostgreSQL server that is
// started here (fsync on), beside the same statements by a plain loop and by pgbench in the same run.
// Use: bench/licensing.mjs FOLDER-OF-THE-BUILD [SECONDS-A-CELL]     (5 where none are given)
// Prints a table, and as its last line all of it as JSON.
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

fs.chmodSync(work, 0o755); // the server runs as another user
const run = (command, args) => execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

function measure(database, by, location, words = []) {
  const folder = fs.mkdtempSync(path.join(work, 'state-'));
  for (const line of run(program, [folder, location, seconds, ...words]).trim().split('\n'))
    cells.push({ database, by, ...JSON.parse(line) });
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
  console.log(JSON.stringify({ seconds: Number(seconds), load: os.loadavg(), cells }));
}

try {
  measure('sqlite', 'plain loop', `sqlite:${work}/raw.db`, ['raw']);
  measure('sqlite', 'ours', `sqlite:${work}/ours.db`);
  const url = run(server, ['start', path.join(work, 'server')]).trim();
  const named = (name) => url.replace(/\/postgres$/, `/${name}`);
  for (const name of ['ours', 'plain', 'raw']) run('psql', ['-q', '-c', `CREATE DATABASE ${name}`, url]);
  measure('postgresql', 'plain loop', named('plain'), ['raw']);
  measure('postgresql', 'ours', named('ours'));
  run(program, [work, named('raw'), '1', 'no cell']);
  raws(named('raw'));
  table();
} finally {
  if (fs.existsSync(path.join(work, 'server'))) run(server, ['stop', path.join(work, 'server')]);
  fs.rmSync(work, { recursive: true, force: true });
}
