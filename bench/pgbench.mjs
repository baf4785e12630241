// SPDX-License-Identifier: Apache-2.0
// pgbench scripts with the statements of the licensing service's writer (src/license_service), so many claims or
// renewals in a transaction, on one license or on as many as there are. Values are made by the server with md5(),
// in the lengths that ours have. The licenses are those of bench/licensing_raw.c.

const hex = (n, digits) => n.toString(16).padStart(digits, '0');

/** As bench_id. */
export const id = (n) => hex(((BigInt(n) + 1n) * 0x9e3779b97f4a7c15n) & 0xffffffffffffffffn, 16) + hex(BigInt(n), 16);

const now = Math.floor(Date.now() / 1000);
const all = (count, line) => Array.from({ length: count }, (_, i) => line(i)).join('\n');
const rows = (count, row) => Array.from({ length: count }, (_, i) => row(i)).join(', ');
const pipeline = (text, on) => (on ? `\\startpipeline\n${text}\n\\endpipeline` : text);
const subject = (i) => `repeat(md5(:s${i}::text), 2)`;
const key = (i) => `md5(:s${i}::text)`;

const lock = (license) => `UPDATE license SET touched_s = CASE WHEN touched_s < ${now} THEN ${now} ELSE touched_s END`
  + ` WHERE license_id = ${license} RETURNING seats, used, epoch, activated_s, anchor_s, years, revoked_s, touched_s,`
  + ' revision, chain';
const renewals = (license) => `SELECT start_s, seats FROM renewal WHERE license_id = ${license} ORDER BY start_s;`;
const sequence = (license, instance) => `UPDATE instance SET sequence = sequence + 1, last_seen_s = ${now}`
  + ` WHERE license_id = ${license} AND instance_id = '${instance}' RETURNING sequence, public_key;`;
const count = (license, change, revision) => `UPDATE license SET used = used + ${change}, revision = ${revision},`
  + ` chain = repeat(md5(:s0::text), 2) WHERE license_id = ${license} AND used + ${change} >= 0 AND used + ${change} <= seats;`;

// Each of a transaction has a range of its own, so that all take their locks in one order.
const licenseOf = (spread, first, i) => (spread ? `md5(:l${i}::text)` : `'${id(first)}'`);
const digest = "'" + '0123456789abcdef'.repeat(4) + "'"; // pgbench takes 255 values in a statement

// What the instances saw last is compared with the records.
const witnesses = (of, instance, size) => [
  pipeline(all(size, (i) => `SELECT sequence FROM instance WHERE license_id = ${of(i)} AND instance_id = '${instance(i)}';`), size > 1),
  pipeline(all(size, (i) => `SELECT hash FROM event WHERE license_id = ${of(i)} AND revision = :revision - ${i};`), size > 1),
  pipeline(all(size, (i) => 'UPDATE instance SET regressions = regressions + CASE WHEN witness_sequence > 1 THEN 1 ELSE 0 END,'
    + ` witness_sequence = 1 WHERE license_id = ${of(i)} AND instance_id = '${instance(i)}';`), size > 1),
].join('\n');

/** A transaction of `size` claims on one license (the n-th), or spread over `spread` of them. */
export function claims({ size, license = 10000, spread = 0 }) {
  const of = (i) => licenseOf(spread, license, i);
  const instance = (i) => id(spread ? 0 : i % 64);
  const licenses = spread ? size : 1;
  const step = Math.floor(spread / size);
  const revision = (i) => (spread ? ':s' + i : `:revision + ${i + 1}`);
  return [
    all(size, (i) => `\\set s${i} random(1, 4000000000000000000)`),
    spread ? all(size, (i) => `\\set l${i} random(${i * step}, ${(i + 1) * step - 1})`) : '',
    'BEGIN ISOLATION LEVEL READ COMMITTED;',
    'SELECT at_s FROM service_time WHERE id = 1;',
    spread ? pipeline(all(size, (i) => lock(of(i)) + ';'), size > 1) : lock(of(0)) + ' \\gset',
    pipeline(all(licenses, (i) => renewals(of(i))), licenses > 1),
    spread ? '' : witnesses(of, instance, size),
    pipeline(all(licenses, (i) => `SELECT at_s FROM history_alarm WHERE license_id = ${of(i)} LIMIT 1;`), licenses > 1),
    pipeline(all(size, (i) => `SELECT at_s FROM idempotency WHERE license_id = ${of(i)} AND instance_id = '${instance(i)}'`
      + ` AND request_key = ${key(i)};`), size > 1),
    pipeline(all(size, (i) => `SELECT assigned_s FROM assignment WHERE license_id = ${of(i)} AND epoch = 0`
      + ` AND subject = ${subject(i)};`), size > 1),
    'INSERT INTO assignment (license_id, epoch, subject, instance_id, assigned_s) VALUES '
      + rows(size, (i) => `(${of(i)}, 0, ${subject(i)}, '${instance(i)}', ${now})`) + ';',
    'INSERT INTO event (license_id, revision, at_s, kind, detail, hash) VALUES '
      + rows(size, (i) => `(${of(i)}, ${revision(i)}, ${now}, 'claimed',`
        + ` 'instance=${instance(i)} newly=1 subjects=' || ${subject(i)}, ${digest})`) + ';',
    'INSERT INTO idempotency (license_id, instance_id, request_key, request_digest, at_s, answer) VALUES '
      + rows(size, (i) => `(${of(i)}, '${instance(i)}', ${key(i)}, ${digest}, ${now},`
        + ` '{"refused": null,"results": [{"granted": true,"newly": 1,"missing": 0}]}')`) + ';',
    pipeline(all(licenses, (i) => count(of(i), size / licenses, spread ? ':s' + i : `:revision + ${size}`)), licenses > 1),
    pipeline(all(size, (i) => sequence(of(i), instance(i))), size > 1),
    'COMMIT;',
  ].join('\n') + '\n';
}

/** A transaction of `size` renewals of leases. */
export function leases({ size, license = 10000, spread = 0 }) {
  const of = (i) => licenseOf(spread, license, i);
  const licenses = spread ? size : 1;
  const step = Math.floor(spread / size);
  return [
    spread ? all(size, (i) => `\\set l${i} random(${i * step}, ${(i + 1) * step - 1})`) : '',
    'BEGIN ISOLATION LEVEL READ COMMITTED;',
    'SELECT at_s FROM service_time WHERE id = 1;',
    pipeline(all(licenses, (i) => lock(of(i)) + ';'), licenses > 1),
    pipeline(all(licenses, (i) => renewals(of(i))), licenses > 1),
    pipeline(all(size, (i) => sequence(of(i), id(spread ? 0 : i % 64))), size > 1),
    'COMMIT;',
  ].join('\n') + '\n';
}

/** SQL that gives the licenses to spread over ids that the server can make of their number, in statements. */
export const renamed = [
  'CREATE TABLE bench AS SELECT row_number() OVER (ORDER BY license_id) - 1 AS n, license_id AS id FROM license'
    + ` WHERE license_id NOT IN (SELECT license_id FROM instance WHERE instance_id = '${id(1)}')`,
  'UPDATE instance SET license_id = md5(n::text) FROM bench WHERE id = license_id',
  'UPDATE license SET license_id = md5(n::text) FROM bench WHERE id = license_id',
  'DROP TABLE bench',
  'VACUUM ANALYZE',
];
