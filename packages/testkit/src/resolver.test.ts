import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile } from 'node:child_process';
import dgram from 'node:dgram';
import type { AddressInfo } from 'node:net';
import { ASK, questionFor, startResolver, type Resolver } from './resolver.ts';

const ask = (name: string, host: string, port: number): Promise<{ code: number; said: string }> =>
  new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--input-type=module', '-e', ASK, questionFor(name), host, String(port)],
      (err, stdout) => resolve({ code: err === null ? 0 : Number(err.code), said: stdout.trim() }),
    );
  });

let resolver: Resolver;
beforeAll(async () => {
  resolver = await startResolver('127.0.0.1');
});
afterAll(() => resolver.close());

describe('who asks a resolver', () => {
  test('is answered, and the resolver knows what it was asked', async () => {
    expect(await ask('secret.tunnel.example', resolver.host, resolver.port)).toEqual({
      code: 0,
      said: 'answered 192.0.2.1',
    });
    expect(resolver.heard).toEqual(['secret.tunnel.example']);
  });

  test('tells a refusal from silence', async () => {
    const mute = dgram.createSocket('udp4');
    await new Promise<void>((r) => mute.bind(0, '127.0.0.1', r));
    const { port } = mute.address() as AddressInfo;
    expect(await ask('x.example', '127.0.0.1', port)).toEqual({ code: 124, said: 'silent' });
    await new Promise<void>((r) => mute.close(r));
    expect(await ask('x.example', '127.0.0.1', port)).toEqual({ code: 1, said: 'ECONNREFUSED' });
  });
});
