// SPDX-License-Identifier: Apache-2.0
// One question to the sandbox by Microsoft's own clients, in a process of its own; prints what
// came back as JSON. Called by graph_clients.test.mjs with NODE_EXTRA_CA_CERTS set.
import https from 'node:https';
import { ConfidentialClientApplication } from '@azure/msal-node';
import { Client, PageIterator } from '@microsoft/microsoft-graph-client';

const organization = JSON.parse(process.env.ORGANIZATION);
const immutable = { Prefer: 'IdType="ImmutableId"' };

function application({ secret = organization.secret, client_id = organization.client_id } = {}) {
  return new ConfidentialClientApplication({ auth: {
    clientId: client_id,
    clientSecret: secret,
    authority: `${organization.listening}/${organization.tenant_id}`,
    knownAuthorities: [new URL(organization.listening).host],
  } });
}

async function accessToken() {
  const result = await application().acquireTokenByClientCredential({ scopes: [`${organization.listening}/.default`] });
  return result.accessToken;
}

async function graph() {
  const token = await accessToken();
  return Client.init({
    baseUrl: `${organization.listening}/`,
    customHosts: new Set([new URL(organization.listening).hostname]),
    authProvider: (done) => done(null, token),
  });
}

/** A request of the Graph client: for a link as it is, or a path below v1.0. */
const request = (client, target) => client.api(target);

function send([method, target, headers]) {
  return new Promise((resolve) => {
    const call = https.request(new URL(target, organization.listening), { method, headers, agent: false }, (response) => {
      let text = '';
      response.on('data', (piece) => { text += piece; });
      response.on('error', () => resolve({ status: response.statusCode, broken: true }));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers,
        body: text && response.headers['content-type']?.includes('json') ? JSON.parse(text) : null }));
    });
    call.on('error', () => resolve({ broken: true }));
    call.end();
  });
}

async function walk(client, first) {
  const items = [];
  let pages = 1;
  let page = first;
  while (page['@odata.nextLink']) {
    items.push(...page.value);
    page = await request(client, page['@odata.nextLink']).headers(immutable).get();
    pages++;
  }
  return { items: [...items, ...page.value], pages, link: page['@odata.deltaLink'] };
}

const cases = {
  async token(options) {
    try {
      const result = await application(options).acquireTokenByClientCredential({
        scopes: [options.scope ?? `${organization.listening}/.default`] });
      return {
        tokenType: result.tokenType,
        seconds: Math.round((result.expiresOn - Date.now()) / 1000),
        claims: JSON.parse(Buffer.from(result.accessToken.split('.')[1], 'base64url')),
      };
    } catch (error) {
      return { error: error.errorCode, message: error.errorMessage ?? error.message };
    }
  },

  forms(forms) {
    return Promise.all(forms.map(async ([tenant, form]) => {
      const body = new URLSearchParams(Object.entries(form).filter(([, value]) => value !== undefined));
      const response = await fetch(`${organization.listening}/${tenant}/oauth2/v2.0/token`, { method: 'POST', body });
      const answer = await response.json();
      return [response.status, answer.error_codes?.[0] ?? null];
    }));
  },

  async list(target) {
    const client = await graph();
    return walk(client, await request(client, target).get());
  },

  async delta(target, size) {
    const client = await graph();
    const headers = { Prefer: `${immutable.Prefer}, odata.maxpagesize=${size}` };
    const items = [];
    let pages = 0;
    const fetchOptions = { headers };
    const first = await request(client, target).headers(headers).get();
    const iterator = new PageIterator(client, first, (item) => { items.push(item); return true; }, { options: fetchOptions, headers });
    pages = 1;
    const count = client.api;
    client.api = (link) => { pages++; return count.call(client, link); };
    await iterator.iterate();
    return { items, pages, link: iterator.getDeltaLink() };
  },

  async get(targets) {
    const client = await graph();
    const answers = [];
    for (const target of targets) {
      try {
        answers.push({ status: 200, body: await request(client, target).headers(immutable).get() });
      } catch (error) {
        answers.push({ status: error.statusCode, code: error.code, message: error.message, requestId: error.requestId });
      }
    }
    return answers;
  },

  async bytes(target) {
    const client = await graph();
    const response = await request(client, target).headers(immutable).responseType('raw').get();
    return { type: response.headers.get('content-type'), data: Buffer.from(await response.arrayBuffer()).toString('base64') };
  },

  async raw(requests) {
    const token = await accessToken();
    return Promise.all(requests.map(([method, target, headers]) => send([method, target,
      { ...headers, ...(headers.authorization === 'TOKEN' ? { authorization: `Bearer ${token}` } : {}) }])));
  },
};

const [name, ...args] = process.argv.slice(2);
console.log(JSON.stringify(await cases[name](...args.map((value) => JSON.parse(value)))));
