// SPDX-License-Identifier: Apache-2.0
// Stands between an instance and its licensing service, in a process of its own, and does what the
// file MODE says at each request: "pass", "replay N", "status N", "garbage", "redirect", or "to URL".
// Each answer that passed lies in FOLDER under its number. Use: proxy.mjs FOLDER URL
import fs from 'node:fs';
import http from 'node:http';
import path from 'node:path';

const [folder, upstream] = process.argv.slice(2);
let count = 0;

function forward(request, body, url, keep, response) {
  const headers = { ...request.headers, host: new URL(url).host };
  const call = http.request(new URL(request.url, url), { method: request.method, headers }, (answer) => {
    const pieces = [];
    answer.on('data', (piece) => pieces.push(piece));
    answer.on('end', () => {
      const whole = Buffer.concat(pieces);
      if (keep) fs.writeFileSync(path.join(folder, `${count++}`), JSON.stringify({ path: request.url, status: answer.statusCode, body: `${whole}` }));
      response.writeHead(answer.statusCode, { 'content-type': answer.headers['content-type'] ?? 'text/plain' });
      response.end(whole);
    });
  });
  call.on('error', () => response.destroy());
  call.end(body);
}

const server = http.createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const [mode, argument] = fs.readFileSync(path.join(folder, 'mode'), 'utf8').trim().split(' ');
    const body = Buffer.concat(pieces);
    if (mode === 'pass') return forward(request, body, upstream, true, response);
    if (mode === 'to') return forward(request, body, argument, false, response);
    if (mode === 'replay') {
      const old = JSON.parse(fs.readFileSync(path.join(folder, argument), 'utf8'));
      response.writeHead(old.status, { 'content-type': 'application/json' });
      return response.end(old.body);
    }
    if (mode === 'redirect') {
      response.writeHead(307, { location: `${upstream}${request.url}` });
      return response.end();
    }
    response.writeHead(mode === 'status' ? Number(argument) : 200, { 'content-type': 'text/html' });
    return response.end('<html>Welcome to the hotel');
  });
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` })));
process.on('SIGTERM', () => process.exit(0));
