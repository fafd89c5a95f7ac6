// The fields of every page: what was typed and not sent is there after a reload, says that it is not sent, and is gone once it was.
import { expect } from '@jest/globals';
import { seedItem, seedTask } from '@mainloop/testkit/seed';
import { reload, tap, unfold, visit } from '@mainloop/testkit/browser';
import { until } from '@mainloop/testkit/stack';
import type { Locator, Page } from 'playwright-core';
import { t, s, SIZES, inBrowser, shot, fresh, open, pushed, DIFF } from './stage.ts';

/** Says it to the api as the pages do. @returns what it answers */
async function post<T>(page: Page, path: string, body: object): Promise<T> {
  const response = await page.request.post(`${s.web}${path}`, { data: body, headers: { origin: s.web } });
  expect([path, response.status(), response.ok() ? '' : await response.text()]).toEqual([
    path,
    response.status(),
    '',
  ]);
  return (await response.json()) as T;
}

interface Place {
  readonly where: string;
  /** Opens the form, where it is not open at first. */
  readonly first?: (page: Page) => Promise<unknown>;
  readonly field: (page: Page) => Locator;
  readonly words: string;
}
const byLabel =
  (name: string | RegExp) =>
  (page: Page): Locator =>
    page.locator('#main').getByLabel(name).first();
const press =
  (name: string | RegExp) =>
  (page: Page): Promise<unknown> =>
    tap(page.locator('#main').getByRole('button', { name }).first());

async function formsOf(page: Page): Promise<readonly Place[]> {
  await post(page, '/api/skills', {
    name: 'fix-lint',
    prompt: 'Fix lint in {{branch}}.',
    parameters: [{ kind: 'text', name: 'branch' }],
    projectId: null,
  });
  await post(page, '/api/memory/pins', { text: 'Friday is for releases.' });
  await post(page, '/api/learnings', {
    rule: 'Name ports, never numbers.',
    why: '',
    path: null,
    projectId: null,
  });
  const task = await seedTask(t.db, fresh());
  await pushed(task, `${task}-1`, DIFF, DIFF);
  await seedItem(t.db, task, `${task}-r`, 'review', 'Review it');
  await post(page, `/api/tasks/${task}/comments`, {
    id: `${task}-c`,
    path: 'src/till.ts',
    line: 41,
    text: 'Say why.',
  });
  const more = (page: Page): Promise<unknown> =>
    unfold(page.getByText('Notes, sandbox, checks and limits').first());
  return [
    { where: '/settings', field: byLabel('The model you talk to'), words: 'claude-half-typed' },
    { where: '/settings', field: byLabel('Budget per day for all agents'), words: '12.5' },
    { where: '/settings', field: byLabel('Time zone of your days'), words: 'Europe/Zur' },
    {
      where: '/settings',
      field: byLabel('What every agent of every project should know'),
      words: 'We write British',
    },
    { where: '/projects', field: byLabel('Model'), words: 'claude-half-typed' },
    { where: '/projects', first: more, field: byLabel(/^Set-up command/), words: 'npm ci && npm run' },
    { where: '/skills', field: byLabel(/^Name/), words: 'write-a' },
    {
      where: '/skills',
      field: (page) => page.locator('#skill-prompt'),
      words: 'Write a test for {{path}} that',
    },
    {
      where: '/skills',
      field: (page) => page.locator('#skill-fix-lint').getByLabel('branch'),
      words: 'release/2',
    },
    { where: '/learnings', field: byLabel(/^What the next agent should know/), words: 'Keep the lock file' },
    {
      where: '/learnings',
      first: press(/^Edit/),
      field: byLabel('The rule'),
      words: ', as in docs/ports.md',
    },
    {
      where: '/memory',
      field: (page) => page.locator('#main form').getByLabel('What to remember'),
      words: 'Call me',
    },
    {
      where: '/memory',
      first: press(/^Edit/),
      field: (page) => page.locator('#main li').getByLabel('What to remember').first(),
      words: ' Not this week',
    },
    { where: '/recurring', field: (page) => page.locator('#cron'), words: '30 9 * *' },
    {
      where: `/task/${task}/changes`,
      first: press('Edit'),
      field: (page) => page.locator('#main').getByRole('textbox', { name: 'Comment', exact: true }),
      words: ' And in which unit',
    },
  ];
}

inBrowser.each(SIZES)('what was typed into a form and not sent is there after a reload, %s', async (size) => {
  const { page, complaints } = await open(size, '/week');
  const lost: string[] = [];
  for (const place of await formsOf(page)) {
    await visit(page, `${s.web}${place.where}`);
    await place.first?.(page);
    await tap(place.field(page));
    await page.keyboard.press('End');
    await page.keyboard.type(place.words);
    const typed = await place.field(page).inputValue();
    expect(typed).toContain(place.words);
    await reload(page);
    // What was folded and what was opened by hand opens by itself where something was begun in it.
    const is = async (): Promise<boolean> =>
      (await place.field(page).count()) > 0 && (await place.field(page).inputValue()) === typed;
    await until('the words', is).catch(() => lost.push(`${place.where}: ${place.words}`));
    await place
      .field(page)
      .waitFor()
      .catch(() => lost.push(`${place.where}: out of sight: ${place.words}`));
  }
  await page.screenshot({ path: shot(`forms-${size}`) });
  expect({ lost, complaints }).toEqual({ lost: [], complaints: [] });
  await page.close();
});

inBrowser.each(SIZES)(
  'a setting that was not saved says so, is saved by a tap, and then says nothing more, %s',
  async (size) => {
    const agents = size === 'phone' ? '7' : '9';
    const { page, complaints } = await open(size, '/settings');
    const field = page.getByRole('spinbutton', { name: 'Agents running at once' });
    await field.fill(agents);
    await reload(page);
    await until('the number', async () => (await field.inputValue()) === agents);
    const setting = page.locator('[data-setting]', { has: field });
    await setting.getByText('Not saved yet').waitFor();
    await page.screenshot({ path: shot(`not-saved-${size}`) });
    await tap(setting.getByRole('button', { name: 'Save' }));
    await setting.getByText('Saved', { exact: true }).waitFor();
    await reload(page);
    expect(await field.inputValue()).toBe(agents);
    expect(await page.getByText('Not saved yet').count()).toBe(0);
    expect(complaints).toEqual([]);
    await page.close();
  },
);
