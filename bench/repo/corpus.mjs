// SPDX-License-Identifier: Apache-2.0
// The corpora. Each is a folder whose folders at the top are the objects of a folder connection; besides it lies what
// is held back for the change of 1 %.
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { execFileSync, spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { filesBelow, plain } from './folders.mjs';
import { random } from './random.mjs';

const here = path.dirname(fileURLToPath(import.meta.url));
const TINY_SEED = 20261125;
const TINY = { items: 500000, bytes: 270, aFolder: 5000 };

function unpack(archive, to) {
  if (!fs.existsSync(archive)) throw new Error(`${archive} is missing: name the folder of the corpora in GARNER_DATA`);
  execFileSync('sh', ['-c', 'zstd -dc --long=27 "$1" | tar -xf - -C "$2"', 'sh', archive, to], { stdio: 'inherit' });
}

/** Where a corpus has one folder at its top only, that one's folders are the objects. */
function objectsFolder(root) {
  const entries = fs.readdirSync(root);
  return entries.length === 1 ? path.join(root, entries[0]) : root;
}

function mail(name) {
  return ({ data }, to) => {
    unpack(path.join(data, `${name}.tar.zst`), to);
    return objectsFolder(to);
  };
}

function download(pinned, to) {
  const get = (what) => spawnSync('apt-get', ['download', '-qq', what], { cwd: to, encoding: 'utf8' });
  const [name] = pinned.split('=');
  if (get(pinned).status === 0) return;
  console.error(`files: ${pinned} cannot be had, so the version that Debian has now is taken`);
  const { status, stderr } = get(name);
  if (status !== 0) throw new Error(`cannot download ${name}: ${stderr.trim()} (apt-get update first)`);
}

/** Of several names for one file the first stays: the corpus is what lies on the disk once. */
function withoutLinks(root) {
  const seen = new Set();
  for (const file of filesBelow(root)) {
    const { ino, nlink } = fs.statSync(path.join(root, file));
    if (nlink > 1 && seen.has(ino)) fs.unlinkSync(path.join(root, file));
    seen.add(ino);
  }
}

/** Downloads are kept in a cache folder, unpacked each time. */
function files({ cache }, to) {
  const debs = path.join(cache, 'debs');
  fs.mkdirSync(debs, { recursive: true });
  const lines = fs.readFileSync(path.join(here, 'packages.txt'), 'utf8').split('\n');
  for (const pinned of lines.filter((line) => line && !line.startsWith('#'))) {
    const [name] = pinned.split('=');
    const found = () => fs.readdirSync(debs).find((file) => file.startsWith(`${name}_`) && file.endsWith('.deb'));
    if (!found()) download(pinned, debs);
    execFileSync('dpkg-deb', ['-x', path.join(debs, found()), path.join(to, name)], { stdio: 'inherit' });
  }
  plain(to);
  withoutLinks(to);
  return to;
}

const WORDS = ('the of and to in is for backup mailbox please find attached meeting tomorrow regards report invoice number '
  + 'status office order team project review agenda update thanks hello').split(' ');

function tiny({ items = TINY.items }, to) {
  const next = random(TINY_SEED);
  for (let i = 0; i < items; i++) {
    const folder = path.join(to, `box${String(Math.floor(i / TINY.aFolder)).padStart(3, '0')}`);
    if (i % TINY.aFolder === 0) fs.mkdirSync(folder);
    let text = `item ${i} ${next(2 ** 32).toString(16)}\n`;
    while (text.length < TINY.bytes) text += `${WORDS[next(WORDS.length)]} `;
    fs.writeFileSync(path.join(folder, String(i).padStart(7, '0')), `${text.slice(0, TINY.bytes - 1)}\n`);
  }
  return to;
}

const makers = { 'mail-plain': mail('mail-plain'), 'mail-office': mail('mail-office'), files, tiny };
export const CORPORA = Object.keys(makers);

/** Every hundredth file is moved away, to come back in the change: new items that are like the others. */
function holdBack(root, held) {
  filesBelow(root).forEach((file, i) => {
    if (i % 100 !== 50) return;
    fs.mkdirSync(path.dirname(path.join(held, file)), { recursive: true });
    fs.renameSync(path.join(root, file), path.join(held, file));
  });
}

/** Makes a corpus below a folder. Returns { name, root, held, edits, objects, files, bytes }. */
export function makeCorpus(name, folder, settings) {
  const to = path.join(folder, 'corpus');
  const held = path.join(folder, 'held-back');
  const edits = name === 'files';
  fs.mkdirSync(to, { recursive: true });
  fs.mkdirSync(held);
  const root = makers[name](settings, to);
  plain(root);
  if (!edits) {
    holdBack(root, held);
    plain(root);
  }
  const all = filesBelow(root);
  const bytes = all.reduce((sum, file) => sum + fs.statSync(path.join(root, file)).size, 0);
  return { name, root, held, edits, objects: fs.readdirSync(root).length, files: all.length, bytes };
}

export const machine = () => ({ processor: os.cpus()[0].model, cores: os.cpus().length, memory_bytes: os.totalmem(),
  system: `${os.type()} ${os.release()}`, load: os.loadavg() });
