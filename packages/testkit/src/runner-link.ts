// The routes of runners in the process of the test, and runs that speak to them.
import { afterAll, beforeAll } from '@jest/globals';
import { openWord } from '@mainloop/models/db/listen';
import { one } from '@mainloop/models/db/pool';
import { findRunByToken, openEpoch } from '@mainloop/models/db/runs/epochs';
import { ensureRun } from '@mainloop/models/db/runs/runs';
import { OWNER } from '@mainloop/models/flow/ids';
import type { Phase } from '@mainloop/models/flow/states';
import { freshDatabase, type TestDatabase } from './database.ts';
import { seedProject, seedTask } from './seed.ts';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { Refused, sendJson } from '../../../apps/gateway/src/http.ts';
import { runnerLink } from '../../../apps/gateway/src/runner-link.ts';

export let database: TestDatabase;
let server: http.Server;

/** The hooks of a test file: a database with a project, and the routes of runners over it. */
export function useRunnerLink(): void {
  beforeAll(open);
  afterAll(close);
}

/** @returns where a path of the routes is asked for */
export const urlOf = (path: string): string =>
  `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;

async function open(): Promise<void> {
  database = await freshDatabase();
  await seedProject(database.db);
  server = http.createServer((req, res) => {
    void (async () => {
      const run = (await findRunByToken(database.db, req.headers.authorization!.slice(7)))!;
      await runnerLink(database.db, openWord().listener, req, res, new URL(req.url!, 'http://gateway'), run, {
        packages: { npmReplaces: 'npmjs', goNoSumDb: '' },
        permissionPatienceMs: 1_000,
      });
    })().catch((err: Error) =>
      sendJson(res, err instanceof Refused ? err.status : 500, { error: err.message }),
    );
  });
  await new Promise<void>((r) => server.listen(0, '127.0.0.1', r));
}
async function close(): Promise<void> {
  server.close();
  await database.drop();
}

/** A task with a run that its runner may speak for. */
export async function liveRun(
  taskId: string,
  phase: Phase = 'implement',
): Promise<{ id: string; token: string }> {
  await seedTask(database.db, taskId);
  const id = await ensureRun(database.db, {
    ownerId: OWNER,
    taskId,
    n: 1,
    phase,
    prompt: () => 'x',
    model: 'm',
  });
  return { id, token: (await openEpoch(database.db, id)).token };
}

/** @returns the status, and what else the answer says */
export const post = async (
  token: string,
  path: string,
  body: unknown,
  more: Record<string, string> = {},
): Promise<{ status: number; error?: string }> => {
  const response = await fetch(urlOf(path), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...more },
    body: JSON.stringify(body),
  });
  return { status: response.status, ...((await response.json()) as { error?: string }) };
};
/** Side by side. */
export const times = <T>(n: number, f: (i: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: n }, (_, i) => f(i)));
/** @returns how many events of a type a task has */
export const countOf = async (taskId: string, type: string): Promise<number> =>
  (await one<{ n: number }>(
    database.db,
    'select count(*)::int as n from events where task_id = $1 and type = $2',
    [taskId, type],
  ))!.n;
