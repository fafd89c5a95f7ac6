import net from 'node:net';
import { duplexPair } from 'node:stream';
import { describe, expect, test } from '@jest/globals';
import { allowedHost, connectOut } from './egress.ts';
import { checkRefs } from './git-rules.ts';
import { parsePush, pkt, pushReport, ZERO } from './pkt.ts';

const A = 'a'.repeat(40);

describe('the git proxy', () => {
  const b = 'mainloop/x-abcdef';
  test.each([
    ['its own branch', [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` }], 'forward'],
    ['main', [{ oldSha: A, newSha: A, ref: 'refs/heads/main' }], 'refuse'],
    ['a tag', [{ oldSha: ZERO, newSha: A, ref: 'refs/tags/v1' }], 'refuse'],
    ['deleting', [{ oldSha: A, newSha: ZERO, ref: `refs/heads/${b}` }], 'refuse'],
    [
      'its own and another',
      [
        { oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` },
        { oldSha: A, newSha: A, ref: 'refs/heads/main' },
      ],
      'refuse',
    ],
    [
      'a name that only starts alike',
      [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}/../main` }],
      'refuse',
    ],
  ])('%s', (_, updates, want) => {
    expect(checkRefs(updates, { branch: b, phase: 'fix_ci' }).kind).toBe(want);
  });

  test('a push is read as git writes it, and nothing else is', () => {
    const body = Buffer.concat([
      pkt(`${ZERO} ${A} refs/heads/${b}\0report-status side-band-64k`),
      Buffer.from('0000PACK...'),
    ]);
    expect(parsePush(body)).toMatchObject({
      updates: [{ oldSha: ZERO, newSha: A, ref: `refs/heads/${b}` }],
      packAt: body.length - 7,
    });
    for (const bad of ['', 'zzzz', 'ffff', pkt('hello').toString() + '0000'])
      expect(() => parsePush(Buffer.from(bad))).toThrow();
  });

  test('a report can only say one line', () => {
    const report = pushReport(
      [{ oldSha: ZERO, newSha: A, ref: 'refs/heads/x' }],
      'report-status',
      'no\nok refs/heads/x',
      '',
    ).toString();
    expect(report.match(/ok refs/g)).toHaveLength(1);
    expect(report).toContain('ng refs/heads/x no ok refs/heads/x');
  });
});

describe('the way out', () => {
  test.each([
    ['registry.npmjs.org', 443, {}, true],
    ['REGISTRY.npmjs.org.', 443, {}, true],
    ['registry.npmjs.org', 80, {}, false],
    ['evil.example', 443, {}, false],
    ['registry.npmjs.org.evil.example', 443, {}, false],
    ['registry.npmjs.org', 443, { egress: 'none' }, false],
    ['api.acme.test', 443, { egress: ['*.acme.test'] }, true],
    ['acme.test.evil.example', 443, { egress: ['*.acme.test'] }, false],
  ])('%s:%d %j', (host, port, settings, ok) => {
    expect(allowedHost(host, port, settings)).toBe(ok);
  });
  test.each([
    ['bücher.example', 443, { egress: ['bücher.example'] }, true],
    ['xn--bcher-kva.example', 443, { egress: ['bücher.example'] }, true],
    ['', 443, { egress: ['*.example'] }, false],
    ['registry.npmjs.org', Number.NaN, {}, false],
  ])('%s:%d %j', (host, port, settings, ok) => {
    expect(allowedHost(host, port, settings)).toBe(ok);
  });

  /** What a client hears that asks for a host. */
  async function asked(
    target: string,
    egress: readonly string[],
    outside: Parameters<typeof connectOut>[4] = {},
  ): Promise<string> {
    const [client, ours] = duplexPair();
    await connectOut(target, { runId: 'r', projectSettings: { egress } }, ours, Buffer.alloc(0), outside);
    let heard = '';
    for await (const d of client) heard += String(d);
    return heard;
  }
  test.each(['127.0.0.1', '2130706433', '0x7f.1', '169.254.169.254', '10.0.0.1', 'localhost'])(
    '%s is refused although it is on the list',
    async (host) => {
      expect(await asked(`${host}:443`, [host])).toMatch(
        /^HTTP\/1\.1 (403 Forbidden[\s\S]*private addresses|502 Bad Gateway[\s\S]*does not resolve)/,
      );
    },
  );
  const silent = (): net.Socket => new net.Socket();
  const resolved = async (): Promise<never> =>
    ({ kind: 'public', addresses: [{ address: '1.1.1.1', family: 4 }] }) as never;
  test.each<[string, Parameters<typeof connectOut>[4] & object]>([
    ['an address', { ms: 50, resolve: resolved, connect: silent }],
    ['a resolver', { ms: 50, resolve: () => new Promise(() => undefined), connect: silent }],
  ])('%s that never answers is a refusal with a reason', async (_, outside) => {
    expect(await asked('slow.example:443', ['slow.example'], outside)).toMatch(
      /^HTTP\/1\.1 504 [\s\S]*mainloop: slow\.example did not answer within/,
    );
  });

  test('what was checked is what is dialled, and the tunnel carries both ways', async () => {
    const server = net.createServer((s) => s.pipe(s));
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as net.AddressInfo;
    let dialled: net.TcpNetConnectOpts | undefined;
    const connect = (options: net.NetConnectOpts): net.Socket => {
      dialled = options as net.TcpNetConnectOpts;
      return net.connect(port, '127.0.0.1');
    };
    const [client, ours] = duplexPair();
    await connectOut(
      'ok.example:443',
      { runId: 'r', projectSettings: { egress: ['ok.example'] } },
      ours,
      Buffer.from('early '),
      {
        resolve: resolved,
        connect,
      },
    );
    client.end('late');
    let heard = '';
    for await (const d of client) heard += String(d);
    expect(heard).toBe('HTTP/1.1 200 Connection Established\r\n\r\nearly late');
    expect(dialled!.host).not.toContain('ok.example');
    expect(
      await new Promise((done) => dialled!.lookup!('ok.example', { all: true }, (_, found) => done(found))),
    ).toEqual([{ address: '1.1.1.1', family: 4 }]);
    server.close();
  });
});
