// The proof says of every target what came of it. One that was left out must never read as out of reach.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Target } from '@mainloop/models/contracts/runner';
import net from 'node:net';
import type { RunnerConfig } from './config.ts';
import type { GatewayLink } from './gateway-link.ts';
import { exposedWords, prove } from './probe.ts';

const server = net.createServer((s) => s.destroy());
let port = 0;
beforeAll(async () => {
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  port = (server.address() as net.AddressInfo).port;
});
afterAll(() => void server.close());

const target = (name: string, host: string, p: number): Target => ({ name, host, port: p, protocol: 'tcp' });
async function proven(targets: Target[] | null, env: Record<string, string> = {}) {
  const said: { exitCode: number; tail: string }[] = [];
  const link = {
    patiently: async (_m: string, _p: string, body: string) => (
      said.push(JSON.parse(body) as never),
      { status: 200, body: Buffer.alloc(0) }
    ),
  };
  const proof = await prove(
    { config: { mustNotReach: targets } as RunnerConfig, link: link as unknown as GatewayLink },
    env,
  );
  return { proof, said };
}

test('nothing that must be out of reach: nothing is said', async () => {
  expect(await proven(null)).toEqual({ proof: { open: [], untried: [] }, said: [] });
});

test('out of reach, with the address from the environment', async () => {
  const { proof, said } = await proven([target('the API server', '$API', 1)], { API: '127.0.0.1' });
  expect(proof).toEqual({ open: [], untried: [] });
  expect(said).toMatchObject([{ exitCode: 0, tail: 'the API server (127.0.0.1:1): out of reach' }]);
});

test('a target without an address was not tried, and is no proof', async () => {
  const { proof, said } = await proven([
    target('the page', '$(WEB_SERVICE_HOST)', 3000),
    target('the API server', '$API', 443),
  ]);
  expect(proof.untried.map((t) => t.name)).toEqual(['the page', 'the API server']);
  expect(said[0]!.exitCode).toBe(1);
  expect(said[0]!.tail).not.toContain('out of reach');
  expect(exposedWords(proof)).toMatch(
    /^These could not be tried, because they have no IP address: the page \(.*Check MAINLOOP_MUST_NOT_REACH/,
  );
});

test('reached, even when it is looked at again and again', async () => {
  const { proof, said } = await proven([target('something open', '127.0.0.1', port)]);
  expect(proof.open.map((t) => t.name)).toEqual(['something open']);
  expect(said[0]).toMatchObject({ exitCode: 1, tail: `something open (127.0.0.1:${port}): REACHED` });
  expect(exposedWords(proof)).toContain('could be reached: something open');
});
