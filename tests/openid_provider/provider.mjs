// A certified OpenID Connect provider (npm oidc-provider) on a free loopback port, for the tests.
//
//   node provider.mjs '{"port": 0, "clients": [...], "accounts": {"alice": {"email": "..."}}, ...}'
//
// The first line on standard output is its issuer. Then each line of JSON on standard input is a command, answered by
// the line "done": {"rotate": true} makes new keys, {"now": seconds} stops its clock there, {"now": null} lets it run,
// {"accounts": {...}} adds accounts, or replaces some.
// With {"audience": {"client": "...", "name": "..."}} the access tokens of that client are JWTs for that audience.
// It ends with its standard input, and so with whoever started it.

import { createServer } from 'node:http';
import { generateKeyPair, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import Provider from 'oidc-provider';
import MemoryAdapter from 'oidc-provider/lib/adapters/memory_adapter.js';

const asked = JSON.parse(process.argv[2]);
const running = Date.now;

const jwk = { format: 'jwk' };

async function newKey() {
  const shape = { modulusLength: 2048, publicKeyEncoding: jwk, privateKeyEncoding: jwk };
  const { privateKey } = await promisify(generateKeyPair)('rsa', shape);
  return { ...privateKey, use: 'sig', alg: 'RS256', kid: randomUUID() };
}

// Grants outlive a provider that is made anew: the library keeps them beside it, in memory.
function make(issuer, key) {
  const provider = new Provider(issuer, {
    jwks: { keys: [key] },
    clients: asked.clients,
    // The default adapter by another name: by its own it warns at each start that it is not for production.
    adapter: class extends MemoryAdapter {},
    cookies: { keys: ['of no importance'] },
    scopes: ['openid', 'profile', 'email', 'teams'],
    claims: {
      openid: ['sub', 'oid'],
      profile: ['name', 'given_name', 'family_name', 'preferred_username', 'updated_at', 'picture', 'locale'],
      email: ['email', 'email_verified'],
      teams: ['teams'],
    },
    conformIdTokenClaims: !asked.claims_in_id_token,
    features: {
      backchannelLogout: { enabled: true },
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true, logoutSource },
      resourceIndicators: {
        enabled: Boolean(asked.audience),
        defaultResource: (_, client) => (client.clientId === asked.audience.client ? asked.audience.name : undefined),
        getResourceServerInfo: () => ({ scope: '', audience: asked.audience.name, accessTokenFormat: 'jwt' }),
        useGrantedResource: () => true,
      },
    },
    interactions: { url: (_, interaction) => `/login/${interaction.uid}` },
    ...(asked.client_auth_methods && { clientAuthMethods: asked.client_auth_methods }),
    pkce: { methods: ['S256'], required: () => true },
    ttl: { IdToken: 3600, AccessToken: 3600, AuthorizationCode: 60, Interaction: 600, Session: 86400, Grant: 86400 },
    findAccount: (_, id) =>
      Object.hasOwn(asked.accounts, id) && {
        accountId: id,
        claims: () => ({ sub: id, ...asked.accounts[id] }),
      },
    // Nobody is asked whether they consent: as at a company's own provider.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({ accountId: oidc.session.accountId, clientId: oidc.client.clientId });
      grant.addOIDCScope('openid profile email teams');
      await grant.save();
      return grant;
    },
  });
  return provider;
}

const page = `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>The provider's login</title>
<form method="post"><label>Account <input name="account" autofocus></label>
<button name="act" value="login">Log in</button> <button name="act" value="cancel">Cancel</button></form></html>`;

// Asks whether to log out. By the library's own page it would say on standard output that there should be another.
function logoutSource(context, form) {
  context.body = `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Log out?</title>${form}
<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button></html>`;
}

async function login(provider, request, response) {
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    return response.end(page);
  }
  let body = '';
  for await (const piece of request) body += piece;
  const form = new URLSearchParams(body);
  const outcome =
    form.get('act') === 'cancel'
      ? { error: 'access_denied', error_description: 'The person said no.' }
      : { login: { accountId: form.get('account') } };
  return provider.interactionFinished(request, response, outcome, { mergeWithLastSubmission: false });
}

let provider;
const server = createServer((request, response) => {
  if (!provider) return response.writeHead(503).end('It is not ready.');
  if (!request.url.startsWith('/login/')) return provider.callback()(request, response);
  return login(provider, request, response).catch((error) => response.writeHead(400).end(String(error)));
});
const host = asked.host ?? '127.0.0.1';
server.listen(asked.port, host, async () => {
  const issuer = `http://${host}:${server.address().port}`;
  provider = make(issuer, await newKey());
  console.log(issuer);
  for await (const line of createInterface({ input: process.stdin })) {
    const command = JSON.parse(line);
    if (command.rotate) provider = make(issuer, await newKey());
    Object.assign(asked.accounts, command.accounts);
    if ('now' in command) Date.now = command.now === null ? running : () => command.now * 1000;
    console.log('done');
  }
  process.exit();
});
