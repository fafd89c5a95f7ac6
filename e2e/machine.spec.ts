// The machine itself misbehaves: a port is taken, the disk is full, a part is somebody else's server.
import { describe, expect, test } from '@jest/globals';
import { openPool } from '@mainloop/models/db/pool';
import { startStack, until } from '@mainloop/testkit/stack';
import { ensureTool } from '../apps/cli/src/up/wheels.ts';
import { spawnTask, walkToEnd } from '@mainloop/testkit/story';
import { execFile, execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const root = process.getuid?.() === 0;

test('a port that is taken is named, with what to set', async () => {
  const server = net.createServer();
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
  const { port } = server.address() as net.AddressInfo;
  try {
    await expect(startStack({ API_PORT: String(port) })).rejects.toThrow(
      `Port ${port} is taken by another program. Free it, or set API_PORT to another port.`,
    );
  } finally {
    server.close();
  }
});

test("a database or a Temporal that can't be reached is named without a password, before anything starts", async () => {
  await expect(startStack({ DATABASE_URL: 'postgres://me:secret-word@127.0.0.1:9/none' })).rejects.toThrow(
    /^mainloop did not come up:\nNothing answers at 127\.0\.0\.1:9, where DATABASE_URL points\./,
  );
  await expect(startStack({ TEMPORAL_ADDRESS: '127.0.0.1:9' })).rejects.toThrow(
    'Nothing answers at 127.0.0.1:9, where TEMPORAL_ADDRESS points.',
  );
});

test('with Postgres and Temporal of somebody else, the story goes from chat to merge', async () => {
  const first = await startStack();
  try {
    const name = `other_${process.pid}`;
    const db = openPool(first.databaseUrl, 'test', 1);
    await db.query(`create database ${name}`);
    await db.end();
    const url = new URL(first.databaseUrl);
    url.pathname = `/${name}`;
    const temporal = ensureTool(
      'temporal',
      path.join(process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache'), 'mainloop'),
      () => undefined,
    );
    // Not synchronously: the way to Temporal leads through this process.
    await promisify(execFile)(temporal, [
      'operator',
      'namespace',
      'create',
      '--address',
      first.temporal,
      name.replace('_', '-'),
    ]);
    const second = await startStack({
      DATABASE_URL: url.href,
      TEMPORAL_ADDRESS: first.temporal,
      TEMPORAL_NAMESPACE: name.replace('_', '-'),
    });
    try {
      expect(second.pidOf('postgres') + second.pidOf('temporal')).toBe(0);
      expect((await walkToEnd(second, await spawnTask(second))).state).toBe('done');
      expect(await first.call('listTasks')).toEqual([]);
    } finally {
      await second.stop();
    }
  } finally {
    await first.stop();
  }
});

const mountable =
  root &&
  spawnSync('sh', ['-c', 'd=$(mktemp -d) && mount -t tmpfs none $d && umount $d && rmdir $d']).status === 0;
(mountable ? describe : describe.skip)('a full disk (needs root, for a small disk of its own)', () => {
  test('is said in one sentence, kills nothing for good, and loses nothing', async () => {
    const disk = mkdtempSync('/tmp/mainloop-small-disk-');
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1500m,mode=0711', 'none', disk]);
    const home = path.join(disk, 'home');
    mkdirSync(home, { mode: 0o711 });
    try {
      const stack = await startStack({ MAINLOOP_HOME: home });
      try {
        const taskId = await spawnTask(stack);
        await until('the question', async () =>
          (await stack.call('listInbox')).some((i) => i.taskId === taskId),
        );
        const before = await stack.call('listEvents', { id: taskId });
        const filler = path.join(disk, 'filler');
        spawnSync('sh', [
          '-c',
          `dd if=/dev/zero of=${filler} bs=1M 2>/dev/null; dd if=/dev/zero of=${filler}2 bs=4k 2>/dev/null`,
        ]);
        // Postgres goes on in its preallocated files for a while; a large message needs new ones.
        const said = await until(
          'the sentence',
          async () => {
            const response = await fetch(`${stack.api}/api/chat`, {
              method: 'POST',
              headers: { 'content-type': 'application/json' },
              body: JSON.stringify({ text: 'x'.repeat(190_000) + Math.random() }),
            }).catch(() => null);
            return response && !response.ok ? ((await response.json()) as { error: string }).error : null;
          },
          60_000,
          20,
        );
        expect(said).toMatch(/The disk is full|is not ready/);
        expect(await (await fetch(stack.web)).text()).toMatch(/almost full|That did not work/);
        rmSync(filler);
        rmSync(`${filler}2`, { force: true });
        const after = await until(
          'an answer again',
          async () => await stack.call('listEvents', { id: taskId }),
        );
        expect(after.slice(0, before.length)).toEqual(before);
        expect((await walkToEnd(stack, taskId, /disk|No space/i)).state).toBe('done');
      } finally {
        await stack.stop();
      }
    } finally {
      await until('the disk to be let go', async () => spawnSync('umount', [disk]).status === 0);
      rmSync(disk, { recursive: true, force: true });
    }
  });
});
