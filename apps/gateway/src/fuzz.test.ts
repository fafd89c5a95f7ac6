// Whatever is thrown at any route of the gateway, the process lives, answers others, and keeps its memory. The
// real process over a real Postgres. FUZZ_SEED=n throws the same again.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { freshDatabase, type TestDatabase } from '@mainloop/testkit/database';
import { seedRun, startGateway, startModel, type TestGateway } from '@mainloop/testkit/gateway';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import fc from 'fast-check';
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { ROUTES, type Route } from './routes.ts';

const SEED = Number(process.env.FUZZ_SEED ?? Date.now() % 1_000_000);
const MIB = 1024 * 1024;
/** The head of a request may take this long in these tests, all of it this long. */
const [HEADERS_S, BODY_S] = [1, 2];

let database: TestDatabase;
let model: Awaited<ReturnType<typeof startModel>>;
let gateway: TestGateway;
let mine: string;
let other: string;
let restedMiB: number;

beforeAll(async () => {
  console.log(`fuzz seed: ${SEED}`);
  database = await freshDatabase();
  model = await startModel(
    (_, res) => void res.writeHead(200, { 'content-type': 'application/json' }).end('{}'),
  );
  // A forge that answers, with nonsense: one that is away would be waited for.
  await seedProject(database.db, 'pr-1', 'demo/tally', `${model.url}/demo/tally.git`);
  mine = (await seedRun(database.db, await seedTask(database.db, 'aaaa'))).token;
  other = (await seedRun(database.db, await seedTask(database.db, 'bbbb'))).token;
  gateway = await startGateway(database.url, model.url, {
    GATEWAY_HEADERS_SECONDS: String(HEADERS_S),
    GATEWAY_BODY_SECONDS: String(BODY_S),
  });
  await answersOthers();
  restedMiB = gateway.rssMiB();
});
afterAll(async () => {
  await gateway.kill('SIGKILL');
  model.close();
  await database.drop();
});

/** The process is the one it was, and another run is answered what it asked. */
async function answersOthers(): Promise<void> {
  expect({ ended: gateway.exit(), log: gateway.exit() === null ? '' : gateway.log().slice(-2_000) }).toEqual({
    ended: null,
    log: '',
  });
  const response = await fetch(`${gateway.url}/run/asked`, { headers: { authorization: `Bearer ${other}` } });
  expect(await response.json()).toEqual({ asked: false });
  expect(gateway.log()).not.toContain('an error reached nobody');
}

interface Thrown {
  readonly status: number | 'broken off';
}
/** Sends a request as it is told and takes whatever comes. */
function send(
  route: Pick<Route, 'path'> & { method: string },
  outgoing: {
    token: string | null;
    headers?: http.OutgoingHttpHeaders;
    body?: Buffer | null;
    query?: string;
  },
): Promise<Thrown> {
  return new Promise((resolve) => {
    const req = http.request(
      gateway.url + route.path + (outgoing.query ?? ''),
      {
        method: route.method,
        agent: false,
        headers: {
          ...(outgoing.token === null ? {} : { authorization: `Bearer ${outgoing.token}` }),
          ...(outgoing.body ? { 'content-length': outgoing.body.length } : {}),
          ...outgoing.headers,
        },
      },
      (res) => {
        res.resume();
        res.on('close', () => resolve({ status: res.statusCode! }));
      },
    );
    req.on('error', () => resolve({ status: 'broken off' }));
    req.end(outgoing.body ?? undefined);
  });
}

/**
 * Bytes on the wire, as no client of ours would send them. Resolves when the gateway closes the connection,
 * or at once when it is told to leave.
 */
function wire(
  text: string | Buffer,
  options: { afterwards?: 'leave' | 'half-close' | 'wait'; every?: number } = {},
): Promise<string> {
  return new Promise((resolve) => {
    let heard = '';
    const socket = net.connect(gateway.port, '127.0.0.1', () => {
      if (options.every === undefined) socket.write(text);
      if (options.afterwards === 'half-close') socket.end();
      if (options.afterwards === 'leave') socket.destroy();
    });
    let at = 0;
    const drip =
      options.every === undefined
        ? undefined
        : setInterval(() => at < text.length && socket.write(text.slice(at, ++at)), options.every);
    socket.on('data', (d: Buffer) => (heard += d.toString('latin1')));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearInterval(drip);
      resolve(heard);
    });
  });
}

