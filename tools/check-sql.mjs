#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Reads every SQL text of the licensing service and its migrations, and fails where one is not what
// PostgreSQL, Citus, CockroachDB, YugabyteDB and SQLite all take and mean alike.
// Use: tools/check-sql.mjs [ROOT]        checks the tree (ROOT: this one)
//      tools/check-sql.mjs --self-test   shows on made-up SQL that each violation is found
// Exit: 0 nothing found, 1 findings, one a line, as FILE:LINE: what and why.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { literalsOf } from './lib/c-literals.mjs';

const sources = ['src/license_service/', 'src/db/migrate.c'];

// Tables are spread over machines by this column; those that lead to a license, or are no license's,
// by a column of their own.
const spreadBy = 'license_id';
const ownKey = {
  key_lookup: ['key_digest', 'leads from a license key to its license'],
  order_lookup: ['order_id', 'leads from an order to its license'],
  trial: ['tenant', 'a trial is a tenant\'s: it has no license'],
  trial_instance: ['tenant', 'lies with its trial'],
  service_time: ['id', 'one row for the whole service'],
  delivery: ['webhook_id', 'a report of a payment is known by its id before its order is'],
  schema_version: ['version', 'a few rows, of the schema itself'],
};

// What is known to be fine: { file, find (in the SQL), rule, reason }.
const exceptions = [
  { file: 'src/license_service/schema.c', find: 'INSERT INTO service_time (id, at_s) VALUES (1, 0)', rule: 'constant',
    reason: 'the one row that a migration puts into its new table' },
  { file: 'src/license_service/keys.c', find: 'UPDATE key_lookup SET until_s = ?2 WHERE license_id = ?1', rule: 'no-key',
    reason: 'a key is re-issued by hand and seldom: this one may go to every machine' },
];

