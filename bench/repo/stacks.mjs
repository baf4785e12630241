// SPDX-License-Identifier: Apache-2.0
// What perf recorded, folded: each sample by the library it was taken in, by the function of ours that is nearest, and
// by stage of the engine.
import { spawnSync } from 'node:child_process';

const OURS = /garner(?: \(deleted\))?$/;
const LIBRARIES = [['kernel', /kernel|kallsyms/], ['zstd', /zstd/], ['OpenSSL', /libcrypto/], ['SQLite', /sqlite/], ['libc', /libc\.so|ld-linux/],
  ['ours', OURS]];

/** Of the functions of ours on a stack, from the innermost out, the first that one of these fits tells the stage. */
const STAGES = [
  ['verify', /^(verify|block_verify|block_open|verify_.*)$/],
  ['compress', /^(encode|block_close|block_compress|compress.*)$/],
  ['seal', /^(seal_.*|aead_.*)$/],
  ['hash', /^(hash_.*)$/],
  ['scan', /^(mime_.*|scan_.*|derived_.*|zip_.*)$/],
  ['chunk', /^(chunker_.*)$/],
  ['write', /^(storage_.*|io_write.*|io_sync.*|pack_write|local_.*)$/],
  ['list', /^(folder_list|list_files|list_folders|list_objects|source_changes|source_folders|visit_file)$/],
  ['read', /^(folder_read|source_read|folder_open|io_read_some|read_open_file)$/],
  ['index', /^(index_.*|idset_.*|slot_of)$/],
  ['trees', /^(folder_(find|put|keep|finish|remove.*)|object_writer_.*|items_.*|tree_.*|page_.*)$/],
  ['database', /^(db_.*|cursor_.*|run_record.*)$/],
];

const libraryOf = (file) => LIBRARIES.find(([, pattern]) => pattern.test(file))?.[0] ?? file.replace(/.*\//, '');

function framesOf(block) {
  return block.split('\n').map((line) => /^\s+[0-9a-f]+ (.*) \((.*)\)$/.exec(line)).filter(Boolean)
    .map(([, symbol, file]) => ({ symbol: symbol.replace(/\+0x[0-9a-f]+$/, '').replace(/\.(part|isra|constprop|cold).*$/, ''),
      library: libraryOf(file) }));
}

/** Above aead or zstd called by verify lies verify: the outermost of the two block functions wins over what it calls. */
function stageOf(ours) {
  if (ours.some((name) => STAGES[0][1].test(name))) return 'verify';
  for (const name of ours) {
    const stage = STAGES.find(([, pattern]) => pattern.test(name));
    if (stage) return stage[0];
  }
  return 'else';
}

/** Reads a recording of perf. Returns maps of shares (0 to 1): libraries, nearest, inclusive, stages. */
export function fold(recording) {
  const { status, stdout, stderr } = spawnSync('perf', ['script', '--no-inline', '-F', 'ip,sym,dso,period', '-i', recording],
    { encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`perf script: ${stderr.trim()}`);
  const sums = { libraries: new Map(), nearest: new Map(), inclusive: new Map(), stages: new Map() };
  let total = 0;
  const add = (map, key) => map.set(key, (map.get(key) ?? 0) + 1);
  for (const block of stdout.split('\n\n')) {
    const frames = framesOf(block);
    if (!frames.length) continue;
    const ours = frames.filter(({ library }) => library === 'ours').map(({ symbol }) => symbol);
    const call = frames.find(({ library }) => library !== 'kernel')?.symbol;
    const [leaf] = frames;
    total++;
    add(sums.libraries, leaf.library);
    add(sums.nearest, `${ours[0] ?? '(none)'}, ${leaf.library}${leaf.library === 'kernel' ? `: ${call}` : ''}`);
    for (const name of new Set(ours)) add(sums.inclusive, name);
    add(sums.stages, stageOf(ours));
  }
  const share = (map) => [...map].map(([key, count]) => [key, count / total]).sort((a, b) => b[1] - a[1]);
  return { samples: total, ...Object.fromEntries(Object.entries(sums).map(([key, map]) => [key, share(map)])) };
}
