// What all topics of touch.spec.ts stand on: it is started once for all of them.
import { afterAll, beforeAll, beforeEach, test } from '@jest/globals';
import { appendOnce } from '@mainloop/models/db/log';
import { messageSaid } from '@mainloop/models/events/conversation';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openPage, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { emptyInbox, seedProject } from '@mainloop/testkit/seed';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';

export let t: TestDatabase;
export let s: Pages;
export let browser: Browser;
export const SIZES = ['phone', 'desktop'] as const;
type Size = (typeof SIZES)[number];
export const inBrowser = hasBrowser ? test : test.skip;
export const shot = (name: string): string => path.join(import.meta.dirname, '../shots', `touch-${name}.png`);
let n = 0;
export const fresh = (): string => `to${++n}`;
export const open = async (
  size: Size,
  where: string,
  dark = false,
): Promise<{ page: Page; complaints: string[] }> => {
  const opened = await openPage(browser, size, dark);
  await visit(opened.page, `${s.web}${where}`);
  return opened;
};
export const answerOf = async (id: string): Promise<string | undefined> =>
  (
    await t.db.query<{ answer: { decision: string } | null }>(
      'select answer from inbox_items where id = $1',
      [id],
    )
  ).rows[0]!.answer?.decision;
export const DIFF = [
  'diff --git a/src/till.ts b/src/till.ts\n--- a/src/till.ts\n+++ b/src/till.ts\n@@ -1,40 +1,41 @@',
  ...Array.from({ length: 40 }, (_, i) => ` const line${i} = 'text ${i}'; // said ${i}`),
  '+export const last = 40;\n',
].join('\n');
export async function pushed(task: string, id: string, diff: string, delta: string): Promise<void> {
  await t.db.query(
    `insert into pushes (id, task_id, owner_id, run_id, branch, old_sha, new_sha, state, diff, delta)
     select $1, $2, owner_id, 'r', branch, '', $1, 'forwarded', $3, $4 from tasks where id = $2`,
    [id, task, diff, delta],
  );
}
export const say = (role: 'user' | 'assistant', text: string): Promise<unknown> =>
  appendOnce(
    t.db,
    [messageSaid.new({ actor: 'test', payload: { id: `m-${fresh()}`, role, text, turnId: null } })],
    OWNER,
  );

let stage: Stage;
beforeAll(async () => {
  stage = await openStage((db) => seedProject(db, 'pr-1', 'acme/api'));
  ({ database: t, pages: s } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());
beforeEach(() => emptyInbox(t.db));
