// Guardrails in the hands of a person: set for all projects, seen on the page of one, and a push that waits for a yes, on the pages and
// the api alone.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { hasBrowser, openPage, tap, unfold, visit } from '@mainloop/testkit/browser';
import type { TestDatabase } from '@mainloop/testkit/database';
import { openStage, type Pages, type Stage } from '@mainloop/testkit/pages';
import { seedProject, seedTask } from '@mainloop/testkit/seed';
import { until } from '@mainloop/testkit/stack';
import { insertPush } from '@mainloop/models/db/forge/effects';
import { append, appendOnce } from '@mainloop/models/db/log';
import { many, withTx } from '@mainloop/models/db/pool';
import { branchPushed } from '@mainloop/models/events/forge';
import { inboxOpened } from '@mainloop/models/events/inbox';
import { OWNER } from '@mainloop/models/flow/ids';
import { judge } from '@mainloop/models/flow/guardrails/judge';
import { NO_GUARDRAILS } from '@mainloop/models/flow/guardrails/rules';
import { askedTitle, askedWords } from '@mainloop/models/flow/guardrails/words';
import path from 'node:path';
import type { Browser } from 'playwright-core';

let database: TestDatabase;
let pages: Pages;
let browser: Browser;
let stage: Stage;
const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `guardrails-${name}.png`);
const DIFF = `diff --git a/infra/main.tf b/infra/main.tf
index 1111111..2222222 100644
--- a/infra/main.tf
+++ b/infra/main.tf
@@ -1,2 +1,2 @@
-instances = 2
+instances = 20
 region = "eu"
`;

beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, 'pr-1', 'acme/api');
    await seedTask(db, 't-1');
    await withTx(db, async (tx) => {
      const payload = {
        pushId: 'p-1',
        branch: 'x',
        sha: 'a'.repeat(40),
        commits: [],
        files: 1,
        additions: 1,
        deletions: 1,
      };
      await append(tx, [branchPushed.new({ taskId: 't-1', actor: 'agent', payload })], OWNER);
      const of = { id: 'p-1', ownerId: OWNER, taskId: 't-1', runId: 'r', branch: 'x' };
      await insertPush(tx, { ...of, oldSha: '0'.repeat(40), newSha: 'a'.repeat(40), diff: DIFF, delta: '' });
    });
  });
  ({ database, pages } = stage);
  if (stage.browser !== null) browser = stage.browser;
});
afterAll(() => stage?.close());

const ASKS = judge(
  { files: 1, lines: 2, paths: [{ path: 'infra/main.tf', mode: '100644' }], secrets: [] },
  { project: NO_GUARDRAILS, all: { ...NO_GUARDRAILS, askPaths: ['infra/*'] } },
);
const holds = (id: string) =>
  appendOnce(
    database.db,
    [
      inboxOpened.new({
        taskId: 't-1',
        actor: 'gateway',
        payload: {
          id,
          kind: 'guardrail',
          title: askedTitle(ASKS),
          body: askedWords(ASKS, null),
          options: [{ label: 'Allow' }, { label: 'Refuse' }],
          held: { diff: DIFF, mayAllow: true },
        },
      }),
    ],
    OWNER,
  );

inBrowser.each([
  ['phone', 'light'],
  ['phone', 'dark'],
  ['desktop', 'light'],
  ['desktop', 'dark'],
] as const)(
  'they are set, refused in a sentence, tried and seen, and a push is allowed: %s, %s',
  async (size, theme) => {
    await many(database.db, "delete from settings where key = 'general'");
    const { page, complaints } = await openPage(browser, size, theme === 'dark');
    await visit(page, `${pages.web}/settings`);
    const group = page.getByRole('region', { name: 'Guardrails' });
    const never = group.getByLabel(/^Paths that may never change/);
    await never.fill('/etc/*');
    await never.press('Enter');
    await group.getByRole('alert').filter({ hasText: '“/etc/*”: a path begins at the root' }).waitFor();
    await never.fill('infra/* *.lock');
    await never.press('Enter');
    await group.getByText('Saved').waitFor();
    await tap(group.getByRole('button', { name: 'Try on the last 50 pushes' }));
    await group.getByText('It would have stopped the last push.').waitFor();
    await group.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`settings-${size}-${theme}`) });
    await group.screenshot({ path: shot(`group-${size}-${theme}`) });
    await visit(page, `${pages.web}/projects`);
    await unfold(page.getByText('Sandbox, checks and limits'));
    const ofAll = page.getByRole('list', { name: 'From all projects' });
    expect(await ofAll.getByRole('listitem').allTextContents()).toEqual([
      'May not change: infra/*, *.lock',
      'What looks like a secret passes with a yes',
    ]);
    await ofAll.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`project-${size}-${theme}`) });
    const id = `t-1-guard-${size}-${theme}`;
    await holds(id);
    await visit(page, `${pages.web}/inbox`);
    const card = page.locator(`#item-${id}`);
    await card.getByText('instances = 20').waitFor();
    await page.screenshot({ path: shot(`card-${size}-${theme}`) });
    await tap(card.getByRole('button', { name: 'Allow' }));
    await until('the yes to be kept', async () => {
      const [item] = await many<{ answer: { decision: string } | null }>(
        database.db,
        'select answer from inbox_items where id = $1',
        [id],
      );
      return item?.answer?.decision === 'allow';
    });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
