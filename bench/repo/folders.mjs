// SPDX-License-Identifier: Apache-2.0
// What lies in a folder: files, sizes, and whether two hold the same.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

/** The regular files below a folder, as paths in it, in the order of their bytes. */
export function filesBelow(root, at = '') {
  const found = [];
  for (const entry of fs.readdirSync(path.join(root, at), { withFileTypes: true })) {
    const below = at ? `${at}/${entry.name}` : entry.name;
    if (entry.isDirectory()) for (const file of filesBelow(root, below)) found.push(file);
    else if (entry.isFile()) found.push(below);
  }
  return at ? found : found.sort((a, b) => (a < b ? -1 : 1));
}

export function bytesBelow(root) {
  if (!fs.existsSync(root)) return 0;
  return filesBelow(root).reduce((sum, file) => sum + fs.statSync(path.join(root, file)).size, 0);
}

/** Takes away what is neither file nor folder, and folders with nothing in them: not every tool keeps those. */
export function plain(root) {
  for (const words of [['!', '-type', 'f', '!', '-type', 'd', '-delete'], ['-mindepth', '1', '-type', 'd', '-empty', '-delete']]) {
    const { status } = spawnSync('find', [root, ...words], { stdio: 'inherit' });
    if (status !== 0) throw new Error(`cannot tidy ${root}`);
  }
}

/** Throws unless both folders hold the same files with the same bytes. */
export function compare(expected, restored) {
  const { status, stdout } = spawnSync('diff', ['-rq', expected, restored], { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (status === 0) return;
  const lines = stdout.trim().split('\n');
  throw new Error(`${lines.length} differences between what was backed up and what came back, the first: ${lines[0]}`);
}

/** Every tenth file of a folder, as links in another. */
export function tenth(root, to) {
  filesBelow(root).forEach((file, i) => {
    if (i % 10 !== 0) return;
    fs.mkdirSync(path.dirname(path.join(to, file)), { recursive: true });
    fs.linkSync(path.join(root, file), path.join(to, file));
  });
}