const BODIES: Readonly<Record<string, () => { body: Buffer; headers?: http.OutgoingHttpHeaders }>> = {
  nothing: () => ({ body: Buffer.alloc(0) }),
  'a null': () => ({ body: Buffer.from('null') }),
  'a cut JSON': () => ({ body: Buffer.from('{"text":"x') }),
  'a list': () => ({ body: Buffer.from('[[[[1]]]]') }),
  'a wrong shape': () => ({
    body: Buffer.from('{"text":{"__proto__":1},"question":[],"outcome":7,"messages":{"a":1},"model":[]}'),
  }),
  'a prototype': () => ({ body: Buffer.from('{"__proto__":{"x":1},"constructor":{"prototype":{}}}') }),
  'a zero byte': () => ({ body: Buffer.from('{"text":"a\\u0000b","question":"a\\u0000b"}') }),
  noise: () => ({ body: randomBytes(4_096) }),
  'a deep nest': () => ({ body: Buffer.from('['.repeat(200_000)) }),
  'many lists': () => ({ body: Buffer.from(`[${'[],'.repeat(700_000)}[]]`) }),
  'a huge text': () => ({ body: Buffer.from(JSON.stringify({ text: 'x'.repeat(2 * MIB) })) }),
  'junk as gzip': () => ({ body: Buffer.from('not gzip'), headers: { 'content-encoding': 'gzip' } }),
  'cut gzip': () => ({
    body: gzipSync(randomBytes(9_000)).subarray(0, 5_000),
    headers: { 'content-encoding': 'gzip' },
  }),
  'a gzip bomb': () => ({ body: GZIP_BOMB, headers: { 'content-encoding': 'gzip' } }),
  'a deflate bomb': () => ({ body: DEFLATE_BOMB, headers: { 'content-encoding': 'deflate' } }),
  'an unknown encoding': () => ({ body: Buffer.from('x'), headers: { 'content-encoding': 'gzip, gzip' } }),
  'junk of git': () => ({ body: Buffer.from('00a4zzzz0000ffff'), headers: { 'git-protocol': 'version=2' } }),
  'a wrong type': () => ({
    body: Buffer.from('a=b'),
    headers: { 'content-type': 'multipart/form-data; boundary=x' },
  }),
};
/** 400 MiB of zeros in 400 kB. */
const GZIP_BOMB = gzipSync(Buffer.alloc(400 * MIB), { level: 9 });
const DEFLATE_BOMB = deflateSync(Buffer.alloc(400 * MIB), { level: 9 });

const named = ROUTES.map((r) => [`${r.method} ${r.path}`, r] as const);
/** Nobody ends the run of the tests. */
const endsTheRun = (route: Route): boolean => route.path === '/run/result';

describe.each(named)('%s', (_, route) => {
  test('lives through every body, with a token and without', async () => {
    for (const make of Object.values(BODIES)) {
      const { body, headers } = make();
      for (const token of [mine, 'mlr_nobody', null]) {
        const r = await send(route, { token, body, headers: headers ?? {} });
        if (r.status !== 'broken off') expect(r.status).toBeGreaterThanOrEqual(200);
        if (token === null && route.service !== 'health' && r.status !== 'broken off')
          expect(r.status).toBe(401);
      }
    }
    await answersOthers();
  });

  test('lives through bodies of any bytes under any method', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'HEAD', 'PROPFIND'),
        fc.oneof(
          fc.uint8Array({ maxLength: 300 }).map((b) => Buffer.from(b)),
          fc.json().map((j) => Buffer.from(j)),
        ),
        fc.constantFrom(
          '',
          '?',
          '?offset=-1',
          '?offset=1e99',
          '?id=%00',
          '?service=--upload-pack',
          '?after=NaN&wait=-5',
          '?beta=true',
          '?%ff',
        ),
        fc.constantFrom(
          {},
          { 'x-mainloop-holder': 'h'.repeat(5_000) },
          { 'git-protocol': ':'.repeat(3_000) },
          { expect: '100-continue' },
        ),
        async (method, body, query, headers) => {
          await send({ method, path: route.path }, { token: mine, body, headers, query });
          await answersOthers();
        },
      ),
      { seed: SEED, numRuns: 12, endOnFailure: true },
    );
  });

  test('lives through a body that is cut, half-closed or never comes', async () => {
    const head = `${route.method} ${route.path} HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer ${mine}\r\nContent-Length: 1000\r\n\r\n{"a`;
    await Promise.all([
      wire(head, { afterwards: 'leave' }),
      wire(head, { afterwards: 'half-close' }),
      wire(head.replace('Content-Length: 1000', 'Transfer-Encoding: chunked'), { afterwards: 'half-close' }),
      wire(head.replace('Content-Length: 1000', 'Transfer-Encoding: chunked') + '\r\nzzzz\r\n', {
        afterwards: 'half-close',
      }),
      // Neither leaves by itself: the gateway ends it.
      ...(route.method === 'GET' ? [] : [wire(head, { afterwards: 'wait' })]),
    ]);
    await answersOthers();
  });
});

