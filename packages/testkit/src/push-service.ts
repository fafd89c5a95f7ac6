// A push service on loopback, as a browser's vendor runs one: it takes what is sent, checks who signed it and opens it.
import { createECDH, createPublicKey, randomBytes, verify, type ECDH } from 'node:crypto';
import http from 'node:http';
// No types are published for it.
// @ts-expect-error
import ece from 'http_ece';

const open = (
  ece as {
    decrypt(body: Buffer, options: { version: 'aes128gcm'; privateKey: ECDH; authSecret: string }): Buffer;
  }
).decrypt;

export interface Received {
  readonly atMs: number;
  readonly urgency: string;
  readonly ttl: number;
  readonly notification: Record<string, unknown>;
}

export interface PushService {
  /** A subscription as a browser hands it out, and what arrived for it. */
  subscribe(): {
    readonly subscription: { endpoint: string; keys: { p256dh: string; auth: string } };
    readonly got: Received[];
    answer: number;
  };
  close(): void;
}

/** @param publicKey the application server key that a browser would have subscribed with */
export async function startPushService(publicKey: string): Promise<PushService> {
  const subs = new Map<string, { ecdh: ECDH; auth: string; got: Received[]; answer: number }>();
  const server = http.createServer((req, res) => {
    const sub = subs.get(req.url ?? '');
    const parts: Buffer[] = [];
    req.on('data', (d: Buffer) => parts.push(d));
    req.on('end', () => {
      if (!sub) return void res.writeHead(404).end();
      if (sub.answer !== 201) return void res.writeHead(sub.answer).end();
      if (!isSigned(req.headers.authorization ?? '', publicKey, `http://${req.headers.host}`))
        return void res.writeHead(403).end();
      const plain = open(Buffer.concat(parts), {
        version: 'aes128gcm',
        privateKey: sub.ecdh,
        authSecret: sub.auth,
      });
      sub.got.push({
        atMs: Date.now(),
        urgency: String(req.headers.urgency),
        ttl: Number(req.headers.ttl),
        notification: JSON.parse(plain.toString()) as Record<string, unknown>,
      });
      res.writeHead(201).end();
    });
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address() as { port: number };
  return {
    subscribe() {
      const ecdh = createECDH('prime256v1');
      ecdh.generateKeys();
      const auth = randomBytes(16).toString('base64url');
      const path = `/send/${randomBytes(12).toString('base64url')}`;
      const sub = { ecdh, auth, got: [] as Received[], answer: 201 };
      subs.set(path, sub);
      return Object.assign(sub, {
        subscription: {
          endpoint: `http://127.0.0.1:${port}${path}`,
          keys: { p256dh: ecdh.getPublicKey().toString('base64url'), auth },
        },
      });
    },
    close: () => void server.close(),
  };
}

/** RFC 8292: `vapid t=JWT, k=KEY`, signed with ES256 for exactly this service, and not for long. */
function isSigned(authorization: string, publicKey: string, origin: string): boolean {
  const match = /^vapid t=([^.]+)\.([^.]+)\.([^,]+), k=(.+)$/.exec(authorization);
  if (!match || match[4] !== publicKey) return false;
  const raw = Buffer.from(publicKey, 'base64url');
  const key = createPublicKey({
    key: {
      kty: 'EC',
      crv: 'P-256',
      x: raw.subarray(1, 33).toString('base64url'),
      y: raw.subarray(33).toString('base64url'),
    },
    format: 'jwk',
  });
  const claims = JSON.parse(Buffer.from(match[2]!, 'base64url').toString()) as {
    aud: string;
    exp: number;
    sub: string;
  };
  const inTime = claims.exp > Date.now() / 1000 && claims.exp < Date.now() / 1000 + 24 * 3600 + 5;
  const signature = Buffer.from(match[3]!, 'base64url');
  return (
    claims.aud === origin &&
    inTime &&
    verify('sha256', Buffer.from(`${match[1]}.${match[2]}`), { key, dsaEncoding: 'ieee-p1363' }, signature)
  );
}
