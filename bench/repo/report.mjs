// SPDX-License-Identifier: Apache-2.0
// The tables, in Markdown.

const COLUMNS = ['first', 'unchanged', 'changed', 'restore', 'check', 'prune'];
const ADDED = ['unchanged', 'changed'];
const MB = 1e6;
const MIB = 1 << 20;
const row = (cells) => `| ${cells.join(' | ')} |`;
const peak = (phases, names) => Math.max(...names.map((name) => phases[name]?.peak_bytes ?? 0)) / MIB;
const short = (seconds) => seconds.toFixed(seconds < 1 ? 3 : 2);

function times(took) {
  if (!took) return '–';
  return took.skipped ?? `${short(took.cpu_s)} / ${short(took.wall_s)}`;
}

function cells({ name, phases }) {
  const size = (phase) => (phases[phase]?.size_bytes ? (phases[phase].size_bytes / MB).toFixed(1) : '–');
  const added = (phase) => (phases[phase] ? `, +${(phases[phase].added_bytes / 1000).toFixed(1)}` : '');
  const derived = peak(phases, ['create', 'derive']);
  return [name, ...COLUMNS.map((phase) => times(phases[phase]) + (ADDED.includes(phase) ? added(phase) : '')), size('first'),
    size('prune'), times(phases.open), times(phases.derive), peak(phases, COLUMNS).toFixed(0), derived ? derived.toFixed(0) : '–'];
}

/** The table of a corpus. */
export function table(corpus) {
  const heads = ['tool', 'first', 'unchanged, +KB', '1 % changed, +KB', 'restore', 'check all data', 'forget, prune to one', 'MB',
    'MB after prune', 'open', 'open by password', 'peak MiB', 'with password'];
  return [
    `${corpus.name}: ${corpus.files} files, ${(corpus.bytes / MB).toFixed(1)} MB, ${corpus.objects} objects; CPU s / wall s; load `
      + corpus.load.map((one) => one.toFixed(1)).join(', '),
    '',
    row(heads),
    row(heads.map(() => '---')),
    ...corpus.tools.map((tool) => row(cells(tool))),
    '',
  ].join('\n');
}

/** The table of the ratios. */
export function ratioTable(list) {
  const number = (value) => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
  return [row(['corpus', 'what', 'measured', 'at most', 'verdict']), row(['---', '---', '---', '---', '---']),
    ...list.map(({ corpus, what, value, goal, verdict }) => row([corpus, what, number(value), number(goal), verdict]))].join('\n');
}