const words = [
  ['advisory-lock', /\bpg_(try_)?advisory\w*/i, 'CockroachDB long took advisory locks and did nothing, YugabyteDB had none'],
  ['trigger', /\bTRIGGER\b/i, 'triggers are missing or new elsewhere, and hide what a statement does'],
  ['listen', /\b(LISTEN|NOTIFY|UNLISTEN)\b/i, 'YugabyteDB has none, and a pooler loses them: poll'],
  ['clock', /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp|timeofday|unixepoch|datetime|julianday|strftime)\s*\(|\b(CURRENT_(TIMESTAMP|DATE|TIME)|LOCALTIME(STAMP)?)\b/i,
    'the time is a parameter: the machines of a cluster have clocks of their own, and Citus refuses volatile functions'],
  ['random', /\b(random|gen_random_uuid|uuid_generate_\w+|randomblob)\s*\(/i, 'ids are parameters: a statement that is done again must do the same'],
  ['sequence', /\b(nextval|currval|setval|lastval|last_insert_rowid)\s*\(|\b(SMALL|BIG)?SERIAL\b|\bIDENTITY\b|\bAUTOINCREMENT\b|\b(CREATE|ALTER) SEQUENCE\b/i,
    'ids are parameters: sequences have gaps, other orders and hot spots elsewhere'],
  ['rule', /\bCREATE\s+(OR\s+REPLACE\s+)?RULE\b/i, 'Citus takes no rules'],
  ['deferrable', /\bDEFERRABLE\b|\bINITIALLY\s+DEFERRED\b/i, 'CockroachDB and YugabyteDB check constraints at once'],
  ['exclude', /\bEXCLUDE\s*(USING|\()/i, 'YugabyteDB has no exclusion constraints'],
  ['lock-table', /\bLOCK\s+(TABLE\b|\w+\s+IN\b)|^\s*LOCK\b/i, 'YugabyteDB has no LOCK TABLE; lock the row by writing it'],
  ['skip-locked', /\bSKIP\s+LOCKED\b|\bNOWAIT\b/i, 'not on all of them, and the service waits for a license in turn'],
  ['reference', /\bREFERENCES\b|\bFOREIGN\s+KEY\b/i, 'Citus needs both tables spread alike, and checks cost a trip to another machine'],
  ['rowid', /\b(INTEGER|INT)\s+(NOT\s+NULL\s+)?PRIMARY\s+KEY\b|\b(rowid|oid|ctid|xmin)\b/i, 'a row number is SQLite\'s or PostgreSQL\'s own'],
  ['dialect', /\b(PRAGMA|STRICT|WITHOUT\s+ROWID|GLOB|ATTACH|VACUUM)\b|\bINSERT\s+OR\b|\bREPLACE\s+INTO\b|::|\bILIKE\b|\bON\s+DUPLICATE\b/i, 'one database alone understands it'],
  ['session', /\b(TEMP|TEMPORARY|UNLOGGED)\b|\bDECLARE\b|\bPREPARE\b|\bDEALLOCATE\b|^\s*(SET|RESET|DISCARD)\b/i, 'a pooler gives the next transaction another connection'],
  ['bulk', /\b(TRUNCATE|COPY|MERGE)\b/i, 'not within a transaction of one license, or not on all of them'],
  ['formatted', /%[sdlu]|%"/, 'a value that is written into SQL can be SQL: give it as a parameter'],
];

const functions = new Set(['coalesce', 'count', 'sum', 'min', 'max', 'abs', 'lower', 'upper', 'length', 'nullif', 'cast']);
const notFunctions = new Set(['in', 'values', 'key', 'check', 'and', 'or', 'not', 'as', 'on', 'exists', 'when', 'then', 'else',
  'conflict', 'unique', 'where', 'select', 'from', 'any', 'over', 'by', 'using', 'with', 'into', 'set', 'update']);
const types = new Set(['BIGINT', 'TEXT', 'BYTEA']);

/** Quoted texts and comments away, one space between words. */
const plain = (sql) => sql.replace(/--[^\n]*|\/\*[\s\S]*?\*\//g, ' ').replace(/'(?:[^']|'')*'/g, "''")
  .replace(/\s+/g, ' ').trim();

/** Splits at a mark that stands outside of brackets. */
function split(text, mark) {
  const parts = [''];
  let depth = 0;
  for (const c of text) {
    if (c === '(') depth++;
    if (c === ')') depth--;
    if (c === mark && depth === 0) parts.push('');
    else parts[parts.length - 1] += c;
  }
  return parts.map((part) => part.trim());
}

const statementsOf = (sql) => split(plain(sql), ';').filter(Boolean);
const keyOf = (table) => ownKey[table]?.[0] ?? spreadBy;

/** What is said of a table: { columns, primary }. */
function readTable(body) {
  const parts = split(body, ',');
  const table = { columns: [], types: [], primary: [], unique: [] };
  for (const part of parts) {
    const list = /^(?:CONSTRAINT \w+ )?(PRIMARY KEY|UNIQUE) ?\(([^)]*)\)/i.exec(part);
    if (list) {
      const names = split(list[2], ',').map((name) => name.toLowerCase());
      if (/^P/i.test(list[1])) table.primary = names;
      else table.unique.push(names);
    } else if (!/^(CONSTRAINT \w+ )?(CHECK|EXCLUDE|FOREIGN)\b/i.test(part)) {
      const [name, type = ''] = part.split(' ');
      table.columns.push(name.toLowerCase());
      table.types.push(type.toUpperCase());
      if (/ PRIMARY KEY\b/i.test(part)) table.primary = [name.toLowerCase()];
      if (/ UNIQUE\b/i.test(part)) table.unique.push([name.toLowerCase()]);
    }
  }
  return table;
}

const createTable = /^CREATE TABLE (?:IF NOT EXISTS )?(\w+) ?\((.*)\)$/i;

/** Table name to table, of all statements. */
function schemaOf(statements) {
  const schema = new Map();
  for (const sql of statements) {
    const made = createTable.exec(sql);
    if (made) schema.set(made[1].toLowerCase(), readTable(made[2]));
    const added = /^ALTER TABLE (\w+) ADD (?:COLUMN )?(\w+) (\w+)/i.exec(sql);
    if (added) schema.get(added[1].toLowerCase())?.columns.push(added[2].toLowerCase());
  }
  return schema;
}

/** The conditions of a WHERE that all hold; [] where an OR stands among them. */
function conditionsOf(sql) {
  const where = /\bWHERE (.*?)(?: RETURNING\b.*| ORDER BY\b.*| GROUP BY\b.*| LIMIT\b.*| FOR (UPDATE|SHARE|NO KEY|KEY)\b.*)?$/i.exec(sql);
  if (!where) return [];
  const flat = where[1].replace(/\([^()]*\)/g, '()');
  return / OR /i.test(flat) ? [] : flat.split(/ AND /i).map((condition) => condition.trim());
}

const isFixed = (sql, column) =>
  conditionsOf(sql).some((condition) => new RegExp(`^(\\w+\\.)?${column} ?= ?(\\?\\d+|\\d+|'')$`, 'i').test(condition));

function* ofCreate(sql) {
  const made = createTable.exec(sql);
  if (!made) return;
  const name = made[1].toLowerCase();
  const table = readTable(made[2]);
  const key = keyOf(name);
  if (table.primary[0] !== key)
    yield ['primary-key', `${name}: its PRIMARY KEY does not begin with ${key}: it could not be spread over machines`
      + ' (a table that is no license\'s goes into the list ownKey, with the reason)'];
  for (const unique of table.unique)
    if (!unique.includes(key)) yield ['unique', `${name}: UNIQUE (${unique}) is without ${key}: no machine alone could keep it`];
  for (const [i, type] of table.types.entries())
    if (!types.has(type)) yield ['type', `${name}.${table.columns[i]} is ${type || 'of no type'}: BIGINT, TEXT and BYTEA are what all have`];
}

function* ofIndex(sql) {
  const made = /^CREATE UNIQUE INDEX (?:IF NOT EXISTS )?\w+ ON (\w+) ?\(([^)]*)\)/i.exec(sql);
  if (made && !split(made[2], ',').includes(keyOf(made[1].toLowerCase())))
    yield ['unique', `a unique index of ${made[1]} without ${keyOf(made[1].toLowerCase())}: no machine alone could keep it`];
}

function* ofInsert(sql) {
  const made = /^INSERT INTO (\w+) ?(\(([^)]*)\))? ?(.*)$/i.exec(sql);
  if (!made) return;
  const [, table, , columns = '', rest] = made;
  if (/\bSELECT\b/i.test(rest)) yield ['insert-select', 'Citus refuses a SELECT within an INSERT: read first, then write'];
  if (!split(columns, ',').map((name) => name.toLowerCase()).includes(keyOf(table.toLowerCase())))
    yield ['no-key', `${table} without ${keyOf(table.toLowerCase())} among its columns: nobody knows on which machine the row belongs`];
  if (/^VALUES ?\(/i.test(rest) && !/\?\d/.test(rest)) yield ['constant', 'a row of constants: values are parameters'];
}

function* ofChange(sql) {
  const made = /^(?:UPDATE (\w+)|DELETE FROM (\w+))/i.exec(sql);
  if (!made) return;
  const table = (made[1] ?? made[2]).toLowerCase();
  if (!isFixed(sql, keyOf(table)))
    yield ['no-key', `${table} without "${keyOf(table)} = ?" in WHERE: it would go to every machine`];
  if (new RegExp(`\\bSET (.*, ?)?${keyOf(table)} ?=`, 'i').test(sql.split(/ WHERE /i)[0]))
    yield ['moves', `${keyOf(table)} of a row may not change: it would have to move to another machine`];
  if (/\bFROM\b/i.test(sql.replace(/^DELETE FROM/i, ''))) yield ['update-from', 'UPDATE … FROM means something else on SQLite, or reads another machine'];
}

function* ofLock(sql, schema) {
  if (!/\bFOR (NO KEY )?(UPDATE|SHARE)\b/i.test(sql)) return;
  const table = /\bFROM (\w+)/i.exec(sql)?.[1]?.toLowerCase();
  const primary = schema.get(table)?.primary ?? [];
  if (!primary.length || !primary.every((column) => isFixed(sql, column)))
    yield ['for-update', `FOR UPDATE without its whole key (${primary}): Citus locks on one machine only`];
  yield ['for-update-sqlite', 'SQLite does not know FOR UPDATE: lock by writing the row'];
}

function* ofWords(sql) {
  for (const [rule, find, why] of words) if (find.test(sql)) yield [rule, `${find.exec(sql)[0].trim()}: ${why}`];
  if (/^WITH\b/i.test(sql) && /\b(INSERT|UPDATE|DELETE)\b/i.test(sql))
    yield ['cte', 'a change within WITH reads what was there before it waited for the lock, and Citus refuses it'];
  const returning = /\bRETURNING (.*)$/i.exec(sql);
  if (returning && !/^\w+( ?, ?\w+)*$/.test(returning[1])) yield ['returning', `RETURNING ${returning[1]}: columns only (Citus)`];
  for (const [, name] of sql.matchAll(/\b([a-z_]\w*) ?\(/gi)) {
    const before = sql.slice(0, sql.indexOf(`${name} (`) < 0 ? sql.indexOf(`${name}(`) : sql.indexOf(`${name} (`));
    const isTable = /\b(INTO|TABLE|EXISTS|ON|INDEX) $/i.test(before);
    if (!isTable && !functions.has(name.toLowerCase()) && !notFunctions.has(name.toLowerCase()))
      yield ['function', `${name}(): not known to be the same everywhere, and to depend on its arguments alone`];
  }
}

function* ofNames(sql, schema) {
  for (const [, name] of sql.matchAll(/\b(?:FROM|INTO|UPDATE|JOIN) (\w+)/gi))
    if (!schema.has(name.toLowerCase()) && !/^(SET|OF|NOTHING)$/i.test(name)) yield ['table', `no migration makes a table ${name}`];
}

function findingsOf(sql, schema) {
  const checks = [ofWords(sql), ofCreate(sql), ofIndex(sql), ofInsert(sql), ofChange(sql), ofLock(sql, schema)];
  if (!/^(CREATE|ALTER|DROP)\b/i.test(sql)) checks.push(ofNames(sql, schema));
  return checks.flatMap((check) => [...check]);
}

const isSql = (text) => /^\s*(?:--[^\n]*\n\s*)*(SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|LOCK|SET|LISTEN|NOTIFY|TRUNCATE|MERGE|COPY|PRAGMA|REPLACE|VALUES|DECLARE)\s/.test(text);

function filesOf(root) {
  return sources.flatMap((place) => place.endsWith('/')
    ? fs.readdirSync(path.join(root, place)).filter((name) => /\.[ch]$/.test(name)).sort().map((name) => place + name)
    : [place]);
}

function check(root) {
  const texts = filesOf(root).flatMap((file) => literalsOf(fs.readFileSync(path.join(root, file), 'utf8'))
    .filter(({ text, macro }) => isSql(text) && macro !== 'DB_VARIANTS:1') // SQLite's own variant
    .map(({ text, line }) => ({ file, line, statements: statementsOf(text) })));
  const schema = schemaOf(texts.flatMap(({ statements }) => statements));
  const used = new Set();
  const findings = texts.flatMap(({ file, line, statements }) => statements.flatMap((sql) =>
    findingsOf(sql, schema).filter(([rule]) => {
      const known = exceptions.find((one) => one.file === file && one.rule === rule && sql.includes(one.find));
      used.add(known);
      return !known;
    }).map(([rule, why]) => `${file}:${line}: ${rule}: ${why}\n    ${sql}`)));
  for (const one of exceptions)
    if (!used.has(one)) findings.push(`tools/check-sql.mjs: the exception "${one.find}" is no longer needed`);
  for (const table of Object.keys(ownKey))
    if (!schema.has(table)) findings.push(`tools/check-sql.mjs: there is no table ${table}`);
  return { findings, statements: texts.reduce((sum, text) => sum + text.statements.length, 0) };
}

function selfTest() {
  const table = 'CREATE TABLE seat (license_id TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (license_id, n))';
  const schema = schemaOf([plain(table), 'CREATE TABLE service_time (id BIGINT NOT NULL PRIMARY KEY, at_s BIGINT)']);
  const good = [table,
    'SELECT n FROM seat WHERE license_id = ?1 ORDER BY n LIMIT ?2',
    'SELECT count(*), coalesce(max(n), 0) FROM seat WHERE license_id = ?1',
    "SELECT n FROM seat WHERE license_id = ?1 AND n <> ?2 -- now() in a comment, 'random()'",
    'INSERT INTO seat (license_id, n) VALUES (?1, ?2) ON CONFLICT (license_id, n) DO NOTHING RETURNING n',
    'UPDATE seat SET n = CASE WHEN n < ?2 THEN ?2 ELSE n END WHERE license_id = ?1 AND n >= 0',
    'UPDATE seat SET n = n + ?2 WHERE (n = ?3 OR n = ?4) AND license_id = ?1',
    'DELETE FROM seat WHERE license_id = ?1', 'UPDATE service_time SET at_s = ?2 WHERE id = ?1',
    'CREATE INDEX seat_by_n ON seat (license_id, n)', "INSERT INTO seat (license_id, n) VALUES (?1, length('now()'))"];
  const bad = {
    'advisory-lock': 'SELECT pg_advisory_xact_lock(?1) FROM seat', trigger: 'CREATE TRIGGER t AFTER INSERT ON seat',
    listen: 'LISTEN changes', clock: 'UPDATE seat SET n = now() WHERE license_id = ?1',
    random: 'SELECT random() FROM seat', sequence: 'CREATE TABLE a (license_id BIGSERIAL PRIMARY KEY)',
    rule: 'CREATE RULE r AS ON INSERT TO seat DO NOTHING', deferrable: 'CREATE TABLE a (license_id TEXT PRIMARY KEY DEFERRABLE)',
    exclude: 'CREATE TABLE a (license_id TEXT PRIMARY KEY, EXCLUDE USING gist (n WITH =))', 'lock-table': 'LOCK TABLE seat IN EXCLUSIVE MODE',
    'skip-locked': 'SELECT n FROM seat WHERE license_id = ?1 AND n = ?2 FOR UPDATE SKIP LOCKED',
    reference: 'CREATE TABLE a (license_id TEXT PRIMARY KEY REFERENCES seat)', rowid: 'CREATE TABLE a (license_id INTEGER PRIMARY KEY)',
    dialect: 'INSERT OR IGNORE INTO seat (license_id, n) VALUES (?1, ?2)', session: 'CREATE TEMP TABLE a (license_id TEXT PRIMARY KEY)',
    bulk: 'TRUNCATE seat', formatted: 'SELECT n FROM seat WHERE license_id = %s',
    cte: 'WITH gone AS (DELETE FROM seat WHERE license_id = ?1 RETURNING n) SELECT count(*) FROM seat',
    returning: 'DELETE FROM seat WHERE license_id = ?1 RETURNING n + 1', function: 'SELECT md5(license_id) FROM seat',
    'primary-key': 'CREATE TABLE a (n BIGINT NOT NULL, license_id TEXT NOT NULL, PRIMARY KEY (n, license_id))',
    unique: 'CREATE UNIQUE INDEX u ON seat (n)', type: 'CREATE TABLE a (license_id TEXT PRIMARY KEY, at TIMESTAMP)',
    'insert-select': 'INSERT INTO seat (license_id, n) VALUES (?1, (SELECT max(n) FROM seat))',
    'no-key': 'UPDATE seat SET n = ?1 WHERE n = ?2', constant: 'INSERT INTO seat (license_id, n) VALUES (1, 2)',
    moves: 'UPDATE seat SET n = ?2, license_id = ?3 WHERE license_id = ?1',
    'update-from': 'UPDATE seat SET n = o.n FROM orders o WHERE license_id = ?1',
    'for-update': 'SELECT n FROM seat WHERE license_id = ?1 FOR UPDATE',
    'for-update-sqlite': 'SELECT n FROM seat WHERE license_id = ?1 AND n = ?2 FOR UPDATE', table: 'SELECT n FROM absent',
  };
  const more = [['no-key', 'INSERT INTO seat (n) VALUES (?1)'], ['no-key', 'INSERT INTO seat VALUES (?1, ?2)'],
    ['no-key', 'DELETE FROM seat WHERE license_id = ?1 OR n = ?2'], ['no-key', 'DELETE FROM seat'],
    ['no-key', 'UPDATE service_time SET at_s = ?1'], ['insert-select', 'INSERT INTO seat (license_id, n) SELECT license_id, n FROM seat'],
    ['clock', 'SELECT CURRENT_TIMESTAMP FROM seat'], ['unique', 'CREATE TABLE a (license_id TEXT PRIMARY KEY, name TEXT UNIQUE)'],
    ['sequence', 'CREATE TABLE a (license_id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY)']];
  const wrong = [];
  for (const sql of good)
    for (const [rule, why] of statementsOf(sql).flatMap((one) => findingsOf(one, schema))) wrong.push(`${rule} found in: ${sql} (${why})`);
  for (const [rule, sql] of [...Object.entries(bad), ...more])
    if (!statementsOf(sql).flatMap((one) => findingsOf(one, schema)).some(([found]) => found === rule)) wrong.push(`${rule} not found in: ${sql}`);
  for (const [rule] of words) if (!(rule in bad)) wrong.push(`${rule} has no example`);
  const [read] = literalsOf('/* "no" */ x = "SELECT \\"a\\"" /* c */\n "\\n b"; \'"\'; // "SELECT no"\n');
  if (read?.text !== 'SELECT "a"\n b' || read.line !== 1) wrong.push(`C is read wrongly: ${JSON.stringify(read)}`);
  const variants = literalsOf('a = DB_VARIANTS("one" "1", "two") "x";');
  if (variants.map(({ text, macro }) => `${text} ${macro}`).join() !== 'one1 DB_VARIANTS:1,twox DB_VARIANTS:2')
    wrong.push(`variants are read wrongly: ${JSON.stringify(variants)}`);
  console.log(wrong.length ? wrong.join('\n') : `check-sql: ${good.length} good and ${Object.keys(bad).length + more.length} bad statements told apart`);
  return wrong.length ? 1 : 0;
}

if (process.argv[2] === '--self-test') process.exit(selfTest());
const root = process.argv[2] ?? path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { findings, statements } = check(root);
for (const finding of findings) console.log(finding);
console.log(`check-sql: ${statements} statements, ${exceptions.length} exceptions, ${findings.length} findings`);
process.exit(findings.length ? 1 : 0);
