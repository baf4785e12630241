// SPDX-License-Identifier: Apache-2.0
// A strict reader of OpenMetrics 1.0 text, for the kinds of families that the programs write.
import assert from 'node:assert/strict';

const suffixes = { gauge: [''], counter: ['_total'], stateset: [''], histogram: ['_bucket', '_sum', '_count'], info: ['_info'] };

function readLabels(text) {
  const labels = {};
  let rest = text;
  while (rest) {
    const found = /^([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,(?=.)|$)/.exec(rest) ?? assert.fail(`labels: ${rest}`);
    assert.ok(!(found[1] in labels), `label ${found[1]} twice`);
    labels[found[1]] = found[2].replace(/\\(["\\n])/g, (_, c) => (c === 'n' ? '\n' : c));
    rest = rest.slice(found[0].length);
  }
  return labels;
}

/** Map from family to { type, help, samples: [ { name, labels, value } ] }. Fails on what is not as the format says. */
export function readOpenMetrics(text) {
  assert.ok(text.endsWith('\n# EOF\n'), 'ends with # EOF');
  const families = new Map();
  let family = null;
  for (const line of text.slice(0, -'# EOF\n'.length).split('\n').slice(0, -1)) {
    const head = /^# (TYPE|HELP|UNIT) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/.exec(line);
    if (head) {
      const [, what, name, rest] = head;
      if (family?.name !== name) {
        assert.ok(!families.has(name), `${name}: its lines stand apart`);
        family = { name, samples: [] };
        families.set(name, family);
      }
      assert.ok(!family.samples.length && !(what.toLowerCase() in family), `${line}: twice, or behind samples`);
      if (what === 'TYPE') assert.ok(suffixes[rest], `type ${rest}`);
      assert.ok(!/_total$/.test(name), `${name}: _total belongs to samples`);
      family[what.toLowerCase()] = rest;
      continue;
    }
    const [, name, , labels = '', number] = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(.*)\})? (-?\d+(?:\.\d+)?)$/.exec(line) ?? assert.fail(`no sample: "${line}"`);
    assert.ok(family?.type && suffixes[family.type].some((end) => name === family.name + end), `${name} is no sample of ${family?.name}`);
    const sample = { name, labels: readLabels(labels), value: Number(number) };
    const same = (one) => one.name === name && JSON.stringify(one.labels) === JSON.stringify(sample.labels);
    assert.ok(!family.samples.some(same), `${line}: twice`);
    if (family.type === 'counter') assert.ok(sample.value >= 0, line);
    if (family.type === 'stateset') assert.ok(family.name in sample.labels && [0, 1].includes(sample.value), line);
    family.samples.push(sample);
  }
  return families;
}
