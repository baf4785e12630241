// SPDX-License-Identifier: Apache-2.0
// Counts the single tests in meson's JUnit report: prints "PASSED FAILED".
import fs from 'node:fs';

let passed = 0;
let failed = 0;
const text = fs.readFileSync(process.argv[2], 'utf8');
for (const [, attributes] of text.matchAll(/<testsuite\s([^>]*)>/g)) {
  const number = (name) => Number(attributes.match(new RegExp(`\\b${name}="(\\d+)"`))?.[1] ?? 0);
  const bad = number('failures') + number('errors');
  passed += number('tests') - bad - number('skipped');
  failed += bad;
}
console.log(`${passed} ${failed}`);
