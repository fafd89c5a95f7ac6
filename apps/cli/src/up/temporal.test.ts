// Temporal's keeper, proxy and server, with a server that echoes in Temporal's place.
import { afterEach, expect, test } from '@jest/globals';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { childrenOf, endProcess, isAlive, refOf, type ProcessRef } from './pids.ts';
import { ownNetwork, temporalCommand } from './temporal.ts';
import { ensureTool } from './wheels.ts';

test.each([
  ['root, or a user of a machine that lets users make namespaces', [true], 0],
  ['root of a container', [false, true], 1],
  ['nobody', [false, false], null],
])('who may make a network: %s', (_, answers, at) => {
  const asked: (readonly string[])[] = [];
  const found = ownNetwork('bwrap', (args) => {
    asked.push(args);
    return answers[asked.length - 1]!;
  });
  expect(asked.map((a) => a.includes('--unshare-user'))).toEqual([false, true].slice(0, answers.length));
  expect(found).toEqual(at === null ? null : asked[at]!.slice(0, -2));
});

test('without a network of its own it is started plainly, and reached by its port', () => {
  const place = {
    program: '/t',
    database: '/d',
    port: 7,
    bwrap: '/b',
    network: null,
    socket: '/s',
    node: '/n',
  };
  expect(temporalCommand(place).address).toBe('127.0.0.1:7');
  expect(temporalCommand(place).command.slice(0, 3)).toEqual(['/t', 'server', 'start-dev']);
});

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

const isListening = (socket: string): Promise<boolean> =>
  new Promise((resolve) => {
    const client = net.connect(socket, () => (client.destroy(), resolve(true)));
    client.once('error', () => resolve(false));
  });

/** @returns keeper, proxy and server, all alive, and what the socket answers */
async function start(): Promise<{
  all: [ProcessRef, ProcessRef, ProcessRef];
  say(words: string): Promise<string>;
}> {
  const dir = mkdtempSync('/tmp/mainloop-temporal-');
  const program = path.join(dir, 'server');
  const script =
    "require('net').createServer((c) => c.pipe(c)).listen(Number(process.argv[7]), process.argv[5])";
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' -e "${script}" -- "$0" "$@"\n`);
  chmodSync(program, 0o700);
  const bwrap = ensureTool(
    'bwrap',
    path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop'),
    () => undefined,
  );
  const socket = path.join(dir, 'grpc.sock');
  const network = ownNetwork(bwrap);
  expect(network).not.toBeNull();
  // Taken outside: in its own network it is free.
  const taken = net.createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const { port } = taken.address() as net.AddressInfo;
  const { command } = temporalCommand({
    program,
    database: '/d',
    port,
    bwrap,
    network,
    socket,
    node: process.execPath,
  });
  const keeper = spawn(command[0], command.slice(1), { stdio: 'inherit' });
  running.push(keeper);
  // It is there a moment before anybody listens.
  while (!existsSync(socket) || !(await isListening(socket))) {
    if (keeper.exitCode !== null) throw new Error(`ended with ${keeper.exitCode}`);
    await new Promise((r) => setTimeout(r, 20));
  }
  taken.close();
  const proxy = childrenOf(keeper.pid!)[0]!;
  const all = [keeper.pid!, proxy, childrenOf(proxy)[0]!].map(refOf) as [ProcessRef, ProcessRef, ProcessRef];
  expect(all.map(isAlive)).toEqual([true, true, true]);
  rmSync(program);
  return {
    all,
    say: async (words) => {
      const client = net.connect(socket);
      client.write(words);
      const [data] = (await once(client, 'data')) as [Buffer];
      client.destroy();
      return data.toString();
    },
  };
}
/**
 * @returns which of the three still live, at last none; whoever lives on is named, after far longer than an
 * end takes
 */
async function left(all: readonly ProcessRef[]): Promise<string[]> {
  const alive = (): string[] => ['keeper', 'proxy', 'server'].filter((_, at) => isAlive(all[at]!));
  for (const deadline = Date.now() + 60_000; alive().length > 0 && Date.now() < deadline;)
    await new Promise((r) => setTimeout(r, 20));
  return alive();
}

test('the socket leads to the server, and a port of that number is nobody’s here', async () => {
  const { say, all } = await start();
  expect(await say('hello')).toBe('hello');
  expect(spawnSync('readlink', [`/proc/${all[2].pid}/ns/net`]).stdout.toString()).not.toBe(
    spawnSync('readlink', ['/proc/self/ns/net']).stdout.toString(),
  );
});

test.each([
  ['keeper', 0],
  ['proxy', 1],
  ['server', 2],
])('when its %s is killed all three end, so that the supervisor starts all three again', async (_, at) => {
  const { all } = await start();
  process.kill(all[at]!.pid, 'SIGKILL');
  expect(await left(all)).toEqual([]);
});

test('asked to end by its proxy, all three end', async () => {
  const { all } = await start();
  await endProcess(all[0], 20_000, 'SIGTERM', childrenOf(all[0].pid));
  expect(all.map(isAlive)).toEqual([false, false, false]);
});
