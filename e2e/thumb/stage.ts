// What all topics of thumb.spec.ts stand on: it is started once for all of them.
import { afterAll, beforeAll, beforeEach, test } from '@jest/globals';
import { OWNER } from '@mainloop/models/flow/ids';
import { appendOnce } from '@mainloop/models/db/log';
import { openPool, type Db } from '@mainloop/models/db/pool';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { taskStateChanged } from '@mainloop/models/events/tasks';
import type { ItemKind } from '@mainloop/models/flow/events';
import type { ErrorCode } from '@mainloop/models/flow/runs/outcomes';
import { hasBrowser, openBrowser, openPage, visit } from '@mainloop/testkit/browser';
import { emptyInbox, seedItem, seedProject, seedTask } from '@mainloop/testkit/seed';
import { startStack, type Stack } from '@mainloop/testkit/stack';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

export let s: Stack;
export let db: Db;
export let browser: Browser;
export const SIZES = ['phone', 'desktop'] as const;
export const inBrowser = hasBrowser ? test : test.skip;
export const shot = (name: string): string => path.join(import.meta.dirname, '../shots', `thumb-${name}.png`);
export let n = 0;
export const fresh = (): string => `th${++n}`;
export const answerOf = async (id: string): Promise<string | undefined> =>
  (
    await db.query<{ answer: { decision: string } | null }>('select answer from inbox_items where id = $1', [
      id,
    ])
  ).rows[0]!.answer?.decision;
export const open = async (
  size: (typeof SIZES)[number],
  where: string,
  dark = false,
): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size, dark);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
export const plan = async (): Promise<string> =>
  seedItem(db, await seedTask(db, fresh()), `${fresh()}-plan`, 'plan', 'Plan, revision 1');
export const stopped = async (
  title: string,
  body: string,
  kind: ItemKind = 'failure',
  options: string[] = ['Retry'],
  errorCode?: ErrorCode,
): Promise<{ id: string; task: string }> => {
  const task = await seedTask(db, fresh());
  const id = `${task}-f`;
  await appendOnce(
    db,
    [
      inboxOpened.new({
        taskId: task,
        actor: 'test',
        payload: { id, kind, title, body, options: options.map((label) => ({ label })), errorCode },
      }),
      taskStateChanged.new({
        taskId: task,
        actor: 'test',
        payload: { state: 'blocked', phase: 'ci', status: { is: 'item', itemId: id } },
      }),
    ],
    OWNER,
  );
  return { id, task };
};

beforeAll(async () => {
  s = await startStack();
  db = openPool(s.databaseUrl, 'thumb-test');
  await seedProject(db, 'pr-1', 'acme/api');
  if (hasBrowser) browser = await openBrowser();
});
afterAll(async () => {
  await browser?.close();
  await db?.end();
  await s?.stop();
});
beforeEach(() => emptyInbox(db));
