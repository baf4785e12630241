// SPDX-License-Identifier: Apache-2.0
// Hosts on this machine, each in a network namespace of its own, with wires between them that can be
// cut. Needs root and iproute2.
import { spawnSync } from 'node:child_process';

function ip(...args) {
  const result = spawnSync('ip', args, { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`ip ${args.join(' ')}: ${result.stderr ?? result.error}`);
}

export class Network {
  constructor(prefix = `gh${process.pid}`) {
    this.prefix = prefix;
    this.hosts = [];
    this.wires = new Map();
  }

  static isPossible() {
    const probe = new Network(`ghp${process.pid}`);
    try {
      probe.host('a');
      return true;
    } catch {
      return false;
    } finally {
      probe.close();
    }
  }

  host(name) {
    ip('netns', 'add', `${this.prefix}${name}`);
    this.hosts.push(name);
    ip('-n', `${this.prefix}${name}`, 'link', 'set', 'lo', 'up');
  }

  /** Joins two hosts; their addresses. Only these hosts see them. */
  wire(a, b) {
    const number = this.wires.size;
    const ends = [[a, `${this.prefix}v${number}a`, `10.97.${number}.1`], [b, `${this.prefix}v${number}b`, `10.97.${number}.2`]];
    ip('link', 'add', ends[0][1], 'netns', `${this.prefix}${a}`, 'type', 'veth',
      'peer', 'name', ends[1][1], 'netns', `${this.prefix}${b}`);
    for (const [host, device, address] of ends) {
      ip('-n', `${this.prefix}${host}`, 'addr', 'add', `${address}/30`, 'dev', device);
      ip('-n', `${this.prefix}${host}`, 'link', 'set', device, 'up');
    }
    this.wires.set(`${a}-${b}`, { host: a, device: ends[0][1] });
    return ends.map(([, , address]) => address);
  }

  cut(wire, down = true) {
    const { host, device } = this.wires.get(wire);
    ip('-n', `${this.prefix}${host}`, 'link', 'set', device, down ? 'down' : 'up');
  }

  /** The words to put before a command that is to run on a host. */
  at(host) {
    return ['ip', 'netns', 'exec', `${this.prefix}${host}`];
  }

  close() {
    for (const host of this.hosts) spawnSync('ip', ['netns', 'del', `${this.prefix}${host}`]);
    this.hosts = [];
  }
}