describe('on the wire', () => {
  test.each<[string, string | Buffer]>([
    ['noise', randomBytes(2_000)],
    ['no version', 'GET /healthz\r\n\r\n'],
    ['an endless line', 'GET /' + 'a'.repeat(100_000)],
    ['too many headers', `GET /healthz HTTP/1.1\r\nHost: x\r\n${'a: b\r\n'.repeat(5_000)}\r\n`],
    ['a huge header', `GET /healthz HTTP/1.1\r\nHost: x\r\nx-y: ${'a'.repeat(200_000)}\r\n\r\n`],
    [
      'two lengths',
      'POST /talk/say HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 9\r\n\r\nabc',
    ],
    [
      'a length and chunks',
      'POST /talk/say HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n',
    ],
    ['an address that is none', `GET http://[ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`],
    ['two slashes', 'GET //healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'],
    ['an upgrade', 'GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'],
    ['CONNECT to nothing', 'CONNECT  HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['CONNECT without a port', 'CONNECT x HTTP/1.1\r\nHost: x\r\n\r\n'],
  ])('%s', async (_, text) => {
    await wire(text, { afterwards: 'half-close' });
    await answersOthers();
  });

  test.each([
    '127.0.0.1:443',
    '[::1]:443',
    ':443',
    'x:443:443',
    '[:443',
    '%00:443',
    '\u00e9:443',
    'registry.npmjs.org:-1',
    'registry.npmjs.org:99999',
    `${'a.'.repeat(5_000)}:443`,
  ])('CONNECT to %s with a token is refused and whatever follows is thrown away', async (target) => {
    const login = Buffer.from(`x:${mine}`).toString('base64');
    const heard = await wire(
      Buffer.from(
        `CONNECT ${target} HTTP/1.1\r\nHost: x\r\nProxy-Authorization: Basic ${login}\r\n\r\n\u0000garbage`,
        'latin1',
      ),
      {
        afterwards: 'half-close',
      },
    );
    expect(heard).not.toContain(' 200 ');
    await answersOthers();
  });

  test.each<[string, string]>([
    ['nothing at all', ''],
    ['a head that drips', 'POST /talk/say HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n'],
    ['a body that drips', 'whole head'],
  ])('%s is ended by the gateway', async (_, kind) => {
    const head = `POST /talk/say HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${mine}\r\nContent-Length: 5000\r\n\r\n`;
    // It drips on for as long as it is let; that this returns is what is tested.
    if (kind === 'whole head') {
      const heard = await new Promise<string>((resolve) => {
        let said = '';
        const socket = net.connect(gateway.port, '127.0.0.1', () => socket.write(head));
        const drip = setInterval(() => socket.write('x'), 50);
        socket.on('data', (d: Buffer) => (said += d.toString('latin1')));
        socket.on('error', () => undefined);
        socket.on('close', () => {
          clearInterval(drip);
          resolve(said);
        });
      });
      expect(heard).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    } else await wire(kind, kind === '' ? {} : { every: 100 });
    await answersOthers();
  });
});

describe('many at once', () => {
  test('of the largest bodies are held within bounds, and others are answered meanwhile', async () => {
    const body = Buffer.alloc(31 * MIB, 'x');
    const model = ROUTES.find((r) => r.path === '/v1/messages')!;
    const rounds = await Promise.all([
      ...Array.from({ length: 24 }, () => send(model, { token: mine, body })),
      ...Array.from({ length: 3 }, () => answersOthers().then((): Thrown => ({ status: 200 }))),
    ]);
    for (const round of rounds) expect(['broken off', 200, 400, 408, 413, 429, 503]).toContain(round.status);
    await answersOthers();
  });

  test('connections that say nothing do not keep others out', async () => {
    const idle = Array.from({ length: 200 }, () => wire('', { afterwards: 'wait' }));
    await answersOthers();
    await Promise.all(idle);
    await answersOthers();
  });
});

test('at no time was there more memory in use than a pod has', () => {
  console.log(`memory: ${restedMiB.toFixed(0)} MiB at rest, ${gateway.peakMiB().toFixed(0)} MiB at the most`);
  // k8s/apps/mainloop/base: the limit is 1 GiB.
  expect(gateway.peakMiB()).toBeLessThan(900);
});

test('no row of the table is left out', () => {
  expect(named.filter(([, route]) => endsTheRun(route))).toHaveLength(1);
  expect(new Set(ROUTES.map((r) => r.service))).toEqual(
    new Set(['health', 'model', 'git', 'run', 'packages', 'forge']),
  );
});
