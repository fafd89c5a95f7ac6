// What WORKFLOW.md of a repository rules, on the page of its project: as it is read from the default branch.
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { noteWorkflow } from '@mainloop/models/db/projects/workflow';
import { OWNER } from '@mainloop/models/flow/ids';
import { hasBrowser, openPage, unfold, visit } from '@mainloop/testkit/browser';
import { openStage, type Stage } from '@mainloop/testkit/pages';
import { seedProject } from '@mainloop/testkit/seed';
import axe from 'axe-core';
import path from 'node:path';

const inBrowser = hasBrowser ? test : test.skip;
const shot = (name: string): string => path.join(import.meta.dirname, 'shots', `workflow-file-${name}.png`);
const PROJECT = { id: 'pr-1', name: 'acme/one' };
const FILE = `---
hooks:
  before_run: "${'make setup && '.repeat(60)}true"
agent:
  max_turns: 40
  max_retry_backoff_ms: 1000
---
You work on {{ issue.title }}.
`;

let stage: Stage;
beforeAll(async () => {
  stage = await openStage(async (db) => {
    await seedProject(db, PROJECT.id, PROJECT.name);
    await seedProject(db, 'pr-2', 'acme/two');
  });
});
afterAll(() => stage?.close());

inBrowser.each([
  ['phone', false],
  ['desktop', true],
] as const)(
  'a project shows what its WORKFLOW.md rules, and what is wrong with a newer one: %s, dark %s',
  async (size, dark) => {
    const note = (text: string | undefined): Promise<void> =>
      noteWorkflow(stage.database.db, OWNER, PROJECT, text);
    await note(FILE);
    const { page, complaints } = await openPage(stage.browser!, size, dark);
    await visit(page, `${stage.pages.web}/projects`);
    const of = (name: string) =>
      page.getByRole('listitem').filter({ has: page.getByRole('heading', { name }) });
    const rules = of('acme/one').getByText('What WORKFLOW.md on main rules here');
    await unfold(rules);
    await page.getByText('agent.max_turns = 40').waitFor();
    await page.getByText('lowers the turns of one run').waitFor();
    await page.getByText('has no effect here').waitFor();
    await page.getByText('Its text is told to every agent.').waitFor();
    expect(
      await of('acme/two')
        .getByText(/WORKFLOW\.md/)
        .count(),
    ).toBe(0);
    await note('---\nagent:\n  max_turns: many\n---\n');
    await of('acme/one')
      .getByText(
        "The newest WORKFLOW.md can't be used. Line 3, column 3: agent.max_turns should be a whole number, 1 at least. The one before it counts.",
      )
      .waitFor();
    expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
    await page.evaluate(axe.source);
    expect(
      await page.evaluate(
        "axe.run({ runOnly: ['wcag2a', 'wcag2aa'] }).then(({ violations }) => violations.map((v) => v.id))",
      ),
    ).toEqual([]);
    await page.screenshot({ path: shot(`${size}${dark ? '-dark' : ''}`) });
    await note(undefined);
    await rules.waitFor({ state: 'detached' });
    expect(complaints).toEqual([]);
    await page.close();
  },
);
