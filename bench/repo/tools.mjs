// SPDX-License-Identifier: Apache-2.0
// The programs that are measured. A tool says for each phase what to run: { command: […], cwd, env }, or { skipped: why }.
// All of a tool's files are in its folder `at`: what counts as its repository is `repository`.
import fs from 'node:fs';
import path from 'node:path';
import { spawnSync } from 'node:child_process';

const PASSWORD = 'correct horse battery staple';
const shell = (script, words, rest = {}) => ({ command: ['sh', '-c', script, 'sh', ...words], ...rest });
const firstLine = (command, args) => (spawnSync(command, args, { encoding: 'utf8' }).stdout ?? '').split('\n')[0];
const runs = (command, args) => spawnSync(command, args).status === 0;

function garner({ bin, at, corpus }) {
  const program = path.join(bin, 'garner');
  const repository = path.join(at, 'repository');
  const password = path.join(at, 'password');
  const garnerState = { env: { GARNER_STATE: path.join(at, 'state') } };
  const call = (...words) => ({ command: [program, ...words, '--quiet', '--no-progress'], ...garnerState });
  fs.writeFileSync(password, PASSWORD, { mode: 0o600 });
  const start = call('job', 'start', 'night', '--wait');
  // Once to condemn, once to remove, which a later second can.
  const prune = shell('"$1" forget --keep-last 1 --yes --quiet && "$1" prune --yes --quiet && sleep 1.1 && "$1" prune --yes --quiet', [program],
    garnerState);
  return {
    repository,
    version: firstLine(program, ['version']),
    create: call('storage', 'add', 'disk', '--path', repository, '--password-file', password),
    prepare: [call('connection', 'add', 'here', '--kind', 'folder', '--path', corpus.root),
      call('job', 'add', 'night', '--connection', 'here', '--storage', 'disk')],
    first: start,
    unchanged: start,
    changed: start,
    open: call('snapshots'),
    derive: { command: [program, 'snapshots', '--repository', repository, '--password-file', password, '--quiet'] },
    restore: (to) => call('restore', 'latest:folder', '--to', to),
    check: call('check', '--read-data'),
    prune,
  };
}

function restic({ at, corpus }) {
  const repository = path.join(at, 'repository');
  const env = { RESTIC_PASSWORD: PASSWORD, RESTIC_CACHE_DIR: path.join(at, 'cache'), RESTIC_REPOSITORY: repository };
  const call = (...words) => ({ command: ['restic', '-q', ...words], env });
  const backup = { ...call('backup', '.'), cwd: corpus.root };
  return {
    repository,
    version: firstLine('restic', ['version']),
    create: call('init'),
    first: backup,
    unchanged: backup,
    changed: backup,
    derive: call('snapshots'),
    restore: (to) => call('restore', 'latest', '--target', to),
    check: call('check', '--read-data'),
    prune: call('forget', '--keep-last', '1', '--prune'),
  };
}

function borg({ at, corpus }) {
  const repository = path.join(at, 'repository');
  const env = { BORG_PASSPHRASE: PASSWORD, BORG_BASE_DIR: path.join(at, 'base') };
  const create = (name) => ({ command: ['borg', 'create', '-C', 'zstd,3', `${repository}::${name}`, '.'], env, cwd: corpus.root });
  return {
    repository,
    version: firstLine('borg', ['--version']),
    create: { command: ['borg', 'init', '-e', 'repokey-blake2', repository], env },
    first: create('first'),
    unchanged: create('unchanged'),
    changed: create('changed'),
    derive: { command: ['borg', 'list', '--short', repository], env },
    restore: (to) => ({ command: ['borg', 'extract', `${repository}::changed`], env, cwd: to }),
    check: { command: ['borg', 'check', '--verify-data', repository], env },
    prune: shell('borg prune --keep-last 1 "$1" && borg compact "$1"', [repository], { env }),
  };
}

function casync({ at, corpus }) {
  const repository = path.join(at, 'repository');
  const store = `--store=${repository}/store.castr`;
  const index = (name) => path.join(repository, `${name}.caidx`);
  const make = (name) => ({ command: ['casync', 'make', store, index(name), corpus.root] });
  fs.mkdirSync(repository);
  return {
    repository,
    version: firstLine('casync', ['--version']),
    first: make('first'),
    unchanged: make('unchanged'),
    changed: make('changed'),
    restore: (to) => ({ command: ['casync', 'extract', store, index('changed'), to] }),
    check: { command: ['casync', 'digest', store, index('changed')] },
    prune: shell('rm "$1" "$2" && casync gc "$3" "$4"', [index('first'), index('unchanged'), store, index('changed')]),
  };
}

/** One archive of all: the floor of a backup. */
function tarZstd({ at, corpus }) {
  const archive = path.join(at, 'repository', 'all.tar.zst');
  fs.mkdirSync(path.dirname(archive));
  return {
    repository: path.dirname(archive),
    version: firstLine('zstd', ['--version']),
    first: shell('tar -cf - . | zstd -q -3 -T1 >"$1"', [archive], { cwd: corpus.root }),
    restore: null,
  };
}

/** The floor of a restore. */
function copy({ at, corpus }) {
  return {
    repository: path.join(at, 'repository'),
    version: firstLine('cp', ['--version']),
    restore: (to) => ({ command: ['cp', '-a', `${corpus.root}/.`, to] }),
  };
}

export const tools = { garner, restic, borg, casync, 'tar + zstd -3': tarZstd, 'cp -a': copy };

/** Those of the tools that are not on this machine. */
export const missing = (names) => names.filter((name) => !runs('sh', ['-c', `command -v ${name.split(' ')[0]}`]));
