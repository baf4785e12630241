// SPDX-License-Identifier: Apache-2.0
// What is to be reached, as ratios to a peer in the same run, and whether it is.

const MIB = 1 << 20;
const GOALS = { // of restic's: size, and CPU of the first backup
  'mail-plain': { size: 1 / 2, first: 1 / 4 },
  'mail-office': { size: 1 / 4, first: 1 / 2 },
  files: { size: 0.93, first: 1 / 2 },
  tiny: { first: 1 / 5 },
};
const OURS = ['first', 'unchanged', 'changed', 'restore', 'check', 'prune']; // create and derive turn a password into a key

const figure = (corpus, tool, phase, key) => corpus.tools.find(({ name }) => name === tool)?.phases[phase]?.[key];

function of(corpus, what, value, goal, unit = '') {
  if (!Number.isFinite(value)) return [];
  return [{ corpus: corpus.name, what, value, goal, unit, verdict: value <= goal ? 'reached' : 'missed' }];
}

function peerRatio(corpus, phase, key, what, peer, goal) {
  if (goal === undefined) return [];
  return of(corpus, what, figure(corpus, 'garner', phase, key) / figure(corpus, peer, phase, key), goal);
}

function memory(corpus) {
  const peaks = OURS.map((phase) => figure(corpus, 'garner', phase, 'peak_bytes')).filter((bytes) => bytes > 0);
  const flat = ['first', 'unchanged'].flatMap((phase) => of(corpus, `peak memory of ${phase}, all / a tenth`,
    figure(corpus, 'garner', phase, 'peak_bytes') / corpus.tenth?.[phase]?.peak_bytes, 1.2));
  return [...(peaks.length ? of(corpus, 'peak memory, MiB', Math.max(...peaks) / MIB, 64) : []), ...flat];
}

/** The ratios of one corpus that can be told from what was measured. */
export function ratios(corpus) {
  const goals = GOALS[corpus.name] ?? {};
  return [
    ...peerRatio(corpus, 'first', 'size_bytes', 'size / restic', 'restic', goals.size),
    ...peerRatio(corpus, 'first', 'cpu_s', 'first backup, CPU / restic', 'restic', goals.first),
    ...peerRatio(corpus, 'unchanged', 'cpu_s', 'unchanged, CPU / restic', 'restic', 1 / 4),
    ...of(corpus, 'unchanged, bytes added an object', figure(corpus, 'garner', 'unchanged', 'added_bytes') / corpus.objects, 1024),
    ...peerRatio(corpus, 'restore', 'wall_s', 'restore, wall / cp -a', 'cp -a', 1.1),
    ...peerRatio(corpus, 'restore', 'cpu_s', 'restore, CPU / cp -a', 'cp -a', 1.1),
    ...peerRatio(corpus, 'check', 'cpu_s', 'check of all data, CPU / restic', 'restic', 1 / 4),
    ...memory(corpus),
  ];
}
