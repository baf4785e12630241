// SPDX-License-Identifier: Apache-2.0
// The processor time of each stage of a first backup beside what its primitive needs for as many bytes.
import fs from 'node:fs';
import path from 'node:path';
import { measure } from './measure.mjs';
import { bytesBelow } from './folders.mjs';

const named = (primitives, name, unit) => primitives.primitives.find((one) => one.name === name && (unit === undefined || one.unit === unit));

/** For each stage the seconds that its primitive takes: for the bytes read, those left after duplicates, those stored. */
function needs({ primitives }, corpus, stored) {
  const of = (name, unit) => named(primitives, name, unit).cpu_ns_per_byte / 1e9;
  const aCall = (name) => named(primitives, name).cpu_ns_per_call / 1e9;
  const ratio = named(primitives, 'zstd -3').ratio;
  // What was compressed is not told: as much as makes what is stored at this ratio, and no more than was read.
  const unique = Math.min(corpus.bytes, stored * ratio);
  return {
    list: corpus.files * aCall('folders: readdir, fstatat'),
    read: corpus.files * aCall('files: open, fstat, read, close'),
    scan: 0,
    chunk: corpus.bytes * of('gear, src/repo/chunker'),
    hash: corpus.bytes * of('HMAC-SHA-256', corpus.bytes / corpus.files < 16384 ? 3072 : 65536),
    compress: unique * of('zstd -3'),
    seal: stored * of('AES-256-GCM seal'),
    verify: stored * of('AES-256-GCM open') + unique * of('zstd decode of -3'),
    write: stored * of('write'),
  };
}

/** A table in Markdown. The backup runs once more, without perf, for its seconds. */
export function beside(stages, corpus, { at, tool, settings, primitives }) {
  const stored = bytesBelow(tool.repository);
  fs.rmSync(at, { recursive: true });
  fs.mkdirSync(at);
  fs.writeFileSync(path.join(at, 'password'), 'again', { mode: 0o600 });
  for (const step of [tool.create, ...tool.prepare]) measure(step, settings);
  const { cpu_s: cpu } = measure(tool.first, settings);
  const own = needs({ primitives }, corpus, stored);
  const share = (stage) => stages.find(([name]) => name === stage)?.[1] ?? 0;
  const sum = Object.values(own).reduce((a, b) => a + b, 0);
  const rows = stages.map(([stage]) => [stage, (share(stage) * cpu).toFixed(3), own[stage]?.toFixed(3) ?? '–']);
  return [['stage', 'CPU s', 'primitive alone, CPU s'], ['---', '---', '---'], ...rows, ['sum', cpu.toFixed(3), sum.toFixed(3)],
    ['over the primitives', `${Math.round((cpu / sum - 1) * 100)} %`, 'at most 25 %']].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
