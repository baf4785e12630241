// SPDX-License-Identifier: Apache-2.0
// The string literals of a C source.

const escapes = { n: '\n', t: '\t', r: '\r', 0: '\0' };
const token = /\/\*[\s\S]*?\*\/|\/\/[^\n]*|"((?:[^"\\\n]|\\[\s\S])*)"|'(?:[^'\\\n]|\\.)+'|[A-Za-z_]\w*|\s+|[\s\S]/g;

const unescape = (text) => text.replace(/\\(\n|x[0-9a-fA-F]+|.)/g,
  (_, c) => c === '\n' ? '' : c[0] === 'x' ? String.fromCharCode(parseInt(c.slice(1), 16)) : escapes[c] ?? c);

/**
 * Literals that stand side by side are one: [{ text, line (of its beginning), macro }]. `macro` is "NAME:n"
 * where it is the n-th argument of a call of a macro or function, or follows behind the last.
 */
export function literalsOf(source) {
  const found = [];
  const calls = []; // names and numbers of the arguments that we are in
  let line = 1;
  let open = null; // the literal that may go on
  let word = '';
  let closed = null; // the call that has just ended
  for (const [text, literal] of source.matchAll(token)) {
    const isBlank = /^(\s|\/\*|\/\/)/.test(text);
    if (literal !== undefined) {
      const call = calls.at(-1);
      if (!open) {
        open = { text: '', line, macro: call ? `${call.name}:${call.argument}` : null };
        found.push(open);
      }
      open.text += unescape(literal);
    } else if (!isBlank) {
      if (text === '(') calls.push({ name: word, argument: 1 });
      else if (text === ')') closed = calls.pop();
      else if (text === ',' && calls.length) calls.at(-1).argument++;
      // What follows DB_VARIANTS(…) goes on with its last text.
      if (!(text === ')' && closed?.name === 'DB_VARIANTS')) open = null;
      word = /^\w/.test(text) ? text : '';
    }
    line += (text.match(/\n/g) ?? []).length;
  }
  return found;
}
