// SPDX-License-Identifier: Apache-2.0
// A mail server that keeps what it gets, and can be told to refuse, to wait, to end and to begin.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { SMTPServer } from 'smtp-server';

/** A certificate for 127.0.0.1 that is its own authority. */
export function makeCertificate(folder) {
  const [key, cert] = ['mail.key', 'mail.pem'].map((name) => path.join(folder, name));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '3650',
    '-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { key: fs.readFileSync(key), cert: fs.readFileSync(cert), file: cert };
}

function decodeWords(text) {
  return text.replace(/\r\n /g, '').replace(/=\?UTF-8\?B\?([^?]*)\?=/g, (_, base64) => Buffer.from(base64, 'base64'));
}

function parse(raw) {
  const split = raw.indexOf('\r\n\r\n');
  const head = raw.slice(0, split);
  const headers = Object.fromEntries(head.replace(/\r\n[ \t]/g, '\r\n ').split(/\r\n(?! )/)
    .map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), decodeWords(line.slice(line.indexOf(':') + 2))]));
  const body = raw.slice(split + 4);
  const text = headers['content-transfer-encoding'] === 'base64' ? `${Buffer.from(body, 'base64')}`.replaceAll('\r\n', '\n') : body.replaceAll('\r\n', '\n');
  return { raw, headers, text };
}

export class Postbox {
  constructor(t, options = {}) {
    this.options = options;
    this.mails = [];
    this.refused = new Set();
    this.waiting = [];
    this.port = 0;
    this.holds = false; // takes a mail and does not say so
    t.after(() => this.end());
  }

  begin() {
    this.server = new SMTPServer({
      authOptional: !this.options.user, disabledCommands: this.options.key ? [] : ['STARTTLS'], logger: false, ...this.options,
      onAuth: (auth, session, done) => (auth.username === this.options.user && auth.password === this.options.password
        ? done(null, { user: auth.username }) : done(new Error('wrong'))),
      onRcptTo: (address, session, done) => (this.refused.has(address.address)
        ? done(Object.assign(new Error('no such box'), { responseCode: 550 })) : done()),
      onData: (stream, session, done) => {
        const pieces = [];
        stream.on('data', (piece) => pieces.push(piece));
        stream.on('end', () => {
          const mail = { ...parse(`${Buffer.concat(pieces)}`), to: session.envelope.rcptTo.map((one) => one.address), tls: session.secure };
          this.mails.push(mail);
          for (const look of this.waiting) look();
          if (!this.holds) done();
        });
      },
    });
    this.server.on('error', () => {});
    return new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', () => {
      this.port = this.server.server.address().port;
      resolve(this.port);
    }));
  }

  end() {
    return new Promise((resolve) => (this.server ? this.server.close(resolve) : resolve()));
  }

  /** Waits for a mail that fits. */
  async wait(fits, seconds = 40) {
    const find = () => this.mails.find(fits);
    if (find()) return find();
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`no such mail came; ${this.mails.length} others did`)), seconds * 1000);
      this.waiting.push(() => {
        if (!find()) return;
        clearTimeout(late);
        resolve(find());
      });
    });
  }
}

/** Waits until a question is answered with yes. */
export async function until(question, seconds = 40) {
  for (let i = 0; i < seconds * 10; i++) {
    if (await question()) return;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`waited ${seconds} seconds for ${question}`);
}
