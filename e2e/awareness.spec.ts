// What a person sees of two tasks that will conflict, and of who knows the files of a change. On a phone and at a desk.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { noteArea } from '@mainloop/models/db/awareness/areas';
import { noteLooks } from '@mainloop/models/db/awareness/collisions';
import type { Collision } from '@mainloop/models/flow/awareness/collisions';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openPage, tap, visit } from '@mainloop/testkit/browser';
import { seedEverything, type Everything } from '@mainloop/testkit/everything';
import { openStage, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import path from 'node:path';

const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `awareness-${name}.png`);

const FILES: readonly Collision[] = [
  { path: 'src/upload.ts', how: 'changed', lines: [[5, 9]], theirs: [[3, 4]] },
  {
    path: 'src/a/very/long/way/down/the/folders/of/this/repository/sweep.ts',
    how: 'added',
    lines: [],
    theirs: [],
  },
  { path: 'docs/upload.md', how: 'deleted_there', lines: [], theirs: [] },
  { path: 'logo.png', how: 'binary', lines: [], theirs: [] },
];

let stage: Stage;
let tasks: Everything['tasks'];
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db);
    ({ tasks } = await seedEverything(db));
    await noteArea(db, OWNER, tasks.review, 'a'.repeat(40), {
      people: ['Ada Lovelace', '<b>Bob</b> @everyone'],
      tasks: [tasks.done, 'of-somebody-else'],
    });
  });
});
afterAll(() => stage?.close());

const looked = (files: readonly Collision[]): Promise<void> => {
  const side = (taskId: string) => ({ taskId, title: taskId, branch: taskId, base: 'main' });
  const shas = { sha: 'a'.repeat(40), otherSha: 'b'.repeat(40) };
  const look = { one: side(tasks.review), other: side(tasks.working), ...shas, files };
  return noteLooks(stage.database.db, OWNER, [look]);
};
const titleOf = async (taskId: string): Promise<string> =>
  (await stage.database.db.query('select title from tasks where id = $1', [taskId])).rows[0].title;

inBrowser.each([
  ['phone', false],
  ['phone', true],
  ['desktop', false],
  ['desktop', true],
] as const)(
  'two tasks that will conflict say so on their cards and pages, with a way to the other, until they fit: %s, dark %s',
  async (size, dark) => {
    await looked(FILES);
    const [review, working] = [await titleOf(tasks.review), await titleOf(tasks.working)];
    const { page, complaints } = await openPage(stage.browser!, size, dark);
    const name = `${size}${dark ? '-dark' : ''}`;
    await visit(page, `${stage.pages.web}/inbox`);
    const card = page.locator(`#item-${tasks.review}-item`);
    const section = card.getByLabel('Conflicts to come');
    await section.getByRole('link', { name: working }).waitFor();
    expect(await section.innerText()).toContain('lines 5–9');
    expect(await section.getByText('logo.png').isVisible()).toBe(false);
    await section.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`card-${name}`) });
    expect(await card.locator('[data-knows]').innerText()).toBe(
      `Knows this area: Ada Lovelace, <b>Bob</b> @everyone; earlier tasks: ${await titleOf(tasks.done)}`,
    );
    const row = page.getByRole('link', { name: `Will conflict with ${review} in 4 files` });
    await row.scrollIntoViewIfNeeded();
    await page.screenshot({ path: shot(`row-${name}`) });
    await tap(row);
    await page.waitForURL(`**/task/${tasks.review}`);
    // Beside the inbox, which has the same on its cards.
    const here = page.locator('header').getByLabel('Conflicts to come');
    await here.getByText('and one more file').waitFor();
    await page.screenshot({ path: shot(`task-${name}`) });
    await tap(here.getByRole('link', { name: working }));
    await page.waitForURL(`**/task/${tasks.working}`);
    await here.getByText('deleted here, changed there').waitFor();
    await looked([]);
    await here.waitFor({ state: 'detached' });
    await page.getByText('It no longer conflicts with the other task.').last().waitFor();
    await visit(page, `${stage.pages.web}/inbox`);
    await card.waitFor();
    expect(await page.getByText('Will conflict with').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
