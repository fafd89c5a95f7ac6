// Sign-in providers on loopback, an OpenID Connect one and GitHub's OAuth. Whoever comes is the person it was told.
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import http from 'node:http';

export interface OidcProvider {
  readonly url: string;
  readonly discoveryUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** Who signs in from now on. */
  person: { sub: string; email: string; name: string };
  close(): void;
}

export async function startOidc(): Promise<OidcProvider> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const clientId = 'mainloop';
  const clientSecret = randomBytes(16).toString('hex');
  const codes = new Map<
    string,
    { challenge: string; nonce: string | null; person: OidcProvider['person'] }
  >();
  const tokens = new Map<string, OidcProvider['person']>();
  const self = { person: { sub: 'ann', email: 'ann@example.com', name: 'Ann' } };
  let issuer = '';
  const b64 = (x: object): string => Buffer.from(JSON.stringify(x)).toString('base64url');
  const jwt = (claims: object): string => {
    const head = `${b64({ alg: 'RS256', kid: '1', typ: 'JWT' })}.${b64(claims)}`;
    return `${head}.${sign('sha256', Buffer.from(head), privateKey).toString('base64url')}`;
  };
  const server = http.createServer((req, res) => {
    const url = new URL(req.url ?? '/', issuer);
    const json = (body: object, status = 200): void =>
      void res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    let body = '';
    req.on('data', (d: Buffer) => (body += d.toString()));
    req.on('end', () => {
      switch (url.pathname) {
        case '/.well-known/openid-configuration':
          return json({
            issuer,
            authorization_endpoint: `${issuer}/authorize`,
            token_endpoint: `${issuer}/token`,
            userinfo_endpoint: `${issuer}/userinfo`,
            jwks_uri: `${issuer}/jwks`,
            response_types_supported: ['code'],
            subject_types_supported: ['public'],
            id_token_signing_alg_values_supported: ['RS256'],
            token_endpoint_auth_methods_supported: ['client_secret_post', 'client_secret_basic'],
            code_challenge_methods_supported: ['S256'],
          });
        case '/jwks':
          return json({
            keys: [
              {
                ...createPublicKey(publicKey.export({ type: 'spki', format: 'pem' })).export({
                  format: 'jwk',
                }),
                kid: '1',
                alg: 'RS256',
                use: 'sig',
              },
            ],
          });
        case '/login/oauth/authorize':
        case '/authorize': {
          const query = url.searchParams;
          const code = randomBytes(12).toString('hex');
          codes.set(code, {
            challenge: query.get('code_challenge') ?? '',
            nonce: query.get('nonce'),
            person: self.person,
          });
          const back = new URL(query.get('redirect_uri')!);
          back.searchParams.set('code', code);
          back.searchParams.set('state', query.get('state') ?? '');
          return void res.writeHead(302, { location: back.href }).end();
        }
        case '/login/oauth/access_token':
        case '/token': {
          const query = new URLSearchParams(body);
          const c = codes.get(query.get('code') ?? '');
          codes.delete(query.get('code') ?? '');
          const basic = `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`;
          const known = query.get('client_secret') === clientSecret || req.headers.authorization === basic;
          const proof = createHash('sha256')
            .update(query.get('code_verifier') ?? '')
            .digest('base64url');
          if (!c || !known || proof !== c.challenge) return json({ error: 'invalid_grant' }, 400);
          const access = randomBytes(12).toString('hex');
          tokens.set(access, c.person);
          // GitHub answers in the form encoding unless it is asked for JSON, and has no id token.
          if (url.pathname.startsWith('/login/'))
            return req.headers.accept?.includes('json')
              ? json({ access_token: access, scope: 'read:user', token_type: 'bearer' })
              : void res
                  .writeHead(200, { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' })
                  .end(`access_token=${access}&scope=read%3Auser&token_type=bearer`);
          const now = Math.floor(Date.now() / 1000);
          const claims = {
            iss: issuer,
            aud: clientId,
            iat: now,
            exp: now + 300,
            email_verified: true,
            ...c.person,
            ...(c.nonce ? { nonce: c.nonce } : {}),
          };
          return json({ access_token: access, token_type: 'Bearer', expires_in: 300, id_token: jwt(claims) });
        }
        case '/api/v3/user': {
          const who = tokens.get((req.headers.authorization ?? '').replace(/^Bearer /, ''));
          return who
            ? json({ id: who.sub.length, login: who.sub, name: null, email: null })
            : json({ message: 'Bad credentials' }, 401);
        }
        case '/userinfo': {
          const who = tokens.get((req.headers.authorization ?? '').replace(/^Bearer /, ''));
          return who ? json({ ...who, email_verified: true }) : json({ error: 'invalid_token' }, 401);
        }
        default:
          return json({ error: 'not found' }, 404);
      }
    });
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  issuer = `http://127.0.0.1:${(server.address() as { port: number }).port}`;
  return Object.assign(self, {
    url: issuer,
    discoveryUrl: `${issuer}/.well-known/openid-configuration`,
    clientId,
    clientSecret,
    close: () => void server.close(),
  });
}
