// What another account of the same machine reads and reaches: nothing.
import { expect, test } from '@jest/globals';
import { SANDBOX_GID } from '@mainloop/models/contracts/runner';
import { firstWords, openTo, portsOf } from '@mainloop/testkit/neighbour';
import { until } from '@mainloop/testkit/stack';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { output, s, spawn } from './stage.ts';

test('another account of the machine reads nothing of the data folder and reaches none of its sockets, and no argument holds a secret', async () => {
  const all = execFileSync(
    'find',
    [
      s.home,
      '-ignore_readdir_race',
      '-name',
      '*.sock',
      '-o',
      '-name',
      '.s.PGSQL.5432',
      '-o',
      '-name',
      '*.log',
      '-o',
      '-name',
      '*.sqlite',
      '-o',
      '-name',
      'HEAD',
    ],
    {
      encoding: 'utf8',
    },
  );
  for (const there of ['gateway.sock', '.s.PGSQL.5432', 'logs/worker.log', 'temporal.sqlite', 'git/mirrors/'])
    expect(all).toContain(there);
  if (process.getuid!() === 0) expect(openTo(s.home, 65_534, 65_534)).toEqual([]);
  // A sandbox reaches the gateway by its group, and nobody by being anybody.
  const socket = path.join(s.home, 'run/gateway/gateway.sock');
  expect((statSync(socket).mode & 0o777).toString(8)).toBe(process.getuid!() === 0 ? '660' : '600');
  if (process.getuid!() === 0) expect(openTo(path.dirname(socket), 2_000_001, SANDBOX_GID)).toEqual([socket]);
  const secrets = Object.values(
    JSON.parse(readFileSync(path.join(s.home, 'secrets.json'), 'utf8')) as Record<string, string>,
  );
  expect(secrets.length).toBeGreaterThan(8);
  for (const name of [
    'postgres',
    'temporal',
    'api',
    'gateway',
    'worker',
    'web',
    'local-github',
    'demo-model',
  ]) {
    const line = readFileSync(`/proc/${s.pidOf(name)}/cmdline`, 'utf8');
    expect(line).not.toBe('');
    expect(secrets.filter((secret) => line.includes(secret))).toEqual([]);
  }
  // Of a run that lives: its token is in the environment of its sandbox, and in the arguments of nothing on
  // this machine.
  const id = await spawn('endless');
  const token = await until('a live run', () => {
    const sandbox = processes().find(
      (p) => p.cmdline.includes(`${s.home}/`) && p.cmdline.includes('runner.mjs'),
    );
    return Promise.resolve(
      sandbox && /\0MAINLOOP_TOKEN=([^\0]+)/.exec(readFileSync(`/proc/${sandbox.pid}/environ`, 'utf8'))?.[1],
    );
  });
  await until(
    'the agent to work',
    async () => processes().some((p) => p.cmdline.includes('claude\0')) && (await output(id)) !== '',
  );
  expect(processes().filter((p) => p.cmdline.includes(token))).toEqual([]);
  await s.call('cancelTask', { id });
});

const processes = (): { pid: string; cmdline: string }[] =>
  readdirSync('/proc')
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      try {
        return [{ pid, cmdline: readFileSync(`/proc/${pid}/cmdline`, 'utf8') }];
      } catch {
        return [];
      }
    });

test('another account of the machine is heard on no port of ours, Temporal has none, and we are heard on each', async () => {
  const names = ['mainloop', 'temporal', 'demo-model', 'local-github', 'api', 'gateway', 'worker', 'web'];
  const { pid } = JSON.parse(readFileSync(path.join(s.home, 'run/processes.json'), 'utf8')) as {
    pid: number;
  };
  const ports = Object.fromEntries(names.map((n) => [n, portsOf(n === 'mainloop' ? [pid] : s.pidsOf(n))]));
  const http = 'GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n';
  // How a client of gRPC begins (RFC 9113, 3.4).
  const grpc = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0';
  for (const port of Object.values(ports).flat()) {
    const ours = [await firstWords(port, http, null), await firstWords(port, grpc, null)];
    expect([port, ours.some((said) => said !== '' && said !== 'HTTP/1.1 403')]).toEqual([port, true]);
    if (process.getuid!() !== 0) continue;
    for (const bytes of [http, grpc])
      expect(['', 'HTTP/1.1 403']).toContain(await firstWords(port, bytes, 65_534));
  }
  // The worker's is its own way to Temporal, which has a keeper, a proxy and a server, and no port here.
  expect(Object.values(ports).map((p) => p.length)).toEqual([0, 0, 1, 1, 1, 1, 1, 1]);
  expect(s.pidsOf('temporal')).toHaveLength(3);
});
