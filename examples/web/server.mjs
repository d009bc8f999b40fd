// A web application that people log in to through bimgate. It serves one page, and it is the back end of that page: it
// answers whoever shows a valid bearer. Node.js 20 or newer, no packages.
import { createPublicKey, verify } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

const bimgate = process.env.BIMGATE ?? 'http://127.0.0.1:8080';
// Who signs the bearers: `server.public_url` of bimgate, or "bimgate" where that is not set.
const issuer = process.env.ISSUER ?? 'bimgate';
const [host, port] = (process.env.LISTEN ?? '127.0.0.1:9000').split(':');

// The keys that sign bearers, and when they were fetched. Keys change: a bearer with an unknown one makes us ask again.
// Anybody can invent such a bearer, so we ask at most once in ten seconds.
const keys = { fetched: 0, byId: Promise.resolve(new Map()) };

async function fetchKeys() {
  const reply = await fetch(`${bimgate}/.well-known/jwks.json`, { signal: AbortSignal.timeout(5_000) });
  const { keys } = await reply.json();
  return new Map(keys.map((key) => [key.kid, createPublicKey({ key, format: 'jwk' })]));
}

async function keyOf(id) {
  const known = await keys.byId;
  if (known.has(id) || Date.now() - keys.fetched < 10_000) return known.get(id);
  keys.fetched = Date.now();
  keys.byId = fetchKeys().catch((error) => {
    console.error(`no keys from ${bimgate}: ${error.message}`);
    return known;
  });
  return (await keys.byId).get(id);
}

// The claims of a bearer that is good: its signature, issuer, audience and expiry are checked. Throws for any other.
async function claimsOf(bearer) {
  const [header, payload, signature] = bearer.split('.');
  const decode = (part) => JSON.parse(Buffer.from(part, 'base64url'));
  const { alg, kid } = decode(header);
  const key = alg === 'RS256' ? await keyOf(kid) : undefined;
  const signed = Buffer.from(`${header}.${payload}`);
  if (!key || !verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64url'))) throw new Error('not signed');
  const claims = decode(payload);
  if (claims.iss !== issuer || claims.aud !== 'http' || claims.exp <= Date.now() / 1000) throw new Error('not for us');
  return claims;
}

const page = (await readFile(new URL('page.html', import.meta.url), 'utf8')).replaceAll('{{bimgate}}', bimgate);
const script = await readFile(new URL('page.js', import.meta.url), 'utf8');
// The page holds bearers: it runs no script but its own, and talks to nobody but bimgate and this server.
const policy = `default-src 'none'; script-src 'self'; connect-src 'self' ${bimgate}; frame-ancestors 'none'`;

async function answer(request) {
  switch (request.url) {
    case '/':
      return [200, 'text/html; charset=utf-8', page];
    case '/page.js':
      return [200, 'text/javascript; charset=utf-8', script];
    case '/me': {
      const bearer = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1] ?? '';
      const claims = await claimsOf(bearer).catch(() => null);
      const body = claims ? { user: claims.sub, session: claims.sid } : { error: 'log in first' };
      return [claims ? 200 : 401, 'application/json', JSON.stringify(body)];
    }
    default:
      return [404, 'text/plain', 'not found'];
  }
}

const server = createServer(async (request, response) => {
  const [status, type, body] = await answer(request);
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Security-Policy': policy,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
  });
  response.end(body);
});
server.listen(Number(port), host, () => console.log(`Open http://${host}:${port}/`));
