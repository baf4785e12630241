#!/usr/bin/env node
// SPDX-License-Identifier: Apache-2.0
// Fails where something has grown too big to read: functions (lines, parameters, cyclomatic complexity
// as pmccabe's modified McCabe, in which a switch counts once), files and headers.
// Exceptions, each with its reason, are in tools/size-exceptions.txt, a line each of
//   PATH FUNCTION|- REASON        ("-" is the file itself; # begins a comment)
// and one that is no longer needed is a finding too.
// Use: tools/check-sizes.mjs        (needs Debian's pmccabe)
// Exit: 0 nothing found, 1 findings, one a line, as FILE:LINE: what.
import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const most = { function: 60, complexity: 15, parameters: 5, file: 600, header: 200 };
const exceptionsFile = 'tools/size-exceptions.txt';

process.chdir(path.dirname(path.dirname(fileURLToPath(import.meta.url))));

const sources = ['src', 'sandbox', 'tests', 'bench'].filter((top) => fs.existsSync(top))
  .flatMap((top) => fs.readdirSync(top, { recursive: true }).map((name) => `${top}/${name}`))
  .filter((file) => /\.[ch]$/.test(file) && !file.includes('node_modules')).sort();
const textOf = new Map(sources.map((file) => [file, fs.readFileSync(file, 'utf8')]));

function readExceptions() {
  const exceptions = new Map();
  const text = fs.existsSync(exceptionsFile) ? fs.readFileSync(exceptionsFile, 'utf8') : '';
  text.split('\n').forEach((line, index) => {
    if (!line.trim() || line.startsWith('#')) return;
    const [, file, name, reason] = /^(\S+)\s+(\S+)\s+(\S.*)$/.exec(line) ?? [];
    if (!reason) throw new Error(`${exceptionsFile}:${index + 1}: not PATH FUNCTION|- REASON`);
    exceptions.set(`${file} ${name}`, { line: index + 1, used: false });
  });
  return exceptions;
}

// The number of parameters of the function whose definition begins at the given line.
function countParameters(file, line, name) {
  const rest = textOf.get(file).split('\n').slice(line - 1).join('\n');
  const start = rest.search(new RegExp(`\\b${name}\\s*\\(`));
  if (start < 0) return 0;
  let depth = 0;
  let commas = 0;
  let at = rest.indexOf('(', start);
  const first = at + 1;
  do {
    if (rest[at] === '(' || rest[at] === '{') depth++;
    else if (rest[at] === ')' || rest[at] === '}') depth--;
    else if (rest[at] === ',' && depth === 1) commas++;
    at++;
  } while (depth > 0 && at < rest.length);
  return /^\s*(void)?\s*$/.test(rest.slice(first, at - 1)) ? 0 : commas + 1;
}

const unread = []; // what pmccabe did not understand would go uncounted

// Every function, from pmccabe's lines: modified, traditional, statements, first line, lines, FILE(LINE): NAME
function functionsOf(files) {
  const { stdout, stderr, error } = spawnSync('pmccabe', files, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (error) throw error;
  for (const text of stderr.trim().split('\n').filter(Boolean)) {
    const [, file, line] = /^"(.*)", line (\d+)/.exec(text) ?? [];
    unread.push(`${file}:${line}: pmccabe cannot read this: ${text}`);
  }
  return stdout.trim().split('\n').flatMap((text) => {
    const [complexity, , , line, lines, place, name] = text.split(/\s+/);
    const file = /^(.*)\(\d+\):$/.exec(place ?? '')?.[1];
    if (!file) return [];
    return [{ file, line: Number(line), name, complexity: Number(complexity), lines: Number(lines),
      parameters: countParameters(file, Number(line), name) }];
  });
}

function judgeFunction(f) {
  return [
    [f.lines, most.function, 'lines'],
    [f.complexity, most.complexity, 'of complexity'],
    [f.parameters, most.parameters, 'parameters'],
  ].filter(([is, limit]) => is > limit)
    .map(([is, limit, what]) => ({ key: `${f.file} ${f.name}`, text: `${f.file}:${f.line}: ${f.name}: ${is} ${what}, ${limit} are allowed` }));
}

function judgeFile(file) {
  const limit = file.endsWith('.h') ? most.header : most.file;
  const lines = textOf.get(file).split('\n').length - 1;
  return lines <= limit ? [] : [{ key: `${file} -`, text: `${file}:${limit + 1}: ${lines} lines, ${limit} are allowed` }];
}

const exceptions = readExceptions();
const functions = functionsOf(sources.filter((file) => file.endsWith('.c')));
const found = [...sources.flatMap(judgeFile), ...functions.flatMap(judgeFunction)];
const findings = [...unread];
for (const { key, text } of found) {
  const exception = exceptions.get(key);
  if (exception) exception.used = true;
  else findings.push(text);
}
for (const [key, { line, used }] of exceptions) {
  if (!used) findings.push(`${exceptionsFile}:${line}: "${key}" needs no exception any more`);
}
for (const finding of findings) console.log(finding);
console.log(`check-sizes: ${sources.length} files, ${functions.length} functions, ${exceptions.size} exceptions, ${findings.length} findings`);
process.exitCode = findings.length ? 1 : 0;
