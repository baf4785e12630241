// SPDX-License-Identifier: Apache-2.0
// A change of 1 % of a corpus, the same at every run, and its undoing.
import fs from 'node:fs';
import path from 'node:path';
import { filesBelow, plain } from './folders.mjs';
import { random } from './random.mjs';

const SEED = 4;
const folderFor = (file) => fs.mkdirSync(path.dirname(file), { recursive: true });

function rewrite(file, bytes, times) {
  fs.writeFileSync(file, bytes);
  if (times) fs.utimesSync(file, times.atime, times.mtime);
}

/** Half get 100 bytes more in their midst, three tenths 4 KB other ones, two tenths 2 KB more at their end. */
function edited(bytes, next) {
  const noise = (size) => Buffer.from(Array.from({ length: size }, () => next(256)));
  const at = next(bytes.length + 1);
  const kind = next(10);
  if (kind < 5) return Buffer.concat([bytes.subarray(0, at), noise(100), bytes.subarray(at)]);
  if (kind >= 8) return Buffer.concat([bytes, noise(2048)]);
  const size = Math.min(4096, bytes.length);
  const from = next(bytes.length - size + 1);
  return Buffer.concat([bytes.subarray(0, from), noise(size), bytes.subarray(from + size)]);
}

function change(undo, root) {
  return {
    edit(file, next) {
      const at = path.join(root, file);
      const bytes = fs.readFileSync(at);
      const times = fs.statSync(at);
      rewrite(at, edited(bytes, next));
      undo.push(() => rewrite(at, bytes, times));
    },
    remove(file) {
      const at = path.join(root, file);
      const bytes = fs.readFileSync(at);
      const times = fs.statSync(at);
      fs.unlinkSync(at);
      undo.push(() => { folderFor(at); rewrite(at, bytes, times); });
    },
    move(file, to) {
      const [from, target] = [path.join(root, file), path.join(root, to)];
      if (fs.existsSync(target)) return;
      folderFor(target);
      fs.renameSync(from, target);
      undo.push(() => { folderFor(from); fs.renameSync(target, from); });
    },
    add(from, file) {
      const at = path.join(root, file);
      folderFor(at);
      fs.copyFileSync(from, at);
      undo.push(() => fs.unlinkSync(at));
    },
  };
}

/** Changes the corpus; returns a function that undoes it. Mail: 1 % new, 0.5 % gone, 0.5 % moved to another folder of
 * the object; files: 1 % edited, 0.3 % renamed. */
export function changeCorpus({ root, held, edits }) {
  const undo = [];
  const to = change(undo, root);
  const next = random(SEED);
  filesBelow(root).forEach((file, i) => {
    const moved = `${path.dirname(file)}/moved-${path.basename(file)}`;
    if (edits && i % 100 === 7) to.edit(file, next);
    else if (edits && i % 333 === 99) to.move(file, moved);
    else if (!edits && i % 200 === 7) to.remove(file);
    else if (!edits && i % 200 === 107) to.move(file, `${file.split('/')[0]}/moved/${path.basename(file)}`);
  });
  for (const file of filesBelow(held)) to.add(path.join(held, file), file);
  plain(root);
  return () => {
    while (undo.length) undo.pop()();
    plain(root);
  };
}
