// What a CI job writes arrives whole, however much its package registry has to do beside it.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import http from 'node:http';
import path from 'node:path';
import { freePort } from '../../../../tools/free-port.ts';

const HERE = import.meta.dirname;
const RELAY = path.join(HERE, '../../../../packages/network/src/package-relay.ts');
const work = mkdtempSync('/tmp/mainloop-job-start-');
const socket = path.join(work, 'gateway.sock');
const gateway = http.createServer((_, res) => res.end('{}'));
beforeAll(async () => {
  mkdirSync(path.join(work, 'home'));
  await new Promise<void>((resolve) => gateway.listen(socket, resolve));
});
afterAll(() => {
  gateway.close();
  gateway.closeAllConnections();
  rmSync(work, { recursive: true });
});

interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}
/**
 * A job that fetches a package and then does this in a shell.
 * @param readAfterMs its output is left lying for so long, as by a reader that has much to do
 */
async function job(does: string, readAfterMs = 0): Promise<Ended> {
  const port = await freePort();
  const fetches = `"$NODE" -e 'fetch("http://127.0.0.1:${port}/npm/x").then((r) => process.exit(r.ok ? 0 : 9))' >"${work}/fetch" 2>&1 || exit 9`;
  const args = [
    path.join(HERE, 'job-start.mts'),
    RELAY,
    String(port),
    socket,
    '/bin/sh',
    '-c',
    `${fetches}; ${does}`,
  ];
  const env = { PATH: process.env.PATH, HOME: path.join(work, 'home'), NODE: process.execPath };
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stderr.on('data', (data: Buffer) => (said.stderr += data.toString()));
  child.stdout.on('data', (data: Buffer) => (said.stdout += data.toString())).pause();
  setTimeout(() => child.stdout.resume(), readAfterMs);
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

test("a job's output blocks while it is full, also after it has fetched a package", async () => {
  const { stdout, code } = await job('cat /proc/self/fdinfo/1');
  expect(code).toBe(0);
  const flags = parseInt(/^flags:\s*(\d+)/m.exec(stdout)![1]!, 8);
  expect(flags & 0o4000).toBe(0);
});

test('all that it says arrives at a slow reader, and how it ended', async () => {
  const { stdout, stderr, code } = await job('seq 1 200000; echo no >&2; exit 7', 1_500);
  expect(stdout.split('\n')).toHaveLength(200_001);
  expect(stderr).toContain('no');
  expect(code).toBe(7);
});

test('what fits into the pipes when it ends arrives, however slow the reader is', async () => {
  const { stdout } = await job('seq 1 60000', 12_000);
  expect(stdout.split('\n')).toHaveLength(60_001);
});

test('what it leaves running does not hold it', async () => {
  const { code, stdout } = await job('sleep 600 & echo $!');
  process.kill(Number(stdout));
  expect(code).toBe(0);
});
