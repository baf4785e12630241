// SPDX-License-Identifier: Apache-2.0
// libgarnerlicense as another program sees it: installed, found by pkg-config, compiled against, used.
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { World, program, root } from './lib/world.mjs';

const build = path.resolve(program('..'));

test('E5: a program on the installed library activates, claims and releases, and believes no lease of others', async (t) => {
  if (!fs.existsSync(path.join(build, 'src/library/libgarnerlicense.so'))) return t.skip('built without the library');
  const world = new World(t);
  await world.licensing();
  const { license_key: key } = world.order(2);
  const destination = world.path('installed');
  execFileSync('meson', ['install', '-C', build, '--no-rebuild', '--destdir', destination], { stdio: 'pipe' });
  const [config] = execFileSync('find', [destination, '-name', 'garnerlicense.pc'], { encoding: 'utf8' }).trim().split('\n');
  assert.ok(config, 'the pkg-config file is installed');
  const flags = execFileSync('pkg-config', ['--cflags', '--libs', 'garnerlicense'], {
    encoding: 'utf8', env: { ...process.env, PKG_CONFIG_PATH: path.dirname(config), PKG_CONFIG_SYSROOT_DIR: destination } }).trim().split(/\s+/);
  const example = world.path('claim');
  execFileSync('cc', ['-Wall', '-Wextra', '-Werror', path.join(root, 'examples/claim.c'), '-o', example, ...flags,
    `-I${destination}/usr/local/include`], { stdio: 'pipe' });
  const libraries = path.dirname(path.dirname(config));
  const run = (...args) => spawnSync(example, args, { encoding: 'utf8', env: { ...process.env, LD_LIBRARY_PATH: libraries } });

  const used = run(world.path('state'), world.service.listening, world.service.root_key_file, key);
  assert.equal(used.status, 0, used.stderr);
  assert.equal(used.stdout, 'active, granted, 1 of 2 licenses\nnot released yet\n');

  const stranger = await world.serve('garner-licensing', 'serve', '--state', world.path('other'), '--listen', '127.0.0.1:0');
  const refused = run(world.path('state2'), world.service.listening, stranger.root_key_file, key);
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /activate: .*root key/);

  const exported = execFileSync('nm', ['-D', '--defined-only', path.join(libraries, 'libgarnerlicense.so.1')], { encoding: 'utf8' })
    .trim().split('\n').map((line) => line.split(' ').pop().split('@')[0]).filter((name) => !name.startsWith('GARNER_'));
  const header = fs.readFileSync(path.join(destination, 'usr/local/include/garner-license.h'), 'utf8');
  for (const name of exported) assert.ok(new RegExp(`\\b${name}\\(`).test(header), `${name} is exported, and not in the header`);
  assert.ok(exported.includes('license_client_claim'));
});
