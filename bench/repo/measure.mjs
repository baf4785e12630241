// SPDX-License-Identifier: Apache-2.0
// One command measured, and the medians of several.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

/** Runs { command, cwd, env } under bench-measure. Throws where it fails. */
export function measure({ command, cwd, env }, { program, work }) {
  const file = path.join(work, 'measured.json');
  const { status, stderr } = spawnSync(program, [file, ...command],
    { cwd, env: { ...process.env, ...env }, encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'], maxBuffer: 1 << 28 });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr.trim().slice(-2000)}`);
  const took = JSON.parse(fs.readFileSync(file, 'utf8'));
  return { ...took, cpu_s: took.user_s + took.system_s };
}

export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

/** Of several measures of one phase, the median of each figure. */
export function medians(measures) {
  const [first] = measures;
  if (first.skipped) return first;
  return Object.fromEntries(Object.keys(first).map((key) => [key, median(measures.map((one) => one[key]))]));
}
